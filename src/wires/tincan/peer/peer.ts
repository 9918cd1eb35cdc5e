/**
 * One other node, by its static key: what outlives its sessions. The two logs' offsets, loss recovery, the address, and
 * whether it is there.
 *
 * Owns: how its parts work together. Must not know: handshakes, how a peer is found, the
 * other peers; it tells its host.
 */
import type { Address, Event, PeerId, PeerStatus } from '../../../kernel/contract.ts';
import type { Crypto } from '../crypto.ts';
import { decodeFrames } from '../codec/frame-table.ts';
import type { PacketContents } from './packet-draft.ts';
import { closeCodes } from '../codec/frames.ts';
import type { IntroduceFrame } from '../codec/frames.ts';
import type { Established } from '../handshake/handshake.ts';
import { Incoming } from './incoming.ts';
import type { Resumed } from './incoming.ts';
import { packetOverheadBytes, packetReserveBytes } from '../limits.ts';
import { Link } from './link.ts';
import { Liveness } from './liveness.ts';
import type { Log } from '../log.ts';
import type { Memory } from '../memory.ts';
import { Outgoing } from './outgoing.ts';
import { Path } from '../delivery/path.ts';
import { PeerLines } from './peer-lines.ts';
import { PeerSessions } from './sessions.ts';
import { PeerTimers } from './peer-timers.ts';
import { PeerTrace } from './peer-trace.ts';
import { Receiver } from './receiver.ts';
import type { SentPacket } from '../delivery/recovery.ts';
import { Session } from '../delivery/session.ts';
import type { Tracer } from '../trace/trace.ts';
import { Transmitter } from './transmitter.ts';
import type { LeavingPacket } from './transmitter.ts';
import { linesMissed, protocolViolation, startedAnew } from '../trace/warnings.ts';

/** What a peer asks of the node that it belongs to, and tells it. */
export interface PeerHost {
  readonly crypto: Crypto;
  readonly log: Log;
  readonly memory: Memory;
  readonly datagramBytes: number;
  readonly congestion: 'bbr' | 'newreno';
  readonly tracer: Tracer;
  emit(event: Event): void;
  sendDatagram(to: Address, bytes: Uint8Array): void;
  onJoined(peer: Peer, now: number): void;
  /** It is still there, with new keys or at a new address that has been validated. */
  onRenewed(peer: Peer): void;
  onLeft(peer: Peer, code: 'left' | 'lost', reason: string, now: number): void;
  /** It is there, and called otherwise from here on. */
  onRenamed(peer: Peer, was: string): void;
  onIntroduced(frame: IntroduceFrame, now: number): void;
  /** A packet came in on a session that this node opened: its handshake is over. */
  onConfirmed(session: Session, now: number): void;
  onSessionGone(session: Session): void;
  /** The session in use should be replaced. */
  onRekeyDue(peer: Peer, now: number): void;
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
  /** The first entry of our log that it was owed. */
  readonly firstOwed: number;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly lines: PeerLines;
  readonly path: Path;
  /** Whether it is there. */
  joined = false;
  readonly #host: PeerHost;
  readonly #link: Link;
  readonly #transmitter: Transmitter;
  readonly #receiver: Receiver;
  readonly #sessions: PeerSessions;
  readonly #liveness: Liveness;
  readonly #trace: PeerTrace;
  readonly #timers: PeerTimers;

  constructor(options: PeerOptions) {
    const { host, id, start } = options;
    const { log, memory } = host;
    const payloadBytes = host.datagramBytes - packetOverheadBytes - packetReserveBytes;
    this.#host = host;
    this.id = id;
    this.publicKey = options.publicKey;
    this.lines = new PeerLines(options, host, (was) => {
      if (this.joined) host.onRenamed(this, was);
    });
    this.firstOwed = start;
    this.outgoing = new Outgoing({ log, memory, follower: id, start, payloadBytes });
    this.incoming = options.incoming ?? new Incoming(memory);
    this.path = new Path(options.address);
    this.#trace = new PeerTrace(id, host.tracer);
    this.#link = new Link(host);
    this.#liveness = new Liveness({ crypto: host.crypto, rtt: this.#link.rtt });
    this.#sessions = this.#makeSessions();
    this.#transmitter = this.#makeTransmitter();
    this.#receiver = this.#makeReceiver();
    this.#timers = this.#makeTimers();
  }

  /** It has never yet been heard under a session's keys, and no handshake with it is under way. */
  get isStranger(): boolean {
    const { inUse, hasPending } = this.#sessions;
    return this.incoming.logId === undefined && inUse === undefined && !hasPending;
  }

  /** Something can be sent to it, whether or not it was heard yet. */
  get hasSession(): boolean {
    return this.#sessions.inUse !== undefined;
  }

  /** Asked whether it is still there; nothing heard since. */
  get isDoubted(): boolean {
    return this.#liveness.isDoubted;
  }

  get bytesInFlight(): number {
    return this.#link.recovery.bytesInFlight;
  }

  /** What it calls itself. */
  get name(): string {
    return this.lines.name;
  }

  /** A handshake has succeeded through `address`. Gives the session, whose packets the host sends this way. */
  open(established: Established, address: Address, now: number): Session {
    const session = new Session(established, address, this.#host.crypto, now);
    this.#link.onHandshake(established.roundTripMs);
    // Once its log is followed, that alone tells of new names: a handshake may be older than what was told there.
    if (this.incoming.logId === undefined) this.lines.rename(session.peerName);
    this.#sessions.open(session, now);
    return session;
  }

  /** A datagram for one of this peer's sessions. Why it changed nothing, if so. */
  onPacket(session: Session, from: Address, datagram: Uint8Array, now: number): string | undefined {
    if (now >= session.endsAt) return 'session-over';
    const opened = session.opener.open(datagram);
    if (opened.type === 'dropped') {
      if (opened.reason === 'duplicate') this.#link.onDuplicate();
      return opened.reason;
    }
    const decoded = decodeFrames(opened.frames);
    const bytes = datagram.length;
    this.#onHeard(session, from, bytes, opened.newest, now);
    if (!decoded.ok) return this.#violate(closeCodes.protocolViolation, decoded.code, now);
    const packet = { packetNumber: opened.packetNumber, bytes, frames: decoded.frames };
    this.#trace.packetReceived(session, packet, from, now);
    const reception = this.#receiver.receive(session, packet, now);
    switch (reception.type) {
      case 'done':
        return undefined;
      case 'no-room':
        // Nothing acknowledges what could not be kept: its sender would take us for gone.
        this.#transmitter.ping();
        return reception.type;
      case 'violation':
        return this.#violate(reception.code, reception.reason, now);
    }
  }

  /** The face has taken the peer's lines up to `seq`. */
  onTaken(seq: number, now: number): void {
    if (this.incoming.onTaken(seq)) this.#transmitter.onTaken(now);
  }

  /** Somebody else has come from its address. It is asked at once, and has little time to answer. */
  doubt(now: number): void {
    this.#liveness.doubt(now);
    this.#transmitter.ping();
  }

  introduce(frame: IntroduceFrame): void {
    this.#transmitter.introduce(frame);
  }

  /** Sends what may leave. To be called after anything that may have made something to send. */
  flush(now: number): void {
    this.#transmitter.flush(now);
    for (const session of this.#sessions.retired) this.#transmitter.sendLateAck(session, now);
  }

  /** When `onTimeout` is wanted. */
  get deadline(): number | undefined {
    return this.#timers.deadline;
  }

  /** Does what is due; early calls do no harm. `flush` follows. */
  onTimeout(now: number): void {
    this.#timers.onTimeout(now);
  }

  /** A handshake of ours was given up before the peer confirmed its session. */
  abandon(session: Session, now: number): void {
    this.#sessions.abandon(session, now);
  }

  /** Says goodbye, twice, as no answer to it will come. */
  close(code: number, now: number): void {
    if (!this.joined) return;
    this.#transmitter.sendClose(code, now);
    this.#transmitter.sendClose(code, now);
  }

  /** It is not there any more. Its sessions end; what it is owed stays owed. */
  leave(code: 'left' | 'lost', reason: string, now: number): void {
    this.#sessions.end(code === 'left' ? 'closed' : 'dead', now);
    this.#liveness.onLeft();
    if (!this.joined) return;
    this.joined = false;
    this.#host.onLeft(this, code, reason, now);
  }

  get figures(): PeerStatus['figures'] {
    return {
      ...this.#link.figures,
      retransmissions: this.outgoing.retransmissions,
      linesOwed: this.outgoing.linesOwed,
      memoryBytes: this.incoming.costBytes,
    };
  }

  #makeTimers(): PeerTimers {
    const { outgoing, path } = this;
    return new PeerTimers(
      {
        sessions: this.#sessions,
        liveness: this.#liveness,
        outgoing,
        path,
        recovery: this.#link.recovery,
        transmitter: this.#transmitter,
      },
      {
        onSilent: (now) => this.leave('lost', 'silent', now),
        onKeysUsedUp: (now) => this.leave('lost', 'its keys are used up', now),
        onRecovery: (now) => this.#onRecoveryTimeout(now),
        onPath: (now) => this.#onPathTimeout(now),
        onKeepalive: () => this.#transmitter.ping(),
        onRekey: (now) => this.#host.onRekeyDue(this, now),
      },
    );
  }

  #onRecoveryTimeout(now: number): void {
    const { recovery } = this.#link;
    for (const packet of recovery.onTimeout(now)) this.#onLost(packet, now);
    this.#sessions.onUnanswered(recovery.probeTimeouts, now);
  }

  #onPathTimeout(now: number): void {
    const outcome = this.path.onTimeout(this.#link.rtt.probeTimeoutMs, now);
    if (outcome === 'reverted') this.#trace.path(this.path.address, 'reverted', now);
    else if (outcome !== undefined) this.#transmitter.challenge(outcome.token);
  }

  // ---- Sessions ------------------------------------------------------------------------------------------------------

  #makeSessions(): PeerSessions {
    return new PeerSessions({
      onInUse: (session, isNew, now) => this.#onInUse(session, isNew, now),
      onConfirmed: (session, now) => this.#host.onConfirmed(session, now),
      onProven: (now) => this.#join(now),
      onGone: (session) => this.#host.onSessionGone(session),
      onStep: (session, step, now) => this.#trace.session(session, step, now),
      sendLate: (session, frame, now) => this.#transmitter.sendLate(session, frame, now),
    });
  }

  #onInUse(session: Session | undefined, isNew: boolean, now: number): void {
    if (session === undefined) {
      this.#transmitter.use(undefined);
      this.incoming.onAway();
      this.outgoing.onAway();
      return;
    }
    this.incoming.onHere();
    this.outgoing.onHere();
    if (isNew) {
      this.path.reset(session.address);
      this.#link.onSession(session.address.ip);
    }
    this.#liveness.onSession(now);
    this.#transmitter.use(session);
    // Speaks at once: so the other side learns that its handshake has succeeded, and where our log stands.
    this.#transmitter.ping();
    if (this.joined) this.#host.onRenewed(this);
  }

  #join(now: number): void {
    if (this.joined) return;
    this.joined = true;
    this.#liveness.onJoined(now);
    this.#host.onJoined(this, now);
  }

  // ---- In ------------------------------------------------------------------------------------------------------------

  #makeReceiver(): Receiver {
    const { outgoing, incoming, path } = this;
    const { recovery } = this.#link;
    const transmitter = this.#transmitter;
    return new Receiver(
      { logId: this.#host.log.id, outgoing, incoming, recovery, transmitter, path },
      {
        onResumed: (session, resumed) => this.#onResumed(session, resumed),
        onLines: (lines, now) => this.lines.onLines(lines, now),
        onAccepted: (entries) => this.lines.onAccepted(entries),
        onIntroduced: (frame, now) => this.#host.onIntroduced(frame, now),
        onAcked: (now) => this.#trace.recovery(this.#link, now),
        onLost: (packet, now) => this.#onLost(packet, now),
        onPathValidated: (now) => this.#onPathValidated(now),
        onClosed: (code, now) => this.#onClosed(code, now),
      },
    );
  }

  /** An authentic packet came in, whatever is in it. */
  #onHeard(session: Session, from: Address, bytes: number, newest: boolean, now: number): void {
    this.#link.onReceived(bytes);
    this.#liveness.onHeard(now);
    this.#sessions.onHeard(session, now);
    if (session.retiredAt !== undefined) return;
    const moved = this.path.onReceived(from, bytes, newest, this.#host.crypto, now);
    if (moved) this.#trace.path(from, 'moved', now);
  }

  #onResumed(session: Session, { newLog, missed }: Resumed): void {
    if (newLog) {
      this.lines.rename(session.peerName);
      this.#host.emit(startedAnew(this.name));
    }
    if (missed > 0) this.#host.emit(linesMissed(this.name, missed));
  }

  #onLost(packet: SentPacket<PacketContents>, now: number): void {
    this.#transmitter.onLost(packet, now);
    this.#trace.packetLost(this.#sessions.inUse, packet, now);
  }

  #onPathValidated(now: number): void {
    const { address } = this.path;
    this.#trace.path(address, 'validated', now);
    this.#host.onRenewed(this);
    this.#link.onMoved(address.ip);
  }

  #onClosed(code: number, now: number): void {
    if (code === closeCodes.leaving) this.leave('left', 'it left', now);
    else this.leave('lost', `it closed with code ${code}`, now);
  }

  /** The peer breaks the rules: the conversation ends, and the node lives on. */
  #violate(code: number, reason: string, now: number): string {
    this.#transmitter.sendClose(code, now);
    const wasJoined = this.joined;
    this.leave('lost', `protocol violation: ${reason}`, now);
    if (wasJoined) this.#host.emit(protocolViolation(this.name, reason));
    return reason;
  }

  // ---- Out -----------------------------------------------------------------------------------------------------------

  #makeTransmitter(): Transmitter {
    const { outgoing, incoming, path } = this;
    return new Transmitter({
      log: this.#host.log,
      outgoing,
      incoming,
      path,
      link: this.#link,
      datagramBytes: this.#host.datagramBytes,
      send: (packet, now) => this.#onSend(packet, now),
    });
  }

  #onSend({ packetNumber, bytes, session, frames, probe }: LeavingPacket, now: number): void {
    const to = this.path.address;
    this.#link.onSent(bytes.length);
    if (this.#link.recovery.packetsInFlight > 0) this.#liveness.onUnanswered(now);
    if (frames.some((frame) => frame.type === 'ping')) this.#liveness.onPingSent();
    this.#trace.packetSent(session, { packetNumber, bytes: bytes.length, frames }, to, probe, now);
    const { datagramBytes } = this.#host;
    for (const datagram of session.enclose(bytes, datagramBytes)) this.#host.sendDatagram(to, datagram);
  }
}
