import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { runMaxBytes, runMaxLines } from '../../src/kernel/limits.ts';
import { type InputLine, LineSplitter } from '../../src/kernel/lines.ts';
import { textsOf } from '../../src/kernel/runs.ts';

function split(chunks: readonly Uint8Array[], lineMaxBytes = 1000): InputLine[] {
  const splitter = new LineSplitter(lineMaxBytes);
  const lines = chunks.flatMap((chunk) => splitter.push(chunk));
  const last = splitter.end();
  return last === undefined ? lines : [...lines, last];
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const line = (text: string): InputLine => ({ type: 'line', text });

test('lines end at LF, CR is kept, and a last line without LF counts', () => {
  expect(split([bytes('a\r\n\nb')])).toEqual([line('a\r'), line(''), line('b')]);
  expect(split([bytes('a\n')])).toEqual([line('a')]);
  expect(split([])).toEqual([]);
});

test('a byte order mark is text', () => {
  expect(split([bytes('\uFEFFa\n')])).toEqual([line('\uFEFFa')]);
});

test('a line of the bound passes, one byte more is reported with its whole length, and the next line is unharmed', () => {
  expect(split([bytes('12345678\nab\n')], 8)).toEqual([line('12345678'), line('ab')]);
  expect(split([bytes('123456789\nab\n')], 8)).toEqual([{ type: 'too-long', bytes: 9 }, line('ab')]);
  const chunks = Array.from({ length: 100 }, () => bytes('x'.repeat(100)));
  expect(split([...chunks, bytes('\nab')], 8)).toEqual([{ type: 'too-long', bytes: 10_000 }, line('ab')]);
});

test('a line that is not UTF-8 is reported, and its neighbours are unharmed', () => {
  expect(split([bytes('a\n'), Uint8Array.of(0xc3, 0x28, 0x0a), bytes('b\n')])).toEqual([
    line('a'),
    { type: 'not-utf8', bytes: 2 },
    line('b'),
  ]);
  // A character that a newline cuts in two must not be joined again with the next line.
  expect(split([Uint8Array.of(0xe2, 0x82, 0x0a, 0xac)])).toEqual([
    { type: 'not-utf8', bytes: 2 },
    { type: 'not-utf8', bytes: 1 },
  ]);
});

test('a chunk may be overwritten after it was pushed', () => {
  const splitter = new LineSplitter(100);
  const chunk = bytes('abc');
  splitter.push(chunk);
  chunk.fill(0x7a);
  expect(splitter.push(bytes('\n'))).toEqual([line('abc')]);
});

test('the same bytes give the same lines however they are cut into chunks', () => {
  const input = fc.array(
    fc.oneof(
      fc.constantFrom(0x0a, 0x0d, 0x61, 0x62),
      fc.constantFrom(0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xff),
      fc.integer({ min: 0, max: 255 }),
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(
      input,
      fc.array(fc.nat({ max: 200 })),
      fc.integer({ min: 1, max: 20 }),
      (all, cuts, bound) => {
        const whole = Uint8Array.from(all);
        const ends = [...cuts.filter((cut) => cut < whole.length), whole.length].toSorted((a, b) => a - b);
        const chunks = ends.map((end, index) => whole.slice(index === 0 ? 0 : ends[index - 1], end));
        expect(split(chunks, bound)).toEqual(split([whole], bound));
      },
    ),
    { numRuns: 1000 },
  );
});

test('every line is there once, in order: joined again they are the input', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ''))),
      (texts) => {
        const input = texts.map((text) => `${text}\n`).join('');
        expect(split([bytes(input)], 10_000)).toEqual(texts.map((text) => line(text.toWellFormed())));
      },
    ),
  );
});

test('in runs the same lines come, however they are cut into chunks, and line by line only where one is not in order', () => {
  const byte = fc.constantFrom(0x0a, 0x0a, 0x0a, 0x61, 0x61, 0x0d, 0xc3, 0xa4, 0xff);
  fc.assert(
    fc.property(fc.array(fc.array(byte, { maxLength: 30 }), { maxLength: 6 }), (chunks) => {
      const [single, inRuns] = [new LineSplitter(5), new LineSplitter(5)];
      for (const chunk of chunks) {
        const runs = inRuns.pushRuns(Uint8Array.from(chunk));
        const expected = single.push(Uint8Array.from(chunk));
        expect(runs.flatMap((run) => (run.type === 'run' ? textsOf(run).map(line) : [run]))).toEqual(
          expected,
        );
        if (expected.length > 0 && expected.every(({ type }) => type === 'line'))
          expect(runs).toHaveLength(1);
      }
      expect(inRuns.end()).toEqual(single.end());
    }),
  );
});

test('a run has so many lines and bytes at most, and its bytes are its own', () => {
  const empty = new LineSplitter(100).pushRuns(bytes('\n'.repeat(2 * runMaxLines + 1)));
  expect(empty.map((run) => run.type === 'run' && run.count)).toEqual([runMaxLines, runMaxLines, 1]);
  const long = new LineSplitter(runMaxBytes).pushRuns(bytes(`${'x'.repeat(runMaxBytes - 2)}\n\n\n`));
  expect(long.map((run) => run.type === 'run' && run.count)).toEqual([2, 1]);
  for (const run of [...empty, ...long])
    if (run.type === 'run') expect(run.bytes.buffer.byteLength).toBe(run.bytes.length);
});
