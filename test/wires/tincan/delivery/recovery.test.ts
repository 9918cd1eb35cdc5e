import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { AckFrame } from '../../../../src/wires/tincan/codec/frames.ts';
import {
  lostMemoryMaxMs,
  packetThreshold,
  packetThresholdMax,
  probeTimeoutMaxMs,
  probesPerTimeout,
} from '../../../../src/wires/tincan/limits.ts';
import { NewReno } from './newreno.ts';
import { Recovery } from '../../../../src/wires/tincan/delivery/recovery.ts';
import { RttEstimator } from '../../../../src/wires/tincan/delivery/rtt.ts';

/** How many probes may leave now; they count as sent. */
function takenProbes(recovery: Recovery<string>): number {
  let probes = 0;
  while (recovery.takeProbe()) probes += 1;
  return probes;
}

function newRecovery(): { recovery: Recovery<string>; congestion: NewReno } {
  const rtt = new RttEstimator();
  const congestion = new NewReno({ packetBytes: 1_200, rtt });
  return { recovery: new Recovery<string>({ rtt, congestion }), congestion };
}

const ackOf = (...ranges: readonly (readonly [number, number])[]): AckFrame => ({
  type: 'ack',
  ranges: ranges.map(([from, to]) => ({ from, to })),
  delayMs: 0,
});

const names = (packets: readonly { readonly contents: string }[]): readonly string[] =>
  packets.map((packet) => packet.contents);

describe('loss detection', () => {
  test('a packet is lost once one three newer is acknowledged, and not before', () => {
    const { recovery } = newRecovery();
    for (let number = 0; number < 5; number += 1) recovery.onSent(number, 100, `p${number}`, 1_000);
    expect(names(recovery.onAck(ackOf([2, 2]), 1_050).lost)).toEqual([]);
    const { acked, lost } = recovery.onAck(ackOf([2, packetThreshold]), 1_050);
    expect([names(acked), names(lost)]).toEqual([['p3'], ['p0']]);
    expect(recovery.bytesInFlight).toBe(200);
  });

  test('a packet is lost once 9/8 of a round trip has passed since one sent later was acknowledged', () => {
    const { recovery } = newRecovery();
    recovery.onSent(0, 100, 'early', 1_000);
    recovery.onSent(1, 100, 'late', 1_010);
    expect(names(recovery.onAck(ackOf([1, 1]), 1_110).lost)).toEqual([]);
    expect(recovery.deadline).toBe(1_000 + (100 * 9) / 8);
    expect(names(recovery.onTimeout(1_112))).toEqual([]);
    expect(names(recovery.onTimeout(1_112.5))).toEqual(['early']);
    expect([recovery.bytesInFlight, recovery.deadline]).toEqual([0, undefined]);
  });

  test('a loss that was none raises the packet threshold, up to its bound', () => {
    const { recovery } = newRecovery();
    for (let number = 0; number < 40; number += 1) recovery.onSent(number, 100, `p${number}`, 1_000);
    expect(names(recovery.onAck(ackOf([8, 8]), 1_050).lost)).toHaveLength(6);
    expect(recovery.packetsLost).toBe(6);
    const { acked, lost } = recovery.onAck(ackOf([2, 2]), 1_051);
    expect([names(acked), names(lost)]).toEqual([['p2'], []]);
    expect(recovery.packetsLost).toBe(5);
    // Seven later ones, and no fewer.
    expect(names(recovery.onAck(ackOf([15, 15]), 1_052).lost)).toEqual(['p6', 'p7']);
    recovery.onAck(ackOf([39, 39]), 1_052);
    recovery.onAck(ackOf([9, 9]), 1_053);
    for (let number = 40; number < 80; number += 1) recovery.onSent(number, 100, `p${number}`, 1_054);
    const lostNow = names(recovery.onAck(ackOf([79, 79]), 1_055).lost);
    expect(lostNow.at(-1)).toBe(`p${79 - packetThresholdMax}`);
  });
});

describe('the probe timeout', () => {
  test('the probe timeout owes two probes, backs off gently, then doubles, and never waits longer than its bound', () => {
    const { recovery } = newRecovery();
    recovery.onSent(0, 100, 'first', 1_000);
    recovery.onAck(ackOf([0, 0]), 1_100);
    recovery.onSent(1, 100, 'second', 2_000);
    const waits: number[] = [];
    let from = 2_000;
    for (let timeout = 0; timeout < 8; timeout += 1) {
      const at = recovery.deadline ?? Number.NaN;
      waits.push(at - from);
      expect(names(recovery.onTimeout(at))).toEqual([]);
      expect(takenProbes(recovery)).toBe(probesPerTimeout);
      from = at;
    }
    const [base = 0] = waits;
    expect(base).toBe(100 + 4 * 50 + 25);
    expect(waits.slice(0, 5)).toEqual(
      [1, 1.5, 1.5 ** 2, 1.5 ** 3, 2 * 1.5 ** 3].map((factor) => base * factor),
    );
    expect(Math.max(...waits)).toBe(probeTimeoutMaxMs);
    recovery.onAck(ackOf([1, 1]), from);
    expect([takenProbes(recovery), recovery.probeTimeouts, recovery.deadline]).toEqual([0, 0, undefined]);
  });
});

test('after lasting silence between two losses the window is the least there is', () => {
  const { recovery, congestion } = newRecovery();
  recovery.onSent(0, 1_200, 'sample', 1_000);
  recovery.onAck(ackOf([0, 0]), 1_010);
  for (const [number, at] of [
    [1, 2_000],
    [2, 3_000],
    [3, 4_000],
    [7, 4_001],
  ] as const)
    recovery.onSent(number, 1_200, `p${number}`, at);
  recovery.onAck(ackOf([7, 7]), 4_011);
  expect(congestion.windowBytes).toBe(2_400);
});

test('a new session hands back exactly what was under way, and starts its numbers again', () => {
  const { recovery } = newRecovery();
  for (let number = 0; number < 4; number += 1) recovery.onSent(number, 100, `p${number}`, 1_000);
  recovery.onAck(ackOf([1, 1]), 1_010);
  expect(names(recovery.abandon())).toEqual(['p0', 'p2', 'p3']);
  expect([recovery.bytesInFlight, recovery.packetsInFlight, recovery.deadline]).toEqual([0, 0, undefined]);
  recovery.onSent(0, 100, 'anew', 2_000);
  expect(names(recovery.onAck(ackOf([0, 0]), 2_010).acked)).toEqual(['anew']);
});

test('whatever is acknowledged, and when: each packet is settled once, and the flight is what is unsettled', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('send' as const), skip: fc.nat(2) }),
    fc.record({ type: fc.constant('ack' as const), from: fc.nat(60), length: fc.nat(8) }),
    fc.record({ type: fc.constant('wait' as const), ms: fc.nat(400) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const { recovery } = newRecovery();
      const sent = new Set<string>();
      const ended = new Set<string>();
      const ackedOnce = new Set<string>();
      const twice: string[] = [];
      let next = 0;
      let now = 1_000;
      for (const each of steps) {
        now += 1;
        if (each.type === 'send') {
          next += each.skip;
          recovery.onSent(next, 100, `p${next}`, now);
          sent.add(`p${next}`);
          next += 1;
        } else if (each.type === 'wait') {
          now += each.ms;
          for (const name of names(recovery.onTimeout(now))) ended.add(name);
        } else if (each.from < next) {
          const { acked, lost } = recovery.onAck(
            ackOf([each.from, Math.min(next - 1, each.from + each.length)]),
            now,
          );
          twice.push(...names(acked).filter((name) => ackedOnce.has(name)));
          twice.push(...names(lost).filter((name) => ended.has(name)));
          for (const name of names(acked)) ackedOnce.add(name);
          for (const name of [...names(acked), ...names(lost)]) ended.add(name);
        }
        expect(twice).toEqual([]);
        expect(recovery.packetsInFlight).toBe(sent.size - ended.size);
        expect(recovery.bytesInFlight).toBe(100 * (sent.size - ended.size));
        expect(recovery.deadline === undefined).toBe(sent.size === ended.size);
      }
    }),
  );
});

test('a peer that acknowledges late on purpose costs no more for each packet than one that does not, and what it had is forgotten in time', () => {
  const [roundPackets, rounds, slowRounds] = [64, 2_000, 150];
  /** Processor time, ms. `isLiar`: leaves a part of each round for later, so that its round trips seem to take seconds. */
  const costOf = (isLiar: boolean): number => {
    const { recovery } = newRecovery();
    if (isLiar) for (let sample = 0; sample < 2; sample += 1) recovery.rtt.update(4_000, 0);
    const sentAt: number[] = [];
    let now = 0;
    let oldest = 0;
    const startedAt = process.cpuUsage().user;
    for (let round = 0; round < rounds; round += 1) {
      for (let count = 0; count < roundPackets; count += 1) {
        now += 0.05;
        recovery.onSent(sentAt.length, 35, '', now);
        sentAt.push(now);
      }
      if (round < slowRounds) now += 60;
      for (let late = isLiar ? 2 : 0; late > 0; late -= 1) {
        while (now - (sentAt[oldest] ?? now) > 9_000) oldest += 1;
        if (now - (sentAt[oldest] ?? now) < 1_500) break;
        recovery.onAck(ackOf([oldest, oldest]), now);
        oldest += 1;
      }
      const left = isLiar ? (round < slowRounds ? roundPackets - 1 : 14) : 0;
      recovery.onAck(ackOf([sentAt.length - roundPackets + left, sentAt.length - 1]), now);
    }
    return (process.cpuUsage().user - startedAt) / 1_000;
  };
  costOf(false);
  const honestMs = costOf(false);
  expect(costOf(true)).toBeLessThan(10 * honestMs + 200);
});

test('a packet that was taken for lost is remembered for a bounded time, however long the probe timeout', () => {
  const { recovery } = newRecovery();
  for (let sample = 0; sample < 20; sample += 1) recovery.rtt.update(4_000, 0);
  for (let number = 0; number < 10; number += 1) recovery.onSent(number, 100, `p${number}`, 0);
  expect(names(recovery.onAck(ackOf([5, 9]), 1).lost)).toContain('p0');
  recovery.onSent(10, 100, 'p10', lostMemoryMaxMs);
  recovery.onAck(ackOf([10, 10]), lostMemoryMaxMs + 1);
  expect(names(recovery.onAck(ackOf([0, 0]), lostMemoryMaxMs + 2).acked)).toEqual([]);
});
