import { expect, test } from '@jest/globals';
import { Bbr } from '../../../../src/wires/tincan/delivery/bbr.ts';
import type { CongestionController } from '../../../../src/wires/tincan/delivery/congestion.ts';
import { Pacer } from '../../../../src/wires/tincan/delivery/pacer.ts';
import { Recovery } from '../../../../src/wires/tincan/delivery/recovery.ts';
import { RttEstimator } from '../../../../src/wires/tincan/delivery/rtt.ts';

const packetBytes = 1_200;

/** One endless flow over one bottleneck, acknowledged packet by packet. Bytes delivered in the second half, a millisecond. */
function throughput(options: {
  bytesPerMs: number;
  rttMs: number;
  queueBytes: number;
  loss: (packet: number) => boolean;
}): {
  readonly bytesPerMs: number;
  readonly queueMs: number;
} {
  const { bytesPerMs, rttMs, queueBytes, loss } = options;
  const rtt = new RttEstimator();
  const congestion: CongestionController = new Bbr({ packetBytes, rtt });
  const recovery = new Recovery<number>({ rtt, congestion });
  const pacer = new Pacer({ packetBytes });
  const acks: { readonly at: number; readonly number: number }[] = [];
  const endMs = 20_000;
  let next = 0;
  let linkFreeAt = 0;
  let delivered = 0;
  let queueSum = 0;
  for (let now = 0; now < endMs; now += 0.5) {
    for (let ack = acks[0]; ack !== undefined && ack.at <= now; ack = acks[0]) {
      acks.shift();
      recovery.onAck({ type: 'ack', ranges: [{ from: ack.number, to: ack.number }], delayMs: 0 }, now);
      if (now > endMs / 2) delivered += packetBytes;
    }
    recovery.onTimeout(now);
    while (recovery.takeProbe());
    while (
      recovery.bytesInFlight + packetBytes <= congestion.windowBytes &&
      pacer.readyAt(congestion.pacingBytesPerMs, now) <= now
    ) {
      pacer.onSent(packetBytes);
      recovery.onSent(next, packetBytes, next, now);
      const queued = Math.max(0, linkFreeAt - now);
      if (queued * bytesPerMs <= queueBytes && !loss(next)) {
        linkFreeAt = Math.max(linkFreeAt, now) + packetBytes / bytesPerMs;
        acks.push({ at: linkFreeAt + rttMs, number: next });
      }
      next += 1;
    }
    queueSum += Math.max(0, linkFreeAt - now) * 0.5;
  }
  return { bytesPerMs: delivered / (endMs / 2), queueMs: queueSum / endMs };
}

test('BBR fills an empty link and keeps its queue short', () => {
  const { bytesPerMs, queueMs } = throughput({
    bytesPerMs: 1_250,
    rttMs: 40,
    queueBytes: 500_000,
    loss: () => false,
  });
  expect(bytesPerMs).toBeGreaterThan(0.9 * 1_250);
  // The queue could hold 400 ms.
  expect(queueMs).toBeLessThan(40);
});

test('BBR goes on through losses that are no congestion', () => {
  const { bytesPerMs } = throughput({
    bytesPerMs: 1_250,
    rttMs: 40,
    queueBytes: 500_000,
    loss: (packet) => packet % 50 === 17,
  });
  expect(bytesPerMs).toBeGreaterThan(0.7 * 1_250);
});

test('BBR starts a new path from the initial window', () => {
  const rtt = new RttEstimator();
  const bbr = new Bbr({ packetBytes, rtt });
  bbr.onPersistentCongestion();
  expect(bbr.windowBytes).toBe(4_800);
  bbr.reset();
  expect(bbr.windowBytes).toBe(12_000);
});

test.each([
  { rttMs: 40, windowBytes: 4_800 },
  { rttMs: 1, windowBytes: 9_600 },
  { rttMs: 0.05, windowBytes: 38_400 },
])(
  'the smallest window of BBR is $windowBytes bytes at a round trip of $rttMs ms: it lasts for a turn of the host, up to a burst',
  ({ rttMs, windowBytes }) => {
    const rtt = new RttEstimator();
    const bbr = new Bbr({ packetBytes, rtt });
    rtt.update(rttMs, 0);
    bbr.onAck({
      now: rttMs,
      ackedBytes: packetBytes,
      bytesInFlight: 0,
      newestSentAt: 0,
      applicationLimited: false,
      rtt,
      rate: undefined,
    });
    bbr.onPersistentCongestion();
    expect(bbr.windowBytes).toBe(windowBytes);
  },
);
