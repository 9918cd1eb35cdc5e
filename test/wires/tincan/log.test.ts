import { describe, expect, test } from '@jest/globals';
import { nodeCrypto } from '../../../src/runtime/crypto.ts';
import { lineEnds } from '../../../src/kernel/runs.ts';
import {
  creditBytes,
  creditMaxBytes,
  logMaxBytes,
  logStartBytes,
  pieceCostBytes,
} from '../../../src/wires/tincan/limits.ts';
import { fingerprintOf } from '../../../src/wires/tincan/handshake/handshake.ts';
import { Log, bytesFor } from '../../../src/wires/tincan/log.ts';
import type { LogContent } from '../../../src/wires/tincan/log.ts';

const line = (bytes: Uint8Array, ref?: string): LogContent => ({ type: 'line', bytes, ref, to: undefined });
const newLog = (): Log => new Log(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));

const long = new Uint8Array(65_536);

function fill(log: Log): void {
  while (log.hasRoomFor(line(long))) log.append(line(long));
}

test('the log numbers lines from 1 and gives each back until it is released', () => {
  const log = newLog();
  for (const ref of ['a', 'b', 'c']) log.append(line(Uint8Array.of(ref.charCodeAt(0)), ref));
  expect([log.head, log.entry(1), log.entry(3)]).toMatchObject([3, { ref: 'a' }, { ref: 'c' }]);
  log.releaseThrough(2);
  expect(log.firstKept).toBe(3);
  log.releaseThrough(2);
  expect(log.entry(3)).toMatchObject({ ref: 'c' });
  expect(() => log.entry(2)).toThrow('an entry that is owed is kept');
  log.releaseThrough(99);
  expect([log.head, log.costBytes, log.firstKept]).toEqual([3, 0, 4]);
});

test('the log is full at its bound, and has room again when lines are released', () => {
  const log = newLog();
  fill(log);
  expect(log.costBytes).toBeLessThanOrEqual(logStartBytes);
  expect(log.costBytes + long.length + pieceCostBytes).toBeGreaterThan(logStartBytes);
  expect(() => log.append(line(long))).toThrow('a full log takes no entry');
  log.releaseThrough(1);
  expect(log.hasRoomFor(line(long))).toBe(true);
});

const run = (...texts: readonly string[]): Extract<LogContent, { type: 'run' }> => {
  const bytes = new TextEncoder().encode(texts.map((text) => `${text}\n`).join(''));
  return { type: 'run', bytes, ends: lineEnds({ bytes, count: texts.length }) };
};
const bobId = fingerprintOf(nodeCrypto, new Uint8Array(32).fill(2));
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('a run of lines', () => {
  test('a run of lines takes as many numbers, costs as much as its lines, and is found by each of them', () => {
    const log = newLog();
    log.append(line(Uint8Array.of(97), 'before'));
    log.append(run('one', '', 'three'));
    log.append(line(Uint8Array.of(97), 'after'));
    expect([log.head, log.linesSaid, log.costBytes]).toEqual([5, 5, 1 + 8 + 1 + 5 * pieceCostBytes]);
    expect([1, 2, 3, 4, 5].map((seq) => log.entry(seq).seq)).toEqual([1, 2, 2, 2, 5]);
    expect([2, 3, 4].map((seq) => textOf(bytesFor(log.entry(seq), seq, bobId)))).toEqual([
      'one',
      '',
      'three',
    ]);
    expect([log.countLines(2, bobId), log.hasLine(4, bobId), log.hasLine(5, bobId)]).toEqual([
      3,
      true,
      false,
    ]);
  });

  test('lines of a run are given for any part of it', () => {
    const log = newLog();
    log.append(run('one', 'two', 'three'));
    log.append(line(Uint8Array.of(97)));
    const slices = (after: number, through?: number): unknown =>
      log.slicesAfter(after, through).map(({ entry, seq, count }) => [entry.seq, seq, count]);
    expect(slices(0)).toEqual([
      [1, 1, 3],
      [4, 4, 1],
    ]);
    expect(slices(1, 2)).toEqual([[1, 2, 1]]);
    expect(slices(2)).toEqual([
      [1, 3, 1],
      [4, 4, 1],
    ]);
    expect(slices(4)).toEqual([]);
  });

  test('a run leaves the log with its last line', () => {
    const log = newLog();
    log.append(run('one', 'two'));
    log.append(run('three'));
    log.releaseThrough(1);
    expect([log.firstKept, textOf(bytesFor(log.entry(2), 2, bobId))]).toEqual([1, 'two']);
    log.releaseThrough(2);
    expect([log.firstKept, log.costBytes]).toEqual([3, 5 + pieceCostBytes]);
  });

  test('a run is taken apart where one of its lines is asked for, and stays the same to everybody else', () => {
    const log = newLog();
    log.append(line(Uint8Array.of(97)));
    log.append(run('two', 'three', 'four'));
    log.append(run('five'));
    const before = log.costBytes;
    expect(log.single(3)).toMatchObject({ type: 'line', seq: 3, ref: undefined, to: undefined });
    expect([log.costBytes, log.head, log.linesSaid]).toEqual([before, 5, 5]);
    expect([2, 3, 4, 5].map((seq) => textOf(bytesFor(log.entry(seq), seq, bobId)))).toEqual([
      'two',
      'three',
      'four',
      'five',
    ]);
    expect(log.single(3)).toBe(log.entry(3));
    log.releaseThrough(5);
    expect(log.costBytes).toBe(0);
  });
});

test('the log grows by the credit that a follower has, up to its bound, and is as small as before once all is settled', () => {
  const log = newLog();
  log.onCredit(2 * creditBytes);
  log.onCredit(creditBytes);
  fill(log);
  expect(log.costBytes).toBeGreaterThan(logStartBytes + creditBytes - long.length - pieceCostBytes);
  log.onCredit(creditMaxBytes);
  fill(log);
  expect(log.costBytes).toBeLessThanOrEqual(logMaxBytes);
  expect(log.costBytes + long.length + pieceCostBytes).toBeGreaterThan(logMaxBytes);
  // Whoever has to take the oldest of it in time has no more to take than in a small log.
  expect(log.lastWithin(logStartBytes)).toBe(Math.floor(logStartBytes / (long.length + pieceCostBytes)));
  log.releaseThrough(log.head);
  fill(log);
  expect(log.costBytes).toBeLessThanOrEqual(logStartBytes);
  expect(log.lastWithin(logStartBytes)).toBe(log.head);
});
