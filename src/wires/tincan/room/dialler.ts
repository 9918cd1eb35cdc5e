/**
 * Reaching out: for each peer that is wanted and not there, the host name's lookup, the handshake, and the wait before the
 * next attempt.
 *
 * Owns: this node's own attempts and their timers. What an attempt leads to is returned, or an effect; the room decides, and tells.
 */
import type { Address, PeerTarget } from '../../../kernel/contract.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { sameAddress } from '../../../kernel/address.ts';
import type { CookieMessage, ResponseMessage } from '../codec/datagram.ts';
import type { Session } from '../delivery/session.ts';
import type { Established, HandshakeSettings, Hello } from '../handshake/handshake.ts';
import { Initiator, redialWaitMs } from '../handshake/initiator.ts';
import type { Responded } from '../handshake/initiator.ts';
import { resolveRetryMs } from '../limits.ts';
import { Agenda } from '../peer/agenda.ts';
import type { PeerContext } from '../peer/parts.ts';
import type { Peer } from '../peer/peer.ts';
import type { BackOffs } from './back-offs.ts';
import type { Tracer } from '../trace/trace.ts';

/** Why a place is dialled. `peer`: one that was lost, or whose session gets old. */
export type DialReason =
  | { readonly type: 'target'; readonly target: PeerTarget }
  | { readonly type: 'peer'; readonly peer: Peer; readonly address: Address }
  | { readonly type: 'introduced'; readonly address: Address };

/** What message 2 has led to. */
export type DialAnswer =
  | { readonly type: 'dropped'; readonly reason: string }
  /** Somebody has answered. The room goes on with `finish`, or ends the attempt with `stop` or `postpone`. */
  | { readonly type: 'responded'; readonly dial: Dial; readonly responded: Responded };

export interface Dial {
  readonly key: string;
  readonly reason: DialReason;
  readonly state: 'waiting' | 'resolving' | 'handshaking';
  /** Where the latest attempt went. */
  readonly address: Address | undefined;
  /** Attempts in a row that led nowhere. */
  readonly failures: number;
}

interface Attempt {
  readonly initiator: Initiator;
  readonly address: Address;
  session: Session | undefined;
}

type OwnDial = { -readonly [Key in keyof Dial]: Dial[Key] } & { at: number; attempt: Attempt | undefined };

export class Dialler {
  readonly #handshake: HandshakeSettings;
  readonly #tracer: Tracer;
  readonly #dials = new Map<string, OwnDial>();
  readonly #byIndex = new Map<number, OwnDial>();
  readonly #agenda = new Agenda(deadlineOf);
  readonly #backOffs: BackOffs;
  readonly #context: Pick<PeerContext, 'effects' | 'outputs'>;

  constructor(
    handshake: HandshakeSettings,
    context: Pick<PeerContext, 'effects' | 'outputs'>,
    tracer: Tracer,
    backOffs: BackOffs,
  ) {
    this.#handshake = handshake;
    this.#tracer = tracer;
    this.#backOffs = backOffs;
    this.#context = context;
  }

  get dials(): ReadonlyMap<string, Dial> {
    return this.#dials;
  }

  get deadline(): number | undefined {
    return this.#agenda.deadline;
  }

  /** Whether one of the attempts under way uses this session index. */
  hasIndex(index: number): boolean {
    return this.#byIndex.has(index);
  }

  /** Begins at `wanted`, or once the key is not left alone any more; does nothing where it is being dialled already. */
  start(key: string, reason: DialReason, wanted: number): void {
    if (this.#dials.has(key)) return;
    const at = Math.max(wanted, this.#backOffs.until(key));
    const attempt = undefined;
    const dial: OwnDial = { key, reason, state: 'waiting', address: undefined, failures: 0, at, attempt };
    this.#dials.set(key, dial);
    this.#agenda.stir(dial);
  }

  stop(key: string): void {
    const dial = this.#dials.get(key);
    if (dial === undefined) return;
    if (dial.attempt !== undefined) this.#byIndex.delete(dial.attempt.initiator.localIndex);
    this.#dials.delete(key);
    this.#agenda.forget(dial);
  }

  /** The attempt counts as failed: there is no room for the one who answered. */
  postpone(key: string, now: number): void {
    const dial = this.#dials.get(key);
    if (dial !== undefined) this.#fail(dial, now);
  }

  onResolved(host: string, ip: string, now: number): void {
    for (const [dial, target] of this.#resolving(host)) {
      this.#startHandshake(dial, { ip, port: target.port }, now);
    }
  }

  onUnresolved(host: string, now: number): void {
    for (const [dial] of this.#resolving(host)) {
      dial.state = 'waiting';
      dial.at = now + resolveRetryMs;
      this.#agenda.stir(dial);
    }
  }

  /** The key of our attempt at this address that nobody has answered yet: it decides between two that cross. */
  ephemeralTowards(address: Address): Uint8Array | undefined {
    for (const { attempt } of this.#dials.values()) {
      // Message 1 may be lost. Where it is not repeated, the other side's has to be answered.
      const isOpen = attempt?.session === undefined && attempt?.initiator.waits === false;
      if (isOpen && sameAddress(attempt.address, address)) return attempt.initiator.ephemeral;
    }
    return undefined;
  }

  onResponse(message: ResponseMessage, from: Address, now: number): DialAnswer {
    const dial = this.#byIndex.get(message.receiverIndex);
    if (dial?.attempt === undefined) return { type: 'dropped', reason: 'unknown-index' };
    const { initiator, address } = dial.attempt;
    // From elsewhere the message is a copy that somebody relays; the one from where we asked will come.
    if (!sameAddress(from, address)) return { type: 'dropped', reason: 'wrong-address' };
    this.#agenda.stir(dial);
    const outcome = initiator.receiveResponse(message, now);
    if (outcome.type !== 'dropped') return { type: 'responded', dial, responded: outcome };
    if (outcome.reason === 'own-key') this.#fail(dial, now);
    return outcome;
  }

  /** Message 3 for the peer that has answered, and what the handshake ends with. `onOpened` has to be told the session. */
  finish(
    key: string,
    hello: Hello,
    now: number,
  ): { readonly finish: Uint8Array; readonly established: Established } {
    const { initiator, address } = this.#attemptOf(key);
    const { finish, session: established } = initiator.finish(hello, now);
    this.#trace('sent-3', address, now);
    return { finish, established };
  }

  onOpened(key: string, session: Session): void {
    this.#attemptOf(key).session = session;
  }

  /** Sends each message 3 that has found no packet to go along with. To be called once peers have sent what they may. */
  flush(): void {
    for (const { attempt } of this.#agenda.takeStirred()) {
      const bytes = attempt?.session?.takeFinish();
      if (attempt !== undefined && bytes !== undefined)
        this.#context.outputs.datagram(attempt.address, bytes);
    }
  }

  /** Why the message changed nothing, if so. */
  onCookie(message: CookieMessage): string | undefined {
    const dial = this.#byIndex.get(message.receiverIndex);
    if (dial?.attempt === undefined) return 'unknown-index';
    // An attempt that waited for nothing but its end may repeat message 1 now.
    this.#agenda.stir(dial);
    return dial.attempt.initiator.receiveCookie(message)?.reason;
  }

  /** The peer has sent a packet under this session: the attempt has led somewhere, and is over. */
  onConfirmed(session: Session, now: number): void {
    const dial = this.#byIndex.get(session.localIndex);
    if (dial?.attempt?.session !== session) return;
    this.#trace('established', dial.attempt.address, now);
    this.stop(dial.key);
  }

  /** Does what is due; early calls do no harm. */
  onTimeout(now: number): void {
    for (const dial of this.#agenda.due(now)) {
      if (dial.state === 'waiting') this.#begin(dial, now);
      else if (dial.attempt !== undefined) this.#continue(dial, dial.attempt, now);
    }
  }

  #attemptOf(key: string): Attempt {
    const attempt = this.#dials.get(key)?.attempt;
    invariant(attempt !== undefined, 'only an attempt that was answered is finished');
    return attempt;
  }

  #begin(dial: OwnDial, now: number): void {
    if (dial.reason.type !== 'target') return this.#startHandshake(dial, dial.reason.address, now);
    const { host } = dial.reason.target;
    const isAsked = this.#resolving(host).length > 0;
    dial.state = 'resolving';
    this.#agenda.stir(dial);
    if (isAsked) return;
    // An address that has not answered is followed by the name's next one.
    this.#context.outputs.push({ type: 'resolve', host, inUse: dial.address?.ip, isDead: dial.failures > 0 });
  }

  /** The dials that wait for this host's address. */
  #resolving(host: string): readonly (readonly [OwnDial, PeerTarget])[] {
    const found: (readonly [OwnDial, PeerTarget])[] = [];
    for (const dial of this.#dials.values()) {
      const { state, reason } = dial;
      if (state === 'resolving' && reason.type === 'target' && reason.target.host === host) {
        found.push([dial, reason.target]);
      }
    }
    return found;
  }

  #startHandshake(dial: OwnDial, address: Address, now: number): void {
    const initiator = new Initiator(this.#handshake, now, dial.reason.type === 'introduced');
    dial.state = 'handshaking';
    dial.address = address;
    dial.attempt = { initiator, address, session: undefined };
    this.#agenda.stir(dial);
    this.#byIndex.set(initiator.localIndex, dial);
    this.#continue(dial, dial.attempt, now);
  }

  #continue(dial: OwnDial, attempt: Attempt, now: number): void {
    const outcome = attempt.initiator.timeout(now);
    if (outcome.type === 'gave-up') return this.#fail(dial, now);
    if (outcome.type !== 'send') return;
    this.#context.outputs.datagram(attempt.address, outcome.bytes);
    this.#trace(attempt.session === undefined ? 'sent-1' : 'sent-3', attempt.address, now);
  }

  #fail(dial: OwnDial, now: number): void {
    const { attempt } = dial;
    if (attempt !== undefined) {
      this.#byIndex.delete(attempt.initiator.localIndex);
      this.#trace('gave-up', attempt.address, now);
    }
    dial.attempt = undefined;
    this.#agenda.stir(dial);
    dial.failures += 1;
    dial.state = 'waiting';
    dial.at = now + redialWaitMs(dial.failures, this.#handshake.crypto);
    this.#context.effects.push({ type: 'dial-failed', key: dial.key, session: attempt?.session });
  }

  #trace(step: 'sent-1' | 'sent-3' | 'established' | 'gave-up', address: Address, at: number): void {
    this.#tracer.tell?.({ type: 'handshake', at, role: 'initiator', step, address });
  }
}

function deadlineOf({ state, at, attempt }: OwnDial): number | undefined {
  return state === 'waiting' ? at : attempt?.initiator.deadline;
}
