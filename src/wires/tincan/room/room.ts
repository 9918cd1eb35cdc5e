/**
 * How peers come and go: handshakes that succeed, ours or theirs, bring them; goodbye, silence and failure take them.
 *
 * Owns: the table of sessions by index, both sides of the handshake, who is dialled when, and what each effect of a peer or of
 * the dialler leads to.
 */
import { addressText, sameAddress } from '../../../kernel/address.ts';
import { readUint32 } from '../../../kernel/bytes.ts';
import type { Address, PeerId } from '../../../kernel/contract.ts';
import { earliest } from '../../../kernel/deadline.ts';
import { invariant } from '../../../kernel/invariant.ts';
import type { Outputs } from '../../../kernel/io.ts';
import type {
  DataDatagram,
  Datagram,
  FinishMessage,
  InitMessage,
  ResponseMessage,
} from '../codec/datagram.ts';
import { closeCodes } from '../codec/frames.ts';
import type { Session } from '../delivery/session.ts';
import type { Established, HandshakeSettings, Hello } from '../handshake/handshake.ts';
import { Responder } from '../handshake/responder.ts';
import { knownPlacesShare, peersMax, peersPerSourceMax, redialDelayMaxMs, steadyMs } from '../limits.ts';
import type { PeerEffect } from '../peer/effects.ts';
import { Peer } from '../peer/peer.ts';
import type { PeerContext } from '../peer/parts.ts';
import type { Tracer } from '../trace/trace.ts';
import { keyChanged, nobodyToAccept, olderCopy, ownAddress, ownKeyAnswers } from '../trace/warnings.ts';
import { BackOffs } from './back-offs.ts';
import { Dialler } from './dialler.ts';
import type { Dial, DialEffect, DialReason } from './dialler.ts';
import { Introductions, introducedKey, keyOf } from './introductions.ts';
import type { Pins } from './pins.ts';
import type { OwnLines } from './own-lines.ts';
import type { Roster, Target } from './roster.ts';

type Left = Extract<PeerEffect, { readonly type: 'left' }>;

export interface RoomParts {
  readonly handshake: Omit<HandshakeSettings, 'newIndex'>;
  /** What all peers share; the room empties its `effects`. */
  readonly context: PeerContext;
  readonly tracer: Tracer;
  /** Where this node listens, and the addresses of its interfaces. */
  readonly own: Address;
  readonly ownIps: readonly string[];
  readonly roster: Roster;
  readonly pins: Pins;
  readonly ownLines: OwnLines;
  readonly outputs: Outputs;
}

export class Room {
  readonly #parts: RoomParts;
  readonly #responder: Responder;
  readonly #dialler: Dialler;
  readonly #introductions: Introductions;
  readonly #backOffs: BackOffs;
  /** By our index: every session whose packets are opened. */
  readonly #sessions = new Map<number, { readonly peer: Peer; readonly session: Session }>();
  /** The newest own line when peers were last asked what they have to send. */
  #flushedHead = 0;
  /** Where somebody is known or configured; undefined: to be found out, as somebody has come, gone or moved. */
  #knownAt: ReadonlySet<string> | undefined = undefined;
  #isOwnKeyTold = false;
  /** Peers that an answer to a dialled target has led to, until they have joined. */
  readonly #expected = new Map<PeerId, Set<Target>>();

  #isOlderCopy = false;

  constructor(parts: RoomParts) {
    const handshake = { ...parts.handshake, newIndex: () => this.#newIndex() };
    const { identity, crypto } = handshake;
    this.#parts = parts;
    this.#backOffs = new BackOffs(crypto);
    this.#responder = new Responder(handshake);
    this.#dialler = new Dialler(handshake, parts.tracer, this.#backOffs, parts.outputs);
    this.#introductions = new Introductions({
      crypto,
      identity,
      roster: parts.roster,
      dialler: this.#dialler,
      backOffs: this.#backOffs,
      isOwn: (address) => this.#isOwn(address),
    });
  }

  /** A peer has more of the log than this node has ever sent: the node goes on from an older copy of its state. */
  get isOlderCopy(): boolean {
    return this.#isOlderCopy;
  }

  /** When `onTimeout` is wanted. */
  get deadline(): number | undefined {
    const { context, roster } = this.#parts;
    return earliest(this.#dialler.deadline, roster.deadline, context.agenda.deadline);
  }

  /** Does what is due; early calls do no harm. `flush` follows. */
  onTimeout(now: number): void {
    const { context, roster } = this.#parts;
    this.#dialler.onTimeout(now);
    // A failed attempt may lead to another one, which is due at once.
    while (this.#applyEffects(now)) this.#dialler.onTimeout(now);
    roster.onTimeout(now);
    for (const id of context.agenda.due(now)) {
      roster.peers.get(id)?.onTimeout(now);
      this.#applyEffects(now);
    }
  }

  /** Sends what may leave now, of those peers that may have something: the work for an input does not grow with the others. */
  flush(now: number): void {
    const { context, roster } = this.#parts;
    const { agenda, log } = context;
    // A peer that waits for memory has lines under way in its reserve: what becomes of those stirs it.
    if (log.head !== this.#flushedHead) {
      for (const id of roster.peers.keys()) agenda.stir(id);
    }
    this.#flushedHead = log.head;
    for (const id of agenda.takeStirred()) {
      const peer = roster.peers.get(id);
      if (peer === undefined) agenda.forget(id);
      else peer.flush(now);
    }
    this.#dialler.flush();
    this.#applyEffects(now);
  }

  /** Each configured peer is dialled, and each that an earlier life has lost. */
  start(now: number): void {
    const { roster } = this.#parts;
    for (const target of roster.targets) this.#dialTarget(target, now);
    for (const peer of roster.peers.values()) if (!roster.isConfigured(peer)) this.#dialPeer(peer, now);
    roster.start(now);
  }

  /** Says goodbye to each peer that is there. */
  close(now: number): void {
    for (const peer of this.#parts.roster.joined) peer.close(closeCodes.leaving, now);
    this.#applyEffects(now);
  }

  onResolved(host: string, ip: string, now: number): void {
    for (const target of this.#parts.roster.targets) {
      const { settings } = target;
      if (settings.host === host && this.#isOwn({ ip, port: settings.port })) this.#onSelf(target);
    }
    this.#dialler.onResolved(host, ip, now);
    this.#knownAt = undefined;
    this.#applyEffects(now);
  }

  #isOwn({ ip, port }: Address): boolean {
    const { own, ownIps } = this.#parts;
    return port === own.port && (ip === own.ip || ownIps.includes(ip));
  }

  /** A configured address leads to this node: nobody is there to be owed a line. */
  #onSelf(target: Target): void {
    this.#dialler.stop(target.key);
    target.isSelf = true;
    this.#parts.outputs.event(ownAddress(target.settings.label));
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
    const reason = this.#receive(message, from, now);
    this.#applyEffects(now);
    return reason;
  }

  #receive(message: Datagram, from: Address, now: number): string | undefined {
    switch (message.type) {
      case 'data':
        return this.#onData(message, from, now);
      case 'init':
        return this.#onInit(message, from, now);
      case 'response':
        return this.#onResponse(message, from, now);
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
    const { peer, session } = found;
    const packet = peer.receiver.open(session, from, message.bytes, now);
    if (packet.type === 'dropped') return packet.reason;
    // A peer joins where its handshake went: the packet that shows that it is there may come from somewhere else.
    this.#applyEffects(now);
    return peer.receiver.take(packet, now);
  }

  #onInit(message: InitMessage, from: Address, now: number): string | undefined {
    const ownEphemeral = (): Uint8Array | undefined => this.#dialler.ephemeralTowards(from);
    const isKnown = (): boolean => this.#isKnownAt(from);
    const context = { from, now, hello: this.#hello, ownEphemeral, isKnown };
    const outcome = this.#responder.receiveInit(message, context);
    if (outcome.type === 'dropped') return outcome.reason;
    this.#parts.outputs.datagram(from, outcome.bytes);
    this.#trace(outcome.kind === 'response' ? 'sent-2' : 'sent-cookie', from, now);
    return undefined;
  }

  #isKnownAt(address: Address): boolean {
    const { roster } = this.#parts;
    this.#knownAt ??= new Set(
      [
        ...[...roster.peers.values()].map(({ path }) => path.address),
        ...roster.targets.flatMap((target) => this.addressOf(target) ?? []),
      ].map(addressText),
    );
    return this.#knownAt.has(addressText(address));
  }

  #onFinish(message: FinishMessage, from: Address, now: number): string | undefined {
    const reason = this.#finish(message, from, now);
    // A repeated message 3 is no news; the packet behind it may be.
    return message.packet === undefined ? reason : this.#onData(message.packet, from, now);
  }

  #finish(message: FinishMessage, from: Address, now: number): string | undefined {
    const isHalfOpen = this.#responder.hasIndex(message.receiverIndex);
    // From another address the message is a relayed copy: an answer would go to a node that has not shown that it asked.
    if (isHalfOpen && !this.#responder.hasAnswered(message.receiverIndex, from)) return 'wrong-address';
    const outcome = this.#responder.receiveFinish(message, now);
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

  // ---- Coming --------------------------------------------------------------------------------------------------------

  /** Somebody has reached us. */
  #onEstablished(established: Established, from: Address, now: number): string | undefined {
    const { roster } = this.#parts;
    this.#trace('established', from, now);
    const known = roster.peers.get(established.fingerprint);
    const target =
      known === undefined ? roster.targetFor(established, from, (it) => this.addressOf(it)) : undefined;
    if (!this.#hasRoomFor(established.fingerprint, from, target)) return 'room-full';
    if (known === undefined) {
      // Whoever answered at this address until now is most likely there no more.
      for (const peer of roster.joined) if (sameAddress(peer.path.address, from)) peer.doubt(now);
    }
    const peer = known ?? this.#addPeer(established, from, target);
    if (target !== undefined) this.#expect(target, peer);
    this.#open(peer, established, from, now);
    // The peer was greeted under a name that has changed since.
    if (established.ownHello.name !== this.#hello.name) this.#parts.ownLines.repeatName();
    return undefined;
  }

  /** Whether somebody can be here. Configured peers find all places, known ones all but theirs, newcomers the common ones. */
  #hasRoomFor(id: PeerId, from: Address, target: Target | undefined): boolean {
    const { roster, pins, context } = this.#parts;
    const before = roster.peers.get(id);
    if (before?.hasSession === true) return true;
    const isTarget = target !== undefined && roster.admits(target, id);
    const isConfigured = isTarget || (before !== undefined && roster.isConfigured(before));
    const isKnown = isConfigured || before !== undefined || pins.knows(id);
    const spare = isConfigured ? 0 : roster.missingCount;
    if (!context.memory.admits({ isKnown, spare })) return false;
    if (isKnown) return isConfigured || before !== undefined || roster.peers.size + spare < peersMax;
    return (
      roster.peers.size + spare < peersMax * (1 - knownPlacesShare) &&
      roster.countFrom(from) < peersPerSourceMax
    );
  }

  #open(peer: Peer, established: Established, address: Address, now: number, finish?: Uint8Array): Session {
    const session = peer.open(established, address, now, finish);
    this.#sessions.set(session.localIndex, { peer, session });
    return session;
  }

  #addPeer(established: Established, address: Address, target: Target | undefined): Peer {
    const { roster, context } = this.#parts;
    const before = roster.recall(established.fingerprint);
    const start = roster.startFor(target);
    const peer = new Peer({
      context,
      id: established.fingerprint,
      publicKey: established.remoteStatic,
      name: established.hello.name,
      address,
      start: before === undefined ? start : Math.max(start, before.settledThrough + 1),
      sentBefore: before?.sentBefore,
      incoming: before?.incoming,
    });
    roster.peers.set(peer.id, peer);
    return peer;
  }

  #onJoined(peer: Peer, name: string, now: number): void {
    const { roster, pins, outputs } = this.#parts;
    this.#bindExpected(peer, now);
    roster.onJoined(peer);
    pins.onSeen(peer.ownName, peer.id);
    for (const bound of roster.targets) if (bound.peer === peer) this.#dialler.stop(bound.key);
    this.#dialler.stop(keyOf(peer.id));
    outputs.event({ type: 'peer-joined', name, peerId: peer.id, address: peer.path.address });
    // Of a peer that comes and goes all the time the others hear when its session has lasted until its first renewal.
    if (this.#keysOf(peer).every((key) => now >= this.#backOffs.until(key)))
      this.#introductions.introduce(peer);
  }

  /** An answer from the target has led to this peer: it takes the target once it has joined. */
  #expect(target: Target, peer: Peer): void {
    this.#expected.set(peer.id, (this.#expected.get(peer.id) ?? new Set()).add(target));
  }

  /** A peer that was expected behind targets takes those behind which no other peer is there, as far as is known. */
  #bindExpected(peer: Peer, now: number): void {
    const { roster } = this.#parts;
    const targets = this.#expected.get(peer.id) ?? new Set();
    for (const target of targets) {
      if (target.peer !== peer && target.peer?.joined === true) continue;
      targets.delete(target);
      roster.bind(target, peer, now);
    }
    if (targets.size === 0) this.#expected.delete(peer.id);
  }

  // ---- Going ---------------------------------------------------------------------------------------------------------

  #onLeft({ peerId, code, reason, lastedMs }: Left, now: number): void {
    const { roster, outputs } = this.#parts;
    const peer = this.#peer(peerId);
    const ending = code === 'violated' ? 'was-violated' : lastedMs < steadyMs ? 'was-short' : 'lasted';
    for (const key of this.#keysOf(peer)) this.#backOffs.onEnded(key, ending, now);
    outputs.event({ type: 'peer-left', name: peer.name, peerId: peer.id, reason });
    this.#dialler.stop(keyOf(peer.id));
    this.#introductions.onLeft(peer, code, now);
    roster.onLeft(peer, code, now);
    // Another peer may be waiting for this one's place behind a target.
    for (const heir of roster.joined) this.#bindExpected(heir, now);
    const target = roster.targets.find((it) => it.peer === peer);
    if (target !== undefined) this.#dialTarget(target, now);
    else if (code === 'lost' && roster.peers.has(peer.id)) this.#dialPeer(peer, now);
  }

  /** Under which keys the peer is dialled. */
  #keysOf(peer: Peer): readonly string[] {
    const targets = this.#parts.roster.targets.filter((target) => target.peer === peer);
    return [keyOf(peer.id), introducedKey(peer.path.address), ...targets.map(({ key }) => key)];
  }

  /** The peer has answered a handshake, and never sent a packet under its keys. Lines may have reached it all the same. */
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

  /** A dial that led to somebody else than the target's own key is over: the key is sought again after a while. */
  #seekMissing(now: number): void {
    for (const target of this.#parts.roster.targets) {
      const isThere = target.peer?.joined === true || this.#isExpected(target);
      if (!isThere && !target.isSelf) this.#dialTarget(target, now + redialDelayMaxMs);
    }
  }

  #isExpected(target: Target): boolean {
    for (const expected of this.#expected.values()) if (expected.has(target)) return true;
    return false;
  }

  #dialPeer(peer: Peer, at: number): void {
    this.#dialler.start(keyOf(peer.id), { type: 'peer', peer, address: peer.path.address }, at);
  }

  #targetOf(reason: DialReason): Target | undefined {
    if (reason.type !== 'target') return undefined;
    return this.#parts.roster.targets.find((target) => target.settings === reason.target);
  }

  /** Why message 2 changed nothing, if so. */
  #onResponse(message: ResponseMessage, from: Address, now: number): string | undefined {
    const answer = this.#dialler.onResponse(message, from, now);
    if (answer.type === 'dropped') return this.#onRefused(answer.reason, from);
    const { dial, responded } = answer;
    const { roster } = this.#parts;
    const known = roster.peers.get(responded.fingerprint);
    const isRekey = dial.reason.type === 'peer' && dial.reason.peer === known;
    if (known?.joined === true && !isRekey) this.#onFoundFirst(dial, known, now);
    else if (this.#hasRoomFor(responded.fingerprint, from, this.#targetOf(dial.reason))) {
      this.#finishDial(dial, known, from, now);
    } else this.#dialler.postpone(dial.key, now);
    return undefined;
  }

  /** The peer that has answered found this node first: no second session is needed. */
  #onFoundFirst(dial: Dial, peer: Peer, now: number): void {
    const { roster } = this.#parts;
    const target = this.#targetOf(dial.reason);
    if (target !== undefined && !roster.admits(target, peer.id)) {
      // The target's own key may come back to this address.
      target.contender = peer.id;
      return this.#dialler.postpone(dial.key, now);
    }
    if (target !== undefined && target.peer?.joined !== true) roster.bind(target, peer, now);
    this.#dialler.stop(dial.key);
  }

  /** Sends message 3, and what may go along with it. */
  #finishDial(dial: Dial, known: Peer | undefined, address: Address, now: number): void {
    const { finish, established } = this.#dialler.finish(dial.key, this.#hello, now);
    const target = this.#admitting(this.#targetOf(dial.reason), established.fingerprint);
    const peer = known ?? this.#addPeer(established, address, target);
    if (target !== undefined) this.#expect(target, peer);
    this.#dialler.onOpened(dial.key, this.#open(peer, established, address, now, finish));
  }

  /** The target, if its lines may go to this key. If not, another key answers where the target's was: an alarm. */
  #admitting(target: Target | undefined, id: PeerId): Target | undefined {
    const { roster, outputs } = this.#parts;
    if (target === undefined || roster.admits(target, id)) return target;
    const key = roster.keyOf(target);
    if (key !== undefined) outputs.event(keyChanged(target.settings.label, key, id));
    target.contender = id;
    return undefined;
  }

  /** The dialler tries again after a wait, unless the attempt is stopped here. */
  #onDialFailed(dial: Dial, session: Session | undefined, now: number): void {
    const found = session === undefined ? undefined : this.#sessions.get(session.localIndex);
    if (found !== undefined) {
      found.peer.abandon(found.session, now);
      this.#onSilentStranger(found.peer, now);
    }
    if (!this.#isStillWanted(dial)) this.#dialler.stop(dial.key);
  }

  #isStillWanted({ reason }: Dial): boolean {
    switch (reason.type) {
      case 'target':
        return true;
      case 'peer':
        // A rekey is asked for again in its time; a lost peer is sought until it is forgotten.
        return !reason.peer.joined && this.#parts.roster.peers.has(reason.peer.id);
      case 'introduced':
        return false;
      default:
        return reason satisfies never;
    }
  }

  // ---- Effects -------------------------------------------------------------------------------------------------------

  /** Does what peers and dialler have left to do, until nothing is left. Whether there was anything. */
  #applyEffects(now: number): boolean {
    const { context } = this.#parts;
    let any = false;
    for (;;) {
      const effects = [...context.effects.take(), ...this.#dialler.takeEffects()];
      if (effects.length === 0) return any;
      any = true;
      for (const effect of effects) this.#apply(effect, now);
    }
  }

  #apply(effect: PeerEffect | DialEffect, now: number): void {
    const { outputs, tracer } = this.#parts;
    switch (effect.type) {
      case 'event':
        return outputs.push(effect);
      case 'trace':
        return tracer.tell?.(effect.event);
      case 'joined':
        this.#knownAt = undefined;
        return this.#onJoined(this.#peer(effect.peerId), effect.name, now);
      case 'renewed':
        this.#knownAt = undefined;
        return this.#introductions.introduce(this.#peer(effect.peerId));
      case 'left':
        this.#knownAt = undefined;
        return this.#onLeft(effect, now);
      case 'renamed':
        return this.#onRenamed(effect);
      case 'spoke':
        return this.#onSpoke(effect.name, effect.peerId);
      case 'older-copy':
        outputs.event(olderCopy(effect.name));
        this.#isOlderCopy = true;
        return undefined;
      case 'introduced':
        return this.#introductions.onIntroduced(effect.frame, this.#peer(effect.peerId), now);
      case 'confirmed':
        this.#dialler.onConfirmed(effect.session, now);
        return this.#seekMissing(now);
      case 'session-gone':
        this.#sessions.delete(effect.session.localIndex);
        return undefined;
      case 'rekey-due':
        return this.#dialPeer(this.#peer(effect.peerId), now);
      case 'failed':
        return this.#onDialFailed(effect.dial, effect.session, now);
      default:
        return effect satisfies never;
    }
  }

  #peer(id: PeerId): Peer {
    const peer = this.#parts.roster.peers.get(id);
    invariant(peer !== undefined, 'effects are applied before their peer is forgotten');
    return peer;
  }

  #onRenamed({ peerId, was, name, ownName, seq }: Extract<PeerEffect, { readonly type: 'renamed' }>): void {
    const { outputs, pins } = this.#parts;
    outputs.event({ type: 'peer-renamed', peerId, was, name, ...(seq === undefined ? {} : { seq }) });
    pins.onSeen(ownName, peerId);
  }

  /** The name has just become this key's: any other peer that is here under it is shown as another. */
  #onSpoke(name: string, id: PeerId): void {
    const { outputs, pins, roster } = this.#parts;
    if (!pins.onSaid(name, id)) return;
    for (const other of roster.joined) {
      if (other.id === id || other.ownName !== name) continue;
      outputs.event({ type: 'peer-renamed', peerId: other.id, was: name, name: other.name });
    }
  }

  /**
   * The peer that is here under another key's name, or was met where that key used to be, takes the key's place: it gets the name,
   * and the lines that wait.
   */
  accept(name: string, now: number): void {
    const { outputs, ownLines, pins, roster } = this.#parts;
    const target = roster.targets.find(({ settings }) => settings.label === name);
    const contender = target?.contender === undefined ? undefined : roster.peers.get(target.contender);
    const claimant = roster.joined.findLast(
      (peer) => peer.ownName === name && pins.belongsToAnother(name, peer.id),
    );
    const peer = claimant ?? contender;
    if (peer?.joined !== true) return outputs.event(nobodyToAccept(name));
    const was = peer.name;
    pins.accept(name, peer.id);
    if (was !== peer.name) outputs.event({ type: 'peer-renamed', peerId: peer.id, was, name: peer.name });
    if (target === undefined || target.peer?.joined === true || target.peer === peer) return;
    ownLines.sayAgain(roster.succeed(target, peer, now), peer.id);
    this.#dialler.stop(target.key);
    this.#applyEffects(now);
  }

  /** What this node says of itself in a handshake now. */
  get #hello(): Hello {
    return { name: this.#parts.ownLines.name };
  }

  #newIndex(): number {
    for (;;) {
      const index = readUint32(this.#parts.context.crypto.randomBytes(4), 0);
      const isTaken =
        this.#sessions.has(index) || this.#dialler.hasIndex(index) || this.#responder.hasIndex(index);
      if (!isTaken) return index;
    }
  }

  #trace(step: 'sent-2' | 'sent-cookie' | 'established', address: Address, at: number): void {
    this.#parts.tracer.tell?.({ type: 'handshake', at, role: 'responder', step, address });
  }
}
