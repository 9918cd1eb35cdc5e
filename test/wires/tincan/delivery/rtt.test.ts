import { expect, test } from '@jest/globals';
import {
  ackDelayMaxMs,
  ackDelayMinMs,
  initialRttMs,
  probeTimeoutMaxMs,
} from '../../../../src/wires/tincan/limits.ts';
import { RttEstimator } from '../../../../src/wires/tincan/delivery/rtt.ts';

test('the first sample is taken as it is, further ones by RFC 9002 §5.3', () => {
  const rtt = new RttEstimator();
  expect(rtt.smoothedMs).toBe(initialRttMs);
  rtt.update(100, 20);
  expect([rtt.smoothedMs, rtt.variationMs, rtt.minMs]).toEqual([100, 50, 100]);
  rtt.update(140, 20);
  // 120 once the peer's delay is taken off.
  expect([rtt.smoothedMs, rtt.variationMs]).toEqual([102.5, 42.5]);
});

test('a delay that the peer claims never brings a sample below the least, nor counts beyond its limit', () => {
  const rtt = new RttEstimator();
  rtt.update(100, 0);
  rtt.update(110, 1_000);
  expect(rtt.smoothedMs).toBe(101.25);
  rtt.update(200, 1_000);
  expect(rtt.smoothedMs).toBe(0.875 * 101.25 + 0.125 * (200 - ackDelayMaxMs));
});

test('the ack delay follows the round trip within its bounds, and a reset forgets all', () => {
  const rtt = new RttEstimator();
  expect(rtt.ackDelayMs).toBe(ackDelayMaxMs);
  rtt.update(0.2, 0);
  expect(rtt.ackDelayMs).toBe(ackDelayMinMs);
  rtt.reset();
  expect([rtt.smoothedMs, rtt.minMs]).toEqual([initialRttMs, undefined]);
});

test('a peer that was paused for a minute is not taken for a path of a minute', () => {
  const rtt = new RttEstimator();
  rtt.update(20, 0);
  for (let acks = 0; acks < 8; acks += 1) rtt.update(60_000, 0);
  expect(rtt.smoothedMs).toBeGreaterThan(30_000);
  expect([rtt.probeTimeoutMs, rtt.lossDelayMs]).toEqual([probeTimeoutMaxMs, probeTimeoutMaxMs]);
});
