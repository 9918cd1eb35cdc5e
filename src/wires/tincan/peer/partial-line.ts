/**
 * A line of which pieces are here, in one buffer: pieces come in any order and more than once, and cut differently by
 * another session.
 *
 * Owns: which bytes are filled, and that the pieces agree on the line's kind and length.
 */
import { lineMaxBytes } from '../../../kernel/limits.ts';
import { RangeSet } from '../codec/ranges.ts';
import type { LineFrame, LineKind } from '../codec/frames.ts';
import { keptLineBytes, keptTextShare } from '../limits.ts';

/** By how much the buffer outgrows what it has to hold, so that few pieces copy it. Less than `keptTextShare` charges. */
const growth = 1.5;

/** What keeping lines of so many bytes costs, in pieces or whole, until the face has taken them. */
export function linesCostBytes(count: number, bytes: number): number {
  return count * keptLineBytes + keptTextShare * bytes;
}

export class PartialLine {
  readonly kind: LineKind;
  readonly #filled = new RangeSet();
  #buffer = new Uint8Array(0);
  #length: number | undefined = undefined;
  /** Where the furthest piece ends. */
  #end = 0;

  constructor(kind: LineKind) {
    this.kind = kind;
  }

  get costBytes(): number {
    return linesCostBytes(1, this.#end);
  }

  /** What the line costs once the piece is in. */
  costWith({ offset, bytes }: LineFrame): number {
    return linesCostBytes(1, Math.max(this.#end, offset + bytes.length));
  }

  /** The whole line; undefined while something is missing. */
  get bytes(): Uint8Array | undefined {
    const [first] = this.#filled.ranges;
    const isWhole = this.#length === 0 || (first?.from === 0 && first.to + 1 === this.#length);
    return isWhole ? this.#buffer.subarray(0, this.#length) : undefined;
  }

  /** false: the piece contradicts those that are here. */
  add({ kind, offset, fin, bytes }: LineFrame): boolean {
    const end = offset + bytes.length;
    const length = fin ? end : this.#length;
    if (kind !== this.kind || (fin && this.#length !== undefined && this.#length !== end)) return false;
    if (length !== undefined && Math.max(end, this.#end) > length) return false;
    this.#length = length;
    if (bytes.length === 0 || this.#filled.has(offset, end - 1)) return true;
    this.#end = Math.max(this.#end, end);
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(
        Math.min(length ?? lineMaxBytes, Math.max(end, this.#buffer.length * growth)),
      );
      grown.set(this.#buffer);
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, offset);
    this.#filled.add(offset, end - 1);
    return true;
  }
}
