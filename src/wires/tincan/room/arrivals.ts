/**
 * How peers come: by a handshake of theirs or of ours, which leads to a session, and to a peer if that is a new one.
 *
 * Owns: this node's answers to handshakes, what becomes of each one that succeeds, and the table of sessions by index.
 */
import { addressText, sameAddress } from '../../../kernel/address.ts';
import type { Address } from '../../../kernel/contract.ts';
import type { FinishMessage, InitMessage, ResponseMessage } from '../codec/datagram.ts';
import type { Session } from '../delivery/session.ts';
import type { Established, HandshakeSettings, Hello } from '../handshake/handshake.ts';
import { Responder } from '../handshake/responder.ts';
import { Peer } from '../peer/peer.ts';
import { ownKeyAnswers } from '../trace/warnings.ts';
import type { Dial } from './dialler.ts';
import type { Target } from './roster.ts';
import type { Seeking, SeekingParts } from './seeking.ts';

export interface ArrivalsParts extends SeekingParts {
  readonly handshake: HandshakeSettings;
  readonly seeking: Seeking;
}

/** A session whose packets are opened. */
interface Open {
  readonly peer: Peer;
  readonly session: Session;
}

export class Arrivals {
  readonly #parts: ArrivalsParts;
  readonly #responder: Responder;
  /** By our index. */
  readonly #sessions = new Map<number, Open>();
  #isOwnKeyTold = false;

  constructor(parts: ArrivalsParts) {
    this.#parts = parts;
    this.#responder = new Responder(parts.handshake);
  }

  /** Whether a session, or an answer of ours that may lead to one, uses this index. */
  hasIndex(index: number): boolean {
    return this.#sessions.has(index) || this.#responder.hasIndex(index);
  }

  sessionAt(index: number): Open | undefined {
    return this.#sessions.get(index);
  }

  onSessionGone({ localIndex }: Session): void {
    this.#sessions.delete(localIndex);
  }

  /** Why message 1 changed nothing, if so. */
  onInit(message: InitMessage, from: Address, now: number): string | undefined {
    const ownEphemeral = (): Uint8Array | undefined => this.#parts.dialler.ephemeralTowards(from);
    const isKnown = (): boolean => this.#isKnown(from);
    const context = { from, now, hello: this.#hello, ownEphemeral, isKnown };
    const outcome = this.#responder.receiveInit(message, context);
    if (outcome.type === 'dropped') return outcome.reason;
    this.#parts.outputs.datagram(from, outcome.bytes);
    this.#trace(outcome.kind === 'response' ? 'sent-2' : 'sent-cookie', from, now);
    return undefined;
  }

  /** Why message 3 changed nothing, if so. */
  onFinish(message: FinishMessage, from: Address, now: number): string | undefined {
    const outcome = this.#responder.receiveFinish(message, from, now);
    if (outcome.type === 'dropped') return this.#onRefused(outcome.reason, from);
    return this.#onEstablished(outcome.session, from, now);
  }

  /** Nobody but this node should have its key, and a message 1 of its own gets no answer here. */
  #onRefused(reason: string, from: Address): string {
    if (reason === 'own-key' && !this.#isOwnKeyTold) {
      this.#isOwnKeyTold = true;
      this.#parts.outputs.event(ownKeyAnswers(addressText(from)));
    }
    return reason;
  }

  /** Somebody has reached us. */
  #onEstablished(established: Established, from: Address, now: number): string | undefined {
    const { admission, dialler, roster } = this.#parts;
    this.#trace('established', from, now);
    const known = roster.peers.get(established.fingerprint);
    if (known === undefined) {
      // Whoever answered at this address until now is most likely there no more: its place is free for the one who has come.
      for (const peer of roster.joined) if (sameAddress(peer.path.address, from)) peer.doubt(now);
    }
    const target =
      known === undefined
        ? roster.targetFor(established, from, ({ key }) => dialler.dials.get(key)?.address)
        : undefined;
    if (!admission.hasRoomFor(established.fingerprint, from, target)) return 'room-full';
    const peer = known ?? this.#addPeer(established, from, target);
    target?.expected.add(peer.id);
    this.#open(peer, established, from, now);
    // The peer was greeted under a name that has changed since.
    if (established.ownHello.name !== this.#hello.name) this.#parts.ownLines.repeatName();
    return undefined;
  }

  /** Why message 2 changed nothing, if so. */
  onResponse(message: ResponseMessage, from: Address, now: number): string | undefined {
    const { admission, dialler, roster, seeking } = this.#parts;
    const answer = dialler.onResponse(message, from, now);
    if (answer.type === 'dropped') return this.#onRefused(answer.reason, from);
    const { dial, responded } = answer;
    const known = roster.peers.get(responded.fingerprint);
    const isRekey = dial.reason.type === 'peer' && dial.reason.peer === known;
    if (known?.joined === true && !isRekey) this.#onFoundFirst(dial, known, now);
    else if (admission.hasRoomFor(responded.fingerprint, from, seeking.targetOf(dial.reason))) {
      this.#finishDial(dial, known, from, now);
    } else dialler.postpone(dial.key, now);
    return undefined;
  }

  /** The peer that has answered found this node first: no second session is needed. */
  #onFoundFirst(dial: Dial, peer: Peer, now: number): void {
    const { admission, dialler, seeking } = this.#parts;
    const target = seeking.targetOf(dial.reason);
    if (target === undefined || admission.meet(target, peer, now)) dialler.stop(dial.key);
    // The target's own key may come back to this address.
    else dialler.postpone(dial.key, now);
  }

  /** Sends message 3, and what may go along with it. */
  #finishDial(dial: Dial, known: Peer | undefined, address: Address, now: number): void {
    const { admission, dialler, seeking } = this.#parts;
    const { finish, established } = dialler.finish(dial.key, this.#hello, now);
    const target = admission.admitting(seeking.targetOf(dial.reason), established.fingerprint);
    const peer = known ?? this.#addPeer(established, address, target);
    target?.expected.add(peer.id);
    dialler.onOpened(dial.key, this.#open(peer, established, address, now, finish));
  }

  #open(peer: Peer, established: Established, address: Address, now: number, finish?: Uint8Array): Session {
    const session = peer.open(established, address, now, finish);
    this.#sessions.set(session.localIndex, { peer, session });
    return session;
  }

  #addPeer(established: Established, address: Address, target: Target | undefined): Peer {
    const { roster, context } = this.#parts;
    const peer = new Peer({
      context,
      id: established.fingerprint,
      publicKey: established.remoteStatic,
      name: established.hello.name,
      address,
      owedFrom: roster.startFor(target),
      former: roster.recall(established.fingerprint),
    });
    roster.peers.set(peer.id, peer);
    return peer;
  }

  /** Whether somebody is known or configured at this address. */
  #isKnown(address: Address): boolean {
    const { dialler, roster } = this.#parts;
    const known = [...roster.peers.values()].map(({ path }) => path.address);
    const dialled = roster.targets.flatMap(({ key }) => dialler.dials.get(key)?.address ?? []);
    return [...known, ...dialled].some((other) => sameAddress(other, address));
  }

  /** What this node says of itself in a handshake now. */
  get #hello(): Hello {
    return { name: this.#parts.ownLines.name };
  }

  #trace(step: 'sent-2' | 'sent-cookie' | 'established', address: Address, at: number): void {
    this.#parts.tracer.tell?.({ type: 'handshake', at, role: 'responder', step, address });
  }
}
