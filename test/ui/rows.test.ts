import { expect, test } from '@jest/globals';
import { describe as inWords } from '../../src/ui/describe.ts';
import { Rows } from '../../src/ui/rows.ts';
import { message, ready } from './fakes.ts';

const ESC = '\u001B';
const colored = new Rows({ color: true, verbose: false });
const plain = new Rows({ color: false, verbose: false });

test('a name has one colour, always the same, and the names of the lab differ', () => {
  const names = ['alice', 'bob', 'carol', 'dave'];
  const rows = names.map((name) => colored.event(message('x', name)) ?? '');
  for (const [index, row] of rows.entries()) {
    expect(row.replaceAll(ESC, 'ESC')).toMatch(/^ESC\[3\dm[a-z]+ESC\[39m: x$/u);
    expect(colored.event(message('x', names[index]))).toBe(row);
  }
  expect(new Set(rows.map((row) => row.slice(0, 5))).size).toBe(names.length);
});

test('without colour, a row is the words alone', () => {
  expect(plain.event(message('x'))).toBe('bob: x');
  expect(plain.event({ type: 'error', code: 'c', message: 'no' })).toBe('error: no');
  expect(plain.note('mind')).toBe('mind');
});

test('a colour goes around the sanitised text, never through it', () => {
  const evil = `${ESC}[0m`;
  expect(colored.event({ type: 'warning', code: 'c', message: evil })).toBe(
    `${ESC}[33mwarning: \u241B[0m${ESC}[39m`,
  );
});

test('a wire without receipts says so', () => {
  expect(plain.event(ready({ receipts: false }))).toContain("can't tell whether a line was read");
  expect(plain.event(ready({ receipts: true }))).not.toContain("can't tell");
});

test('what says nothing in words has no row', () => {
  const event = { type: 'queued', ref: undefined, seq: 1 } as const;
  expect(inWords(event, true)).toBeUndefined();
  expect(colored.event(event)).toBeUndefined();
});
