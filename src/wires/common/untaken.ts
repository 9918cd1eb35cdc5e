/**
 * Lines from one sender that the face has not written yet.
 *
 * Owns: the numbers of received lines and the bytes still untaken.
 */
import { invariant } from '../../kernel/invariant.ts';

export class Untaken {
  /** In order: lines that came at once. They are free when the last of them is taken. */
  #entries: { readonly lastSeq: number; readonly bytes: number }[] = [];
  /** Entries before this index are taken; compacted now and then, so that taking is O(1) amortised. */
  #head = 0;
  #lastSeq = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the newest line; 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Numbers so many lines, of so many bytes together; returns the number of the first. */
  add(bytes: number, count = 1): number {
    const seq = this.#lastSeq + 1;
    this.#lastSeq += count;
    this.#entries.push({ lastSeq: this.#lastSeq, bytes });
    this.#bytes += bytes;
    return seq;
  }

  /** Lines up to `seq` are taken; returns how many bytes that frees. */
  takenUpTo(seq: number): number {
    invariant(seq <= this.#lastSeq, `line ${seq} taken before it came; the newest is ${this.#lastSeq}`);
    let freed = 0;
    for (let entry = this.#entries[this.#head]; entry !== undefined; entry = this.#entries[this.#head]) {
      if (entry.lastSeq > seq) break;
      freed += entry.bytes;
      this.#head += 1;
    }
    this.#bytes -= freed;
    if (this.#head > 1_024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return freed;
  }
}
