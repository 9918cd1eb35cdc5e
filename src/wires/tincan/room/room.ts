/**
 * How peers come and go: handshakes that succeed, ours or theirs, bring them; goodbye, silence and failure take them.
 *
 * Owns: the table of sessions by index, both sides of the handshake, who is dialled when. Must not know: what is said, the
 * order of outputs, when the node stops.
 */
import type { Address, Event, PeerId } from '../../../kernel/contract.ts';
import { readUint32 } from '../../../kernel/bytes.ts';
import type { Crypto, KeyPair } from '../crypto.ts';
import type { DataDatagram, Datagram, FinishMessage, InitMessage } from '../codec/datagram.ts';
import { Dialler } from './dialler.ts';
import type { Dial, Quarry, Verdict } from './dialler.ts';
import type { Established } from '../handshake/handshake.ts';
import type { Hello } from '../handshake/hello.ts';
import type { Responded } from '../handshake/initiator.ts';
import { Introductions } from './introductions.ts';
import { sameAddress } from '../../../kernel/address.ts';
import { introducedAttemptsMax, peersMax } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Memory } from '../memory.ts';
import { Peer } from '../peer/peer.ts';
import type { PeerHost } from '../peer/peer.ts';
import { Responder } from '../handshake/responder.ts';
import type { Roster, Target } from './roster.ts';
import type { Session } from '../delivery/session.ts';
import type { Tracer } from '../trace/trace.ts';

export interface MembershipParts {
  readonly name: string;
  /** 32 bytes, already stretched; undefined: an open room. */
  readonly roomKey: Uint8Array | undefined;
  readonly identity: KeyPair;
  readonly crypto: Crypto;
  readonly datagramBytes: number;
  readonly congestion: 'bbr' | 'newreno';
  readonly tracer: Tracer;
  readonly log: Log;
  readonly memory: Memory;
  readonly roster: Roster;
  readonly emit: (event: Event) => void;
  readonly sendDatagram: (to: Address, bytes: Uint8Array) => void;
  readonly resolve: (host: string) => void;
  /** Somebody was greeted under a name that has changed meanwhile. */
  readonly onStaleName: () => void;
}

export class Membership {
  readonly #parts: MembershipParts;
  #hello: Hello;
  readonly #responder: Responder;
  readonly #dialler: Dialler;
  readonly #introductions: Introductions;
  readonly #peerHost: PeerHost;
  readonly #sessions = new Map<number, { readonly peer: Peer; readonly session: Session }>();
  /** Peers that an answer to a dialled target has led to, until they have joined. */
  readonly #expected = new Map<PeerId, Target>();

  constructor(parts: MembershipParts) {
    const { identity, roomKey, crypto, tracer, resolve, sendDatagram } = parts;
    const handshake = { identity, roomKey, crypto, newIndex: () => this.#newIndex() };
    this.#parts = parts;
    this.#hello = { name: parts.name };
    this.#responder = new Responder(handshake);
    this.#peerHost = this.#makePeerHost();
    this.#dialler = new Dialler({
      handshake,
      hello: () => this.#hello,
      tracer,
      resolve,
      sendDatagram,
      onResponded: (dial, responded, now) => this.#onResponded(dial, responded, now),
      onOpened: (dial, established, address, now) => this.#onOpened(dial, established, address, now),
      onFailed: (dial, session, now) => this.#onFailed(dial, session, now),
    });
    this.#introductions = new Introductions({
      crypto,
      identity,
      roster: parts.roster,
      dialler: this.#dialler,
    });
  }

  /** From now on handshakes say so. */
  rename(name: string): void {
    this.#hello = { name };
  }

  /** When `onTimeout` is wanted. */
  get deadline(): number | undefined {
    return this.#dialler.deadline;
  }

  onTimeout(now: number): void {
    this.#dialler.onTimeout(now);
  }

  /** To be called once peers have sent what they may. */
  flush(): void {
    this.#dialler.flush();
  }

  /** Each configured peer is dialled. */
  start(now: number): void {
    for (const target of this.#parts.roster.targets) this.#dialTarget(target, now);
  }

  onResolved(host: string, ip: string, now: number): void {
    this.#dialler.onResolved(host, ip, now);
  }

  onUnresolved(host: string, now: number): void {
    this.#dialler.onUnresolved(host, now);
  }

  /** Where a target was last dialled. */
  addressOf(target: Target): Address | undefined {
    return this.#dialler.dials.get(target.key)?.address;
  }

  // ---- Datagrams -----------------------------------------------------------------------------------------------------

  /** Why the datagram changed nothing, if so. */
  receive(message: Datagram, from: Address, now: number): string | undefined {
    switch (message.type) {
      case 'data':
        return this.#onData(message, from, now);
      case 'init':
        return this.#onInit(message, from, now);
      case 'response':
        return this.#dialler.onResponse(message, from, now);
      case 'finish':
        return this.#onFinish(message, from, now);
      case 'cookie':
        return this.#dialler.onCookie(message);
      case 'unknown':
        return 'unknown-type';
      default:
        return message satisfies never;
    }
  }

  #onData(message: DataDatagram, from: Address, now: number): string | undefined {
    const found = this.#sessions.get(message.receiverIndex);
    if (found === undefined) return 'unknown-index';
    return found.peer.onPacket(found.session, from, message.bytes, now);
  }

  #onInit(message: InitMessage, from: Address, now: number): string | undefined {
    const ownEphemeral = this.#dialler.ephemeralTowards(from);
    const outcome = this.#responder.receiveInit(message, { from, now, hello: this.#hello, ownEphemeral });
    if (outcome.type === 'dropped') return outcome.reason;
    this.#parts.sendDatagram(from, outcome.bytes);
    this.#trace(outcome.kind === 'response' ? 'sent-2' : 'sent-cookie', from, now);
    return undefined;
  }

  #onFinish(message: FinishMessage, from: Address, now: number): string | undefined {
    const reason = this.#finish(message, from, now);
    // A repeated message 3 is no news; the packet behind it may be.
    return message.packet === undefined ? reason : this.#onData(message.packet, from, now);
  }

  #finish(message: FinishMessage, from: Address, now: number): string | undefined {
    const isHalfOpen = this.#responder.hasIndex(message.receiverIndex);
    // From elsewhere it is a copy that somebody relays, and would make us send to an address that nobody has shown to be its own.
    if (isHalfOpen && !this.#responder.hasAnswered(message.receiverIndex, from)) return 'wrong-address';
    const outcome = this.#responder.receiveFinish(message, now);
    return outcome.type === 'established' ? this.#onEstablished(outcome.session, from, now) : outcome.reason;
  }

  // ---- Coming --------------------------------------------------------------------------------------------------------

  /** Somebody has reached us. */
  #onEstablished(established: Established, from: Address, now: number): string | undefined {
    const { roster } = this.#parts;
    this.#trace('established', from, now);
    const known = roster.peers.get(established.fingerprint);
    if (!this.#hasRoomFor(known)) return 'room-full';
    if (known === undefined) {
      // Whoever answered at this address until now is most likely there no more.
      for (const peer of roster.joined) if (sameAddress(peer.path.address, from)) peer.doubt(now);
    }
    const { name } = established.hello;
    const target = known === undefined ? roster.targetFor(name, from, (it) => this.addressOf(it)) : undefined;
    const peer = known ?? this.#addPeer(established, from, target);
    if (target !== undefined) this.#expected.set(peer.id, target);
    this.#open(peer, established, from, now);
    if (established.ownHello.name !== this.#hello.name) this.#parts.onStaleName();
    return undefined;
  }

  /** We have reached somebody who answers. */
  #onOpened(dial: Dial, established: Established, address: Address, now: number): Session {
    const target = this.#targetOf(dial.quarry);
    const known = this.#parts.roster.peers.get(established.fingerprint);
    const peer = known ?? this.#addPeer(established, address, target);
    if (target !== undefined) this.#expected.set(peer.id, target);
    return this.#open(peer, established, address, now);
  }

  /** Whether somebody can be here, known or not. */
  #hasRoomFor(known: Peer | undefined): boolean {
    if (known?.hasSession === true) return true;
    const { roster, memory } = this.#parts;
    return memory.admitsPeer && (known !== undefined || roster.peers.size < peersMax);
  }

  #open(peer: Peer, established: Established, address: Address, now: number): Session {
    const session = peer.open(established, address, now);
    this.#sessions.set(session.localIndex, { peer, session });
    return session;
  }

  #addPeer(established: Established, address: Address, target: Target | undefined): Peer {
    const { roster } = this.#parts;
    const before = roster.recall(established.fingerprint);
    const start = roster.startFor(target);
    const peer = new Peer({
      host: this.#peerHost,
      id: established.fingerprint,
      publicKey: established.remoteStatic,
      name: established.hello.name,
      address,
      start: before === undefined ? start : Math.max(start, before.settledThrough + 1),
      incoming: before?.incoming,
    });
    roster.peers.set(peer.id, peer);
    return peer;
  }

  #onJoined(peer: Peer, now: number): void {
    const { roster, emit } = this.#parts;
    this.#bindExpected(peer, now);
    roster.onJoined(peer);
    roster.pin(peer);
    for (const bound of roster.targets) if (bound.peer === peer) this.#dialler.stop(bound.key);
    this.#dialler.stop(keyOf(peer));
    emit({ type: 'peer-joined', name: peer.name, peerId: peer.id, address: peer.path.address });
    this.#introductions.introduce(peer);
  }

  /** Whoever was expected behind a target takes it, unless somebody is there (still, or so it seems). */
  #bindExpected(peer: Peer, now: number): void {
    const target = this.#expected.get(peer.id);
    if (target === undefined || (target.peer !== peer && target.peer?.joined === true)) return;
    this.#expected.delete(peer.id);
    this.#parts.roster.bind(target, peer, now);
  }

  // ---- Going ---------------------------------------------------------------------------------------------------------

  #onLeft(peer: Peer, code: 'left' | 'lost', reason: string, now: number): void {
    const { roster, emit } = this.#parts;
    emit({ type: 'peer-left', name: peer.name, peerId: peer.id, reason });
    this.#dialler.stop(keyOf(peer));
    this.#introductions.onLeft(peer, code, now);
    roster.onLeft(peer, code, now);
    // Somebody may be waiting for its place.
    for (const heir of roster.joined) this.#bindExpected(heir, now);
    const target = roster.targets.find((it) => it.peer === peer);
    if (target !== undefined) this.#dialTarget(target, now);
    else if (code === 'lost' && roster.peers.has(peer.id)) this.#dialPeer(peer, now);
  }

  /** One that answered, and never said a word under the session's keys. Lines may have reached it all the same. */
  #onSilentStranger(peer: Peer, now: number): void {
    const { roster } = this.#parts;
    if (peer.joined || !peer.isStranger) return;
    const wasExpected = this.#expected.delete(peer.id);
    if (roster.isConfigured(peer)) return;
    // A target is owed the lines whoever stands behind it; else what has not been sent can't have arrived.
    if (wasExpected || peer.outgoing.sentThrough < peer.firstOwed) {
      roster.remove(peer, 0, now);
      return;
    }
    roster.onLeft(peer, 'lost', now);
    this.#dialPeer(peer, now);
  }

  // ---- Reaching out --------------------------------------------------------------------------------------------------

  #dialTarget(target: Target, at: number): void {
    this.#dialler.start(target.key, { type: 'target', target: target.settings }, at);
  }

  #dialPeer(peer: Peer, at: number): void {
    this.#dialler.start(keyOf(peer), { type: 'peer', peer, address: peer.path.address }, at);
  }

  #targetOf(quarry: Quarry): Target | undefined {
    if (quarry.type !== 'target') return undefined;
    return this.#parts.roster.targets.find((target) => target.settings === quarry.target);
  }

  #onResponded(dial: Dial, responded: Responded, now: number): Verdict {
    const { roster } = this.#parts;
    const known = roster.peers.get(responded.fingerprint);
    const isRekey = dial.quarry.type === 'peer' && dial.quarry.peer === known;
    if (known === undefined || !known.joined || isRekey) return this.#hasRoomFor(known) ? 'go-on' : 'later';
    // It has found us first.
    const target = this.#targetOf(dial.quarry);
    if (target !== undefined && target.peer?.joined !== true) roster.bind(target, known, now);
    return 'stop';
  }

  /** Whether to try again. */
  #onFailed(dial: Dial, session: Session | undefined, now: number): boolean {
    const found = session === undefined ? undefined : this.#sessions.get(session.localIndex);
    if (found !== undefined) {
      found.peer.abandon(found.session, now);
      this.#onSilentStranger(found.peer, now);
    }
    switch (dial.quarry.type) {
      case 'target':
        return true;
      case 'peer':
        // A rekey is asked for again in its time; a lost peer is sought until it is forgotten.
        return !dial.quarry.peer.joined && this.#parts.roster.peers.has(dial.quarry.peer.id);
      case 'introduced':
        return dial.failures < introducedAttemptsMax;
      default:
        return dial.quarry satisfies never;
    }
  }

  // ---- For the parts -------------------------------------------------------------------------------------------------

  #makePeerHost(): PeerHost {
    const { crypto, tracer, congestion, datagramBytes, log, memory, emit, sendDatagram } = this.#parts;
    return {
      crypto,
      tracer,
      congestion,
      datagramBytes,
      log,
      memory,
      emit,
      sendDatagram,
      onJoined: (peer, now) => this.#onJoined(peer, now),
      onRenewed: (peer) => this.#introductions.introduce(peer),
      onLeft: (peer, code, reason, now) => this.#onLeft(peer, code, reason, now),
      onRenamed: (peer, was) => this.#onRenamed(peer, was),
      onIntroduced: (frame, now) => this.#introductions.onIntroduced(frame, now),
      onConfirmed: (session, now) => this.#dialler.onConfirmed(session, now),
      onSessionGone: (session) => this.#sessions.delete(session.localIndex),
      onRekeyDue: (peer, now) => this.#dialPeer(peer, now),
    };
  }

  #onRenamed(peer: Peer, was: string): void {
    this.#parts.emit({ type: 'peer-renamed', peerId: peer.id, was, name: peer.name });
    this.#parts.roster.pin(peer);
  }

  #newIndex(): number {
    for (;;) {
      const index = readUint32(this.#parts.crypto.randomBytes(4), 0);
      const isTaken =
        this.#sessions.has(index) || this.#dialler.hasIndex(index) || this.#responder.hasIndex(index);
      if (!isTaken) return index;
    }
  }

  #trace(step: 'sent-2' | 'sent-cookie' | 'established', address: Address, at: number): void {
    this.#parts.tracer.tell?.({ type: 'handshake', at, role: 'responder', step, address });
  }
}

function keyOf(peer: Peer): string {
  return `peer ${peer.id}`;
}
