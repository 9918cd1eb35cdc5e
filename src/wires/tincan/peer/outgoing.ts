/**
 * One follower of our log, seen from the log: which pieces of which lines go to it next, and how far it has come.
 *
 * Owns: how far the log is cut into pieces for the follower, how far the follower has come, its credit and receipts. What goes next is said here; when it
 * goes, the transmitter says.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import { frameBytes } from '../codec/frame-table.ts';
import { cut } from './cutting.ts';
import { Fragments } from './fragments.ts';
import type { FollowedLine, Fragment } from './fragments.ts';
import { lastOf } from '../codec/frames.ts';
import { invariant } from '../../../kernel/invariant.ts';
import {
  creditBytes,
  creditMaxBytes,
  followerReserveBytes,
  pieceCostBytes,
  sentLineBytes,
  sentPieceBytes,
} from '../limits.ts';
import { bytesFor, lastSeqOf, runBytes } from '../log.ts';
import type { Log, LogEntry, LogSlice } from '../log.ts';
import type { Memory, MemoryShare } from '../memory.ts';

/** The least that an entry takes in a packet: type and number. */
const frameMinBytes = 4;

export class Outgoing {
  readonly fragments = new Fragments();
  readonly #log: Log;
  readonly #follower: PeerId;
  /** The follower may have heard of the entries up to here, from an earlier life, too; undefined: this node has but one life. */
  readonly #toldThrough: number | undefined;
  #hasResumed = false;
  /** Lines after `#accepted` that were cut, wholly or in part; the first so many of them are held. */
  #lines: FollowedLine[] = [];
  #heldCount = 0;
  #accepted: number;
  #acceptedCost = 0;
  #creditEdge = creditBytes;
  #heldThrough: number;
  #sentThrough: number;
  #nextSeq: number;
  #nextOffset = 0;
  readonly #share: MemoryShare;

  /** `start`: the first line that the follower is owed. */
  constructor(options: {
    log: Log;
    memory: Memory;
    follower: PeerId;
    start: number;
    toldThrough?: number | undefined;
  }) {
    this.#toldThrough = options.toldThrough;
    this.#log = options.log;
    this.#share = options.memory.share();
    this.#follower = options.follower;
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

  /** For the next `Outgoing` of this follower. */
  get toldThrough(): number | undefined {
    return this.#toldThrough === undefined ? undefined : this.tellable;
  }

  /** Whether the follower, by its own word, knows of more than this node can have told it. */
  isBeyond(known: number): boolean {
    return known > (this.toldThrough ?? known);
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

  /** Whether `takeNext` has something for an empty packet. */
  hasNext(payloadBytes: number): boolean {
    return this.fragments.nextLost !== undefined || this.#nextLineFits(payloadBytes);
  }

  /** What there is to send, bytes, or more than `enough`: nobody asks how much more. */
  nextBytes(enough: number): number {
    const lost = this.fragments.nextLost;
    if (lost !== undefined) return lost.bytes;
    let bytes = 0;
    let offset = this.#nextOffset;
    for (let seq = this.#nextSeq; seq <= this.tellable && bytes <= enough;) {
      const entry = this.#log.entry(seq);
      const { length } =
        entry.type === 'run'
          ? runBytes(entry, seq - entry.seq, entry.ends.length)
          : this.#bytesOf(entry, seq);
      // What is withheld has no bytes: its frame bounds the look ahead.
      bytes += Math.max(length - offset, frameMinBytes);
      offset = 0;
      seq = lastSeqOf(entry) + 1;
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

  /** The next fragment that must go, lost ones first, if it fits into `roomBytes` of a packet that has `payloadBytes` for frames. */
  takeNext(roomBytes: number, payloadBytes: number): Fragment | undefined {
    if (this.fragments.nextLost !== undefined) return this.fragments.takeLost(roomBytes);
    if (this.#nextSeq > this.tellable || !this.#mayCut) return undefined;
    const seq = this.#nextSeq;
    const entry = this.#log.entry(seq);
    const space = {
      roomBytes,
      payloadBytes,
      credit: this.#creditEdge - this.#costSoFar(),
    };
    const frame = cut(entry, seq, this.#nextOffset, this.#follower, space);
    if (frame === undefined) return undefined;
    const through = lastOf(frame);
    const isWhole = frame.type === 'lines' || frame.fin;
    const followed = this.#followed(seq, through, this.#nextOffset);
    followed.endCost += frame.bytes.length + (through - seq + 1) * pieceCostBytes;
    followed.cutWhole = isWhole;
    this.#nextOffset = isWhole ? 0 : this.#nextOffset + frame.bytes.length;
    if (isWhole) {
      this.#nextSeq = through + 1;
      this.#sentThrough = Math.max(this.#sentThrough, through);
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
  onReceipt(seq: number, credit: number): readonly LogSlice[] | undefined {
    if (seq > this.#sentThrough) return undefined;
    let accepted: readonly LogSlice[] = [];
    if (seq >= this.#accepted) {
      accepted = this.#log.slicesAfter(this.#accepted, seq);
      this.#settleThrough(seq);
      const given = Math.min(credit, creditMaxBytes);
      this.#creditEdge = Math.max(this.#creditEdge, this.#acceptedCost + given);
      this.#log.onCredit(given);
      this.#account();
    }
    return accepted;
  }

  /** The follower is away, and gets nothing of what it is owed. What it may hold and has not taken does not count. */
  giveUp(): void {
    this.#accepted = this.#log.head;
    this.#lines = [];
    this.#heldCount = 0;
    this.#sentThrough = this.#accepted;
    this.#rewindTo(this.#accepted + 1);
    this.#account();
  }

  /** A new session, or a path that takes smaller packets: what is not known to be held whole is cut and sent anew. */
  restart(): void {
    this.#rewindTo(this.#heldThrough + 1);
    this.#account();
  }

  /**
   * The follower says, at the start of a session, that it holds all lines up to `held`, and knows of those up to `known`. false:
   * that can't be. If it held more before, it has been started again from an older state, and gets the difference again.
   */
  onResume(held: number, known = held): boolean {
    if (known > this.#log.head) return false;
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

  #followed(seq: number, through: number, offset: number): FollowedLine {
    const last = this.#lines.at(-1);
    if (offset > 0) {
      invariant(last !== undefined && last.seq === seq, 'a line is cut from its start to its end');
      return last;
    }
    const line: FollowedLine = { seq, through, endCost: this.#costSoFar(), cutWhole: false, unheld: 0 };
    this.#lines.push(line);
    return line;
  }

  /** Whether the next line's next piece is within the credit. */
  #nextLineFits(payloadBytes: number): boolean {
    if (this.#nextSeq > this.tellable || !this.#mayCut) return false;
    const rest = this.#bytesOf(this.#log.entry(this.#nextSeq), this.#nextSeq).length - this.#nextOffset;
    return this.#costSoFar() + Math.min(rest, payloadBytes) + pieceCostBytes <= this.#creditEdge;
  }

  /**
   * The last entry that may go, and that the follower may hear of. Of further ones it hears after it has said what it knows: it may
   * have others under their numbers, where this node goes on from an older copy of its state.
   */
  get tellable(): number {
    if (this.#toldThrough === undefined || this.#hasResumed) return this.#log.head;
    return Math.max(this.#toldThrough, this.#accepted);
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
  #bytesOf(entry: LogEntry, seq: number): Uint8Array {
    return bytesFor(entry, seq, this.#follower);
  }

  #costSoFar(): number {
    return this.#lines.at(-1)?.endCost ?? this.#acceptedCost;
  }

  #advanceHeld(): void {
    let line = this.#lines[this.#heldCount];
    while (line !== undefined && line.cutWhole && line.unheld === 0) {
      this.#heldThrough = Math.max(this.#heldThrough, line.through);
      this.#heldCount += 1;
      line = this.#lines[this.#heldCount];
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
    // Within lines that share a piece, where another session had cut elsewhere.
    this.#heldThrough = Math.max(this.#heldThrough, seq);
  }

  #settleThrough(seq: number): void {
    this.#holdThrough(seq);
    let count = 0;
    for (const { through, endCost } of this.#lines) {
      if (through > seq) break;
      this.#acceptedCost = endCost;
      count += 1;
    }
    this.#lines.splice(0, count);
    this.#heldCount = Math.max(0, this.#heldCount - count);
    this.#accepted = seq;
  }

  /** Lines up to `seq` were sent in an earlier session, and are held: counts them as cut, at the cost of one piece. */
  #skipTo(seq: number): void {
    for (const { entry, seq: from, count } of this.#log.slicesAfter(this.#nextSeq - 1, seq)) {
      const through = from + count - 1;
      const followed = this.#followed(from, through, this.#nextOffset);
      const { length } =
        entry.type === 'run'
          ? runBytes(entry, from - entry.seq, through + 1 - entry.seq)
          : this.#bytesOf(entry, from);
      followed.endCost += length - this.#nextOffset + count * pieceCostBytes;
      followed.through = through;
      followed.cutWhole = true;
      this.#nextOffset = 0;
    }
    this.#nextSeq = seq + 1;
  }

  #rewindTo(seq: number): void {
    invariant(seq > this.#accepted, 'an accepted line is never sent again');
    this.fragments.clear();
    const kept = this.#lines.findLastIndex((line) => line.seq < seq);
    this.#lines.length = kept + 1;
    const last = this.#lines.at(-1);
    if (last !== undefined && last.through >= seq) {
      last.through = seq - 1;
      last.cutWhole = true;
    }
    this.#heldCount = this.#lines.length;
    this.#nextSeq = seq;
    this.#nextOffset = 0;
    this.#heldThrough = seq - 1;
  }
}
