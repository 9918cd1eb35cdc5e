/**
 * Lines from one sender that the face has not written yet.
 *
 * Owns: the numbers of received lines and the bytes still untaken.
 */
import { invariant } from '../../kernel/invariant.ts';

export class Untaken {
  #sizes: number[] = [];
  /** Sizes before this index are taken; compacted now and then, so that taking is O(1) amortised. */
  #head = 0;
  #takenSeq = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the newest line; 0 before the first. */
  get lastSeq(): number {
    return this.#takenSeq + this.#sizes.length - this.#head;
  }

  /** Numbers a line of so many bytes; returns its number. */
  add(bytes: number): number {
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    return this.lastSeq;
  }

  /** Lines up to `seq` are taken; returns how many bytes that frees. */
  takenUpTo(seq: number): number {
    invariant(seq <= this.lastSeq, `line ${seq} taken before it came; the newest is ${this.lastSeq}`);
    let freed = 0;
    while (this.#takenSeq < seq) {
      freed += this.#sizes[this.#head] ?? 0;
      this.#head += 1;
      this.#takenSeq += 1;
    }
    this.#bytes -= freed;
    if (this.#head > 1_024 && this.#head * 2 > this.#sizes.length) {
      this.#sizes = this.#sizes.slice(this.#head);
      this.#head = 0;
    }
    return freed;
  }
}
