import { expect, test } from '@jest/globals';
import { runGoodput } from './goodput.ts';
import { tincan } from './tincan.ts';

test.each([
  { mbitPerSecond: 20, oneWayMs: 10, lossRate: 0, shareMin: 0.9 },
  { mbitPerSecond: 20, oneWayMs: 10, lossRate: 0.05, shareMin: 0.9 },
  { mbitPerSecond: 20, oneWayMs: 10, lossRate: 0.2, shareMin: 0.8 },
  // More under way than the first credit.
  { mbitPerSecond: 40, oneWayMs: 50, lossRate: 0, shareMin: 0.9 },
  { mbitPerSecond: 20, oneWayMs: 50, lossRate: 0.05, shareMin: 0.85 },
  { mbitPerSecond: 20, oneWayMs: 50, lossRate: 0.2, shareMin: 0.6 },
])(
  'a flow over $mbitPerSecond Mbit/s, $oneWayMs ms one way, that loses $lossRate of the packets each way gets at least $shareMin of it, and is never silent for a second',
  ({ shareMin, ...link }) => {
    const { share, longestSilenceMs } = runGoodput(1, { ...link, queueMs: 2 * link.oneWayMs }, tincan);
    expect(share).toBeGreaterThan(shareMin);
    expect(longestSilenceMs).toBeLessThan(1_000);
  },
  60_000,
);
