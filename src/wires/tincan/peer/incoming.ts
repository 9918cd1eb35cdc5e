/**
 * One peer's log, seen from its follower: pieces come in any order and more than once, lines go out once and in order.
 *
 * Owns: reassembly within its bound, the number of the next line, receipts and credit.
 */
import { equalBytes, toHex } from '../../../kernel/bytes.ts';
import type { LineFrame, LineKind, ReceiptFrame, ResumeFrame } from '../codec/frames.ts';
import { invariant } from '../../../kernel/invariant.ts';
import type { KeptFollowed } from '../../../kernel/kept.ts';
import {
  creditBytes,
  creditUrgentShare,
  incomingMaxBytes,
  incomingReserveBytes,
  pieceCostBytes,
} from '../limits.ts';
import type { Memory, MemoryShare } from '../memory.ts';
import { utf8Decode } from '../../../kernel/text.ts';
import { PartialLine, lineCostBytes } from './partial-line.ts';

/** A line that has come whole, and all before it have. Of kind `name`, it is the peer's new name. Withheld entries are not given out. */
export interface CompleteLine {
  readonly seq: number;
  readonly kind: Exclude<LineKind, 'withheld'>;
  readonly text: string;
  /** An earlier life of this node may have shown the line. */
  readonly again?: true;
}

/** What a piece has led to. */
export interface Progress {
  /** Given out whatever else the piece says: their numbers are behind us, so that they do not come again. */
  readonly lines: readonly CompleteLine[];
  /** false: a line was complete and not UTF-8, or its pieces contradict each other. */
  readonly isSound: boolean;
}

/** What a RESUME changed. `missed`: lines we were owed and will not get. */
export interface Resumed {
  readonly newLog: boolean;
  /** The log is the one that was followed before another took its place: a second program has the peer's key. */
  readonly isBack: boolean;
  readonly missed: number;
}

/** A line that came and is not yet taken. */
interface Untaken {
  readonly seq: number;
  readonly bytes: number;
  /** No face shows the entry, and none will take it. */
  isSilent: boolean;
}

export class Incoming {
  #logId: Uint8Array | undefined = undefined;
  #logName = '';
  /** Followed before that. */
  #logIdBefore: Uint8Array | undefined = undefined;
  #next = 1;
  #head = 0;
  #taken = 0;
  readonly #partial = new Map<number, PartialLine>();
  #partialCost = 0;
  /** Oldest first. */
  #untaken: Untaken[] = [];
  #untakenCost = 0;
  /** Lines of an earlier log are still with the face: their numbers must not be mixed up with the new log's. */
  #drainsOldLog = false;
  /** Credit that the face has made free since the last receipt. */
  #receiptedBytes = 0;
  /** An earlier life of this node has given lines up to here to its face. */
  #againThrough = 0;
  /** An earlier life may have ended before its last receipt had arrived. */
  #owesReceipt = false;
  readonly #share: MemoryShare;

  /** `kept`: of an earlier life. What its face had not taken comes again. */
  constructor(memory: Memory, kept?: KeptFollowed) {
    this.#share = memory.share();
    if (kept === undefined) return;
    this.#logId = kept.logId;
    this.#logName = toHex(kept.logId);
    this.#next = kept.taken + 1;
    this.#head = kept.head;
    this.#taken = kept.taken;
    this.#againThrough = kept.given;
    this.#owesReceipt = kept.taken > 0;
  }

  /** A receipt is due as soon as the peer has shown that its log is the one that is followed here. */
  get owesReceipt(): boolean {
    return this.#owesReceipt;
  }

  /** What the next life needs, provided that it is kept before the face is given anything more. */
  get kept(): KeptFollowed | undefined {
    if (this.#logId === undefined) return undefined;
    const given = Math.max(this.held, this.#againThrough);
    return { logId: this.#logId, head: Math.max(this.#head, given), given, taken: this.#taken };
  }

  /** The log that is followed; undefined before the first RESUME. */
  get logId(): Uint8Array | undefined {
    return this.#logId;
  }

  /** The same, as the faces are told of it. */
  get logName(): string {
    return this.#logName;
  }

  follows(logId: Uint8Array): boolean {
    return this.#logId !== undefined && equalBytes(this.#logId, logId);
  }

  /** All lines up to here have come. */
  get held(): number {
    return this.#next - 1;
  }

  get taken(): number {
    return this.#taken;
  }

  /** The last line of the peer's log that is known of. */
  get head(): number {
    return this.#head;
  }

  /** Something came that waits for something else. */
  get hasHoles(): boolean {
    return this.#partial.size > 0;
  }

  /** Memory that the peer's lines take here, bytes by cost. */
  get costBytes(): number {
    return this.#partialCost + this.#untakenCost;
  }

  /** What the face has taken since the last receipt went out is worth one at once. */
  get receiptIsUrgent(): boolean {
    return this.#receiptedBytes >= creditBytes * creditUrgentShare;
  }

  /**
   * Whether this piece is within what this peer, and all peers together, may have here. The line that is due next has its room
   * reserved.
   */
  canHold(frame: LineFrame): boolean {
    if (this.#drainsOldLog) return false;
    const more = this.#costOf(frame);
    if (this.costBytes + more > incomingMaxBytes) return false;
    const { first, further } = this.#kept;
    const isNext = frame.seq <= this.#next;
    return this.#share.fits(isNext ? first + more : first, isNext ? further : further + more);
  }

  /** The peer is there: room for its next line is its own. */
  onHere(): void {
    this.#share.reserve(incomingReserveBytes);
  }

  /** The peer is there no more. Pieces of lines come again in another session. */
  onAway(): void {
    this.#share.reserve(0);
    this.#partial.clear();
    this.#partialCost = 0;
    this.#account();
  }

  /** The session's start: where the peer's log stands. */
  onResume(frame: ResumeFrame): Resumed {
    const followed = this.#logId;
    if (this.follows(frame.logId)) {
      this.#head = Math.max(this.#head, frame.head);
      return { newLog: false, isBack: false, missed: this.#skipTo(frame.start) };
    }
    const missed = followed === undefined ? 0 : this.#head - this.held;
    const isBack = this.#logIdBefore !== undefined && equalBytes(this.#logIdBefore, frame.logId);
    this.#logIdBefore = followed;
    this.#logId = frame.logId.slice();
    this.#logName = toHex(frame.logId);
    this.#partial.clear();
    this.#partialCost = 0;
    this.#next = frame.start;
    this.#head = frame.head;
    this.#taken = frame.start - 1;
    this.#againThrough = 0;
    this.#owesReceipt = false;
    this.#drainsOldLog = this.#untaken.length > 0;
    this.#account();
    return { newLog: followed !== undefined, isBack, missed };
  }

  /** Takes a piece in. */
  onLine(frame: LineFrame): Progress {
    const lines: CompleteLine[] = [];
    const isSound = this.#take(frame, lines);
    this.#account();
    return { lines, isSound };
  }

  #take(frame: LineFrame, done: CompleteLine[]): boolean {
    invariant(this.#logId !== undefined, 'a log is followed before its lines come');
    if (frame.seq < this.#next) return true;
    this.#head = Math.max(this.#head, frame.seq);
    // The common case: a whole line, and the next one.
    const isWhole = frame.seq === this.#next && frame.fin && frame.offset === 0;
    const isTaken =
      isWhole && !this.#partial.has(frame.seq)
        ? this.#complete(done, frame.kind, frame.bytes)
        : this.#addPiece(frame);
    return isTaken && this.#completeFurther(done);
  }

  /** Whether the piece brings anything that has not come. */
  isNews({ seq }: LineFrame): boolean {
    return seq >= this.#next && !this.#partial.has(seq);
  }

  /** The face is not told of this line, so that it will not take it. */
  hide(seq: number): void {
    const line = this.#untaken.findLast((untaken) => untaken.seq === seq);
    if (line !== undefined) line.isSilent = true;
  }

  /** What no face shows is taken as soon as all before it is. Whether there was any. */
  takeSilent(): boolean {
    return this.#untaken[0]?.isSilent === true && this.onTaken(0);
  }

  /** The face has taken all lines up to `seq`. Whether that is news. */
  onTaken(seq: number): boolean {
    let count = 0;
    for (const line of this.#untaken) {
      if (line.seq > seq && !line.isSilent) break;
      count += 1;
      this.#untakenCost -= lineCostBytes(line.bytes);
      this.#receiptedBytes += line.bytes + pieceCostBytes;
    }
    const last = this.#untaken[count - 1];
    this.#untaken.splice(0, count);
    this.#account();
    if (this.#drainsOldLog) {
      this.#drainsOldLog = this.#untaken.length > 0;
      return false;
    }
    if (last === undefined) return false;
    this.#taken = last.seq;
    return true;
  }

  /** What a packet that leaves now tells the peer. */
  receipt(): ReceiptFrame {
    return { type: 'receipt', seq: this.#taken, creditBytes };
  }

  onReceiptSent(): void {
    this.#owesReceipt = false;
    this.#receiptedBytes = 0;
  }

  #skipTo(start: number): number {
    const missed = Math.max(0, start - this.#next);
    if (missed === 0) return 0;
    this.#next = start;
    for (const [seq, line] of this.#partial) {
      if (seq >= start) continue;
      this.#partialCost -= line.costBytes;
      this.#partial.delete(seq);
    }
    this.#account();
    return missed;
  }

  #addPiece(frame: LineFrame): boolean {
    const line = this.#partial.get(frame.seq) ?? new PartialLine(frame.kind);
    const more = this.#costOf(frame);
    if (!line.add(frame)) return false;
    this.#partial.set(frame.seq, line);
    this.#partialCost += more;
    return true;
  }

  /** What taking in this piece would cost more than is kept now. */
  #costOf(frame: LineFrame): number {
    if (frame.seq < this.#next) return 0;
    const line = this.#partial.get(frame.seq);
    if (line === undefined) return lineCostBytes(frame.offset + frame.bytes.length);
    return line.costWith(frame) - line.costBytes;
  }

  /** `first`: what the reserve is for, the line that is due next and those that the face has. */
  get #kept(): { readonly first: number; readonly further: number } {
    const nextCost = this.#partial.get(this.#next)?.costBytes ?? 0;
    return { first: this.#untakenCost + nextCost, further: this.#partialCost - nextCost };
  }

  #account(): void {
    const { first, further } = this.#kept;
    this.#share.set(first, further);
  }

  /** false: not UTF-8. */
  #completeFurther(done: CompleteLine[]): boolean {
    for (let line = this.#partial.get(this.#next); line !== undefined; line = this.#partial.get(this.#next)) {
      const { bytes } = line;
      if (bytes === undefined) break;
      this.#partial.delete(this.#next);
      this.#partialCost -= line.costBytes;
      if (!this.#complete(done, line.kind, bytes)) return false;
    }
    return true;
  }

  #complete(done: CompleteLine[], kind: LineKind, bytes: Uint8Array): boolean {
    const text = utf8Decode(bytes);
    if (text === undefined) return false;
    const seq = this.#next;
    this.#next += 1;
    this.#untaken.push({ seq, bytes: bytes.length, isSilent: kind === 'withheld' });
    this.#untakenCost += lineCostBytes(bytes.length);
    if (kind !== 'withheld')
      done.push({ seq, kind, text, ...(seq <= this.#againThrough ? { again: true } : {}) });
    return true;
  }
}
