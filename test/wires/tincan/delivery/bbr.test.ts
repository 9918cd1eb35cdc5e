import { expect, test } from '@jest/globals';
import { Bbr } from '../../../../src/wires/tincan/delivery/bbr.ts';
import type { CongestionController } from '../../../../src/wires/tincan/delivery/congestion.ts';
import { Random } from '../../../../src/relay/model/random.ts';
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
  readonly sentBytesPerMs: number;
  /** Of what was sent, what the queue had no room for. */
  readonly overflowShare: number;
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
  let overflows = 0;
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
      pacer.readyAt(congestion.pacingBytesPerMs, packetBytes, now) <= now
    ) {
      pacer.onSent(packetBytes);
      recovery.onSent(next, packetBytes, next, now);
      const queued = Math.max(0, linkFreeAt - now);
      const hasRoom = queued * bytesPerMs <= queueBytes;
      if (!hasRoom) overflows += 1;
      if (hasRoom && !loss(next)) {
        linkFreeAt = Math.max(linkFreeAt, now) + packetBytes / bytesPerMs;
        acks.push({ at: linkFreeAt + rttMs, number: next });
      }
      next += 1;
    }
    queueSum += Math.max(0, linkFreeAt - now) * 0.5;
  }
  return {
    bytesPerMs: delivered / (endMs / 2),
    queueMs: queueSum / endMs,
    sentBytesPerMs: (next * packetBytes) / endMs,
    overflowShare: overflows / next,
  };
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

/** The same for each run, and without a pattern. */
function atRandom(lossRate: number): (packet: number) => boolean {
  const random = new Random(1);
  const isLost: boolean[] = [];
  return (packet) => (isLost[packet] ??= random.fraction() < lossRate);
}

test.each([0.02, 0.05, 0.2, 0.25])('BBR fills a link that loses %f of the packets at random', (lossRate) => {
  const link = { bytesPerMs: 1_250, rttMs: 40, queueBytes: 500_000 };
  const { bytesPerMs } = throughput({ ...link, loss: atRandom(lossRate) });
  expect(bytesPerMs).toBeGreaterThan(0.9 * 1_250);
});

test.each([
  { queueMs: 10, lossRate: 0, overflowShareMax: 0.025 },
  { queueMs: 20, lossRate: 0, overflowShareMax: 0.018 },
  { queueMs: 10, lossRate: 0.05, overflowShareMax: 0.012 },
])(
  'BBR overflows a queue of $queueMs ms by less than $overflowShareMax of what it sends, where $lossRate are lost at random',
  ({ queueMs, lossRate, overflowShareMax }) => {
    const link = { bytesPerMs: 1_250, rttMs: 40, queueBytes: 1_250 * queueMs };
    const { overflowShare, bytesPerMs } = throughput({ ...link, loss: atRandom(lossRate) });
    expect(overflowShare).toBeLessThan(overflowShareMax);
    expect(bytesPerMs).toBeGreaterThan(0.9 * link.bytesPerMs);
  },
);

test('BBR slows down where much of what it sends is refused, though there is no queue', () => {
  const link = { bytesPerMs: 1_250, rttMs: 40, queueBytes: 500_000 };
  const { sentBytesPerMs } = throughput({ ...link, loss: atRandom(0.4) });
  expect(sentBytesPerMs).toBeLessThan(0.3 * link.bytesPerMs);
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
