/**
 * One follower of our log, seen from the log: which pieces of which lines go to it next, and how far it has come.
 *
 * Owns: cutting lines into fragments, how far the follower has come, its credit and receipts. What goes next is said here; when it
 * goes, the transmitter says.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import { frameBytes, lineOverheadBytes } from '../codec/frame-table.ts';
import { Fragments } from './fragments.ts';
import type { FollowedLine, Fragment } from './fragments.ts';
import type { LineFrame } from '../codec/frames.ts';
import { invariant } from '../../../kernel/invariant.ts';
import {
  creditBytes,
  followerReserveBytes,
  fragmentMinBytes,
  pieceCostBytes,
  sentLineBytes,
  sentPieceBytes,
} from '../limits.ts';
import type { Log, LogEntry } from '../log.ts';
import type { Memory, MemoryShare } from '../memory.ts';

/** The least that an entry takes in a packet: type and number. */
const frameMinBytes = 4;

export class Outgoing {
  readonly fragments = new Fragments();
  readonly #log: Log;
  readonly #follower: PeerId;
  readonly #payloadBytes: number;
  /** What an earlier life may have sent to this follower goes no further; undefined: there was none that is known of. */
  readonly #sentBefore: number | undefined;
  #hasResumed = false;
  /** Lines after `#accepted` that were cut, wholly or in part. */
  #lines: FollowedLine[] = [];
  #accepted: number;
  #acceptedCost = 0;
  #creditEdge = creditBytes;
  #heldThrough: number;
  #sentThrough: number;
  #nextSeq: number;
  #nextOffset = 0;
  readonly #share: MemoryShare;

  /** `start`: the first line that the follower is owed. `payloadBytes`: the most that a packet's frames may take. */
  constructor(options: {
    log: Log;
    memory: Memory;
    follower: PeerId;
    start: number;
    payloadBytes: number;
    sentBefore?: number | undefined;
  }) {
    this.#sentBefore = options.sentBefore;
    this.#log = options.log;
    this.#share = options.memory.share();
    this.#follower = options.follower;
    this.#payloadBytes = options.payloadBytes;
    this.#accepted = options.start - 1;
    this.#heldThrough = options.start - 1;
    this.#sentThrough = options.start - 1;
    this.#nextSeq = options.start;
  }

  /** The follower's program has taken all lines up to here. */
  get accepted(): number {
    return this.#accepted;
  }

  /** All lines up to here have been put into packets. */
  get sentThrough(): number {
    return this.#sentThrough;
  }

  /** As far as this life and earlier ones may have sent lines to the follower; undefined: that is not known. */
  get everSentThrough(): number | undefined {
    return this.#sentBefore === undefined ? undefined : Math.max(this.#sentBefore, this.#sentThrough);
  }

  /** Whether the follower, by its own word, holds more than this node has ever sent, as far as the node knows. */
  isBeyond(held: number): boolean {
    return held > (this.everSentThrough ?? held);
  }

  /** Entries that are not yet accepted. */
  get owed(): number {
    return this.#log.head - this.#accepted;
  }

  /** How many of these entries are lines for this follower. */
  get linesOwed(): number {
    return this.#log.countLines(this.#accepted, this.#follower);
  }

  /** Whether there are any. */
  get owesLine(): boolean {
    return this.#log.hasLine(this.#accepted, this.#follower);
  }

  /** Whether `takeNext` has something, given a packet of its own. */
  get hasNext(): boolean {
    return this.fragments.nextLost !== undefined || this.#nextLineFits();
  }

  /** Whether what there is to send fills more than a small packet: such a packet need not wait for company. */
  get nextBytes(): number {
    const lost = this.fragments.nextLost;
    if (lost !== undefined) return lost.bytes;
    let bytes = 0;
    for (let seq = this.#nextSeq; seq <= this.#sendable && bytes < this.#payloadBytes; seq += 1) {
      const rest = this.#bytesOf(seq).length - (seq === this.#nextSeq ? this.#nextOffset : 0);
      // What is withheld has no bytes: its frame bounds the look ahead.
      bytes += Math.max(rest, frameMinBytes);
    }
    return bytes;
  }

  /** The follower is there: it always has room for some lines under way. */
  onHere(): void {
    this.#share.reserve(followerReserveBytes);
  }

  onAway(): void {
    this.#share.reserve(0);
  }

  /** Nobody follows any more. */
  release(): void {
    this.#share.set(0);
  }

  /** The next fragment that must go, lost ones first, if it fits into `roomBytes`. */
  takeNext(roomBytes: number): Fragment | undefined {
    if (this.fragments.nextLost !== undefined) return this.fragments.takeLost(roomBytes);
    if (this.#nextSeq > this.#sendable) return undefined;
    const seq = this.#nextSeq;
    const whole = this.#bytesOf(seq);
    const offset = this.#nextOffset;
    const rest = whole.length - offset;
    const room = roomBytes - lineOverheadBytes(seq, offset, rest);
    // A line that fits into one packet stays whole, so that it can be repeated in one frame.
    const packetRoom = this.#payloadBytes - lineOverheadBytes(seq, offset, rest);
    if (rest > room && (rest <= packetRoom || room < fragmentMinBytes)) return undefined;
    const length = Math.min(rest, room);
    if (this.#costSoFar() + length + pieceCostBytes > this.#creditEdge || !this.#mayCut) return undefined;
    const fin = length === rest;
    const followed = this.#followed(seq, offset);
    followed.endCost += length + pieceCostBytes;
    followed.cutWhole = fin;
    const kind = this.#log.kindFor(seq, this.#follower);
    const bytes = whole.subarray(offset, offset + length);
    const frame: LineFrame = { type: 'line', kind, seq, offset, fin, bytes };
    this.#nextOffset = fin ? 0 : offset + length;
    if (fin) {
      this.#nextSeq = seq + 1;
      this.#sentThrough = Math.max(this.#sentThrough, seq);
    }
    const fragment = this.fragments.add(frame, frameBytes(frame), followed);
    this.#account();
    return fragment;
  }

  /** A packet with the fragment arrived. */
  onAcked(fragment: Fragment): void {
    if (!this.fragments.onAcked(fragment)) return;
    this.#advanceHeld();
    this.#account();
  }

  /**
   * The follower has taken all lines up to `seq`, and has room for `credit` beyond. Gives the lines newly accepted;
   * undefined: the follower claims a line that it can't have.
   */
  onReceipt(seq: number, credit: number): readonly LogEntry[] | undefined {
    if (seq > this.#sentThrough) return undefined;
    const accepted: LogEntry[] = [];
    if (seq >= this.#accepted) {
      for (let line = this.#accepted + 1; line <= seq; line += 1) accepted.push(this.#log.entry(line));
      this.#settleThrough(seq);
      this.#creditEdge = Math.max(this.#creditEdge, this.#acceptedCost + Math.min(credit, creditBytes));
      this.#account();
    }
    return accepted;
  }

  /** The follower is away, and gets nothing of what it is owed. What it may hold and has not taken does not count. */
  giveUp(): void {
    this.#accepted = this.#log.head;
    this.#lines = [];
    this.#sentThrough = this.#accepted;
    this.#rewindTo(this.#accepted + 1);
    this.#account();
  }

  /** A new session: what is not known to be held whole is cut and sent anew. */
  restart(): void {
    this.#rewindTo(this.#heldThrough + 1);
    this.#account();
  }

  /**
   * The follower says, at the start of a session, that it holds all lines up to `held`. false: that can't be. If it held more
   * before, it has been started again from an older state, and gets the difference again.
   */
  onResume(held: number): boolean {
    if (held > this.#log.head) return false;
    this.#hasResumed = true;
    // The follower may hold lines that an earlier `Outgoing` has sent: it was forgotten in between.
    this.#sentThrough = Math.max(this.#sentThrough, held);
    if (held < this.#heldThrough) this.#rewindTo(Math.max(held, this.#accepted) + 1);
    else
      this.#holdThrough(
        Math.min(held, this.#nextSeq - 1 + Math.floor(this.#share.roomBytes / sentLineBytes)),
      );
    this.#account();
    return true;
  }

  #followed(seq: number, offset: number): FollowedLine {
    const last = this.#lines.at(-1);
    if (offset > 0) {
      invariant(last !== undefined && last.seq === seq, 'a line is cut from its start to its end');
      return last;
    }
    const line: FollowedLine = { seq, endCost: this.#costSoFar(), cutWhole: false, unheld: 0 };
    this.#lines.push(line);
    return line;
  }

  /** Whether the next line's next piece is within the credit. */
  #nextLineFits(): boolean {
    if (this.#nextSeq > this.#sendable || !this.#mayCut) return false;
    const rest = this.#bytesOf(this.#nextSeq).length - this.#nextOffset;
    return this.#costSoFar() + Math.min(rest, this.#payloadBytes) + pieceCostBytes <= this.#creditEdge;
  }

  /**
   * The last entry that may go. A follower of an earlier life has to say how far it is before new entries go: it may have others
   * under their numbers, where this node goes on from an older copy of its state.
   */
  get #sendable(): number {
    return this.#sentBefore === undefined || this.#hasResumed ? this.#log.head : this.#sentBefore;
  }

  /** Whether there is room to keep account of one more line, and a piece of it. */
  get #mayCut(): boolean {
    return this.#share.fits(this.#keptBytes + sentLineBytes + sentPieceBytes);
  }

  /** What the lines and pieces under way take here: their text is the log's. */
  get #keptBytes(): number {
    return this.#lines.length * sentLineBytes + this.fragments.size * sentPieceBytes;
  }

  #account(): void {
    this.#share.set(this.#keptBytes);
  }

  /** What the follower gets to see of an entry. */
  #bytesOf(seq: number): Uint8Array {
    return this.#log.bytesFor(seq, this.#follower);
  }

  #costSoFar(): number {
    return this.#lines.at(-1)?.endCost ?? this.#acceptedCost;
  }

  #advanceHeld(): void {
    let line = this.#lines[this.#heldThrough - this.#accepted];
    while (line !== undefined && line.cutWhole && line.unheld === 0) {
      this.#heldThrough += 1;
      line = this.#lines[this.#heldThrough - this.#accepted];
    }
    // What is held makes room for the next pieces at once, also of the same line.
    this.fragments.sweep();
  }

  /** The follower has all lines up to `seq`, whatever became of their packets. */
  #holdThrough(seq: number): void {
    if (seq <= this.#heldThrough) return;
    // After a restart the cursor may be behind what the follower got in the session before.
    if (seq >= this.#nextSeq) this.#skipTo(seq);
    this.fragments.holdThrough(seq);
    this.#advanceHeld();
    invariant(this.#heldThrough >= seq, 'holding a line holds all before it');
  }

  #settleThrough(seq: number): void {
    this.#holdThrough(seq);
    const count = seq - this.#accepted;
    const last = count > 0 ? this.#lines[count - 1] : undefined;
    if (last === undefined) return;
    this.#acceptedCost = last.endCost;
    this.#lines.splice(0, count);
    this.#accepted = seq;
  }

  /** Lines up to `seq` were sent in an earlier session, and are held: counts them as cut, at the cost of one piece. */
  #skipTo(seq: number): void {
    for (let next = this.#nextSeq; next <= seq; next += 1) {
      const followed = this.#followed(next, next === this.#nextSeq ? this.#nextOffset : 0);
      followed.endCost += this.#bytesOf(next).length - this.#nextOffset + pieceCostBytes;
      followed.cutWhole = true;
      this.#nextOffset = 0;
    }
    this.#nextSeq = seq + 1;
  }

  #rewindTo(seq: number): void {
    invariant(seq > this.#accepted, 'an accepted line is never sent again');
    this.fragments.clear();
    this.#lines.length = Math.min(this.#lines.length, seq - this.#accepted - 1);
    this.#nextSeq = seq;
    this.#nextOffset = 0;
    this.#heldThrough = seq - 1;
  }
}
