/**
 * One peer's log, seen from its follower: pieces come in any order and more than once, lines go out once and in order.
 *
 * Owns: reassembly within its bound, the number of the next line, receipts and credit. Must not know: packets, acks, faces.
 */
import { concatBytes, equalBytes } from './bytes.ts';
import type { LineFrame, ReceiptFrame, ResumeFrame } from './frames.ts';
import { invariant } from './invariant.ts';
import { creditBytes, creditUrgentShare, lineMaxBytes, pieceCostBytes } from './limits.ts';
import { utf8Decode } from './text.ts';

export interface CompleteLine {
  readonly seq: number;
  readonly text: string;
}

/** What a RESUME changed. `missed`: lines we were owed and will not get. */
export interface Resumed {
  readonly newLog: boolean;
  readonly missed: number;
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface PartialLine {
  /** Ascending, not overlapping. */
  readonly pieces: Piece[];
  length: number | undefined;
  receivedBytes: number;
  costBytes: number;
}

export class Incoming {
  #logId: Uint8Array | undefined = undefined;
  #next = 1;
  #head = 0;
  #taken = 0;
  readonly #partial = new Map<number, PartialLine>();
  #partialCost = 0;
  /** Lines given out and not yet taken, oldest first. */
  #untaken: { readonly seq: number; readonly costBytes: number }[] = [];
  #untakenCost = 0;
  /** Lines of an earlier log are still with the face: their numbers must not be mixed up with the new log's. */
  #drainsOldLog = false;
  #receiptedCost = 0;

  /** The log that is followed; undefined before the first RESUME. */
  get logId(): Uint8Array | undefined {
    return this.#logId;
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
    return this.#receiptedCost >= creditBytes * creditUrgentShare;
  }

  /**
   * Whether these pieces are within what this peer may have here. An honest peer keeps to its credit; the slack is for
   * lines that a later session cut in other places.
   */
  canHold(frames: readonly LineFrame[]): boolean {
    if (this.#drainsOldLog) return this.#untaken.length === 0;
    let cost = this.costBytes;
    for (const frame of frames) {
      if (frame.seq >= this.#next) cost += frame.bytes.length + pieceCostBytes;
    }
    return cost <= creditBytes + lineMaxBytes;
  }

  /** The session's start: where the peer's log stands. */
  onResume(frame: ResumeFrame): Resumed {
    const followed = this.#logId;
    if (followed !== undefined && equalBytes(followed, frame.logId)) {
      this.#head = Math.max(this.#head, frame.head);
      return { newLog: false, missed: this.#skipTo(frame.start) };
    }
    const missed = followed === undefined ? 0 : this.#head - this.held;
    this.#logId = frame.logId.slice();
    this.#partial.clear();
    this.#partialCost = 0;
    this.#next = frame.start;
    this.#head = frame.head;
    this.#taken = frame.start - 1;
    this.#drainsOldLog = this.#untaken.length > 0;
    return { newLog: followed !== undefined, missed };
  }

  /** Takes a piece in. undefined: a line was complete and not UTF-8, or its pieces contradict each other. */
  onLine(frame: LineFrame): readonly CompleteLine[] | undefined {
    invariant(this.#logId !== undefined, 'a log is followed before its lines come');
    if (frame.seq < this.#next) return [];
    this.#head = Math.max(this.#head, frame.seq);
    // The common case: a whole line, and the next one.
    if (frame.seq === this.#next && frame.fin && frame.offset === 0 && !this.#partial.has(frame.seq)) {
      const first = this.#complete(frame.bytes, frame.bytes.length + pieceCostBytes);
      if (first === undefined) return undefined;
      return this.#partial.size === 0 ? [first] : this.#completeFurther([first]);
    }
    return this.#addPiece(frame) ? this.#completeFurther([]) : undefined;
  }

  /** The face has taken all lines up to `seq`. Whether that is news. */
  onTaken(seq: number): boolean {
    let count = 0;
    for (const line of this.#untaken) {
      if (line.seq > seq) break;
      count += 1;
      this.#untakenCost -= line.costBytes;
      this.#receiptedCost += line.costBytes;
    }
    const last = this.#untaken[count - 1];
    this.#untaken.splice(0, count);
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
    this.#receiptedCost = 0;
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
    return missed;
  }

  #addPiece(frame: LineFrame): boolean {
    let line = this.#partial.get(frame.seq);
    if (line === undefined) {
      line = { pieces: [], length: undefined, receivedBytes: 0, costBytes: 0 };
      this.#partial.set(frame.seq, line);
    }
    const end = frame.offset + frame.bytes.length;
    if (frame.fin && line.length !== undefined && line.length !== end) return false;
    if (frame.fin) line.length = end;
    const furthest = line.pieces.at(-1);
    const furthestEnd = furthest === undefined ? 0 : furthest.offset + furthest.bytes.length;
    if (line.length !== undefined && Math.max(end, furthestEnd) > line.length) return false;
    this.#insert(line, { offset: frame.offset, bytes: frame.bytes });
    return true;
  }

  /** Keeps those parts of the piece that are new. */
  #insert(line: PartialLine, piece: Piece): void {
    let { offset, bytes } = piece;
    let index = 0;
    while (bytes.length > 0) {
      const there = line.pieces[index];
      if (there !== undefined && there.offset + there.bytes.length <= offset) {
        index += 1;
        continue;
      }
      const free = there === undefined ? bytes.length : Math.min(bytes.length, there.offset - offset);
      if (free > 0) {
        // A copy: a view would keep the whole datagram in memory.
        line.pieces.splice(index, 0, { offset, bytes: bytes.slice(0, free) });
        this.#charge(line, free);
        index += 1;
      }
      const skip =
        there === undefined ? free : Math.min(bytes.length, there.offset + there.bytes.length - offset);
      bytes = bytes.subarray(skip);
      offset += skip;
    }
    if (line.costBytes === 0) this.#charge(line, 0);
  }

  #charge(line: PartialLine, bytes: number): void {
    line.receivedBytes += bytes;
    line.costBytes += bytes + pieceCostBytes;
    this.#partialCost += bytes + pieceCostBytes;
  }

  #completeFurther(done: CompleteLine[]): readonly CompleteLine[] | undefined {
    for (let line = this.#partial.get(this.#next); line !== undefined; line = this.#partial.get(this.#next)) {
      if (line.length === undefined || line.receivedBytes < line.length) break;
      this.#partial.delete(this.#next);
      this.#partialCost -= line.costBytes;
      const complete = this.#complete(
        concatBytes(...line.pieces.map((piece) => piece.bytes)),
        line.costBytes,
      );
      if (complete === undefined) return undefined;
      done.push(complete);
    }
    return done;
  }

  #complete(bytes: Uint8Array, costBytes: number): CompleteLine | undefined {
    const text = utf8Decode(bytes);
    if (text === undefined) return undefined;
    const seq = this.#next;
    this.#next += 1;
    this.#untaken.push({ seq, costBytes });
    this.#untakenCost += costBytes;
    return { seq, text };
  }
}
