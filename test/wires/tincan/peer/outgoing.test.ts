import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { fingerprintOf } from '../../../../src/wires/tincan/handshake/handshake.ts';
import { lineMaxBytes } from '../../../../src/kernel/limits.ts';
import { creditBytes, pieceCostBytes, repairCopiesMax } from '../../../../src/wires/tincan/limits.ts';
import { Log } from '../../../../src/wires/tincan/log.ts';
import { Memory } from '../../../../src/wires/tincan/memory.ts';
import { Outgoing } from '../../../../src/wires/tincan/peer/outgoing.ts';
import type { Fragment } from '../../../../src/wires/tincan/peer/fragments.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';

const payloadBytes = 1_111;
const bobId = fingerprintOf(nodeCrypto, new Uint8Array(32).fill(2));

function follower(lines: readonly number[], start = 1): { log: Log; outgoing: Outgoing } {
  const log = new Log(Uint8Array.of(9));
  for (const length of lines) {
    log.append({ type: 'line', bytes: new Uint8Array(length).fill(97), ref: undefined, to: undefined });
  }
  return { log, outgoing: new Outgoing({ log, memory: new Memory(), follower: bobId, start, payloadBytes }) };
}

/** All that can go now, each in a packet of its own. */
function sendAll(outgoing: Outgoing, now = 0): Fragment[] {
  const sent: Fragment[] = [];
  for (
    let each = outgoing.takeNext(payloadBytes);
    each !== undefined;
    each = outgoing.takeNext(payloadBytes)
  ) {
    outgoing.fragments.onSent(each, 0, now);
    sent.push(each);
  }
  return sent;
}

describe('cutting', () => {
  test('a line that fits into a packet stays whole; a longer one fills packets', () => {
    const { outgoing } = follower([1_000, 3_000]);
    expect(outgoing.takeNext(500)).toBeUndefined();
    const pieces = sendAll(outgoing).map(({ frame }) => [
      frame.seq,
      frame.offset,
      frame.bytes.length,
      frame.fin,
    ]);
    expect(pieces[0]).toEqual([1, 0, 1_000, true]);
    expect(pieces.slice(1).reduce((sum, piece) => sum + Number(piece[2]), 0)).toBe(3_000);
    expect(pieces.at(-1)?.[3]).toBe(true);
    expect(outgoing.sentThrough).toBe(2);
  });

  test('cutting lines into pieces stops at the credit, and goes on where a receipt moves it', () => {
    const { outgoing } = follower(Array.from({ length: 80 }, () => 10_000));
    const sent = sendAll(outgoing);
    const cost = sent.reduce((sum, { frame }) => sum + frame.bytes.length + pieceCostBytes, 0);
    expect(cost).toBeLessThanOrEqual(creditBytes);
    expect([outgoing.hasNext, outgoing.sentThrough]).toEqual([false, 24]);
    expect(outgoing.onReceipt(2, creditBytes)?.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(outgoing.hasNext).toBe(true);
    sendAll(outgoing);
    expect(outgoing.sentThrough).toBe(26);
    // A credit never takes back what was given.
    outgoing.onReceipt(2, 0);
    outgoing.onReceipt(3, 0);
    expect(outgoing.hasNext).toBe(false);
  });
});

test('a long line gets through, piece by piece, where memory is full but for the reserve', () => {
  const log = new Log(Uint8Array.of(9));
  log.append({ type: 'line', bytes: new Uint8Array(lineMaxBytes).fill(97), ref: undefined, to: undefined });
  const memory = new Memory();
  const outgoing = new Outgoing({ log, memory, follower: bobId, start: 1, payloadBytes });
  outgoing.onHere();
  memory.share().set(memory.maxBytes - memory.usedBytes);
  let isWhole = false;
  for (let sent = sendAll(outgoing); sent.length > 0; sent = sendAll(outgoing)) {
    for (const fragment of sent) outgoing.onAcked(fragment);
    isWhole ||= sent.some(({ frame }) => frame.fin);
  }
  expect(isWhole).toBe(true);
});

test('a piece is lost only when no packet with it is under way, and lost pieces go first, oldest first', () => {
  const { outgoing } = follower([10, 10, 10, 10]);
  const [first, second, third] = sendAll(outgoing);
  if (first === undefined || second === undefined || third === undefined) throw new Error('three lines go');
  outgoing.fragments.onSent(first, 1, 1);
  outgoing.fragments.onLost(third);
  outgoing.fragments.onLost(second);
  outgoing.fragments.onLost(first);
  expect(outgoing.takeNext(payloadBytes)).toBe(second);
  expect(outgoing.takeNext(payloadBytes)).toBe(third);
  expect(outgoing.takeNext(payloadBytes)).toBeUndefined();
  outgoing.fragments.onLost(first);
  expect(outgoing.takeNext(payloadBytes)).toBe(first);
});

test('repair in passing repeats small lines under way, oldest first, not too often and not too soon', () => {
  const { outgoing } = follower([10, 600, 20]);
  sendAll(outgoing, 100);
  expect(outgoing.fragments.repairs(payloadBytes, 5, 104)).toEqual([]);
  for (let copy = 0; copy < repairCopiesMax; copy += 1) {
    const now = 105 + 5 * copy;
    const repairs = outgoing.fragments.repairs(payloadBytes, 5, now);
    expect(repairs.map(({ frame }) => frame.seq)).toEqual([1, 3]);
    for (const repair of repairs) outgoing.fragments.onSent(repair, 1, now);
  }
  expect(outgoing.fragments.repairs(payloadBytes, 5, 900)).toEqual([]);
});

describe('a new session', () => {
  test('a new session starts at the first line that is not known to be held, and forgets old pieces', () => {
    const { outgoing } = follower([10, 10, 10]);
    const [first, second, third] = sendAll(outgoing);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three lines go');
    outgoing.onAcked(first);
    outgoing.onAcked(third);
    outgoing.restart();
    expect(sendAll(outgoing).map(({ frame }) => frame.seq)).toEqual([2, 3]);
    outgoing.fragments.onLost(second);
    expect(outgoing.takeNext(payloadBytes)).toBeUndefined();
  });

  test('a new session skips what the peer says that it holds, and goes back where it holds less', () => {
    const { outgoing } = follower([10, 10, 10, 10]);
    for (const fragment of sendAll(outgoing)) outgoing.onAcked(fragment);
    outgoing.onReceipt(1, creditBytes);
    outgoing.restart();
    expect(outgoing.onResume(2)).toBe(true);
    expect(sendAll(outgoing).map(({ frame }) => frame.seq)).toEqual([3, 4]);
    outgoing.restart();
    expect(outgoing.onResume(4)).toBe(true);
    expect(sendAll(outgoing)).toEqual([]);
    expect(outgoing.onResume(5)).toBe(false);
  });
});

test('a receipt for a line that was never sent is refused', () => {
  const { outgoing } = follower([10, 10]);
  expect(outgoing.onReceipt(1, creditBytes)).toBeUndefined();
});

test('whatever becomes of its packets, a follower gets each line in the end', () => {
  const fate = fc.constantFrom('acked', 'lost', 'restart', 'receipt');
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 30 }),
      fc.array(fate, { maxLength: 200 }),
      (lines, fates) => {
        const { log, outgoing } = follower(lines);
        const got = new Map<number, Set<number>>();
        const flight: Fragment[] = [];
        const arrive = (fragment: Fragment): void => {
          const offsets = got.get(fragment.frame.seq) ?? new Set();
          for (let at = 0; at < fragment.frame.bytes.length; at += 1) offsets.add(fragment.frame.offset + at);
          got.set(fragment.frame.seq, offsets);
          outgoing.onAcked(fragment);
        };
        const isWhole = (seq: number): boolean => (got.get(seq)?.size ?? -1) === log.entry(seq).bytes.length;
        const acceptAll = (): void => {
          let seq = outgoing.accepted;
          while (seq < log.head && isWhole(seq + 1)) seq += 1;
          expect(outgoing.onReceipt(seq, creditBytes)).toBeDefined();
        };
        for (const each of fates) {
          flight.push(...sendAll(outgoing));
          const next = flight.shift();
          if (each === 'restart') {
            flight.length = 0;
            outgoing.restart();
          } else if (each === 'receipt') {
            if (next !== undefined) flight.unshift(next);
            acceptAll();
          } else if (next !== undefined) {
            if (each === 'acked') arrive(next);
            else outgoing.fragments.onLost(next);
          }
        }
        for (let rounds = 0; rounds < 100 && outgoing.owed > 0; rounds += 1) {
          flight.push(...sendAll(outgoing));
          for (const fragment of flight.splice(0)) arrive(fragment);
          acceptAll();
        }
        expect(outgoing.owed).toBe(0);
      },
    ),
  );
});
