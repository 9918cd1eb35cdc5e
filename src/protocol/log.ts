/**
 * The node's own lines, numbered 1, 2, 3 … under a random id: what every peer follows by one number.
 *
 * Owns: numbering, and keeping each line until nobody is owed it any more. Must not know: who follows, or how far.
 */
import type { Ref } from '../contract.ts';
import { invariant } from './invariant.ts';
import { logMaxBytes, pieceCostBytes } from './limits.ts';

export interface LogLine {
  readonly seq: number;
  readonly bytes: Uint8Array;
  /** What the one who said it calls it. */
  readonly ref: Ref | undefined;
}

export class Log {
  readonly id: Uint8Array;
  #lines: LogLine[] = [];
  #head = 0;
  #costBytes = 0;

  /** `id`: random, `logIdBytes` long, and not all zero, which means "no log" on the wire. */
  constructor(id: Uint8Array) {
    invariant(
      id.some((byte) => byte !== 0),
      'a log has an id',
    );
    this.id = id;
  }

  /** Number of the last line; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** What the kept lines cost, bytes. */
  get costBytes(): number {
    return this.#costBytes;
  }

  /** Whether one more line of this size may be kept. One always may where none is: a line is smaller than the log. */
  hasRoomFor(bytes: Uint8Array): boolean {
    return this.#costBytes + costOf(bytes) <= logMaxBytes;
  }

  append(bytes: Uint8Array, ref: Ref | undefined): LogLine {
    invariant(this.hasRoomFor(bytes), 'a full log takes no line');
    this.#head += 1;
    const line = { seq: this.#head, bytes, ref };
    this.#lines.push(line);
    this.#costBytes += costOf(bytes);
    return line;
  }

  /** A kept line. */
  line(seq: number): LogLine {
    const line = this.#lines[seq - this.#firstKept];
    invariant(line !== undefined && line.seq === seq, 'a line that is owed is kept');
    return line;
  }

  /** Nobody is owed the lines up to `seq` any more. Gives them, oldest first. */
  releaseThrough(seq: number): readonly LogLine[] {
    const count = Math.max(0, Math.min(seq, this.#head) - this.#firstKept + 1);
    if (count === 0) return [];
    const released = this.#lines.splice(0, count);
    for (const line of released) this.#costBytes -= costOf(line.bytes);
    invariant(this.#costBytes >= 0, 'a log gives back what it took');
    return released;
  }

  get #firstKept(): number {
    return this.#head - this.#lines.length + 1;
  }
}

function costOf(bytes: Uint8Array): number {
  return bytes.length + pieceCostBytes;
}
