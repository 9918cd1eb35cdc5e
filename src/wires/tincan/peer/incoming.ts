/**
 * One peer's log, seen from its follower: pieces come in any order and more than once, lines go out once and in order.
 *
 * Owns: reassembly within its bound, the number of the next line, receipts and credit.
 */
import { copyBytes, equalBytes, toHex } from '../../../kernel/bytes.ts';
import type { LineRun } from '../../../kernel/contract.ts';
import { lastOf } from '../codec/frames.ts';
import type {
  EntryFrame,
  LineFrame,
  LineKind,
  LinesFrame,
  ReceiptFrame,
  ResumeFrame,
} from '../codec/frames.ts';
import { invariant } from '../../../kernel/invariant.ts';
import type { KeptFollowed } from '../../../kernel/kept.ts';
import { creditUrgentShare, incomingReserveBytes, pieceCostBytes } from '../limits.ts';
import type { Memory, MemoryShare } from '../memory.ts';
import { afterLines } from '../../../kernel/runs.ts';
import { isUtf8, utf8Decode } from '../../../kernel/text.ts';
import { Credit } from './credit.ts';
import { PartialLine, linesCostBytes } from './partial-line.ts';

/**
 * A line that has come whole, and all before it have; or a run of them. Of kind `name`, it is the peer's new name. Withheld entries are
 * not given out. `again`: an earlier life of this node may have shown it.
 */
export type CompleteLine =
  | {
      readonly kind: Exclude<LineKind, 'withheld'>;
      readonly seq: number;
      readonly text: string;
      readonly again?: true;
    }
  | ({ readonly kind: 'run'; readonly seq: number; readonly again?: true } & LineRun);

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

/** A line that came and is not yet taken; or `count` lines, the last of them with the number `seq`. */
interface Untaken {
  readonly seq: number;
  readonly count: number;
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
  /** Whole lines that wait for some before them, by the first of them that is not here. */
  readonly #ahead = new Map<number, LinesFrame>();
  #partialCost = 0;
  /** Oldest first. */
  #untaken: Untaken[] = [];
  #untakenCost = 0;
  /** Lines of an earlier log are still with the face: their numbers must not be mixed up with the new log's. */
  #drainsOldLog = false;
  #credit = new Credit();
  /** What the face has taken since the last receipt: of the peer's credit, and of memory. */
  #freedBytes = 0;
  #freedMemoryBytes = 0;
  /** An earlier life of this node has given lines up to here to its face. */
  #againThrough = 0;
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
    return this.#partial.size + this.#ahead.size > 0;
  }

  /** Memory that the peer's lines take here, bytes by cost. */
  get costBytes(): number {
    return this.#partialCost + this.#untakenCost;
  }

  /** What the face has taken since the last receipt went out is worth one at once. */
  get receiptIsUrgent(): boolean {
    return this.#freedBytes >= this.#credit.bytes * creditUrgentShare;
  }

  /**
   * Whether this piece is within what this peer, and all peers together, may have here. The line that is due next has its room
   * reserved.
   */
  canHold(frame: EntryFrame): boolean {
    if (this.#drainsOldLog) return false;
    const more = this.#costOf(frame);
    if (this.costBytes + more > this.#credit.keptMaxBytes) return false;
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
    this.#clearPartial();
    // What its path carries has to be seen anew.
    this.#credit = new Credit();
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
    this.#clearPartial();
    this.#next = frame.start;
    this.#head = frame.head;
    this.#taken = frame.start - 1;
    this.#againThrough = 0;
    this.#drainsOldLog = this.#untaken.length > 0;
    this.#account();
    return { newLog: followed !== undefined, isBack, missed };
  }

  /** Takes a piece of a line, or lines, in. */
  onLine(frame: EntryFrame): Progress {
    const lines: CompleteLine[] = [];
    const isSound = this.#take(frame, lines);
    this.#account();
    return { lines, isSound };
  }

  #take(frame: EntryFrame, done: CompleteLine[]): boolean {
    invariant(this.#logId !== undefined, 'a log is followed before its lines come');
    const last = lastOf(frame);
    if (last < this.#next) return true;
    this.#head = Math.max(this.#head, last);
    const isTaken = frame.type === 'lines' ? this.#takeLines(frame, done) : this.#takePiece(frame, done);
    return isTaken && this.#completeFurther(done);
  }

  #takePiece(frame: LineFrame, done: CompleteLine[]): boolean {
    // The common case: a whole line, and the next one.
    const isWhole = frame.seq === this.#next && frame.fin && frame.offset === 0;
    return isWhole && !this.#partial.has(frame.seq)
      ? this.#complete(done, frame.kind, frame.bytes)
      : this.#addPiece(frame);
  }

  #takeLines(frame: LinesFrame, done: CompleteLine[]): boolean {
    if (!isUtf8(frame.bytes)) return false;
    if (frame.seq <= this.#next) this.#completeLines(done, frame);
    // The frame is a view of its packet.
    else if (this.#costOf(frame) > 0) this.#letWait(frame.seq, { ...frame, bytes: copyBytes(frame.bytes) });
    return true;
  }

  /** Another session may have cut more lines, or fewer, from the same one on. The peer sends none of them again. */
  #letWait(from: number, lines: LinesFrame): void {
    const there = this.#ahead.get(from);
    if (there !== undefined && lastOf(there) >= lastOf(lines)) return;
    this.#partialCost += costOfLines(lines) - costOfLines(there);
    this.#ahead.set(from, lines);
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
      const memoryBytes = linesCostBytes(line.count, line.bytes);
      this.#untakenCost -= memoryBytes;
      this.#freedMemoryBytes += memoryBytes;
      this.#freedBytes += line.bytes + line.count * pieceCostBytes;
    }
    const taken = this.#untaken[count - 1]?.seq ?? 0;
    this.#untaken.splice(0, count);
    const [next] = this.#untaken;
    // Some of the lines that came together, in a life that shows them one by one.
    const isWithin = next !== undefined && next.seq - next.count < seq;
    this.#account();
    if (this.#drainsOldLog) {
      this.#drainsOldLog = this.#untaken.length > 0;
      return false;
    }
    const through = isWithin ? seq : taken;
    if (through <= this.#taken) return false;
    this.#taken = through;
    return true;
  }

  /** What a packet that leaves now tells the peer. */
  receipt(): ReceiptFrame {
    return { type: 'receipt', seq: this.#taken, creditBytes: this.#credit.bytes };
  }

  onReceiptSent(now: number, roundTripMs: number): void {
    const taken = { creditBytes: this.#freedBytes, memoryBytes: this.#freedMemoryBytes };
    this.#credit.onReceipt(taken, this.#share.roomBytes + this.#untakenCost, now, roundTripMs);
    this.#freedBytes = 0;
    this.#freedMemoryBytes = 0;
  }

  #skipTo(start: number): number {
    const missed = Math.max(0, start - this.#next);
    if (missed === 0) return 0;
    this.#next = start;
    // Nobody will take these, and whoever does not know that they are settled learns it by a receipt.
    this.#taken = Math.max(this.#taken, start - 1);
    this.#dropPassed();
    this.#account();
    return missed;
  }

  /** Pieces of lines that are complete by now, or will not be: those that were cut in different ways by two sessions. */
  #dropPassed(): void {
    for (const [seq, line] of this.#partial) {
      if (seq >= this.#next) continue;
      this.#partialCost -= line.costBytes;
      this.#partial.delete(seq);
    }
    for (const [from, lines] of this.#ahead) {
      if (from >= this.#next) continue;
      this.#partialCost -= costOfLines(lines);
      this.#ahead.delete(from);
      if (lastOf(lines) >= this.#next) this.#letWait(this.#next, lines);
    }
  }

  #clearPartial(): void {
    this.#partial.clear();
    this.#ahead.clear();
    this.#partialCost = 0;
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
  #costOf(frame: EntryFrame): number {
    if (lastOf(frame) < this.#next) return 0;
    if (frame.type === 'lines') {
      const there = this.#ahead.get(frame.seq);
      const isHere = there !== undefined && lastOf(there) >= lastOf(frame);
      return isHere ? 0 : costOfLines(frame) - costOfLines(there);
    }
    const line = this.#partial.get(frame.seq);
    if (line === undefined) return linesCostBytes(1, frame.offset + frame.bytes.length);
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
    for (;;) {
      const lines = this.#ahead.get(this.#next);
      const line = this.#partial.get(this.#next);
      if (lines !== undefined) this.#completeLines(done, lines);
      else if (line?.bytes === undefined) return true;
      else {
        this.#partial.delete(this.#next);
        this.#partialCost -= line.costBytes;
        if (!this.#complete(done, line.kind, line.bytes)) return false;
      }
    }
  }

  /** The next lines, and none or some of those before them. */
  #completeLines(done: CompleteLine[], { seq, count, bytes }: LinesFrame): void {
    const last = seq + count - 1;
    const rest = bytes.subarray(afterLines(bytes, this.#next - seq));
    const fresh = { seq: last, count: last - this.#next + 1, bytes: rest.length, isSilent: false };
    this.#untaken.push(fresh);
    this.#untakenCost += linesCostBytes(fresh.count, fresh.bytes);
    const againCount = Math.max(0, Math.min(this.#againThrough, last) - this.#next + 1);
    const againEnd = afterLines(rest, againCount);
    for (const again of [true, false]) {
      const linesCount = again ? againCount : fresh.count - againCount;
      if (linesCount === 0) continue;
      const run = {
        kind: 'run',
        seq: this.#next,
        count: linesCount,
        bytes: copyBytes(again ? rest.subarray(0, againEnd) : rest.subarray(againEnd)),
      } as const;
      done.push(again ? { ...run, again } : run);
      this.#next += linesCount;
    }
    if (this.hasHoles) this.#dropPassed();
  }

  #complete(done: CompleteLine[], kind: LineKind, bytes: Uint8Array): boolean {
    const text = utf8Decode(bytes);
    if (text === undefined) return false;
    const seq = this.#next;
    this.#next += 1;
    this.#untaken.push({ seq, count: 1, bytes: bytes.length, isSilent: kind === 'withheld' });
    this.#untakenCost += linesCostBytes(1, bytes.length);
    if (kind !== 'withheld')
      done.push({ seq, kind, text, ...(seq <= this.#againThrough ? { again: true } : {}) });
    return true;
  }
}

function costOfLines(lines: LinesFrame | undefined): number {
  return lines === undefined ? 0 : linesCostBytes(lines.count, lines.bytes.length);
}
