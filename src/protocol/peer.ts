/**
 * One other node, by its static key: what outlives its sessions. The two logs' offsets, loss recovery, the address, and
 * whether it is there.
 *
 * Owns: which session is in use, what the peer's frames do, liveness, the peer's deadlines. Must not know: handshakes, how a
 * peer is found, the other peers; it tells its host.
 */
import type { Address, Event, PeerId, PeerStatus } from '../contract.ts';
import { Bbr } from './bbr.ts';
import { equalBytes } from './bytes.ts';
import type { CongestionController } from './congestion.ts';
import { randomBelow } from './crypto.ts';
import type { Crypto } from './crypto.ts';
import { earliest } from './deadline.ts';
import { closeCodes, decodeFrames, encodeFrames, logIdBytes } from './frames.ts';
import type { AckFrame, Frame, IntroduceFrame, LineFrame, ResumeFrame } from './frames.ts';
import type { Established } from './handshake.ts';
import { Incoming } from './incoming.ts';
import {
  ackPacketMaxBytes,
  followAfterMs,
  keepaliveJitterMs,
  keepaliveMs,
  packetOverheadBytes,
  packetReserveBytes,
  rekeyRetryMs,
  silentDoubtedMs,
  silentMs,
  silentUnacknowledgedMs,
} from './limits.ts';
import type { Log, LogLine } from './log.ts';
import { NewReno } from './newreno.ts';
import { Outgoing } from './outgoing.ts';
import { Pacer } from './pacer.ts';
import type { OpenedPacket, SealedPacket } from './packet.ts';
import { Path } from './path.ts';
import { Recovery } from './recovery.ts';
import type { SentPacket } from './recovery.ts';
import { RttEstimator } from './rtt.ts';
import { Session } from './session.ts';
import type { Trace } from './trace.ts';
import { Transmitter } from './transmitter.ts';
import type { PacketContents } from './transmitter.ts';

/** What a peer asks of the node that it belongs to, and tells it. */
export interface PeerHost {
  readonly crypto: Crypto;
  readonly log: Log;
  readonly datagramBytes: number;
  readonly congestion: 'bbr' | 'newreno';
  readonly trace: Trace | undefined;
  emit(event: Event): void;
  sendDatagram(to: Address, bytes: Uint8Array): void;
  onJoined(peer: Peer): void;
  /** It is still there, with new keys or at a new address that has been validated. */
  onRenewed(peer: Peer): void;
  onLeft(peer: Peer, code: 'left' | 'lost', reason: string): void;
  onAccepted(peer: Peer, lines: readonly LogLine[]): void;
  onIntroduced(frame: IntroduceFrame): void;
  /** A packet came in on a session that this node opened: its handshake is over. */
  onConfirmed(session: Session): void;
  onSessionGone(session: Session): void;
  /** The session in use should be replaced. */
  onRekeyDue(peer: Peer): void;
}

export interface PeerOptions {
  readonly host: PeerHost;
  readonly id: PeerId;
  readonly publicKey: Uint8Array;
  readonly name: string;
  readonly address: Address;
  /** The first of our lines that it is owed. */
  readonly start: number;
  /** What is known of its log from an earlier acquaintance. */
  readonly incoming: Incoming | undefined;
}

export class Peer {
  readonly id: PeerId;
  readonly publicKey: Uint8Array;
  name: string;
  /** The first of our lines that it was owed. */
  readonly firstOwed: number;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly path: Path;
  /** Whether it is there. */
  joined = false;
  readonly #host: PeerHost;
  readonly #rtt = new RttEstimator();
  readonly #congestion: CongestionController;
  readonly #recovery: Recovery<PacketContents>;
  readonly #transmitter: Transmitter;
  /** Opened by us while another one is in use: takes over once the peer has sent a packet under it. */
  #pending: Session | undefined = undefined;
  #retired: Session[] = [];
  #heardAt = 0;
  #unansweredSince: number | undefined = undefined;
  #doubtedAt: number | undefined = undefined;
  #keepaliveMs = keepaliveMs;
  #pingAskedAt = Number.NEGATIVE_INFINITY;
  #rekeyAskedAt = Number.NEGATIVE_INFINITY;
  /** Where round trips and window were measured. */
  #measuredIp = '';
  #linesReceived = 0;
  #packetsSent = 0;
  #packetsReceived = 0;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(options: PeerOptions) {
    const { host } = options;
    const payloadBytes = host.datagramBytes - packetOverheadBytes - packetReserveBytes;
    const controllerOptions = { packetBytes: host.datagramBytes, rtt: this.#rtt };
    this.#host = host;
    this.id = options.id;
    this.publicKey = options.publicKey;
    this.name = options.name;
    this.firstOwed = options.start;
    this.outgoing = new Outgoing({ log: host.log, start: options.start, payloadBytes });
    this.incoming = options.incoming ?? new Incoming();
    this.path = new Path(options.address);
    this.#congestion =
      host.congestion === 'bbr' ? new Bbr(controllerOptions) : new NewReno(controllerOptions);
    this.#recovery = new Recovery({ rtt: this.#rtt, congestion: this.#congestion });
    this.#transmitter = new Transmitter({
      outgoing: this.outgoing,
      incoming: this.incoming,
      recovery: this.#recovery,
      congestion: this.#congestion,
      pacer: new Pacer({ packetBytes: host.datagramBytes }),
      path: this.path,
      datagramBytes: host.datagramBytes,
      send: (packet, session, frames, probe, now) => this.#onSend(packet, session, frames, probe, now),
    });
  }

  /** It has never yet been heard under a session's keys, and no handshake with it is under way. */
  get isStranger(): boolean {
    return this.incoming.logId === undefined && this.session === undefined && this.#pending === undefined;
  }

  /** Asked whether it is still there; nothing heard since. */
  get isDoubted(): boolean {
    return this.#doubtedAt !== undefined;
  }

  get linesReceived(): number {
    return this.#linesReceived;
  }

  get session(): Session | undefined {
    return this.#transmitter.session;
  }

  /** A handshake has succeeded through `address`. Gives the session, whose packets the host sends this way. */
  open(established: Established, address: Address, now: number): Session {
    const session = new Session(established, address, this.#host.crypto, now);
    if (established.roundTripMs !== undefined && this.#rtt.minMs === undefined) {
      this.#rtt.update(established.roundTripMs, 0);
    }
    this.#traceSession(session, 'opened', now);
    if (session.confirmed) {
      this.#prefer(session, now);
      this.#join(now);
    } else if (this.session === undefined) {
      this.#adopt(session, now);
    } else {
      if (this.#pending !== undefined) this.#host.onSessionGone(this.#pending);
      this.#pending = session;
    }
    return session;
  }

  /** A datagram for one of this peer's sessions. Why it changed nothing, if so. */
  onPacket(session: Session, from: Address, bytes: Uint8Array, now: number): string | undefined {
    if (now >= session.endsAt) return 'session-over';
    const opened = session.opener.open(bytes);
    if (opened.type === 'dropped') return opened.reason;
    const decoded = decodeFrames(opened.frames);
    this.#onHeard(session, from, bytes.length, opened.newest, now);
    if (!decoded.ok) return this.#violate(closeCodes.protocolViolation, decoded.code, now);
    this.#tracePacket(session, opened, decoded.frames, from, bytes.length, now);
    return this.#onFrames(session, opened.packetNumber, decoded.frames, bytes.length, now);
  }

  /** The face has taken the peer's lines up to `seq`. */
  onTaken(seq: number, now: number): void {
    if (this.incoming.onTaken(seq)) this.#transmitter.onTaken(now);
  }

  /** Somebody else has come from its address. It is asked at once, and has little time to answer. */
  doubt(now: number): void {
    this.#doubtedAt ??= now;
    this.#transmitter.ping();
  }

  introduce(frame: IntroduceFrame): void {
    this.#transmitter.introduce(frame);
  }

  /** Sends what may leave. To be called after anything that may have made something to send. */
  flush(now: number): void {
    this.#transmitter.flush(now);
    for (const session of this.#retired) {
      const { deadline } = session.acks;
      const ack = session.acks.frame(now);
      if (deadline === undefined || deadline > now || ack === undefined) continue;
      session.acks.onSent();
      this.#sendLate(session, ack, now);
    }
  }

  /** When `onTimeout` is wanted: the earliest of the peer's deadlines (README.md, "Deadlines"). */
  get deadline(): number | undefined {
    const session = this.session;
    if (session === undefined) return undefined;
    let at = earliest(this.#transmitter.deadline, this.#recovery.deadline);
    at = earliest(at, this.path.deadline);
    at = earliest(at, session.endsAt);
    const mayAck = this.path.allowanceBytes >= ackPacketMaxBytes;
    for (const retired of this.#retired) {
      at = earliest(at, retired.endsAt);
      if (mayAck) at = earliest(at, retired.acks.deadline);
    }
    if (!session.confirmed) return at;
    at = earliest(at, Math.min(this.#keepaliveAt, this.#silentAt));
    return this.#pending === undefined ? earliest(at, this.#rekeyAt(session)) : at;
  }

  /** Does what is due; early calls do no harm. `flush` follows. */
  onTimeout(now: number): void {
    const session = this.session;
    if (session === undefined) return;
    for (const retired of this.#retired.filter((old) => now >= old.endsAt)) this.#dropRetired(retired);
    if (session.confirmed && now >= this.#silentAt) return this.leave('lost', 'silent', now);
    if (now >= session.endsAt) return this.leave('lost', 'its keys are used up', now);
    for (const packet of this.#recovery.onTimeout(now)) this.#onLostPacket(packet, now);
    this.#onPathTimeout(now);
    if (!session.confirmed) return;
    if (now >= this.#keepaliveAt) {
      this.#pingAskedAt = now;
      this.#transmitter.ping();
    }
    if (this.#pending === undefined && now >= this.#rekeyAt(session)) {
      this.#rekeyAskedAt = now;
      this.#host.onRekeyDue(this);
    }
  }

  /** A handshake of ours was given up before the peer confirmed its session. */
  abandon(session: Session, now: number): void {
    if (this.#pending === session) this.#pending = undefined;
    else if (this.session === session) this.#transmitter.use(undefined, this.#resume);
    this.#retired = this.#retired.filter((old) => old !== session);
    this.#host.onSessionGone(session);
    this.#traceSession(session, 'dead', now);
  }

  /** Says goodbye, twice, as no answer to it will come. */
  close(code: number, now: number): void {
    if (this.joined) {
      this.#transmitter.sendClose(code, now);
      this.#transmitter.sendClose(code, now);
    }
  }

  /** It is not there any more. Its sessions end; what it is owed stays owed. */
  leave(code: 'left' | 'lost', reason: string, now: number): void {
    const { session } = this;
    this.#transmitter.use(undefined, this.#resume);
    for (const old of [session, this.#pending, ...this.#retired]) {
      if (old === undefined) continue;
      this.#host.onSessionGone(old);
      this.#traceSession(old, code === 'left' ? 'closed' : 'dead', now);
    }
    this.#pending = undefined;
    this.#retired = [];
    this.#doubtedAt = undefined;
    if (!this.joined) return;
    this.joined = false;
    this.#host.onLeft(this, code, reason);
  }

  get figures(): PeerStatus['figures'] {
    const { rtt } = this.#recovery;
    return {
      rttMs: rtt.latestMs === undefined ? 0 : rtt.smoothedMs,
      rttMinMs: rtt.minMs ?? 0,
      congestionWindowBytes: this.#congestion.windowBytes,
      bytesInFlight: this.#recovery.bytesInFlight,
      packetsLost: this.#recovery.packetsLost,
      packetsSent: this.#packetsSent,
      packetsReceived: this.#packetsReceived,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      linesOwed: this.outgoing.owed,
      memoryBytes: this.incoming.costBytes,
    };
  }

  /**
   * A session has become usable. Of two that crossed, both sides keep the one with the lower ephemeral key; else the newer
   * one replaces the older.
   */
  #prefer(session: Session, now: number): void {
    const current = this.session;
    if (current !== undefined && current.confirmed && current.crosses(session) && current.precedes(session)) {
      this.#retire(session, now);
      // The other side learns on it that its handshake has led somewhere.
      if (session.role === 'responder') this.#sendLate(session, { type: 'ping' }, now);
      return;
    }
    this.#adopt(session, now);
  }

  #retire(session: Session, now: number): void {
    session.retiredAt = now;
    this.#retired.push(session);
    this.#traceSession(session, 'retired', now);
  }

  #adopt(session: Session, now: number): void {
    const old = this.session;
    if (old !== undefined) this.#retire(old, now);
    // One that was in use before comes back with the address that was found since.
    const isNew = session.retiredAt === undefined;
    session.retiredAt = undefined;
    this.#retired = this.#retired.filter((each) => each !== session);
    if (isNew) {
      this.path.reset(session.address);
      this.#measuredIp = session.address.ip;
    }
    this.#heardAt = now;
    session.heardAt = now;
    this.#unansweredSince = undefined;
    this.#transmitter.use(session, this.#resume);
    // Speaks at once: so the other side learns that its handshake has succeeded, and where our log stands.
    this.#transmitter.ping();
    if (this.joined) this.#host.onRenewed(this);
  }

  /** What each packet bears until one has arrived. */
  readonly #resume = (): ResumeFrame => ({
    type: 'resume',
    logId: this.#host.log.id,
    start: this.outgoing.accepted + 1,
    head: this.#host.log.head,
    followedLogId: this.incoming.logId ?? new Uint8Array(logIdBytes),
    held: this.incoming.logId === undefined ? 0 : this.incoming.held,
  });

  #join(now: number): void {
    if (this.joined) return;
    this.joined = true;
    this.#heardAt = now;
    this.#host.onJoined(this);
  }

  /** An authentic packet came in, whatever is in it. */
  #onHeard(session: Session, from: Address, bytes: number, newest: boolean, now: number): void {
    this.#packetsReceived += 1;
    this.#bytesReceived += bytes;
    this.#heardAt = now;
    session.heardAt = now;
    this.#unansweredSince = undefined;
    this.#doubtedAt = undefined;
    if (!session.confirmed) this.#onConfirmed(session, now);
    if (session.retiredAt !== undefined) {
      session.retiredAt = now;
      // The other side uses this one, and not the one that we do: what we say there may reach nobody.
      if (this.session !== undefined && now - this.session.heardAt > followAfterMs) this.#adopt(session, now);
    }
    if (
      session.retiredAt === undefined &&
      this.path.onReceived(from, bytes, newest, this.#host.crypto, now)
    ) {
      this.#tracePath('moved', now);
    }
  }

  #onConfirmed(session: Session, now: number): void {
    session.confirmed = true;
    this.#host.onConfirmed(session);
    this.#traceSession(session, 'confirmed', now);
    if (this.#pending === session) this.#pending = undefined;
    if (this.session !== session) {
      this.#retired = this.#retired.filter((old) => old !== session);
      this.#prefer(session, now);
    }
    this.#join(now);
  }

  /** The frames of one packet. The whole packet is checked before anything is changed, but for RESUME, which comes first. */
  #onFrames(
    session: Session,
    packetNumber: number,
    frames: readonly Frame[],
    bytes: number,
    now: number,
  ): string | undefined {
    const lines = frames.filter((frame) => frame.type === 'line');
    for (const frame of frames) {
      if (frame.type === 'ack' && isOptimistic(frame, session)) {
        return this.#violate(closeCodes.optimisticAck, 'an ack of a packet that was never sent', now);
      }
    }
    const resume = frames.find((frame) => frame.type === 'resume');
    if (resume !== undefined && !session.resumed) {
      session.resumed = true;
      if (!this.#onResume(resume))
        return this.#violate(closeCodes.protocolViolation, 'a RESUME of nothing', now);
    }
    if (lines.length > 0) {
      if (!session.resumed) return this.#violate(closeCodes.protocolViolation, 'a LINE before RESUME', now);
      // Dropped before it is acknowledged: it comes again.
      if (!this.incoming.canHold(lines)) return 'no-room';
    }
    for (const frame of frames) {
      const fault = this.#onFrame(session, frame, now);
      if (fault !== undefined) return this.#violate(fault.code, fault.reason, now);
      if (frame.type === 'close') return undefined;
    }
    const ackEliciting = frames.some((frame) => frame.type !== 'ack' && frame.type !== 'close');
    const immediate = frames.some((frame) => frame.type === 'immediate-ack');
    const holes = this.incoming.hasHoles;
    session.acks.onReceived(
      { packetNumber, bytes, ackEliciting, immediate, holes },
      this.#rtt.ackDelayMs,
      now,
    );
    return undefined;
  }

  #onFrame(
    session: Session,
    frame: Frame,
    now: number,
  ): { readonly code: number; readonly reason: string } | undefined {
    switch (frame.type) {
      case 'ping':
      case 'immediate-ack':
      case 'resume':
        return undefined;
      case 'ack':
        this.#onAck(session, frame, now);
        return undefined;
      case 'line':
        return this.#onLine(frame, now);
      case 'receipt': {
        const accepted = this.outgoing.onReceipt(frame.seq, frame.creditBytes);
        if (accepted === undefined) {
          return { code: closeCodes.protocolViolation, reason: 'a receipt for a line that it does not have' };
        }
        if (accepted.length > 0) this.#host.onAccepted(this, accepted);
        return undefined;
      }
      case 'introduce':
        this.#host.onIntroduced(frame);
        return undefined;
      case 'path-challenge':
        this.#transmitter.respond(frame.token.slice());
        return undefined;
      case 'path-response':
        if (this.path.onResponse(frame.token)) this.#onPathValidated(now);
        return undefined;
      case 'close':
        // On a replaced session it is late: the peer has come back since.
        if (session !== this.session) return undefined;
        this.leave(
          frame.code === closeCodes.leaving ? 'left' : 'lost',
          frame.code === closeCodes.leaving ? 'it left' : `it closed with code ${frame.code}`,
          now,
        );
        return undefined;
      default:
        return frame satisfies never;
    }
  }

  #onAck(session: Session, frame: AckFrame, now: number): void {
    // An ack for a session that was replaced: what it tells of has been sent anew already.
    if (session !== this.session) return;
    const { acked, lost } = this.#recovery.onAck(frame, now);
    for (const packet of acked) this.#transmitter.onAcked(packet);
    for (const packet of lost) this.#onLostPacket(packet, now);
    if (acked.length > 0) this.#traceRecovery(now);
  }

  #onLine(frame: LineFrame, now: number): { readonly code: number; readonly reason: string } | undefined {
    const lines = this.incoming.onLine(frame);
    if (lines === undefined) return { code: closeCodes.invalidText, reason: 'a line that is not UTF-8' };
    this.#linesReceived += lines.length;
    for (const { seq, text } of lines) {
      this.#host.emit({ type: 'message', from: this.name, peerId: this.id, seq, at: now, text });
    }
    return undefined;
  }

  #onResume(frame: ResumeFrame): boolean {
    const { newLog, missed } = this.incoming.onResume(frame);
    if (newLog) {
      this.#host.emit({
        type: 'warning',
        code: 'new-session',
        message: `${this.name} has started anew: what it says now is a new log`,
      });
    }
    if (missed > 0) {
      this.#host.emit({
        type: 'warning',
        code: 'lines-missed',
        message: `${missed} of the lines that ${this.name} said did not arrive and will not`,
        count: missed,
      });
    }
    const followsOurs = equalBytes(frame.followedLogId, this.#host.log.id);
    return this.outgoing.onResume(followsOurs ? frame.held : this.outgoing.accepted);
  }

  /** The peer breaks the rules: the conversation ends, and the node lives on. */
  #violate(code: number, reason: string, now: number): string {
    this.#transmitter.sendClose(code, now);
    const wasJoined = this.joined;
    this.leave('lost', `protocol violation: ${reason}`, now);
    if (wasJoined) {
      this.#host.emit({
        type: 'warning',
        code: 'protocol-violation',
        message: `${this.name} broke the protocol (${reason}); the conversation was ended`,
      });
    }
    return reason;
  }

  #onPathValidated(now: number): void {
    this.#tracePath('validated', now);
    this.#host.onRenewed(this);
    // Another network, most likely: what was learned of the old one does not hold (RFC 9000 §9.4).
    if (this.path.address.ip === this.#measuredIp) return;
    this.#measuredIp = this.path.address.ip;
    this.#rtt.reset();
    this.#congestion.reset();
  }

  #onPathTimeout(now: number): void {
    const outcome = this.path.onTimeout(this.#rtt.probeTimeoutMs, now);
    if (outcome === 'reverted') this.#tracePath('reverted', now);
    else if (outcome !== undefined) this.#transmitter.challenge(outcome.token);
  }

  #onLostPacket(packet: SentPacket<PacketContents>, now: number): void {
    this.#transmitter.onLost(packet, now);
    const { trace } = this.#host;
    if (trace === undefined) return;
    const { packetNumber, bytes } = packet;
    trace({ type: 'packet-lost', at: now, ...this.#traceIds(this.session), packetNumber, bytes });
  }

  /** One frame on a session that is not in use; never repeated. */
  #sendLate(session: Session, frame: Frame, now: number): void {
    if (this.path.allowanceBytes < ackPacketMaxBytes) return;
    const packet = session.sealer.seal(encodeFrames([frame]));
    this.path.onSent(packet.bytes.length);
    this.#onSend(packet, session, [frame], false, now);
  }

  #dropRetired(session: Session): void {
    this.#retired = this.#retired.filter((old) => old !== session);
    this.#host.onSessionGone(session);
  }

  get #keepaliveAt(): number {
    // Asking counts too: an unvalidated address may have to wait for its PING.
    return Math.max(this.#transmitter.elicitingSentAt ?? 0, this.#pingAskedAt) + this.#keepaliveMs;
  }

  /** Sooner while lines wait for an ack: each probe should have been answered. */
  get #silentAt(): number {
    let silentAt = this.#heardAt + silentMs;
    if (this.#doubtedAt !== undefined) {
      silentAt = Math.min(silentAt, this.#doubtedAt + silentDoubtedMs + 2 * this.#rtt.probeTimeoutMs);
    }
    if (this.#unansweredSince === undefined || this.outgoing.owed === 0) return silentAt;
    return Math.min(silentAt, this.#unansweredSince + silentUnacknowledgedMs);
  }

  #rekeyAt(session: Session): number {
    return Math.max(session.rekeyAt, this.#rekeyAskedAt + rekeyRetryMs);
  }

  #onSend(
    packet: SealedPacket,
    session: Session,
    frames: readonly Frame[],
    probe: boolean,
    now: number,
  ): void {
    const { bytes, packetNumber } = packet;
    const to = this.path.address;
    this.#packetsSent += 1;
    this.#bytesSent += bytes.length;
    if (this.#recovery.packetsInFlight > 0) this.#unansweredSince ??= now;
    if (frames.some((frame) => frame.type === 'ping')) {
      this.#keepaliveMs = keepaliveMs - randomBelow(this.#host.crypto, keepaliveJitterMs);
    }
    const { trace } = this.#host;
    if (trace !== undefined) {
      const ids = this.#traceIds(session);
      const size = bytes.length;
      trace({
        type: 'packet-sent',
        at: now,
        ...ids,
        packetNumber,
        keyPhase: 0,
        bytes: size,
        to,
        frames,
        probe,
      });
    }
    this.#host.sendDatagram(to, bytes);
  }

  #tracePacket(
    session: Session,
    opened: Extract<OpenedPacket, { type: 'opened' }>,
    frames: readonly Frame[],
    from: Address,
    bytes: number,
    now: number,
  ): void {
    const { trace } = this.#host;
    if (trace === undefined) return;
    const { packetNumber } = opened;
    const ids = this.#traceIds(session);
    trace({ type: 'packet-received', at: now, ...ids, packetNumber, keyPhase: 0, bytes, from, frames });
  }

  #traceSession(
    session: Session,
    step: 'opened' | 'confirmed' | 'retired' | 'dead' | 'closed',
    now: number,
  ): void {
    this.#host.trace?.({ type: 'session', at: now, ...this.#traceIds(session), step });
  }

  #tracePath(step: 'moved' | 'validated' | 'reverted', now: number): void {
    const { address } = this.path;
    this.#host.trace?.({ type: 'path', at: now, peer: this.id.slice(0, 9), step, address });
  }

  #traceRecovery(now: number): void {
    this.#host.trace?.({
      type: 'recovery',
      at: now,
      peer: this.id.slice(0, 9),
      congestionWindowBytes: this.#congestion.windowBytes,
      bytesInFlight: this.#recovery.bytesInFlight,
      smoothedRttMs: this.#rtt.smoothedMs,
    });
  }

  #traceIds(session: Session | undefined): { readonly peer: string; readonly session: number } {
    return { peer: this.id.slice(0, 9), session: session?.localIndex ?? 0 };
  }
}

function isOptimistic(frame: AckFrame, session: Session): boolean {
  return frame.ranges.some((range) => session.sealer.acknowledgesUnsent(range.from, range.to));
}
