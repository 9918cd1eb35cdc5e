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

test('a set of ranges takes whole ranges in, wherever they overlap or touch, and knows what is in', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(12)).map(([from, length]) => ({ from, to: from + length }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), range, (added, asked) => {
      const set = new RangeSet();
      const naive = new Set<number>();
      for (const { from, to } of added) {
        set.add(from, to);
        for (let value = from; value <= to; value += 1) naive.add(value);
      }
      const held = set.ranges.flatMap(({ from, to }) =>
        Array.from({ length: to - from + 1 }, (_, at) => to - at),
      );
      expect(held).toEqual([...naive].toSorted((a, b) => b - a));
      const values = Array.from({ length: asked.to - asked.from + 1 }, (_, at) => asked.from + at);
      expect(set.has(asked.from, asked.to)).toBe(values.every((value) => naive.has(value)));
      expect(set.ranges.every(({ from }, index) => (set.ranges[index + 1]?.to ?? -2) < from - 1)).toBe(true);
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
