import { expect, test } from '@jest/globals';
import { runGoodput } from './goodput.ts';
import { tincan } from './tincan.ts';

test.each([
  { mbitPerSecond: 20, oneWayMs: 10, lossRate: 0, shareMin: 0.9 },
  { mbitPerSecond: 20, oneWayMs: 10, lossRate: 0.05, shareMin: 0.85 },
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

test('on a link of a twentieth of a millisecond that loses 0.2 of the packets, a flow of busy hosts gets at least 0.9 of it, as packets that are lost do not close the window', () => {
  const link = { mbitPerSecond: 40, oneWayMs: 0.025, lossRate: 0.2, queueMs: 10, turnMs: 1.5 };
  const { share, longestSilenceMs } = runGoodput(1, link, tincan);
  expect(share).toBeGreaterThan(0.9);
  expect(longestSilenceMs).toBeLessThan(1_000);
}, 60_000);

test('where hosts are late by some milliseconds, random losses are not taken for a full queue', () => {
  const link = { mbitPerSecond: 20, oneWayMs: 10, lossRate: 0.2, queueMs: 20, turnMs: 4 };
  expect(runGoodput(1, link, tincan).share).toBeGreaterThan(0.8);
}, 60_000);
