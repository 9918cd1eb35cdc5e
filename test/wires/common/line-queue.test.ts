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
