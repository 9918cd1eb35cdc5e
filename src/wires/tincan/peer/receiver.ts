/**
 * Everything that comes from one peer under a session's keys goes through here: what the frames of a packet do, once the
 * packet has proved authentic.
 *
 * Owns: the order of checks (a packet is checked whole before anything is changed, but for RESUME, which comes first), what
 * each frame does, and which packets are acknowledged. Must not know: keys, liveness, which session replaces which.
 */
import { equalBytes } from '../../../kernel/bytes.ts';
import type { PacketContents } from './packet-draft.ts';
import { closeCodes } from '../codec/frames.ts';
import type { AckFrame, Frame, IntroduceFrame, LineFrame, ResumeFrame } from '../codec/frames.ts';
import type { CompleteLine, Incoming, Resumed } from './incoming.ts';
import type { LogEntry } from '../log.ts';
import type { Outgoing } from './outgoing.ts';
import type { Path } from '../delivery/path.ts';
import type { Recovery, SentPacket } from '../delivery/recovery.ts';
import type { Session } from '../delivery/session.ts';
import type { Transmitter } from './transmitter.ts';

export interface ReceiverParts {
  /** The id of our own log. */
  readonly logId: Uint8Array;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly recovery: Recovery<PacketContents>;
  readonly transmitter: Transmitter;
  readonly path: Path;
}

/** What a peer is told of, and does about it. */
export interface ReceiverHost {
  onResumed(session: Session, resumed: Resumed): void;
  onLines(lines: readonly CompleteLine[], now: number): void;
  onAccepted(entries: readonly LogEntry[]): void;
  onIntroduced(frame: IntroduceFrame, now: number): void;
  onAcked(now: number): void;
  onLost(packet: SentPacket<PacketContents>, now: number): void;
  onPathValidated(now: number): void;
  /** The peer has ended the conversation. */
  onClosed(code: number, now: number): void;
}

/** An authentic packet whose frames are well-formed. */
export interface ReceivedFrames {
  readonly packetNumber: number;
  /** The whole datagram's size. */
  readonly bytes: number;
  readonly frames: readonly Frame[];
}

export type Reception =
  | { readonly type: 'done' }
  /** Not all of its lines could be kept, so that it is not acknowledged: they come again. */
  | { readonly type: 'no-room' }
  | Violation;

/** The peer breaks the rules. */
export interface Violation {
  readonly type: 'violation';
  /** Of `closeCodes`. */
  readonly code: number;
  readonly reason: string;
}

const done: Reception = Object.freeze({ type: 'done' });
const noRoom: Reception = Object.freeze({ type: 'no-room' });

export class Receiver {
  readonly #parts: ReceiverParts;
  readonly #host: ReceiverHost;

  constructor(parts: ReceiverParts, host: ReceiverHost) {
    this.#parts = parts;
    this.#host = host;
  }

  receive(session: Session, packet: ReceivedFrames, now: number): Reception {
    const { frames } = packet;
    const refused = this.#check(session, frames);
    if (refused !== undefined) return refused;
    let isWhole = true;
    for (const frame of frames) {
      if (frame.type === 'line' && !this.#parts.incoming.canHold(frame)) {
        isWhole = false;
        continue;
      }
      const fault = this.#onFrame(session, frame, now);
      if (fault !== undefined) return fault;
      if (frame.type === 'close') return done;
    }
    if (!isWhole) return noRoom;
    this.#acknowledge(session, packet, now);
    return done;
  }

  #check(session: Session, frames: readonly Frame[]): Violation | undefined {
    for (const frame of frames) {
      if (frame.type === 'ack' && isOptimistic(frame, session)) {
        return violation(closeCodes.optimisticAck, 'an ack of a packet that was never sent');
      }
    }
    const resume = frames.find((frame) => frame.type === 'resume');
    if (resume !== undefined && !session.resumed) {
      session.resumed = true;
      if (!this.#onResume(session, resume))
        return violation(closeCodes.protocolViolation, 'a RESUME of nothing');
    }
    const isEarly = !session.resumed && frames.some((frame) => frame.type === 'line');
    return isEarly ? violation(closeCodes.protocolViolation, 'a LINE before RESUME') : undefined;
  }

  #onFrame(session: Session, frame: Frame, now: number): Violation | undefined {
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
        const accepted = this.#parts.outgoing.onReceipt(frame.seq, frame.creditBytes);
        if (accepted === undefined) {
          return violation(closeCodes.protocolViolation, 'a receipt for a line that it does not have');
        }
        if (accepted.length > 0) this.#host.onAccepted(accepted);
        return undefined;
      }
      case 'introduce':
        this.#host.onIntroduced(frame, now);
        return undefined;
      case 'path-challenge':
        this.#parts.transmitter.respond(frame.token.slice());
        return undefined;
      case 'path-response':
        if (this.#parts.path.onResponse(frame.token)) this.#host.onPathValidated(now);
        return undefined;
      case 'close':
        // On a replaced session it is late: the peer has come back since.
        if (session === this.#parts.transmitter.session) this.#host.onClosed(frame.code, now);
        return undefined;
      default:
        return frame satisfies never;
    }
  }

  #onAck(session: Session, frame: AckFrame, now: number): void {
    const { transmitter, recovery } = this.#parts;
    // An ack for a session that was replaced: what it tells of has been sent anew already.
    if (session !== transmitter.session) return;
    const { acked, lost } = recovery.onAck(frame, now);
    for (const packet of acked) transmitter.onAcked(packet);
    for (const packet of lost) this.#host.onLost(packet, now);
    if (acked.length > 0) this.#host.onAcked(now);
  }

  #onLine(frame: LineFrame, now: number): Violation | undefined {
    const lines = this.#parts.incoming.onLine(frame);
    if (lines === undefined) return violation(closeCodes.invalidText, 'a line that is not UTF-8');
    this.#host.onLines(lines, now);
    if (this.#parts.incoming.takeSilent()) this.#parts.transmitter.onTaken(now);
    return undefined;
  }

  /** false: it claims what can't be. */
  #onResume(session: Session, frame: ResumeFrame): boolean {
    const { outgoing, incoming, logId } = this.#parts;
    this.#host.onResumed(session, incoming.onResume(frame));
    return outgoing.onResume(equalBytes(frame.followedLogId, logId) ? frame.held : outgoing.accepted);
  }

  #acknowledge(session: Session, { packetNumber, bytes, frames }: ReceivedFrames, now: number): void {
    const { incoming, recovery } = this.#parts;
    const ackEliciting = frames.some((frame) => frame.type !== 'ack' && frame.type !== 'close');
    const immediate = frames.some((frame) => frame.type === 'immediate-ack');
    const holes = incoming.hasHoles;
    const received = { packetNumber, bytes, ackEliciting, immediate, holes };
    session.acks.onReceived(received, recovery.rtt.ackDelayMs, now);
  }
}

function isOptimistic(frame: AckFrame, session: Session): boolean {
  return frame.ranges.some((range) => session.sealer.acknowledgesUnsent(range.from, range.to));
}

function violation(code: number, reason: string): Violation {
  return { type: 'violation', code, reason };
}
