import { expect, test } from '@jest/globals';
import {
  blackHoleLosses,
  datagramAgainMs,
  datagramBaseBytes,
  datagramTrialsMax,
} from '../../../../src/wires/tincan/limits.ts';
import { PathMtu } from '../../../../src/wires/tincan/delivery/path-mtu.ts';

const goalBytes = 16_384;
const now = 1_000_000;

/** A path that is worth the trial, and, if so, has passed it. */
function pathMtu(hasPassed = false): PathMtu {
  const mtu = new PathMtu();
  mtu.reset(goalBytes);
  if (hasPassed) {
    mtu.onSent(16_000);
    mtu.onAcked(16_000);
  }
  return mtu;
}

test('where nothing larger is worth a trial, every datagram has the size that every path carries', () => {
  expect(new PathMtu().limitBytes(now)).toBe(datagramBaseBytes);
});

test('while one datagram is on trial, the others are as large as what has passed', () => {
  const mtu = pathMtu();
  expect(mtu.limitBytes(now)).toBe(goalBytes);
  mtu.onSent(1_000);
  expect(mtu.limitBytes(now)).toBe(goalBytes);
  mtu.onSent(4_000);
  expect(mtu.limitBytes(now)).toBe(datagramBaseBytes);
  mtu.onAcked(4_000);
  expect([mtu.passedBytes, mtu.limitBytes(now)]).toEqual([4_000, goalBytes]);
});

test('a datagram of nearly the size worth trying ends the search, as lines rarely fill one to the last byte', () => {
  expect(pathMtu(true).limitBytes(now)).toBe(16_000);
});

test('a trial is lost: what is under way is cut anew; after some of them there is none for ten minutes', () => {
  const mtu = pathMtu();
  for (let trial = 0; trial < datagramTrialsMax; trial += 1) {
    expect(mtu.limitBytes(now)).toBe(goalBytes);
    mtu.onSent(goalBytes);
    expect(mtu.onLost(goalBytes, now)).toBe(true);
  }
  expect(mtu.limitBytes(now + datagramAgainMs - 1)).toBe(datagramBaseBytes);
  expect(mtu.limitBytes(now + datagramAgainMs)).toBe(goalBytes);
});

test('losses now and then change nothing; so many in a row, and large datagrams are given up', () => {
  const mtu = pathMtu(true);
  const lose = (count: number): boolean[] => Array.from({ length: count }, () => mtu.onLost(15_000, now));
  expect(lose(blackHoleLosses - 1)).not.toContain(true);
  mtu.onAcked(15_000);
  expect(lose(blackHoleLosses - 1)).not.toContain(true);
  // Small ones say nothing of large ones.
  mtu.onAcked(800);
  expect(mtu.onLost(800, now)).toBe(false);
  expect(lose(1)).toEqual([true]);
  expect(mtu.limitBytes(now)).toBe(datagramBaseBytes);
  expect(mtu.limitBytes(now + datagramAgainMs)).toBe(goalBytes);
});

test('what is cut anew once is not cut again for each large datagram that is lost later', () => {
  const mtu = pathMtu(true);
  expect([mtu.fall(now), mtu.fall(now), mtu.onLost(15_000, now)]).toEqual([true, false, false]);
});

test('a large datagram that was late, and not lost, is believed', () => {
  const mtu = pathMtu(true);
  mtu.fall(now);
  mtu.onAcked(15_000);
  expect(mtu.limitBytes(now)).toBe(15_000);
});

test('of another path nothing is known, and it says whether large datagrams are under way', () => {
  const mtu = pathMtu(true);
  expect([mtu.reset(datagramBaseBytes), mtu.limitBytes(now)]).toEqual([true, datagramBaseBytes]);
  expect(mtu.reset(goalBytes)).toBe(false);
});

test('a trial whose session ends before the answer is over, and another may follow', () => {
  const mtu = pathMtu();
  mtu.onSent(goalBytes);
  mtu.onAbandoned();
  expect(mtu.limitBytes(now)).toBe(goalBytes);
});
