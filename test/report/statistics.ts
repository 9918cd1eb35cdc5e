/**
 * Latencies of lines, and what can be said of many of them.
 *
 * Owns: the definitions: a line's latency is the time from saying it to hearing it first; a percentile is the nearest rank.
 */
import type { Flow } from './results.ts';

/** One line that was heard. */
export interface Latency {
  readonly saidMs: number;
  readonly tookMs: number;
}

/** In the order in which they were said. Lines that were never heard have none. */
export function latenciesOf({ lines }: Pick<Flow, 'lines'>): readonly Latency[] {
  return lines.flatMap(({ saidMs, heardMs }) =>
    heardMs.length === 0 ? [] : [{ saidMs, tookMs: Math.max(0, Math.min(...heardMs) - saidMs) }],
  );
}

/** The smallest value that at least this share of the values does not exceed; undefined for no values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** One stretch of time: its slowest line, or none if not one of its lines was heard. */
export interface Peak {
  readonly saidMs: number;
  readonly tookMs: number | undefined;
}

/** A silence of more stretches than this is a hole, too. */
const silentStretchesMax = 8;

/** The slowest line of each of `count` equal stretches of time: few points, and no peak lost. */
export function peaks(flow: Pick<Flow, 'lines'>, count: number): readonly Peak[] {
  const lines = flow.lines.toSorted((a, b) => a.saidMs - b.saidMs);
  const firstMs = lines[0]?.saidMs ?? 0;
  const widthMs = Math.max((lines.at(-1)?.saidMs ?? 0) - firstMs, Number.EPSILON) / count;
  const stretches = Map.groupBy(lines, ({ saidMs }) =>
    Math.min(count - 1, Math.floor((saidMs - firstMs) / widthMs)),
  );
  let previous = 0;
  return [...stretches].flatMap(([number, said]) => {
    const startMs = said[0]?.saidMs ?? 0;
    const hole = { saidMs: startMs, tookMs: undefined };
    const slowest = latenciesOf({ lines: said }).toSorted((a, b) => b.tookMs - a.tookMs)[0] ?? hole;
    const isAfterSilence = number - previous > silentStretchesMax;
    previous = number;
    return isAfterSilence ? [hole, slowest] : [slowest];
  });
}

/** How many values lie in each bin: bins of equal width on a logarithmic axis, `perDecade` to a power of ten. */
export interface Histogram {
  /** Lower edge of each bin. The last edge is the upper one of the last bin. */
  readonly edges: readonly number[];
  readonly counts: readonly (readonly number[])[];
}

/** One row of counts for each list of values, over the same bins. Values below `floor` count in the lowest bin. */
export function logHistogram(
  lists: readonly (readonly number[])[],
  perDecade: number,
  floor: number,
): Histogram {
  const binOf = (value: number): number => Math.floor(Math.log10(Math.max(value, floor)) * perDecade);
  const bins = lists.flat().map(binOf);
  const lowest = bins.length === 0 ? 0 : Math.min(...bins);
  const highest = bins.length === 0 ? 0 : Math.max(...bins);
  const edges = Array.from({ length: highest - lowest + 2 }, (_, at) => 10 ** ((lowest + at) / perDecade));
  const counts = lists.map((values) => {
    const row = Array.from({ length: highest - lowest + 1 }, () => 0);
    for (const value of values) {
      const at = binOf(value) - lowest;
      row[at] = (row[at] ?? 0) + 1;
    }
    return row;
  });
  return { edges, counts };
}
