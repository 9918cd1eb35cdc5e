/**
 * A set of whole numbers kept as ranges, newest (largest) first: which packets have come in, which bytes of a line.
 *
 * Owns: merging and bounding of ranges.
 */
import { invariant } from '../../../kernel/invariant.ts';

/** Both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export class RangeSet {
  readonly #rangesMax: number;
  /** Descending, disjoint, and never touching. */
  #ranges: Range[] = [];

  /** Keeps at most `rangesMax` ranges; the oldest (smallest) are forgotten first. */
  constructor(rangesMax = Number.POSITIVE_INFINITY) {
    this.#rangesMax = rangesMax;
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  get largest(): number | undefined {
    return this.#ranges[0]?.to;
  }

  /** Whether all of `from` to `to` are in. */
  has(from: number, to = from): boolean {
    return (this.#ranges[this.#firstFrom(from)]?.to ?? -1) >= to;
  }

  add(from: number, to = from): void {
    invariant(Number.isSafeInteger(to) && from >= 0 && from <= to, 'a range set holds whole numbers');
    if (this.has(from, to)) return;
    const ranges = this.#ranges;
    // Those that overlap what is added, or touch it, become one with it.
    const first = this.#firstFrom(to + 1);
    let merged: Range = { from, to };
    let end = first;
    for (let range = ranges[end]; range !== undefined && range.to + 1 >= from; range = ranges[end]) {
      merged = { from: Math.min(from, range.from), to: Math.max(merged.to, range.to) };
      end += 1;
    }
    if (end === first + 1) ranges[first] = merged;
    else ranges.splice(first, end - first, merged);
    if (ranges.length > this.#rangesMax) ranges.pop();
  }

  /** The index of the first range that begins at `value` or before it. */
  #firstFrom(value: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.from ?? 0) <= value) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Forgets all values up to `value`. */
  removeThrough(value: number): void {
    this.#ranges = this.#ranges
      .filter((range) => range.to > value)
      .map((range) => (range.from > value ? range : { from: value + 1, to: range.to }));
  }
}
