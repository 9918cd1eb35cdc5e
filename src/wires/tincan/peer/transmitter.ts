/**
 * Everything that leaves for one peer under a session's keys goes through here: what goes into the next packet, and whether
 * it may leave now.
 *
 * Owns: the order of frames in a packet, the window, the pacer, the control frames that wait, and the fate of what was sent.
 */
import type { Address } from '../../../kernel/contract.ts';
import { toHex } from '../../../kernel/bytes.ts';
import { earliest } from '../../../kernel/deadline.ts';
import { PacketDraft } from './packet-draft.ts';
import type { PeerParts } from './parts.ts';
import { encodeFrames } from '../codec/frame-table.ts';
import type { Fragment } from './fragments.ts';
import { closeCodes, logIdBytes } from '../codec/frames.ts';
import type { AckFrame, Frame, IntroduceFrame, ResumeFrame } from '../codec/frames.ts';
import {
  ackPacketMaxBytes,
  blackHoleProbeTimeouts,
  burstMaxPackets,
  controlFlightMaxPackets,
  datagramBaseBytes,
  datagramSpanMs,
  datagramWindowShare,
  packetMinBytes,
  packetOverheadBytes,
  packetReserveBytes,
  repairSpacing,
} from '../limits.ts';
import { traceId } from '../trace/trace.ts';
import type { LostLine, PacketSent, RepeatedPiece } from '../trace/trace.ts';
import type { SentPacket } from '../delivery/recovery.ts';
import type { Session } from '../delivery/session.ts';
import type { SealedPacket } from '../delivery/packet.ts';

export class Transmitter {
  readonly #parts: PeerParts;
  /** Of the packet that was sent last: an array for each would cost a sender 6 % of its time or more. */
  #plaintext = new Uint8Array(datagramBaseBytes);
  #session: Session | undefined = undefined;
  #receipt: 'told' | 'wanted' | 'under-way' = 'told';
  #receiptAt: number | undefined = undefined;
  /** By public key, as a newer introduction of a member replaces one that waits. */
  readonly #introductions = new Map<string, IntroduceFrame>();
  #pathTokens: Extract<Frame, { readonly type: 'path-challenge' | 'path-response' }>[] = [];
  #pingWanted = false;
  /** When there may be something ack-eliciting to send: a receipt is due, or the pacer lets go. */
  #elicitAt: number | undefined = undefined;

  constructor(parts: PeerParts) {
    this.#parts = parts;
  }

  /** When `flush` is wanted for something other than loss. */
  get deadline(): number | undefined {
    if (this.#session === undefined || this.#parts.path.allowanceBytes < packetMinBytes) return undefined;
    return earliest(this.#session.acks.deadline, this.#elicitAt);
  }

  /** Packets go under this session now (`undefined`: under none). What was under way is sent anew. */
  use(session: Session | undefined): void {
    for (const { contents } of this.#parts.link.recovery.abandon()) this.#introduceAgain(contents);
    this.#parts.link.mtu.onAbandoned();
    this.#session = session;
    this.#pathTokens = [];
    this.#elicitAt = undefined;
    this.#parts.outgoing.restart();
    if (this.#receipt === 'told') return;
    this.#receipt = 'wanted';
    // As soon as it may go.
    this.#receiptAt = 0;
  }

  /** The face has taken lines: a receipt is wanted, at the latest when an ack would be. */
  onTaken(now: number): void {
    const { incoming, link } = this.#parts;
    this.#receipt = 'wanted';
    const at = incoming.receiptIsUrgent ? now : now + link.recovery.rtt.ackDelayMs;
    this.#receiptAt = Math.min(this.#receiptAt ?? at, at, this.#session?.acks.deadline ?? at);
  }

  introduce(frame: IntroduceFrame): void {
    this.#introductions.set(toHex(frame.publicKey), frame);
  }

  /** Sent once: the path asks for the next one when no answer has come. */
  challenge(token: Uint8Array): void {
    this.#pathTokens = [{ type: 'path-challenge', token }];
  }

  /** Only the newest is answered: one answer a packet is enough. */
  respond(token: Uint8Array): void {
    if (!this.#mayRemember) return;
    this.#pathTokens = [
      ...this.#pathTokens.filter((frame) => frame.type === 'path-challenge'),
      { type: 'path-response', token },
    ];
  }

  ping(): void {
    this.#pingWanted = true;
  }

  /** The peer tells which of the packets under `session` came in. The caller has seen that each of them was sent. */
  onAck(session: Session, frame: AckFrame, now: number): void {
    // What an ack for a replaced session tells of has been sent anew already.
    if (session !== this.#session) return;
    const { acked, lost } = this.#parts.link.recovery.onAck(frame, now);
    for (const packet of acked) this.#onAcked(session, packet);
    for (const packet of lost) this.#onLost(packet, now);
  }

  /** The loss timer or the probe timer is due: some packets are lost, or probes go with the next flush. */
  onRecoveryTimeout(now: number): void {
    const { recovery, mtu } = this.#parts.link;
    for (const packet of recovery.onTimeout(now)) this.#onLost(packet, now);
    if (recovery.probeTimeouts >= blackHoleProbeTimeouts && mtu.fall(now)) this.#parts.outgoing.restart();
  }

  /** The peer has proved to be at another address: what was cut for the path to the old one may not pass here. */
  onMoved(): void {
    const { link, path, outgoing } = this.#parts;
    if (link.onMoved(path.address.ip)) outgoing.restart();
  }

  /** Sends what may leave now, at most one burst. The rest has a deadline, or waits for an ack. */
  flush(now: number): void {
    const session = this.#session;
    if (session === undefined) return;
    const { recovery } = this.#parts.link;
    for (let packets = 0; ; packets += 1) {
      if (this.#parts.path.allowanceBytes < packetMinBytes) return;
      if (recovery.takeProbe()) {
        this.#send(session, this.#fillProbe(session, now), now, true);
        continue;
      }
      const packetBytes = this.#packetBytes(session, now);
      if (this.#mayElicit(packetBytes, now)) {
        if (packets >= burstMaxPackets) {
          this.#elicitAt = now;
          return;
        }
        const draft = this.#fillData(session, packetBytes, now);
        // Nothing fits into what an unvalidated address may be sent.
        if (draft.control.length + draft.fragments.length === 0) {
          this.#elicitAt = undefined;
          return;
        }
        this.#send(session, draft, now, false);
      } else if (this.#pathTokens.length > 0 || (session.acks.deadline ?? Number.POSITIVE_INFINITY) <= now) {
        // Whatever the window says: an ack makes room, and a window on a lost path is full for good.
        this.#send(
          session,
          this.#startDraft(session, datagramBaseBytes, now, !this.#mayRemember),
          now,
          false,
        );
      } else {
        return;
      }
    }
  }

  /** The last word: one packet, whatever window and pacer say. */
  sendClose(code: number, now: number): void {
    const session = this.#session;
    if (session === undefined || this.#parts.path.allowanceBytes < packetMinBytes) return;
    const draft = this.#startDraft(session, datagramBaseBytes, now);
    if (this.#receipt === 'under-way') this.#addReceipt(draft);
    draft.add({ type: 'close', code });
    this.#send(session, draft, now, false);
  }

  /** To a second program that uses the peer's key: it is not where the peer is. */
  refuse(session: Session, to: Address): void {
    const close = encodeFrames([{ type: 'close', code: closeCodes.keyInUse }]);
    this.#parts.outputs.datagram(to, session.sealer.seal(close).bytes);
  }

  /** One frame on a session that is not in use; never repeated. */
  sendLate(session: Session, frame: Frame, now: number): void {
    if (this.#parts.path.allowanceBytes < ackPacketMaxBytes) return;
    const sealed = session.sealer.seal(encodeFrames([frame]));
    this.#leave(session, sealed, { frames: [frame], repeats: [], probe: false }, now);
  }

  /** The ack that is owed for what came late on a session that is not in use. */
  sendLateAck(session: Session, now: number): void {
    const { deadline } = session.acks;
    const ack = session.acks.frame(now);
    if (deadline === undefined || deadline > now || ack === undefined) return;
    session.acks.onSent();
    this.sendLate(session, ack, now);
  }

  /** Whether one more packet without lines may be remembered until its ack. Lines in flight are bounded by the credit. */
  get #mayRemember(): boolean {
    const { outgoing, link } = this.#parts;
    return link.recovery.packetsInFlight < outgoing.fragments.size + controlFlightMaxPackets;
  }

  /** When the receipt is due: not before the peer has said which log the session is about, as two programs may use its key. */
  get #receiptDueAt(): number | undefined {
    return this.#mayRemember && this.#session?.logId !== undefined ? this.#receiptAt : undefined;
  }

  /** Whether something ack-eliciting is to be said, and window and pacer let it go now. */
  #mayElicit(packetBytes: number, now: number): boolean {
    const { outgoing } = this.#parts;
    const { recovery, congestion, pacer } = this.#parts.link;
    const receiptAt = this.#receiptDueAt;
    const hasControl =
      this.#mayRemember &&
      (this.#pingWanted || this.#introductions.size > 0 || (receiptAt ?? Number.POSITIVE_INFINITY) <= now);
    const hasLines = outgoing.hasNext(payloadOf(packetBytes));
    if (!hasControl && !hasLines) {
      if (recovery.bytesInFlight + packetBytes <= congestion.windowBytes) recovery.onApplicationLimited();
      this.#elicitAt = receiptAt;
      return false;
    }
    if (recovery.bytesInFlight > 0 && recovery.bytesInFlight + packetBytes > congestion.windowBytes) {
      // The next ack, or loss, makes room.
      this.#elicitAt = undefined;
      return false;
    }
    let readyAt = pacer.readyAt(congestion.pacingBytesPerMs, packetBytes, now);
    const isSmall = !hasControl && 2 * outgoing.nextBytes(datagramBaseBytes / 2) < datagramBaseBytes;
    if (isSmall) readyAt = Math.max(readyAt, pacer.smallReadyAt(now));
    if (readyAt > now) {
      this.#elicitAt = readyAt;
      return false;
    }
    if (isSmall) pacer.onSmallSent(now);
    return true;
  }

  #fillData(session: Session, packetBytes: number, now: number): PacketDraft {
    const { outgoing } = this.#parts;
    const { recovery, congestion } = this.#parts.link;
    const draft = this.#startDraft(session, packetBytes, now);
    const payload = payloadOf(packetBytes);
    this.#addControl(draft);
    // The window's last packet asks for its ack at once: the next packet has to wait for that ack.
    const fillsWindow = recovery.bytesInFlight + 2 * packetBytes > congestion.windowBytes;
    if (fillsWindow && outgoing.nextBytes(draft.room) > draft.room) draft.add({ type: 'immediate-ack' });
    for (
      let next = outgoing.takeNext(draft.room, payload);
      next;
      next = outgoing.takeNext(draft.room, payload)
    ) {
      draft.addFragment(next);
    }
    const free = Math.min(
      draft.room,
      congestion.windowBytes - recovery.bytesInFlight - packetBytes + draft.room,
    );
    const spacingMs = recovery.rtt.smoothedMs * repairSpacing;
    for (const fragment of outgoing.fragments.repairs(free, spacingMs, now)) draft.addFragment(fragment);
    return draft;
  }

  /**
   * A probe sends what is lost, as the peer may have no room for what is under way until that has come; then it repeats what has
   * waited longest, so that an answer tells the most; with nothing under way, it asks. Pieces come first into the draft: one
   * that was cut to fill a packet fits into no other that bears much else.
   */
  #fillProbe(session: Session, now: number): PacketDraft {
    const { outgoing } = this.#parts;
    const { fragments } = outgoing;
    const packetBytes = this.#parts.link.mtu.passedBytes;
    const draft = this.#startDraft(session, packetBytes, now);
    const payload = payloadOf(packetBytes);
    for (let lost = fragments.takeLost(draft.room); lost; lost = fragments.takeLost(draft.room)) {
      draft.addFragment(lost);
    }
    for (const fragment of fragments.oldest(draft.room)) draft.addFragment(fragment);
    draft.add({ type: 'immediate-ack' });
    if (this.#receipt === 'under-way') this.#addReceipt(draft);
    this.#addControl(draft);
    for (
      let next = outgoing.takeNext(draft.room, payload);
      next;
      next = outgoing.takeNext(draft.room, payload)
    ) {
      draft.addFragment(next);
    }
    return draft;
  }

  /**
   * What each packet bears: what proves a path, the ack that is owed, RESUME until one has arrived, a receipt that waits.
   * `isAckOnly`: nothing of it that would have to be remembered.
   */
  #startDraft(session: Session, packetBytes: number, now: number, isAckOnly = false): PacketDraft {
    const { allowanceBytes } = this.#parts.path;
    // What is known to pass, passes on another path.
    const most = Number.isFinite(allowanceBytes) ? Math.min(datagramBaseBytes, allowanceBytes) : packetBytes;
    if (most > this.#plaintext.length) this.#plaintext = new Uint8Array(most);
    const draft = new PacketDraft(most - packetOverheadBytes);
    // First, as an ack may take all that an unvalidated address may be sent.
    this.#pathTokens = this.#pathTokens.filter((frame) => !draft.add(frame));
    const ack = session.acks.frame(now);
    if (ack !== undefined) draft.addAck(ack);
    if (isAckOnly) return draft;
    if (!session.resumeArrived) draft.add(this.#resume());
    if (this.#receipt === 'wanted' && session.logId !== undefined) this.#addReceipt(draft);
    return draft;
  }

  #resume(): ResumeFrame {
    const { log, outgoing, incoming } = this.#parts;
    return {
      type: 'resume',
      logId: log.id,
      start: outgoing.accepted + 1,
      head: outgoing.tellable,
      followedLogId: incoming.logId ?? new Uint8Array(logIdBytes),
      held: incoming.logId === undefined ? 0 : incoming.held,
      known: incoming.logId === undefined ? 0 : Math.max(incoming.head, incoming.held),
    };
  }

  #addControl(draft: PacketDraft): void {
    if (this.#pingWanted) draft.add({ type: 'ping' });
    // In the order of their keys, so that a packet does not depend on the order in which losses and renewals came to light.
    for (const [key, frame] of [...this.#introductions].toSorted(([left], [right]) =>
      left < right ? -1 : 1,
    )) {
      if (!draft.add(frame)) break;
      this.#introductions.delete(key);
    }
  }

  #addReceipt(draft: PacketDraft): void {
    const { incoming } = this.#parts;
    if (incoming.logId !== undefined) draft.add(incoming.receipt());
  }

  /** The size of the next packet with lines, bytes: what the path takes, but a small part of what is under way. */
  #packetBytes(session: Session, now: number): number {
    const { mtu, congestion } = this.#parts.link;
    const limit = session.confirmed ? mtu.limitBytes(now) : datagramBaseBytes;
    if (limit === datagramBaseBytes) return limit;
    const share = Math.min(
      congestion.windowBytes * datagramWindowShare,
      congestion.pacingBytesPerMs * datagramSpanMs,
    );
    const lost = this.#parts.outgoing.fragments.nextLost?.bytes ?? 0;
    const least = Math.max(datagramBaseBytes, lost + packetOverheadBytes + packetReserveBytes);
    return Math.min(limit, Math.max(least, Math.floor(share)));
  }

  #send(session: Session, draft: PacketDraft, now: number, probe: boolean): void {
    const { outgoing, incoming, link, liveness } = this.#parts;
    const { frames } = draft;
    const repeats: RepeatedPiece[] = [];
    const sealed = session.sealer.seal(encodeFrames(frames, this.#plaintext));
    const bytes = sealed.bytes.length;
    link.pacer.onSent(bytes);
    if (draft.has('ack')) session.acks.onSent();
    if (draft.has('receipt')) {
      this.#receipt = 'under-way';
      this.#receiptAt = undefined;
      incoming.onReceiptSent(now, link.rtt.smoothedMs);
    }
    this.#pingWanted = false;
    if (draft.ackEliciting) {
      for (const fragment of draft.fragments) {
        const repeat = link.repairs.onSend(fragment, sealed.packetNumber, probe, now);
        if (repeat !== undefined) repeats.push(repeat);
        outgoing.fragments.onSent(fragment, sealed.packetNumber, now);
      }
      link.recovery.onSent(sealed.packetNumber, bytes, draft, now);
      link.mtu.onSent(bytes);
      liveness.onElicitingSent(now);
    }
    this.#leave(session, sealed, { frames, repeats, probe }, now);
  }

  /** A sealed packet leaves, for where the peer is now. */
  #leave(
    session: Session,
    { packetNumber, bytes }: SealedPacket,
    told: Pick<PacketSent, 'frames' | 'repeats' | 'probe'>,
    now: number,
  ): void {
    const { peer, link, liveness, path, effects, outputs } = this.#parts;
    const to = path.address;
    path.onSent(bytes.length);
    link.onSent(bytes.length);
    if (link.recovery.packetsInFlight > 0) liveness.onUnanswered(now);
    if (told.frames.some((frame) => frame.type === 'ping')) liveness.onPingSent();
    effects.trace(() => ({
      type: 'packet-sent',
      at: now,
      peer: traceId(peer.id),
      session: session.localIndex,
      packetNumber,
      bytes: bytes.length,
      to,
      ...told,
    }));
    for (const datagram of session.enclose(bytes, datagramBaseBytes)) outputs.datagram(to, datagram);
  }

  #onAcked(session: Session, packet: SentPacket<PacketDraft>): void {
    const { outgoing, incoming, link } = this.#parts;
    const { contents } = packet;
    link.mtu.onAcked(packet.bytes);
    for (const fragment of contents.fragments) {
      outgoing.onAcked(fragment);
      link.repairs.onAcked(fragment, packet);
    }
    for (const frame of contents.control) {
      if (frame.type === 'resume') session.onResumeArrived();
      if (frame.type === 'ack') session.acks.onAckAcknowledged(frame);
      const isLatest = frame.type === 'receipt' && frame.seq === incoming.taken;
      if (isLatest && this.#receipt === 'under-way') this.#receipt = 'told';
    }
  }

  #onLost(packet: SentPacket<PacketDraft>, now: number): void {
    const { peer, outgoing, link, effects } = this.#parts;
    const { packetNumber, bytes, contents } = packet;
    for (const fragment of contents.fragments) {
      outgoing.fragments.onLost(fragment);
      link.repairs.onLost(fragment, packet);
    }
    if (link.mtu.onLost(bytes, now)) outgoing.restart();
    this.#introduceAgain(contents);
    if (contents.has('receipt') && this.#receipt === 'under-way') {
      this.#receipt = 'wanted';
      this.#receiptAt = now;
    }
    const session = this.#session?.localIndex ?? 0;
    effects.trace(() => ({
      type: 'packet-lost',
      at: now,
      peer: traceId(peer.id),
      session,
      packetNumber,
      bytes,
      sign: packet.lostBy ?? 'timer',
      agoMs: now - packet.stamp.sentAt,
      lines: contents.fragments.map((fragment) =>
        lostLine(fragment, link.repairs.arrivedIn(fragment), packetNumber),
      ),
    }));
  }

  /** An introduction that was lost goes again, unless a newer one of the same member waits. */
  #introduceAgain({ control }: PacketDraft): void {
    for (const frame of control) {
      if (frame.type !== 'introduce') continue;
      const key = toHex(frame.publicKey);
      if (!this.#introductions.has(key)) this.#introductions.set(key, frame);
    }
  }
}

/** What the pieces of lines in a packet of this size may take. */
function payloadOf(packetBytes: number): number {
  return packetBytes - packetOverheadBytes - packetReserveBytes;
}

function lostLine(
  { frame: { seq }, state, packetNumber }: Fragment,
  arrivedIn: number | undefined,
  lost: number,
): LostLine {
  if (state === 'held') return { seq, fate: 'arrived', packetNumber: arrivedIn };
  if (state !== 'in-flight') return { seq, fate: 'goes-again', packetNumber: undefined };
  return { seq, fate: 'under-way', packetNumber: packetNumber === lost ? undefined : packetNumber };
}
