import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { RangeSet } from '../../../../src/wires/tincan/codec/ranges.ts';

test('a set of ranges holds what was added, in descending ranges that never touch', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 80 }), (values) => {
      const set = new RangeSet(100);
      for (const value of values) set.add(value);
      const held = set.ranges.flatMap(({ from, to }) =>
        Array.from({ length: to - from + 1 }, (_, at) => to - at),
      );
      expect(held).toEqual([...new Set(values)].toSorted((a, b) => b - a));
      for (const [index, range] of set.ranges.entries()) {
        expect(range.from).toBeLessThanOrEqual(range.to);
        expect(set.ranges[index + 1]?.to ?? -2).toBeLessThan(range.from - 1);
      }
      expect(set.largest).toBe(values.length === 0 ? undefined : Math.max(...values));
    }),
  );
});

test('a set of ranges keeps no more than it may, and forgets the oldest', () => {
  const set = new RangeSet(3);
  for (const value of [1, 3, 5, 7, 9]) set.add(value);
  expect(set.ranges).toEqual([
    { from: 9, to: 9 },
    { from: 7, to: 7 },
    { from: 5, to: 5 },
  ]);
});

test('a set of ranges forgets what lies below a value', () => {
  const set = new RangeSet(9);
  for (const value of [1, 2, 3, 5, 6, 9]) set.add(value);
  set.removeThrough(5);
  expect(set.ranges).toEqual([
    { from: 9, to: 9 },
    { from: 6, to: 6 },
  ]);
});
