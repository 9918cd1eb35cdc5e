import { expect, test } from '@jest/globals';
import {
  burstLargePackets,
  burstMaxPackets,
  burstMinPackets,
  pacingQuantumMs,
  smallPacketsPerQuantum,
} from '../../../../src/wires/tincan/limits.ts';
import { Pacer } from '../../../../src/wires/tincan/delivery/pacer.ts';

test('the pacer lets a burst go, then keeps to the rate', () => {
  const pacer = new Pacer({ packetBytes: 1_200 });
  let now = 0;
  let sent = 0;
  while (now < 1_000) {
    const at = pacer.readyAt(120, 1_200, now);
    if (at > now) {
      now = at;
      continue;
    }
    pacer.onSent(1_200);
    sent += 1;
  }
  // 120 bytes a millisecond are 100 packets a second.
  expect(sent).toBeGreaterThan(95);
  expect(sent).toBeLessThanOrEqual(100 + burstMinPackets + 2);
});

test.each([
  ['of datagrams of 1,200 B, at most', 1_200, burstMaxPackets],
  ['of datagrams of 16 KiB, at most', 16_384, burstLargePackets],
])('after a silence on a fast path, a burst %s so many leave at once', (_, packetBytes, most) => {
  const pacer = new Pacer({ packetBytes: 1_200 });
  let sent = 0;
  for (; pacer.readyAt(100_000, packetBytes, 1_000) === 1_000; sent += 1) pacer.onSent(packetBytes);
  expect(sent).toBe(most);
});

test('probes that leave unasked hold up what comes after by no more than one packet', () => {
  const pacer = new Pacer({ packetBytes: 1_200 });
  pacer.readyAt(1, 1_200, 0);
  for (let probe = 0; probe < 100; probe += 1) pacer.onSent(1_200);
  expect(pacer.readyAt(1, 1_200, 1)).toBeLessThanOrEqual(1 + 1_200 + 2);
});

test('small packets of one quantum are counted, and the next ones wait for its end', () => {
  const pacer = new Pacer({ packetBytes: 1_200 });
  for (let sent = 0; sent < smallPacketsPerQuantum; sent += 1) {
    expect(pacer.smallReadyAt(50)).toBe(50);
    pacer.onSmallSent(50);
  }
  expect(pacer.smallReadyAt(50.5)).toBe(50 + pacingQuantumMs);
  expect(pacer.smallReadyAt(50 + pacingQuantumMs)).toBe(50 + pacingQuantumMs);
});
