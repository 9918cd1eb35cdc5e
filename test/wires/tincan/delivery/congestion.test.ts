import { expect, test } from '@jest/globals';
import { DeliveryRate } from '../../../../src/wires/tincan/delivery/congestion.ts';

test('a flow of 1,200 B each 10 ms over a path of 50 ms is measured at 120 B a millisecond', () => {
  const rate = new DeliveryRate();
  const stamps = Array.from({ length: 20 }, (_, index) => ({ at: 10 * index }));
  const sent = stamps.map(({ at }, index) => ({
    at,
    stamp: index < 5 ? rate.stamp(at, 1_200 * index) : undefined,
  }));
  let last: number | undefined = undefined;
  for (let index = 0; index < 20; index += 1) {
    const now = 10 * index + 50;
    rate.onDelivered(1_200, now);
    const stamp = sent[index]?.stamp;
    if (stamp !== undefined) last = rate.sample(stamp)?.bytesPerMs;
    const later = index + 5;
    const next = sent[later];
    if (next !== undefined) next.stamp = rate.stamp(10 * later, 6_000);
  }
  expect(last).toBe(120);
});

test('samples of the rate are marked while there is little to say, and no longer than that', () => {
  const rate = new DeliveryRate();
  rate.onApplicationLimited(1_200);
  const limited = rate.stamp(0, 0);
  expect(limited.applicationLimited).toBe(true);
  rate.onDelivered(1_200, 50);
  expect(rate.sample(limited)?.applicationLimited).toBe(true);
  expect(rate.stamp(60, 0).applicationLimited).toBe(false);
});
