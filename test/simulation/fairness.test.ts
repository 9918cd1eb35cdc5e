import { test, expect } from '@jest/globals';
import { fairShareMax, fairShareMin, fairnessQueuesMs, runCubicPair, runFairness } from './fairness.ts';
import { tincan } from './tincan.ts';

const seeds = [1, 2, 3];

test.each(fairnessQueuesMs)(
  'beside a CUBIC-like flow and a queue of %i ms, tincan takes a third to two thirds',
  (queueMs) => {
    for (const seed of seeds) {
      const { tincanShare, tincanMbitPerSecond, cubicMbitPerSecond } = runFairness(seed, queueMs, tincan);
      const share = `${(tincanShare * 100).toFixed(0)} % of the link`;
      const isFair = tincanShare >= fairShareMin && tincanShare <= fairShareMax;
      expect({ seed, share, isFair }).toEqual({ seed, share, isFair: true });
      expect(tincanMbitPerSecond + cubicMbitPerSecond).toBeGreaterThan(4.5);
    }
  },
  60_000,
);

test('the yardstick is sound: two CUBIC-like flows fill the link and share it as fairly', () => {
  for (const queueMs of fairnessQueuesMs) {
    const [one, other] = runCubicPair(1, queueMs, tincan);
    expect(one + other).toBeGreaterThan(4.5);
    expect(one / (one + other)).toBeGreaterThan(fairShareMin);
    expect(one / (one + other)).toBeLessThan(fairShareMax);
  }
});
