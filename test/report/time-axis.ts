/**
 * The time axis of a space-time diagram: later is always lower, but a long silence does not fill the page.
 *
 * Owns: the map from times to heights. Between two neighbouring times the distance grows with the time between them, from
 * a least one (so that two arrows can be told apart) to a greatest one; a silence that is cut short by far leaves a gap.
 */
import { percentile } from './statistics.ts';

/** Most silences are no longer than this one, and these should look as long as they are. */
const usualShare = 0.75;
/** A silence that is cut to less than this share of its length is told of. */
const gapShare = 0.4;

/** The three distances between neighbouring times, in units of the drawing. */
export interface Spacing {
  readonly least: number;
  /** Of a usual silence, however long that lasts. */
  readonly usual: number;
  readonly greatest: number;
}

/** A silence that is drawn shorter than its length. */
export interface Gap {
  /** The middle of it. */
  readonly at: number;
  readonly tookMs: number;
}

export class TimeAxis {
  readonly gaps: readonly Gap[];
  readonly length: number;
  readonly #knots: readonly { readonly ms: number; readonly at: number }[];

  constructor(timesMs: readonly number[], { least, usual, greatest }: Spacing) {
    const times = [...new Set(timesMs)].toSorted((a, b) => a - b);
    const silences = times.slice(1).map((ms, at) => ms - (times[at] ?? ms));
    const unitsPerMs = usual / (percentile(silences, usualShare) ?? 1);
    const gaps: Gap[] = [];
    let at = 0;
    this.#knots = times.map((ms, index) => {
      const tookMs = silences[index - 1];
      if (tookMs === undefined) return { ms, at };
      const length = tookMs * unitsPerMs;
      if (length * gapShare > greatest) gaps.push({ at: at + greatest / 2, tookMs });
      at += Math.min(greatest, Math.max(least, length));
      return { ms, at };
    });
    this.gaps = gaps;
    this.length = at;
  }

  /** The height of a time; of one beyond the ends, that of the end. */
  at(ms: number): number {
    const after = this.#knots.find((knot) => knot.ms >= ms);
    if (after === undefined) return this.length;
    const before = this.#knots.findLast((knot) => knot.ms <= ms) ?? after;
    if (before.ms === after.ms) return after.at;
    return before.at + ((ms - before.ms) / (after.ms - before.ms)) * (after.at - before.at);
  }
}
