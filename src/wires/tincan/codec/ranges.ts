/**
 * A set of whole numbers kept as ranges, newest (largest) first: which packets have come in.
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
  constructor(rangesMax: number) {
    this.#rangesMax = rangesMax;
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  get largest(): number | undefined {
    return this.#ranges[0]?.to;
  }

  add(value: number): void {
    invariant(Number.isSafeInteger(value) && value >= 0, 'a range set holds whole numbers');
    const ranges = this.#ranges;
    let index = 0;
    for (let range = ranges[index]; range !== undefined && range.from > value; range = ranges[index])
      index += 1;
    const above = ranges[index - 1];
    const below = ranges[index];
    if (below !== undefined && value <= below.to) return;
    const joinsAbove = above !== undefined && above.from === value + 1;
    const joinsBelow = below !== undefined && below.to === value - 1;
    if (joinsAbove && joinsBelow) ranges.splice(index - 1, 2, { from: below.from, to: above.to });
    else if (joinsAbove) ranges[index - 1] = { from: value, to: above.to };
    else if (joinsBelow) ranges[index] = { from: below.from, to: value };
    else ranges.splice(index, 0, { from: value, to: value });
    if (ranges.length > this.#rangesMax) ranges.pop();
  }

  /** Forgets all values up to `value`. */
  removeThrough(value: number): void {
    this.#ranges = this.#ranges
      .filter((range) => range.to > value)
      .map((range) => (range.from > value ? range : { from: value + 1, to: range.to }));
  }
}
