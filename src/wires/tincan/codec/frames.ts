/**
 * The typed units inside a packet: their shapes (README.md, "Frames"). How each is encoded stands in `frame-table.ts`.
 */
import type { Address } from '../../../kernel/contract.ts';
import type { Range } from './ranges.ts';

export type Frame =
  | BareFrame
  | AckFrame
  | ResumeFrame
  | LineFrame
  | LinesFrame
  | ReceiptFrame
  | IntroduceFrame
  | PathFrame
  | CloseFrame;

/**
 * Asks for an acknowledgement, and says nothing else. `immediate-ack`: of this packet now, not after the delay (as IMMEDIATE_ACK of
 * QUIC's ack-frequency draft).
 */
export interface BareFrame {
  readonly type: 'ping' | 'immediate-ack';
}

/** Packets of this session that came in, newest range first (RFC 9000 §19.3). */
export interface AckFrame {
  readonly type: 'ack';
  readonly ranges: readonly Range[];
  /** How long the newest one waited for this ack, ms; on the wire in steps of 8 µs. */
  readonly delayMs: number;
}

/** Where the two logs of a session stand, as its sender sees it. No LINE means anything before it. */
export interface ResumeFrame {
  readonly type: 'resume';
  /** The sender's own log. */
  readonly logId: Uint8Array;
  /** The first line of that log that the receiver is owed. */
  readonly start: number;
  /** The last line of that log so far; `start - 1` or more. */
  readonly head: number;
  /** The receiver's log that the sender last followed; zeroes: none. */
  readonly followedLogId: Uint8Array;
  /** All lines of the followed log up to here are held by the sender. */
  readonly held: number;
  /** The last line of the followed log that the sender has ever heard of; `held` or more. */
  readonly known: number;
}

/**
 * What an entry of a log is to one follower: a line for everybody, a line for this follower alone, the sender's new name,
 * or nothing that concerns it.
 */
export type LineKind = 'room' | 'private' | 'name' | 'withheld';

/**
 * A piece of one entry of the sender's log. `fin`: the entry ends with this piece. Names and withheld entries come in one
 * piece, the latter without bytes.
 */
export interface LineFrame {
  readonly type: 'line';
  readonly kind: LineKind;
  readonly seq: number;
  readonly offset: number;
  readonly fin: boolean;
  readonly bytes: Uint8Array;
}

/**
 * Whole lines to everybody, one after the other, none of which has a line feed in it. The first has the number `seq`. `bytes`: each
 * line ended by a line feed.
 */
export interface LinesFrame {
  readonly type: 'lines';
  readonly seq: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** What brings entries of a log. */
export type EntryFrame = LineFrame | LinesFrame;

/** The number of the last entry of which the frame has something. */
export function lastOf(frame: EntryFrame): number {
  return frame.type === 'line' ? frame.seq : frame.seq + frame.count - 1;
}

/** The sender's program has taken all lines up to `seq`; lines after it may be under way up to a cost of `creditBytes`. */
export interface ReceiptFrame {
  readonly type: 'receipt';
  readonly seq: number;
  readonly creditBytes: number;
}

/** Another member of the room, by its static key, and where the sender reaches it. */
export interface IntroduceFrame {
  readonly type: 'introduce';
  readonly publicKey: Uint8Array;
  readonly address: Address;
}

/** Asks whether packets arrive at an address, and the answer with the same token. */
export interface PathFrame {
  readonly type: 'path-challenge' | 'path-response';
  readonly token: Uint8Array;
}

/** The sender has ended the conversation, with a code of `closeCodes`. Nothing answers it. */
export interface CloseFrame {
  readonly type: 'close';
  readonly code: number;
}

/** Why a conversation was ended, on the wire. */
export const closeCodes = {
  /** The node was asked to stop. */
  leaving: 0,
  /** A packet that was authentic but not well-formed, or a frame that makes no sense where it came. */
  protocolViolation: 1,
  /** An ack of a packet that was never sent. */
  optimisticAck: 2,
  /** A line that isn't UTF-8. */
  invalidText: 3,
  /** The peer did not take its lines and held the others up: those lines are given up. A new session starts after them. */
  lagging: 4,
  /** Another program with the same key has taken this one's place, with a log of its own. */
  keyInUse: 5,
} as const;

/** The random name of a log, bytes. */
export const logIdBytes = 8;
