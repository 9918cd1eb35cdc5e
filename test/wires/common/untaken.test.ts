import { expect, test } from '@jest/globals';
import { InvariantViolation } from '../../../src/kernel/invariant.ts';
import { Untaken } from '../../../src/wires/common/untaken.ts';

test('lines are numbered from one, and their bytes are held until they are taken', () => {
  const untaken = new Untaken();
  expect(untaken.lastSeq).toBe(0);
  expect([untaken.add(10), untaken.add(20), untaken.add(30)]).toEqual([1, 2, 3]);
  expect(untaken.bytes).toBe(60);
  expect(untaken.takenUpTo(2)).toBe(30);
  expect(untaken.bytes).toBe(30);
  expect(untaken.lastSeq).toBe(3);
});

test('taking the same lines again frees nothing', () => {
  const untaken = new Untaken();
  untaken.add(10);
  expect(untaken.takenUpTo(1)).toBe(10);
  expect(untaken.takenUpTo(1)).toBe(0);
  expect(untaken.takenUpTo(0)).toBe(0);
});

test('taking a line that never came is a bug', () => {
  expect(() => new Untaken().takenUpTo(1)).toThrow(InvariantViolation);
});

test('numbers and bytes stay right over many lines, taken in pieces', () => {
  const untaken = new Untaken();
  for (let seq = 1; seq <= 10_000; seq += 1) {
    expect(untaken.add(seq)).toBe(seq);
    if (seq % 3 === 0) untaken.takenUpTo(seq - 1);
  }
  expect(untaken.lastSeq).toBe(10_000);
  expect(untaken.bytes).toBe(9_999 + 10_000);
  expect(untaken.takenUpTo(10_000)).toBe(19_999);
});

test('lines that came at once are numbered one by one, and free once the last of them is taken', () => {
  const untaken = new Untaken();
  expect([untaken.add(30, 3), untaken.add(1)]).toEqual([1, 4]);
  expect(untaken.lastSeq).toBe(4);
  expect(untaken.takenUpTo(2)).toBe(0);
  expect(untaken.takenUpTo(3)).toBe(30);
  expect(untaken.takenUpTo(4)).toBe(1);
});
