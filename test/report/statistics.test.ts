import { describe, expect, test } from '@jest/globals';
import { latenciesOf, logHistogram, peaks, percentile } from './statistics.ts';

const line = (number: number, saidMs: number, ...heardMs: readonly number[]) => ({ number, saidMs, heardMs });

describe('latencies', () => {
  test('latencies run from saying to the first hearing; a lost line has none, and a clock that stepped back gives no negative one', () => {
    const lines = [line(0, 10, 15, 12), line(1, 20), line(2, 30, 29.9)];
    expect(latenciesOf({ lines })).toEqual([
      { saidMs: 10, tookMs: 2 },
      { saidMs: 30, tookMs: 0 },
    ]);
  });
});

describe('percentile', () => {
  test.each([
    [0, 1],
    [0.5, 5],
    [0.51, 6],
    [0.99, 10],
    [1, 10],
  ])('the %d share of 1 to 10, in any order, is %d', (share, value) => {
    expect(percentile([10, 3, 1, 2, 9, 8, 4, 7, 6, 5], share)).toBe(value);
  });

  test('a percentile of nothing is undefined', () => {
    expect(percentile([], 0.5)).toBeUndefined();
  });
});

describe('peaks', () => {
  test('peaks are the slowest line of each stretch, and a hole where a stretch heard nothing', () => {
    const lines = [
      line(0, 0, 1),
      line(1, 1, 9),
      line(2, 50),
      line(3, 51),
      line(4, 98, 99),
      line(5, 100, 103),
    ];
    expect(peaks({ lines }, 4)).toEqual([
      { saidMs: 1, tookMs: 8 },
      { saidMs: 50, tookMs: undefined },
      { saidMs: 100, tookMs: 3 },
    ]);
  });

  test('peaks break off where nobody said anything for long', () => {
    const lines = [line(0, 0, 1), line(1, 1, 2), line(2, 99, 100), line(3, 100, 102)];
    expect(peaks({ lines }, 50)).toEqual([
      { saidMs: 0, tookMs: 1 },
      { saidMs: 99, tookMs: undefined },
      { saidMs: 100, tookMs: 2 },
    ]);
  });

  test('peaks of lines said at the same time are one', () => {
    expect(peaks({ lines: [line(0, 5, 6), line(1, 5, 8)] }, 10)).toEqual([{ saidMs: 5, tookMs: 3 }]);
  });
});

describe('logHistogram', () => {
  test('a logarithmic histogram counts each list over the same bins, small values in the lowest', () => {
    const { edges, counts } = logHistogram([[0.001, 1, 5], [100]], 1, 0.1);
    expect(edges.map((edge) => Number(edge.toPrecision(6)))).toEqual([0.1, 1, 10, 100, 1_000]);
    expect(counts).toEqual([
      [1, 2, 0, 0],
      [0, 0, 0, 1],
    ]);
  });

  test('a logarithmic histogram of nothing has one empty bin', () => {
    expect(logHistogram([[]], 10, 0.1).counts).toEqual([[0]]);
  });
});
