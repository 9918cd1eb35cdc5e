import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { unflushedMaxBytes } from '../../../src/wires/common/limits.ts';
import type { Line } from '../../../src/wires/common/own-lines.ts';
import { LineQueue } from '../../../src/wires/common/line-queue.ts';
import { Connection } from '../../../src/wires/tcp/connection.ts';
import { fromUtf8, utf8 } from '../../support/core.ts';

const connection = () =>
  new Connection(
    1,
    { local: { ip: '10.0.0.1', port: 15_000 }, remote: { ip: '10.0.0.2', port: 5000 } },
    true,
  );

function queueOf(...texts: readonly string[]): LineQueue {
  const queue = new LineQueue();
  for (const [index, text] of texts.entries()) {
    const line: Line = {
      bytes: utf8(text),
      ref: text,
      seq: index + 1,
      left: 1,
      counted: false,
      count: undefined,
    };
    queue.push(line);
  }
  return queue;
}

test('lines share a write, each with its newline', () => {
  const bytes = connection().take(queueOf('one', '', 'zwei é'));
  expect(fromUtf8(bytes ?? new Uint8Array())).toBe('one\n\nzwei é\n');
});

test('a run goes out as it is, beside lines that get their newline', () => {
  const queue = queueOf('one');
  const run = { bytes: utf8('a\n\n'), count: 2, ref: undefined, seq: 2, left: 1, counted: false };
  queue.push(run);
  expect(queue.length).toBe(3);
  const opened = connection();
  const bytes = opened.take(queue) ?? new Uint8Array();
  expect(fromUtf8(bytes)).toBe('one\na\n\n');
  expect(opened.flushed(bytes.length)).toEqual([expect.objectContaining({ seq: 1 }), run]);
});

test('the kernel is given so much at most, and more once it has taken some', () => {
  const opened = connection();
  const queue = queueOf(...Array.from({ length: 10 }, () => 'x'.repeat(65_535)));
  let writes = 0;
  while (opened.take(queue) !== undefined) writes += 1;
  expect(writes).toBe(unflushedMaxBytes / 65_536);
  expect(opened.unflushedBytes).toBe(unflushedMaxBytes);
  opened.flushed(1);
  expect(opened.take(queue)).toBeDefined();
});

test('a connection that is ending writes nothing more', () => {
  const opened = connection();
  opened.ending = true;
  expect(opened.take(queueOf('late'))).toBeUndefined();
});

test('however the kernel takes the bytes, a line is out with its last byte, and what is left is known', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(20), { minLength: 1, maxLength: 20 }),
      fc.array(fc.nat(40), { maxLength: 20 }),
      (sizes, steps) => {
        const opened = connection();
        opened.take(queueOf(...sizes.map((size) => 'x'.repeat(size))));
        let taken = 0;
        let out = 0;
        for (const step of steps) {
          const bytes = Math.min(step, opened.unflushedBytes);
          taken += bytes;
          out += opened.flushed(bytes).length;
          let end = 0;
          const expected = sizes.filter((size) => (end += size + 1) <= taken).length;
          expect(out).toBe(expected);
        }
        expect(opened.unflushedLines()).toHaveLength(sizes.length - out);
        expect(opened.unflushedBytes).toBe(0);
      },
    ),
  );
});

test('lines are put together from pieces, and the end of the stream ends the last one', () => {
  const opened = connection();
  expect(opened.receive(utf8('on'))).toEqual([]);
  expect(opened.receive(utf8('e\n\ntw'))).toEqual([{ type: 'run', bytes: utf8('one\n\n'), count: 2 }]);
  expect(opened.receiveEnd()).toEqual({ type: 'line', text: 'tw' });
  expect(opened.receiveEnd()).toBeUndefined();
});
