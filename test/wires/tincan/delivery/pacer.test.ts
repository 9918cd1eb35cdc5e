import { expect, test } from '@jest/globals';
import {
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
    const at = pacer.readyAt(120, now);
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

test('probes that leave unasked hold up what comes after by no more than one packet', () => {
  const pacer = new Pacer({ packetBytes: 1_200 });
  pacer.readyAt(1, 0);
  for (let probe = 0; probe < 100; probe += 1) pacer.onSent(1_200);
  expect(pacer.readyAt(1, 1)).toBeLessThanOrEqual(1 + 1_200 + 2);
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
