import { expect, test } from '@jest/globals';
import type { AckSample } from '../../../../src/wires/tincan/delivery/congestion.ts';
import { NewReno } from './newreno.ts';
import { RttEstimator } from '../../../../src/wires/tincan/delivery/rtt.ts';

const rtt = new RttEstimator();
const packetBytes = 1_200;
const ack = (changes: Partial<AckSample>): AckSample => ({
  now: 1_000,
  ackedBytes: packetBytes,
  bytesInFlight: 0,
  newestSentAt: 900,
  applicationLimited: false,
  rtt,
  rate: undefined,
  ...changes,
});

test('NewReno doubles in slow start, halves once a congestion event, then grows by a packet a window', () => {
  const reno = new NewReno({ packetBytes, rtt });
  expect(reno.windowBytes).toBe(12_000);
  for (let acks = 0; acks < 10; acks += 1) reno.onAck(ack({}));
  expect(reno.windowBytes).toBe(24_000);
  reno.onLoss({ now: 1_000, lostBytes: 2_400, bytesInFlight: 9_000, newestSentAt: 950 });
  reno.onLoss({ now: 1_001, lostBytes: 1_200, bytesInFlight: 9_000, newestSentAt: 990 });
  expect(reno.windowBytes).toBe(12_000);
  reno.onAck(ack({ newestSentAt: 990 }));
  expect(reno.windowBytes).toBe(12_000);
  for (let acks = 0; acks < 10; acks += 1) reno.onAck(ack({ newestSentAt: 1_100 }));
  expect(reno.windowBytes).toBe(13_200);
});

test('NewReno does not grow while there was less to say than the window allows', () => {
  const reno = new NewReno({ packetBytes, rtt });
  for (let acks = 0; acks < 10; acks += 1) reno.onAck(ack({ applicationLimited: true }));
  expect(reno.windowBytes).toBe(12_000);
});

test('NewReno never falls below two packets, and a new path starts anew', () => {
  const reno = new NewReno({ packetBytes, rtt });
  for (let loss = 1; loss < 10; loss += 1) {
    reno.onLoss({ now: loss * 1_000, lostBytes: 1_200, bytesInFlight: 0, newestSentAt: loss * 1_000 - 1 });
  }
  expect(reno.windowBytes).toBe(2_400);
  reno.reset();
  reno.onPersistentCongestion();
  expect(reno.windowBytes).toBe(2_400);
  reno.reset();
  expect(reno.windowBytes).toBe(12_000);
});
