import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { retryMaxMs, retryMinMs } from '../../../src/wires/common/limits.ts';
import { Backoff } from '../../../src/wires/common/retry.ts';

const pauses = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.nextMs());

test('pauses double up to the longest one', () => {
  const middle = new Backoff(() => 0.5);
  expect(pauses(middle, 7)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

test('a reset starts over', () => {
  const backoff = new Backoff(() => 0.5);
  pauses(backoff, 4);
  backoff.reset();
  expect(backoff.nextMs()).toBe(retryMinMs);
});

test('each pause lies within a quarter of its nominal length, and uses all of that room', () => {
  expect(pauses(new Backoff(() => 0), 2)).toEqual([150, 300]);
  expect(new Backoff(() => 0.999_999).nextMs()).toBeCloseTo(250, 1);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { minLength: 1 }), (numbers) => {
      const random = numbers.values();
      const backoff = new Backoff(() => random.next().value ?? 0);
      for (const [index, pause] of pauses(backoff, numbers.length).entries()) {
        const nominal = Math.min(retryMinMs * 2 ** index, retryMaxMs);
        expect(pause).toBeGreaterThanOrEqual(nominal * 0.75);
        expect(pause).toBeLessThan(nominal * 1.25);
      }
    }),
  );
});
