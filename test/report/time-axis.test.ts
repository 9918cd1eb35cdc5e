import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TimeAxis } from './time-axis.ts';

const spacing = { least: 7, usual: 18, greatest: 48 };

describe('TimeAxis', () => {
  test('what is later stands lower on the axis, by at least the least distance and at most the greatest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 2 }), (times) => {
        const axis = new TimeAxis(times, spacing);
        const heights = [...new Set(times)].toSorted((a, b) => a - b).map((ms) => axis.at(ms));
        for (const [index, height] of heights.slice(1).entries()) {
          const distance = height - (heights[index] ?? 0);
          expect(distance).toBeGreaterThanOrEqual(spacing.least - 1e-6);
          expect(distance).toBeLessThanOrEqual(spacing.greatest + 1e-6);
        }
        expect(heights.at(-1)).toBeCloseTo(axis.length);
      }),
    );
  });

  test('between two known times the axis goes evenly, and beyond its ends not at all', () => {
    const axis = new TimeAxis([0, 10, 20], spacing);
    expect([-5, 0, 5, 10, 15, 20, 99].map((ms) => axis.at(ms))).toEqual([0, 0, 9, 18, 27, 36, 36]);
  });

  test('a silence that is cut short on the axis is told of, where it stands', () => {
    const axis = new TimeAxis([0, 1, 2, 3, 4, 5_004], spacing);
    expect(axis.gaps).toEqual([{ at: 4 * 18 + 24, tookMs: 5_000 }]);
  });

  test('an axis of one time alone has no length', () => {
    expect(new TimeAxis([5], spacing)).toMatchObject({ length: 0, gaps: [] });
  });
});
