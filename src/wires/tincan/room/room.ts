/**
 * How peers come and go: handshakes that succeed, ours or theirs, bring them; goodbye, silence and failure take them.
 *
 * Owns: where each datagram goes, what each effect of a peer or of the dialler leads to, and in which order the parts of the room
 * hear of it.
 */
import { readUint32 } from '../../../kernel/bytes.ts';
import type { Address, PeerId } from '../../../kernel/contract.ts';
import { earliest } from '../../../kernel/deadline.ts';
import { invariant } from '../../../kernel/invariant.ts';
import type { DataDatagram, Datagram, FinishMessage } from '../codec/datagram.ts';
import { closeCodes } from '../codec/frames.ts';
import type { Session } from '../delivery/session.ts';
import type { Effect } from '../peer/effects.ts';
import type { Peer } from '../peer/peer.ts';
import { olderCopy } from '../trace/warnings.ts';
import { Admission } from './admission.ts';
import { Arrivals } from './arrivals.ts';
import { BackOffs } from './back-offs.ts';
import { Dialler } from './dialler.ts';
import { Discovery } from './discovery.ts';
import { forget } from './forgetting.ts';
import { Introductions, keyOf } from './introductions.ts';
import type { RoomParts } from './parts.ts';
import type { Target } from './roster.ts';
import { Seeking } from './seeking.ts';

type Left = Extract<Effect, { readonly type: 'left' }>;

export class Room {
  readonly #parts: RoomParts;
  readonly #admission: Admission;
  readonly #arrivals: Arrivals;
  readonly #dialler: Dialler;
  readonly #introductions: Introductions;
  readonly #seeking: Seeking;
  readonly #discovery: Discovery | undefined;
  /** The newest own line when peers were last asked what they have to send. */
  #flushedHead = 0;
  #isOlderCopy = false;

  constructor(parts: RoomParts) {
    const handshake = { ...parts.handshake, newIndex: () => this.#newIndex() };
    const { context, tracer } = parts;
    const backOffs = new BackOffs(context.crypto);
    const dialler = new Dialler(handshake, context, tracer, backOffs);
    const admission = new Admission(parts);
    const seeking = new Seeking({ ...parts, admission, backOffs, dialler });
    this.#parts = parts;
    this.#admission = admission;
    this.#arrivals = new Arrivals({ ...parts, handshake, admission, backOffs, dialler, seeking });
    this.#dialler = dialler;
    this.#introductions = new Introductions({ ...parts, dialler, backOffs });
    this.#seeking = seeking;
    this.#discovery = parts.discovers ? new Discovery(parts, this.#introductions) : undefined;
  }

  /** A peer has more of the log than this node has ever sent: the node goes on from an older copy of its state. */
  get isOlderCopy(): boolean {
    return this.#isOlderCopy;
  }

  /** When `onTimeout` is wanted. */
  get deadline(): number | undefined {
    const { context, roster } = this.#parts;
    const { deadline } = this.#discovery ?? {};
    return earliest(
      this.#dialler.deadline,
      roster.deadline,
      context.agenda.deadline,
      this.#introductions.deadline,
      deadline,
    );
  }

  /** Does what is due; early calls do no harm. `flush` follows. */
  onTimeout(now: number): void {
    const { context, roster } = this.#parts;
    this.#discovery?.onTimeout(now);
    this.#introductions.onTimeout(now);
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

  start(now: number): void {
    this.#seeking.start(now);
    this.#parts.roster.start(now);
  }

  /** Says goodbye to each peer that is there. */
  close(now: number): void {
    for (const peer of this.#parts.roster.joined) peer.close(closeCodes.leaving, now);
    this.#applyEffects(now);
  }

  onResolved(host: string, ip: string, now: number): void {
    this.#seeking.onResolved(host, ip);
    this.#dialler.onResolved(host, ip, now);
    this.#applyEffects(now);
  }

  onUnresolved(host: string, now: number): void {
    this.#dialler.onUnresolved(host, now);
  }

  accept(name: string, now: number): void {
    const target = this.#admission.accept(name, now);
    if (target === undefined) return;
    this.#dialler.stop(target.key);
    this.#applyEffects(now);
  }

  forget(who: string, now: number): void {
    const { context, roster, outputs } = this.#parts;
    forget(who, { log: context.log, roster, outputs }, now);
    this.#applyEffects(now);
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
        return this.#arrivals.onInit(message, from, now);
      case 'response':
        return this.#arrivals.onResponse(message, from, now);
      case 'finish':
        return this.#onFinish(message, from, now);
      case 'cookie':
        return this.#dialler.onCookie(message);
      case 'announcement':
        return this.#discovery === undefined ? 'unexpected' : this.#discovery.onHeard(message, from, now);
      case 'unknown':
        return 'unknown-type';
      default:
        return message satisfies never;
    }
  }

  #onFinish(message: FinishMessage, from: Address, now: number): string | undefined {
    const reason = this.#arrivals.onFinish(message, from, now);
    // A repeated message 3 is no news; the packet behind it may be.
    return message.packet === undefined ? reason : this.#onData(message.packet, from, now);
  }

  #onData(message: DataDatagram, from: Address, now: number): string | undefined {
    const found = this.#arrivals.sessionAt(message.receiverIndex);
    if (found === undefined) return 'unknown-index';
    const { peer, session } = found;
    const packet = peer.receiver.open(session, from, message.bytes, now);
    if (packet.type === 'dropped') return packet.reason;
    // A peer joins where its handshake went: the packet that shows that it is there may come from somewhere else.
    this.#applyEffects(now);
    return peer.receiver.take(packet, now);
  }

  // ---- Coming --------------------------------------------------------------------------------------------------------

  #onJoined(peer: Peer, name: string, now: number): void {
    const { roster, pins, outputs } = this.#parts;
    this.#admission.bind(peer, now);
    roster.onJoined(peer);
    pins.onSeen(peer.ownName, peer.id);
    this.#seeking.onJoined(peer);
    outputs.event({ type: 'peer-joined', name, peerId: peer.id, address: peer.path.address });
    // Of a peer that comes and goes all the time the others hear when its session has lasted until its first renewal.
    this.#introductions.onJoined(peer, this.#seeking.isSteady(peer, now), now);
  }

  // ---- Going ---------------------------------------------------------------------------------------------------------

  #onLeft({ peerId, code, reason, lastedMs }: Left, now: number): void {
    const { roster, outputs } = this.#parts;
    const peer = this.#peer(peerId);
    this.#seeking.onLeft(peer, code, lastedMs, now);
    outputs.event({ type: 'peer-left', name: peer.name, peerId: peer.id, reason });
    this.#dialler.stop(keyOf(peer.id));
    this.#introductions.onLeft(peer, code, now);
    roster.onLeft(peer, code, now);
    // Another peer may be waiting for this one's place behind a target.
    for (const heir of roster.joined) this.#admission.bind(heir, now);
    this.#seeking.onAway(peer, code, now);
  }

  /** The peer has answered a handshake, and never sent a packet under its keys. Lines may have reached it all the same. */
  #onSilentStranger(peer: Peer, now: number): void {
    const { roster } = this.#parts;
    if (peer.joined || !peer.isStranger) return;
    const wasExpected = this.#admission.expectNoMore(peer);
    if (roster.isConfigured(peer)) return;
    // A target is owed the lines whoever stands behind it; else what has not been sent can't have arrived.
    if (wasExpected || peer.outgoing.sentThrough < peer.firstOwed) {
      roster.remove(peer, 0, now);
      return;
    }
    roster.onLeft(peer, 'lost', now);
    this.#seeking.dialPeer(peer, now);
  }

  /** The dialler tries again after a wait, unless the attempt is stopped here. */
  #onDialFailed(key: string, session: Session | undefined, now: number): void {
    const found = session === undefined ? undefined : this.#arrivals.sessionAt(session.localIndex);
    if (found !== undefined) {
      found.peer.abandon(found.session, now);
      this.#onSilentStranger(found.peer, now);
    }
    if (!this.#seeking.isStillWanted(key)) this.#dialler.stop(key);
    this.#introductions.onDialFailed(now);
  }

  // ---- Effects -------------------------------------------------------------------------------------------------------

  /** Does what peers and dialler have left to do. Whether there was anything. */
  #applyEffects(now: number): boolean {
    const { context } = this.#parts;
    let any = false;
    for (;;) {
      const effects = context.effects.take();
      if (effects.length === 0) return any;
      any = true;
      for (const effect of effects) this.#apply(effect, now);
    }
  }

  #apply(effect: Effect, now: number): void {
    const { outputs, tracer } = this.#parts;
    switch (effect.type) {
      case 'event':
        return outputs.push(effect);
      case 'trace':
        return tracer.tell?.(effect.event);
      case 'joined':
        return this.#onJoined(this.#peer(effect.peerId), effect.name, now);
      case 'renewed':
        return this.#introductions.onRenewed(this.#peer(effect.peerId), now);
      case 'left':
        return this.#onLeft(effect, now);
      case 'renamed':
        return this.#admission.onRenamed(effect);
      case 'spoke':
        return this.#admission.onSpoke(effect.name, effect.peerId);
      case 'older-copy':
        outputs.event(olderCopy(effect.name));
        this.#isOlderCopy = true;
        return undefined;
      case 'introduced':
        return this.#introductions.onIntroduced(effect.frame, this.#peer(effect.peerId), now);
      case 'confirmed':
        this.#dialler.onConfirmed(effect.session, now);
        return this.#seeking.seekMissing(now);
      case 'session-gone':
        return this.#arrivals.onSessionGone(effect.session);
      case 'rekey-due':
        return this.#seeking.dialPeer(this.#peer(effect.peerId), now);
      case 'dial-failed':
        return this.#onDialFailed(effect.key, effect.session, now);
      default:
        return effect satisfies never;
    }
  }

  #peer(id: PeerId): Peer {
    const peer = this.#parts.roster.peers.get(id);
    invariant(peer !== undefined, 'effects are applied before their peer is forgotten');
    return peer;
  }

  #newIndex(): number {
    for (;;) {
      const index = readUint32(this.#parts.context.crypto.randomBytes(4), 0);
      if (!this.#arrivals.hasIndex(index) && !this.#dialler.hasIndex(index)) return index;
    }
  }
}
