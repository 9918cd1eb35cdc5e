/**
 * Everything that comes from one peer under a session's keys goes through here: what the frames of a packet do, once the
 * packet has proved authentic.
 *
 * Owns: the order of checks (a packet is checked whole before it changes anything, but for RESUME, which comes first), what
 * each frame does, which packets are acknowledged, and the name and lines of the peer as the faces are told of them.
 */
import type { Address, Event } from '../../../kernel/contract.ts';
import { equalBytes } from '../../../kernel/bytes.ts';
import { decodeFrames, isAckEliciting } from '../codec/frame-table.ts';
import { closeCodes } from '../codec/frames.ts';
import type { AckFrame, EntryFrame, Frame, ResumeFrame } from '../codec/frames.ts';
import type { OpenedPacket } from '../delivery/packet.ts';
import type { Session } from '../delivery/session.ts';
import { refusedSpacingMs, renameIntervalMs, renamesBurst } from '../limits.ts';
import { isLineFor } from '../log.ts';
import type { LogSlice } from '../log.ts';
import { traceId } from '../trace/trace.ts';
import type { PathStep } from '../trace/trace.ts';
import { keyInUse, linesMissed, ownKeyMet, protocolViolation, startedAnew } from '../trace/warnings.ts';
import type { CompleteLine } from './incoming.ts';
import type { PeerParts } from './parts.ts';
import type { Sessions } from './sessions.ts';
import type { Transmitter } from './transmitter.ts';

/** The peer breaks the rules. */
interface Violation {
  /** Of `closeCodes`. */
  readonly code: number;
  readonly reason: string;
}

/** A packet that proved to be the peer's. */
export interface AuthenticPacket extends OpenedPacket {
  readonly session: Session;
  readonly from: Address;
  /** The whole datagram's size. */
  readonly bytes: number;
}

/** A datagram that changed nothing, and why. */
export interface DroppedDatagram {
  readonly type: 'dropped';
  readonly reason: string;
}

export class Receiver {
  readonly #parts: PeerParts;
  readonly #transmitter: Transmitter;
  readonly #sessions: Sessions;
  #name: string;
  #linesTaken = 0;
  /** Up to here the names that have come use up the peer's rate. */
  #namesRatedUntil = 0;
  #linesReceived = 0;
  /** The name under which the peer last said or took a line. */
  #spokeAs: string | undefined = undefined;
  #hasAlarmed = false;
  /** The peer has lines that this node's log does not know: what else the peer says of them is no fault of the peer. */
  #endsLog = false;
  /** When a packet was answered last that could not be kept whole. */
  #refusedAt = Number.NEGATIVE_INFINITY;

  /** `name`: what the peer calls itself at first. */
  constructor(parts: PeerParts, transmitter: Transmitter, sessions: Sessions, name: string) {
    this.#parts = parts;
    this.#transmitter = transmitter;
    this.#sessions = sessions;
    this.#name = name;
  }

  /** What the peer calls itself. */
  get ownName(): string {
    return this.#name;
  }

  /** What the peer is called here: its name, or, where that belongs to another key, words that say so. */
  get name(): string {
    const { pins, peer } = this.#parts;
    return pins.belongsToAnother(this.#name, peer.id)
      ? `${this.#name} (not the ${this.#name} that was known)`
      : this.#name;
  }

  /** Own lines that the peer's program has taken. */
  get linesTaken(): number {
    return this.#linesTaken;
  }

  /** Lines of the peer that were given to the face. */
  get linesReceived(): number {
    return this.#linesReceived;
  }

  /** A datagram for one of this peer's sessions: whether it is authentic, and what that alone tells. */
  open(
    session: Session,
    from: Address,
    datagram: Uint8Array,
    now: number,
  ): AuthenticPacket | DroppedDatagram {
    if (now >= session.endsAt) return { type: 'dropped', reason: 'session-over' };
    const opened = session.opener.open(datagram);
    if (opened.type === 'dropped') {
      if (opened.reason === 'duplicate') this.#parts.link.onDuplicate();
      return opened;
    }
    const { agenda, incoming, link, liveness, peer } = this.#parts;
    // The numbers of its lines and receipts are those of a log that is over.
    if (session.logId !== undefined && !incoming.follows(session.logId)) {
      if (!isClosing(opened)) this.#transmitter.refuse(session, from);
      return { type: 'dropped', reason: 'other-log' };
    }
    agenda.stir(peer.id);
    link.onReceived(datagram.length);
    liveness.onHeard(now);
    this.#sessions.onHeard(session, now);
    return { ...opened, session, from, bytes: datagram.length };
  }

  /**
   * Where the packet came from, and what it says. Why the packet changed nothing, if so. It is acknowledged if all of its lines
   * could be kept; else they come again in another packet.
   */
  take(packet: AuthenticPacket, now: number): string | undefined {
    const { session, from, packetNumber, bytes } = packet;
    const { agenda, peer, effects, incoming, link } = this.#parts;
    if (!session.isRetired) this.#follow(packet, now);
    const decoded = decodeFrames(packet.frames);
    if (!decoded.ok) return this.#violate(broken(decoded.code), now);
    const { frames } = decoded;
    effects.trace(() => ({
      type: 'packet-received',
      at: now,
      peer: traceId(peer.id),
      session: session.localIndex,
      packetNumber,
      bytes,
      from,
      frames,
    }));
    if (this.#isLateResume(session, frames)) return 'other-log';
    const fault = this.#check(session, frames, now);
    if (fault !== undefined) return this.#violate(fault, now);
    if (this.#endsLog) return 'older-copy';
    let isWhole = true;
    for (const frame of frames) {
      if (isEntry(frame) && !(incoming.canHold(frame) && this.#mayTake(frame, now))) {
        isWhole = false;
        continue;
      }
      const violation = this.#onFrame(session, frame, now);
      if (violation !== undefined) return this.#violate(violation, now);
      if (frame.type === 'close') return undefined;
    }
    if (!isWhole) {
      this.#showLife(now);
      return 'no-room';
    }
    const ackEliciting = frames.some(isAckEliciting);
    const immediate = frames.some((frame) => frame.type === 'immediate-ack');
    const received = { packetNumber, bytes, ackEliciting, immediate, holes: incoming.hasHoles };
    session.acks.onReceived(received, link.rtt.ackDelayMs, now);
    if (session.acks.isPressing) agenda.press();
    return undefined;
  }

  /** The peer is where its newest packet comes from. */
  #follow({ from, bytes, newest }: AuthenticPacket, now: number): void {
    const { path, crypto } = this.#parts;
    if (path.onReceived(from, bytes, newest, crypto, now)) this.tracePath('moved', now);
  }

  /** The first packet of a session that another one has replaced, from a program that another one has replaced. */
  #isLateResume(session: Session, frames: readonly Frame[]): boolean {
    const { incoming } = this.#parts;
    if (!session.isRetired || incoming.logId === undefined) return false;
    return frames.some((frame) => frame.type === 'resume' && !incoming.follows(frame.logId));
  }

  /**
   * A packet is not acknowledged, and without any sign of life the peer would take this node for gone. Not one sign a packet: the
   * acks of two nodes without room would tell each other at once what was refused, and each would send it again at once.
   */
  #showLife(now: number): void {
    if (now < this.#refusedAt + refusedSpacingMs) return;
    this.#refusedAt = now;
    this.#transmitter.ping();
  }

  /** Before a packet changes anything. RESUME alone comes into force here: whether LINEs are in order depends on it. */
  #check(session: Session, frames: readonly Frame[], now: number): Violation | undefined {
    for (const frame of frames) {
      if (frame.type === 'ack' && isOptimistic(frame, session)) {
        return { code: closeCodes.optimisticAck, reason: 'an ack of a packet that was never sent' };
      }
    }
    const resume = frames.find((frame) => frame.type === 'resume');
    if (resume !== undefined && session.logId === undefined) {
      session.onResume(resume.logId);
      if (!this.#onResume(session, resume, now)) return broken('a RESUME of nothing');
    }
    const isEarly = session.logId === undefined && frames.some((frame) => isEntry(frame));
    return isEarly ? broken('a LINE before RESUME') : undefined;
  }

  /** Whether this is no name, or one within the peer's rate; if so, it is counted. One that is not comes again. */
  #mayTake(frame: EntryFrame, now: number): boolean {
    if (frame.type === 'lines' || frame.kind !== 'name' || !this.#parts.incoming.isNews(frame)) return true;
    const ratedUntil = Math.max(this.#namesRatedUntil, now) + renameIntervalMs;
    if (ratedUntil > now + renamesBurst * renameIntervalMs) return false;
    this.#namesRatedUntil = ratedUntil;
    return true;
  }

  #onFrame(session: Session, frame: Frame, now: number): Violation | undefined {
    switch (frame.type) {
      case 'ping':
      case 'immediate-ack':
      case 'resume':
        return undefined;
      case 'ack':
        this.#transmitter.onAck(session, frame, now);
        return undefined;
      case 'line':
      case 'lines': {
        const { lines, isSound } = this.#parts.incoming.onLine(frame);
        this.#tellLines(lines, now);
        if (this.#parts.incoming.takeSilent()) this.#transmitter.onTaken(now);
        return isSound ? undefined : { code: closeCodes.invalidText, reason: 'a line that is not UTF-8' };
      }
      case 'receipt': {
        const accepted = this.#parts.outgoing.onReceipt(frame.seq, frame.creditBytes);
        if (accepted === undefined) return broken('a receipt for a line that it does not have');
        this.#tellAccepted(accepted);
        return undefined;
      }
      case 'introduce':
        this.#parts.effects.push({ type: 'introduced', peerId: this.#parts.peer.id, frame });
        return undefined;
      case 'path-challenge':
        this.#transmitter.respond(frame.token.slice());
        return undefined;
      case 'path-response':
        if (this.#parts.path.onResponse(frame.token)) this.#onPathValidated(now);
        return undefined;
      case 'close':
        // On a replaced session a CLOSE is late: the peer has come back since.
        if (session === this.#sessions.inUse) this.#onClose(frame.code, now);
        return undefined;
      default:
        return frame satisfies never;
    }
  }

  /** false: the peer claims what can't be. */
  #onResume(session: Session, frame: ResumeFrame, now: number): boolean {
    const { log, effects, incoming, outgoing } = this.#parts;
    const isOwnLog = equalBytes(frame.followedLogId, log.id);
    if (isOwnLog && outgoing.isBeyond(frame.known)) {
      effects.push({ type: 'older-copy', name: this.name });
      this.#endsLog = true;
      return true;
    }
    const { newLog, isBack, missed } = incoming.onResume(frame);
    if (newLog) {
      this.rename(session.peerName);
      effects.event(startedAnew(this.name));
    }
    if (missed > 0) effects.event(linesMissed(this.name, missed));
    if (isBack) this.#alarm(keyInUse(this.name));
    // The last receipt was lost: with an earlier life of this node, on its way, or with the last commits of the peer.
    if (frame.start <= incoming.taken) this.#transmitter.onTaken(now);
    return isOwnLog ? outgoing.onResume(frame.held, frame.known) : outgoing.onResume(outgoing.accepted);
  }

  /** Once a peer: the two programs take turns for as long as both run. */
  #alarm(warning: Event): void {
    if (!this.#hasAlarmed) this.#parts.effects.event(warning);
    this.#hasAlarmed = true;
  }

  #onPathValidated(now: number): void {
    this.tracePath('validated', now);
    this.#parts.effects.push({ type: 'renewed', peerId: this.#parts.peer.id });
    this.#transmitter.onMoved();
  }

  #onClose(code: number, now: number): void {
    if (code === closeCodes.keyInUse) this.#alarm(ownKeyMet(this.name));
    if (code === closeCodes.leaving) this.#sessions.leave('left', 'it said goodbye', now);
    else this.#sessions.leave('lost', `it closed with code ${code}`, now);
  }

  /** The peer breaks the rules: the conversation ends, and the node lives on. */
  #violate({ code, reason }: Violation, now: number): string {
    const { joined } = this.#sessions;
    this.#transmitter.sendClose(code, now);
    this.#sessions.leave('violated', `protocol violation: ${reason}`, now);
    if (joined) this.#parts.effects.event(protocolViolation(this.name, reason));
    return reason;
  }

  // ---- Lines, as the faces are told of them --------------------------------------------------------------------------

  #tellLines(lines: readonly CompleteLine[], now: number): void {
    for (const line of lines) {
      if (line.kind === 'name') {
        if (!this.rename(line.text, line.seq)) this.#parts.incoming.hide(line.seq);
        continue;
      }
      this.#onSpoke();
      const { seq, again } = line;
      const told = {
        from: this.name,
        peerId: this.#parts.peer.id,
        log: this.#parts.incoming.logName,
        seq,
        at: now,
      };
      const marked = again === undefined ? {} : { again };
      if (line.kind === 'run') {
        const { count, bytes } = line;
        this.#linesReceived += count;
        this.#parts.effects.event({ type: 'messages', ...told, count, bytes, ...marked });
        continue;
      }
      this.#linesReceived += 1;
      const message = { type: 'message', ...told, text: line.text, ...marked } as const;
      this.#parts.effects.event(line.kind === 'private' ? { ...message, private: true } : message);
    }
  }

  #tellAccepted(slices: readonly LogSlice[]): void {
    for (const { entry, seq, count } of slices) {
      if (!isLineFor(entry, this.#parts.peer.id)) continue;
      this.#onSpoke();
      this.#linesTaken += count;
      const to = { to: this.name, peerId: this.#parts.peer.id };
      if (entry.type === 'line') {
        const said = entry.copyOf ?? entry;
        this.#parts.effects.event({ type: 'delivered', ref: said.ref, seq: said.seq, ...to });
      } else this.#parts.effects.event({ type: 'delivered', ref: undefined, seq, count, ...to });
    }
  }

  /** The peer calls itself so now. Whether the face is told. `seq`: the name's number in the peer's log, if it stands there. */
  rename(name: string, seq?: number): boolean {
    if (name === this.#name) return false;
    const was = this.name;
    this.#name = name;
    if (!this.#sessions.joined) return false;
    const { id: peerId } = this.#parts.peer;
    this.#parts.effects.push({ type: 'renamed', peerId, was, name: this.name, ownName: name, seq });
    return true;
  }

  /** Lines have gone one way or the other under the peer's name. */
  #onSpoke(): void {
    if (this.#spokeAs === this.#name) return;
    this.#spokeAs = this.#name;
    this.#parts.effects.push({ type: 'spoke', peerId: this.#parts.peer.id, name: this.#name });
  }

  /** Of the address that the peer has now. */
  tracePath(step: PathStep['step'], now: number): void {
    const { peer, effects, path } = this.#parts;
    const { address } = path;
    effects.trace(() => ({ type: 'path', at: now, peer: traceId(peer.id), step, address }));
  }
}

/** A CLOSE is never answered: two sides that refuse each other's log would answer for ever. */
function isClosing(packet: OpenedPacket): boolean {
  const decoded = decodeFrames(packet.frames);
  return decoded.ok && decoded.frames.some(({ type }) => type === 'close');
}

function isEntry(frame: Frame): frame is EntryFrame {
  return frame.type === 'line' || frame.type === 'lines';
}

function isOptimistic(frame: AckFrame, session: Session): boolean {
  return frame.ranges.some((range) => session.sealer.acknowledgesUnsent(range.from, range.to));
}

function broken(reason: string): Violation {
  return { code: closeCodes.protocolViolation, reason };
}
