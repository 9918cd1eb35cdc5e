import { test, expect } from '@jest/globals';
import { Random } from '../../../src/relay/model/random.ts';

/** The reference: sfc32 of PractRand, in 32-bit steps written out, with the same warm-up. */
function referenceDraws(keys: readonly [number, number, number], count: number): number[] {
  const state = new Uint32Array([...keys, 1]);
  const draws: number[] = [];
  for (let draw = 0; draw < 15 + count; draw++) {
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const result = (a + b + counter) >>> 0;
    state.set([b ^ (b >>> 9), c + c * 8, ((c << 21) | (c >>> 11)) + result, counter + 1]);
    if (draw >= 15) draws.push(result);
  }
  return draws;
}

function drawsOfIndex(index: number): number[] {
  const random = new Random(1, 0, index);
  return Array.from({ length: 200 }, () => random.uint32());
}

test('the generator gives the draws of sfc32', () => {
  const random = new Random(1, 2, 3);
  expect(Array.from({ length: 100 }, () => random.uint32())).toEqual(referenceDraws([1, 2, 3], 100));
});

test('keys that differ in one bit give streams that share nothing', () => {
  const seen = new Set(drawsOfIndex(0));
  expect(drawsOfIndex(1).filter((draw) => seen.has(draw))).toEqual([]);
});

test('fractions fill the range from 0 to 1 evenly', () => {
  const random = new Random(5);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 20_000; draw++) {
    const tenth = Math.floor(random.fraction() * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) {
    expect(count).toBeGreaterThan(1_800);
    expect(count).toBeLessThan(2_200);
  }
});

test('whole numbers reach both ends and never leave the range', () => {
  const random = new Random(6);
  const draws = new Set(Array.from({ length: 200 }, () => random.integer(3, 6)));
  expect(draws).toEqual(new Set([3, 4, 5, 6]));
});

test('picking from nothing is refused', () => {
  expect(() => new Random(1).pick([])).toThrow(RangeError);
});
