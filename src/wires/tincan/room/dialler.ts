/**
 * Reaching out: for each peer that is wanted and not there, the host name's lookup, the handshake, and the wait before the
 * next attempt.
 *
 * Owns: this node's own attempts and their timers. Must not know: who is wanted, sessions' packets, what is said.
 */
import type { Address, PeerTarget } from '../../../kernel/contract.ts';
import { copyBytes } from '../../../kernel/bytes.ts';
import type { CookieMessage, ResponseMessage } from '../codec/datagram.ts';
import { earliest } from '../../../kernel/deadline.ts';
import type { Established, HandshakeSettings } from '../handshake/handshake.ts';
import type { Hello } from '../handshake/hello.ts';
import { Initiator, redialWaitMs } from '../handshake/initiator.ts';
import type { Responded } from '../handshake/initiator.ts';
import { sameAddress } from '../../../kernel/address.ts';
import { resolveRetryMs } from '../limits.ts';
import type { Peer } from '../peer/peer.ts';
import type { Session } from '../delivery/session.ts';
import type { Tracer } from '../trace/trace.ts';

/** Why somebody is dialled. `peer`: one that was lost, or whose session gets old. */
export type Quarry =
  | { readonly type: 'target'; readonly target: PeerTarget }
  | { readonly type: 'peer'; readonly peer: Peer; readonly address: Address }
  | { readonly type: 'introduced'; readonly address: Address };

/** Whether an attempt that was answered goes on: `stop`: it is there already; `later`: there is no room for it now. */
export type Verdict = 'go-on' | 'stop' | 'later';

export interface DiallerHost {
  readonly handshake: HandshakeSettings;
  readonly tracer: Tracer;
  /** What whoever answers is told, as of now. */
  hello(): Hello;
  resolve(host: string): void;
  sendDatagram(to: Address, bytes: Uint8Array): void;
  /** Somebody has answered. */
  onResponded(dial: Dial, responded: Responded, now: number): Verdict;
  /** Message 3 is made. Gives the session, under which packets may go along with it. */
  onOpened(dial: Dial, established: Established, address: Address, now: number): Session;
  /** An attempt has failed. Whether to try again, after a wait. `session`: it had got so far, and is void. */
  onFailed(dial: Dial, session: Session | undefined, now: number): boolean;
}

export interface Dial {
  readonly key: string;
  readonly quarry: Quarry;
  readonly state: 'waiting' | 'resolving' | 'handshaking';
  /** Where it last led. */
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
  readonly #host: DiallerHost;
  readonly #dials = new Map<string, OwnDial>();
  readonly #byIndex = new Map<number, OwnDial>();

  constructor(host: DiallerHost) {
    this.#host = host;
  }

  get dials(): ReadonlyMap<string, Dial> {
    return this.#dials;
  }

  get deadline(): number | undefined {
    let at: number | undefined = undefined;
    for (const dial of this.#dials.values()) {
      if (dial.state === 'waiting') at = earliest(at, dial.at);
      else at = earliest(at, dial.attempt?.initiator.deadline);
    }
    return at;
  }

  /** Whether one of the attempts under way uses this session index. */
  hasIndex(index: number): boolean {
    return this.#byIndex.has(index);
  }

  /** Begins at `at`; does nothing where the key is being dialled already. */
  start(key: string, quarry: Quarry, at: number): void {
    if (this.#dials.has(key)) return;
    this.#dials.set(key, {
      key,
      quarry,
      state: 'waiting',
      address: undefined,
      failures: 0,
      at,
      attempt: undefined,
    });
  }

  stop(key: string): void {
    const dial = this.#dials.get(key);
    if (dial?.attempt !== undefined) this.#byIndex.delete(dial.attempt.initiator.localIndex);
    this.#dials.delete(key);
  }

  onResolved(host: string, ip: string, now: number): void {
    for (const dial of this.#dials.values()) {
      if (dial.state !== 'resolving' || dial.quarry.type !== 'target' || dial.quarry.target.host !== host)
        continue;
      this.#shake(dial, { ip, port: dial.quarry.target.port }, now);
    }
  }

  onUnresolved(host: string, now: number): void {
    for (const dial of this.#dials.values()) {
      if (dial.state !== 'resolving' || dial.quarry.type !== 'target' || dial.quarry.target.host !== host)
        continue;
      dial.state = 'waiting';
      dial.at = now + resolveRetryMs;
    }
  }

  /** The key of our attempt at this address that nobody has answered yet: it decides between two that cross. */
  ephemeralTowards(address: Address): Uint8Array | undefined {
    for (const { attempt } of this.#dials.values()) {
      const isOpen = attempt !== undefined && attempt.session === undefined;
      if (isOpen && sameAddress(attempt.address, address)) return attempt.initiator.ephemeral;
    }
    return undefined;
  }

  /** Why it changed nothing, if so. */
  onResponse(message: ResponseMessage, from: Address, now: number): string | undefined {
    const dial = this.#byIndex.get(message.receiverIndex);
    if (dial?.attempt === undefined) return 'unknown-index';
    const { attempt } = dial;
    // From elsewhere it is a copy that somebody relays; the one from where we asked will come.
    if (!sameAddress(from, attempt.address)) return 'wrong-address';
    const outcome = attempt.initiator.receiveResponse(message, now);
    if (outcome.type === 'dropped') {
      if (outcome.reason === 'own-key') this.#fail(dial, now);
      return outcome.reason;
    }
    const verdict = this.#host.onResponded(dial, outcome, now);
    if (verdict === 'stop') this.stop(dial.key);
    if (verdict === 'later') this.#fail(dial, now);
    if (verdict !== 'go-on') return undefined;
    const { finish, session } = attempt.initiator.finish(this.#host.hello(), now);
    this.#trace('sent-3', from, now);
    attempt.session = this.#host.onOpened(dial, session, from, now);
    attempt.session.finish = { bytes: finish, hasLeft: false };
    return undefined;
  }

  /** Sends each message 3 that has found no packet to go along with. To be called once peers have sent what they may. */
  flush(): void {
    for (const { attempt } of this.#dials.values()) {
      const finish = attempt?.session?.finish;
      if (attempt === undefined || finish === undefined || finish.hasLeft) continue;
      finish.hasLeft = true;
      this.#host.sendDatagram(attempt.address, copyBytes(finish.bytes));
    }
  }

  onCookie(message: CookieMessage): string | undefined {
    const outcome = this.#byIndex.get(message.receiverIndex)?.attempt?.initiator.receiveCookie(message);
    if (outcome === undefined) return 'unknown-index';
    return outcome.type === 'dropped' ? outcome.reason : undefined;
  }

  /** The peer has sent a packet under this session: the attempt has led somewhere, and is over. */
  onConfirmed(session: Session, now: number): void {
    const dial = this.#byIndex.get(session.localIndex);
    if (dial?.attempt?.session !== session) return;
    dial.attempt.initiator.confirm();
    this.#trace('established', dial.attempt.address, now);
    this.stop(dial.key);
  }

  /** Does what is due; early calls do no harm. */
  onTimeout(now: number): void {
    for (const dial of this.#dials.values()) {
      if (dial.state === 'waiting' && now >= dial.at) this.#begin(dial, now);
      else if (dial.attempt !== undefined) this.#continue(dial, dial.attempt, now);
    }
  }

  #begin(dial: OwnDial, now: number): void {
    if (dial.quarry.type !== 'target') return this.#shake(dial, dial.quarry.address, now);
    const { host } = dial.quarry.target;
    const asked = [...this.#dials.values()].some(
      (other) =>
        other.state === 'resolving' && other.quarry.type === 'target' && other.quarry.target.host === host,
    );
    dial.state = 'resolving';
    if (!asked) this.#host.resolve(host);
  }

  #shake(dial: OwnDial, address: Address, now: number): void {
    const initiator = new Initiator(this.#host.handshake, now);
    dial.state = 'handshaking';
    dial.address = address;
    dial.attempt = { initiator, address, session: undefined };
    this.#byIndex.set(initiator.localIndex, dial);
    this.#continue(dial, dial.attempt, now);
  }

  #continue(dial: OwnDial, attempt: Attempt, now: number): void {
    const outcome = attempt.initiator.timeout(now);
    if (outcome.type === 'gave-up') return this.#fail(dial, now);
    if (outcome.type !== 'send') return;
    this.#host.sendDatagram(attempt.address, outcome.bytes);
    this.#trace(attempt.session === undefined ? 'sent-1' : 'sent-3', attempt.address, now);
  }

  #fail(dial: OwnDial, now: number): void {
    const { attempt } = dial;
    if (attempt !== undefined) {
      this.#byIndex.delete(attempt.initiator.localIndex);
      this.#trace('gave-up', attempt.address, now);
    }
    dial.attempt = undefined;
    dial.failures += 1;
    dial.state = 'waiting';
    dial.at = now + redialWaitMs(dial.failures, this.#host.handshake.crypto);
    if (!this.#host.onFailed(dial, attempt?.session, now)) this.stop(dial.key);
  }

  #trace(step: 'sent-1' | 'sent-3' | 'established' | 'gave-up', address: Address, at: number): void {
    this.#host.tracer.tell?.({ type: 'handshake', at, role: 'initiator', step, address });
  }
}
