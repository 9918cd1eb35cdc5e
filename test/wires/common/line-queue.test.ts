import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { lineOverheadBytes, sendQueueMaxBytes } from '../../../src/wires/common/limits.ts';
import type { Line } from '../../../src/wires/common/own-lines.ts';
import { LineQueue } from '../../../src/wires/common/line-queue.ts';

const line = (seq: number, size = 1): Line => ({
  bytes: new Uint8Array(size),
  count: undefined,
  ref: undefined,
  seq,
  left: 1,
  counted: false,
});

test('lines come out in order, however pushing and shifting interleave', () => {
  const queue = new LineQueue();
  const out: number[] = [];
  for (let seq = 1; seq <= 100; seq += 1) {
    queue.push(line(seq));
    if (seq % 3 === 0) out.push(queue.shift()?.seq ?? 0);
  }
  expect(queue.length).toBe(67);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) out.push(next.seq);
  expect(out).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  expect(queue.length).toBe(0);
});

test('the queue is full at its bound, and has room again as soon as a line is gone', () => {
  const queue = new LineQueue();
  const sizeBytes = sendQueueMaxBytes / 4 - lineOverheadBytes;
  for (const seq of [1, 2, 3]) queue.push(line(seq, sizeBytes));
  expect(queue.full).toBe(false);
  queue.push(line(4, sizeBytes));
  expect(queue.full).toBe(true);
  queue.shift();
  expect(queue.full).toBe(false);
});

test('empty lines fill the queue too, as they take memory', () => {
  const queue = new LineQueue();
  for (let seq = 1; seq <= sendQueueMaxBytes / lineOverheadBytes; seq += 1) {
    expect(queue.full).toBe(false);
    queue.push(line(seq, 0));
  }
  expect(queue.full).toBe(true);
});

test('lines that are gone are not kept, though the queue is never empty', async () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('the collector can be called');
  const queue = new LineQueue();
  queue.push(line(1));
  const gone: WeakRef<Line>[] = [];
  for (let seq = 2; seq <= 500; seq += 1) {
    queue.push(line(seq));
    const first = queue.shift();
    if (first !== undefined) gone.push(new WeakRef(first));
  }
  // Until the end of its turn, a weak reference holds what it refers to.
  await setImmediate();
  collect();
  expect(gone.filter((each) => each.deref() !== undefined).length).toBeLessThan(10);
  expect([gone.length, queue.length]).toEqual([499, 1]);
});
