import { test, expect } from '@jest/globals';
import {
  ImpairedDirection,
  type Departure,
  type DatagramVerdict,
} from '../../../src/relay/model/direction.ts';
import { unimpaired, type Impairment } from '../../../src/relay/model/impairment.ts';
import { datagramOverheadBytes, holdMaxMs, onTheWayMaxBytes } from '../../../src/relay/model/limits.ts';

const seed = 7;

interface Crossing {
  readonly verdicts: readonly DatagramVerdict[];
  readonly departures: readonly Departure<string>[];
  readonly direction: ImpairedDirection<string>;
}

/** Sends `count` datagrams, 1 ms apart unless said, and lets everything come out. */
function cross(faults: Partial<Impairment>, count: number, { gapMs = 1, sizeBytes = 100 } = {}): Crossing {
  const direction = new ImpairedDirection<string>(seed, 0, { ...unimpaired, ...faults });
  const verdicts: DatagramVerdict[] = [];
  const departures: Departure<string>[] = [];
  for (let index = 0; index < count; index++) {
    const now = index * gapMs;
    departures.push(...direction.depart(now));
    verdicts.push(direction.offer(new Uint8Array(sizeBytes).fill(index & 0xff), `datagram ${index}`, now));
    expectConservation(direction);
  }
  departures.push(...direction.depart(count * gapMs + 1e6));
  expectConservation(direction);
  expect(direction.counts().queued).toBe(0);
  return { verdicts, departures, direction };
}

function expectConservation(direction: ImpairedDirection<string>): void {
  const { offered, duplicated, departed, queued, dropped } = direction.counts();
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  expect(departed + queued + lost).toBe(offered + duplicated);
}

function indexesDropped({ verdicts }: Crossing): number[] {
  return verdicts.flatMap((verdict) => (verdict.type === 'dropped' ? [verdict.index] : []));
}

function indexesDuplicated({ verdicts }: Crossing): number[] {
  return verdicts.flatMap((verdict) =>
    verdict.type === 'passed' && verdict.duplicated ? [verdict.index] : [],
  );
}

function inOrder(departures: readonly Departure<string>[]): boolean {
  return departures.every(
    ({ verdict }, at) => at === 0 || verdict.index > (departures[at - 1]?.verdict.index ?? 0),
  );
}

test('an unimpaired direction passes every datagram at once, in order, untouched, with its context', () => {
  const { departures } = cross({}, 50);
  expect(departures.map(({ verdict }) => verdict.index)).toEqual(
    Array.from({ length: 50 }, (_, index) => index),
  );
  expect(departures[9]).toMatchObject({ atMs: 9, context: 'datagram 9', bytes: new Uint8Array(100).fill(9) });
});

test('the same seed gives the same verdicts, another seed or direction gives others', () => {
  const faults = { ...unimpaired, lossRate: 0.5 };
  const fates = (ofSeed: number, direction: number): string => {
    const impaired = new ImpairedDirection<undefined>(ofSeed, direction, faults);
    const verdicts = Array.from({ length: 64 }, () => impaired.offer(new Uint8Array(1), undefined, 0));
    return verdicts.map(({ type }) => type.charAt(0)).join('');
  };
  expect(fates(1, 0)).toBe(fates(1, 0));
  expect(fates(1, 0)).not.toBe(fates(2, 0));
  expect(fates(1, 0)).not.toBe(fates(1, 1));
});

test('adding faults never changes which datagrams another fault strikes', () => {
  const lossAlone = indexesDropped(cross({ lossRate: 0.2 }, 500));
  const everything = cross(
    {
      lossRate: 0.2,
      duplicateRate: 0.3,
      reorderRate: 0.3,
      corruptRate: 0.3,
      truncateRate: 0.3,
      jitterMs: 20,
    },
    500,
  );
  expect(lossAlone.length).toBeGreaterThan(0);
  expect(indexesDropped(everything)).toEqual(lossAlone);
  const survivors = new Set(indexesDuplicated(everything));
  expect(survivors.size).toBeGreaterThan(0);
  const alone = indexesDuplicated(cross({ duplicateRate: 0.3 }, 500));
  expect(alone.filter((index) => !lossAlone.includes(index))).toEqual([...survivors]);
});

test('uniform loss drops its share', () => {
  const { direction } = cross({ lossRate: 0.3 }, 20_000);
  expect(direction.counts().dropped.loss / 20_000).toBeCloseTo(0.3, 1);
  expect(direction.counts().dropped.burst).toBe(0);
});

test('listed indexes are lost, and no others', () => {
  const crossing = cross({ lossIndexes: [0, 7, 8, 1_000] }, 30);
  expect(indexesDropped(crossing)).toEqual([0, 7, 8]);
  expect(crossing.direction.counts().dropped.listed).toBe(3);
});

test('burst loss drops the share and the mean burst length that its chain predicts', () => {
  const enterRate = 0.02;
  const leaveRate = 1 / 3;
  const crossing = cross({ burstLoss: { enterRate, leaveRate, lossRate: 1 } }, 50_000);
  const dropped = indexesDropped(crossing);
  expect(dropped.length / 50_000).toBeCloseTo(enterRate / (enterRate + leaveRate), 2);
  const bursts = dropped.filter((index, at) => dropped[at - 1] !== index - 1).length;
  expect(dropped.length / bursts).toBeGreaterThan(2.7);
  expect(dropped.length / bursts).toBeLessThan(3.3);
});

test('a duplicate comes out twice with the same bytes, and is told from the first', () => {
  const { departures, direction } = cross({ duplicateRate: 0.5 }, 200);
  const { duplicated } = direction.counts();
  expect(duplicated).toBeGreaterThan(50);
  expect(departures.length).toBe(200 + duplicated);
  for (const { verdict, bytes } of departures) expect(bytes).toEqual(new Uint8Array(100).fill(verdict.index));
  expect(departures.filter(({ copy }) => copy === 1)).toHaveLength(duplicated);
});

test('a held datagram comes out right behind the third later one', () => {
  const { departures, verdicts } = cross({ reorderRate: 0.05, reorderHoldPackets: 3 }, 400);
  const order = departures.map(({ verdict }) => verdict.index);
  const heldAlone = verdicts.filter(
    (verdict) =>
      verdict.type === 'passed' &&
      verdict.held &&
      verdicts.slice(verdict.index + 1, verdict.index + 4).length === 3 &&
      verdicts
        .slice(Math.max(0, verdict.index - 3), verdict.index + 4)
        .every((near) => near === verdict || (near.type === 'passed' && !near.held)),
  );
  expect(heldAlone.length).toBeGreaterThan(0);
  for (const { index } of heldAlone) expect(order.indexOf(index)).toBe(order.indexOf(index + 3) + 1);
});

test('a held datagram that nothing follows comes out after the longest hold', () => {
  const direction = new ImpairedDirection<string>(seed, 0, { ...unimpaired, reorderRate: 1, delayMs: 10 });
  direction.offer(new Uint8Array(1), 'alone', 0);
  expect(direction.deadline()).toBe(10 + holdMaxMs);
  expect(direction.depart(10 + holdMaxMs - 1)).toEqual([]);
  expect(direction.depart(10 + holdMaxMs).map(({ context }) => context)).toEqual(['alone']);
  expect(direction.deadline()).toBeUndefined();
});

test('jitter lets datagrams overtake each other, unless the direction is a queue', () => {
  const delays = { delayMs: 30, jitterMs: 32 };
  const loose = cross(delays, 300);
  expect(inOrder(loose.departures)).toBe(false);
  for (const { verdict, atMs } of loose.departures) {
    const { index } = verdict;
    expect(atMs - index).toBeGreaterThanOrEqual(30);
    expect(atMs - index).toBeLessThan(62);
  }
  expect(inOrder(cross({ ...delays, fifo: true }, 300).departures)).toBe(true);
});

test('a corrupted datagram differs from what was sent in exactly one bit, and the sender keeps its own bytes', () => {
  const direction = new ImpairedDirection<undefined>(seed, 0, { ...unimpaired, corruptRate: 1 });
  const sent = new Uint8Array(1_200).fill(0x55);
  direction.offer(sent, undefined, 0);
  const [departure] = direction.depart(0);
  const changed = [...(departure?.bytes ?? [])]
    .map((byte) => byte ^ 0x55)
    .filter((difference) => difference !== 0);
  expect(changed).toHaveLength(1);
  expect([1, 2, 4, 8, 16, 32, 64, 128]).toContain(changed[0]);
  expect(sent.every((byte) => byte === 0x55)).toBe(true);
});

test('an empty datagram has no bit to flip, and is not told as corrupted', () => {
  const { verdicts, departures, direction } = cross({ corruptRate: 1 }, 3, { sizeBytes: 0 });
  expect(verdicts).toMatchObject([{ corrupted: false }, { corrupted: false }, { corrupted: false }]);
  expect(departures.map(({ bytes }) => bytes.length)).toEqual([0, 0, 0]);
  expect(direction.counts().corrupted).toBe(0);
});

test('a truncated datagram is the beginning of what was sent, of any shorter length, and its duplicate is whole', () => {
  const faults = { truncateRate: 0.5, duplicateRate: 0.5 };
  const { verdicts, departures, direction } = cross(faults, 400, { sizeBytes: 4 });
  const lengths = new Set(verdicts.map((verdict) => verdict.type === 'passed' && verdict.truncatedTo));
  expect(lengths).toEqual(new Set([undefined, 0, 1, 2, 3]));
  for (const { verdict, copy, bytes } of departures) {
    const left = verdict.type === 'passed' && copy === 0 ? (verdict.truncatedTo ?? 4) : 4;
    expect(bytes).toEqual(new Uint8Array(left).fill(verdict.index));
  }
  const cut = verdicts.filter((verdict) => verdict.type === 'passed' && verdict.truncatedTo !== undefined);
  expect(cut.length).toBeGreaterThan(150);
  expect(direction.counts().truncated).toBe(cut.length);
});

test('an empty datagram has nothing to cut', () => {
  const { verdicts, direction } = cross({ truncateRate: 1 }, 3, { sizeBytes: 0 });
  expect(verdicts).toMatchObject([{}, {}, {}].map(() => ({ type: 'passed', truncatedTo: undefined })));
  expect(direction.counts().truncated).toBe(0);
});

test('where a datagram is both cut and corrupted, the bit is one of those that are left', () => {
  const { departures } = cross({ truncateRate: 1, corruptRate: 1 }, 200, { sizeBytes: 8 });
  for (const { verdict, bytes } of departures) {
    const isChanged = bytes.some((byte) => byte !== (verdict.index & 0xff));
    expect(verdict).toMatchObject({ truncatedTo: bytes.length, corrupted: isChanged });
  }
  expect(departures.some(({ bytes }) => bytes.length === 0)).toBe(true);
});

test('what truncated datagrams take while they are on their way is given back to the last byte', () => {
  const direction = new ImpairedDirection<undefined>(seed, 0, { ...unimpaired, truncateRate: 1, delayMs: 1 });
  const sizeBytes = 60_000;
  const rounds = Math.ceil(onTheWayMaxBytes / sizeBytes) * 3;
  for (let index = 0; index < rounds; index++) {
    direction.offer(new Uint8Array(sizeBytes), undefined, index);
    direction.depart(index + 1);
  }
  expect(direction.counts()).toMatchObject({ truncated: rounds, dropped: { overflow: 0 } });
});

test('bandwidth spaces the datagrams out, and what the queue can not hold is dropped at the tail', () => {
  // 100 B at 80 kbit/s take 10 ms; a burst of ten fills a queue of 500 B with five.
  const { departures, direction, verdicts } = cross(
    { bandwidthBitsPerSecond: 80_000, queueMaxBytes: 500 },
    10,
    { gapMs: 0 },
  );
  expect(departures.map(({ atMs }) => atMs)).toEqual([10, 20, 30, 40, 50]);
  expect(direction.counts().dropped.overflow).toBe(5);
  expect(verdicts[5]).toEqual({ type: 'dropped', index: 5, cause: 'overflow' });
});

test('a datagram longer than the path carries is dropped, and the others pass', () => {
  const direction = new ImpairedDirection<undefined>(seed, 0, { ...unimpaired, mtuBytes: 1_400 });
  const verdicts = [1_400, 1_401].map((length) => direction.offer(new Uint8Array(length), undefined, 0));
  expect(verdicts).toMatchObject([{ type: 'passed' }, { type: 'dropped', cause: 'mtu' }]);
  expect(direction.counts().dropped.mtu).toBe(1);
});

test('what is on its way takes bounded memory, whatever the delay', () => {
  const sizeBytes = 65_507;
  const fits = Math.floor(onTheWayMaxBytes / (sizeBytes + datagramOverheadBytes));
  const { direction, departures } = cross({ delayMs: 1_000_000 }, fits + 10, { gapMs: 0, sizeBytes });
  expect(direction.counts().dropped.overflow).toBeGreaterThanOrEqual(10);
  expect(departures.length).toBeGreaterThanOrEqual(fits - 1);
  // Once it has left, there is room again.
  direction.offer(new Uint8Array(sizeBytes), 'later', 1e7);
  expect(direction.depart(1e8).map(({ context }) => context)).toEqual(['later']);
});

test('datagrams that leave at the same time keep their order, however many are on their way', () => {
  const { departures } = cross({ bandwidthBitsPerSecond: 1e12, delayMs: 5 }, 5_000, { gapMs: 0 });
  expect(inOrder(departures)).toBe(true);

  const direction = new ImpairedDirection<string>(seed, 0, { ...unimpaired, delayMs: 50 });
  direction.offer(new Uint8Array(1), 'slow', 0);
  direction.impair({ ...unimpaired, delayMs: 20 });
  for (const name of ['first', 'second', 'third']) direction.offer(new Uint8Array(1), name, 0);
  expect(direction.depart(50).map(({ context }) => context)).toEqual(['first', 'second', 'third', 'slow']);
});

test('a blackhole swallows exactly what comes while it is open', () => {
  const crossing = cross({ blackholes: [{ fromMs: 10, untilMs: 20 }] }, 30);
  expect(indexesDropped(crossing)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  expect(crossing.direction.counts().dropped.blackhole).toBe(10);
});

test('faults can change while datagrams are on their way, which keep what was decided for them', () => {
  const direction = new ImpairedDirection<string>(seed, 0, { ...unimpaired, delayMs: 100 });
  direction.offer(new Uint8Array(1), 'before', 0);
  direction.impair({ ...unimpaired, lossRate: 1 });
  expect(direction.offer(new Uint8Array(1), 'after', 0)).toMatchObject({ type: 'dropped', cause: 'loss' });
  expect(direction.depart(100).map(({ context }) => context)).toEqual(['before']);
});

test.each([
  ['lossRate', { lossRate: 1.5 }],
  ['corruptRate', { corruptRate: -0.1 }],
  ['duplicateRate', { duplicateRate: Number.NaN }],
  ['burstLoss.leaveRate', { burstLoss: { enterRate: 0.1, leaveRate: 2, lossRate: 1 } }],
  ['delayMs', { delayMs: -1 }],
  ['mtuBytes', { mtuBytes: 0 }],
  ['bandwidthBitsPerSecond', { bandwidthBitsPerSecond: 0 }],
])('%s out of range is refused by name', (name, faults) => {
  expect(() => new ImpairedDirection(seed, 0, { ...unimpaired, ...faults })).toThrow(name);
});
