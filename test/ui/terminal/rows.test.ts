import { expect, test } from '@jest/globals';
import type { SingleEvent } from '../../../src/kernel/runs.ts';
import { describe as inWords } from '../../../src/ui/words/describe.ts';
import { Rows } from '../../../src/ui/terminal/rows.ts';
import { type PrintedLine, textOf } from '../../../src/ui/terminal/wrapping.ts';
import { message, ready } from '../fakes.ts';

const ESC = '\u001B';
const now = (): number => 0;
const colored = new Rows({ color: true, verbose: false, now });
const plain = new Rows({ color: false, verbose: false, now });

const shown = (line: PrintedLine | undefined): string | undefined => line && textOf(line);
/** Without the time stamp. */
const words = (line: PrintedLine | undefined): string | undefined =>
  shown(line)?.replace(/^\d\d:\d\d(?::\d\d\.\d{3})? /u, '');

test('a name has one colour, always the same, and the names of the lab differ', () => {
  const names = ['alice', 'bob', 'carol', 'dave'];
  const colors = names.map((name) => {
    const row = shown(colored.event(message('x', name)))?.replaceAll(ESC, 'ESC') ?? '';
    expect(shown(colored.event(message('x', name)))?.replaceAll(ESC, 'ESC')).toBe(row);
    expect(row).toMatch(new RegExp(`ESC\\[38;5;\\d+m${name}ESC\\[39m: x$`, 'u'));
    return /38;5;(?<color>\d+)m/u.exec(row)?.groups?.['color'];
  });
  expect(new Set(colors).size).toBe(names.length);
});

test('without colour, a row is time, mark and words alone', () => {
  expect(shown(plain.event(message('x')))).toMatch(/^\d\d:\d\d {4}bob: x$/u);
  expect(words(plain.event({ type: 'error', code: 'c', message: 'no' }))).toBe('!! error: no');
  expect(words(plain.note('mind\nthat'))).toBe('   mind\n         that');
});

test('a colour goes around the sanitised text, never through it', () => {
  const evil = `${ESC}[0m`;
  const row = shown(colored.event({ type: 'warning', code: 'c', message: evil }));
  expect(row).toContain('warning: \u241B[0m');
  expect(row).not.toContain(evil);
});

test.each<[string, SingleEvent]>([
  [' +', { type: 'peer-joined', ...peer(), address: { ip: '::1', port: 1 } }],
  [' -', { type: 'peer-left', ...peer(), reason: 'it said goodbye' }],
  [' ~', { type: 'renamed', name: 'b' }],
  [' !', { type: 'warning', code: 'lines-missed', message: '3 lines', count: 3 }],
  [' !', { type: 'warning', code: 'new-session', message: 'anew' }],
  ['!!', { type: 'warning', code: 'key-changed', message: 'another key' }],
  [' ✗', { type: 'undelivered', ref: undefined, seq: 1, to: undefined, reason: 'nobody is here' }],
  [' >', { type: 'trace', at: 0, direction: 'out', peer: 'bob', text: 'packet 1' }],
  [' <', { type: 'trace', at: 0, direction: 'in', peer: undefined, text: 'packet 2' }],
])('a row has the mark %j for the event %j', (mark, event) => {
  expect(words(plain.event(event))?.slice(0, 2)).toBe(mark);
});

test('a row of the trace names the peer, where it is known', () => {
  const event = { type: 'trace', at: 0, direction: 'in', text: 'packet 2' } as const;
  expect(words(plain.event({ ...event, peer: 'bob' }))).toBe(' < bob: packet 2');
  expect(words(plain.event({ ...event, peer: undefined }))).toBe(' < packet 2');
});

test('a row of the trace has milliseconds: without them, what follows at once can not be told from what is late', () => {
  const at = new Date(2026, 10, 24, 11, 52, 7, 93).getTime();
  const row = plain.event({ type: 'trace', at, direction: 'in', peer: undefined, text: 'packet 2' });
  expect(shown(row)).toBe('11:52:07.093  < packet 2');
});

test('an earlier line has its day, if that is not today', () => {
  const line = { from: 'bob', text: 'x', own: false, privateWith: undefined };
  expect(words(plain.past({ ...line, at: 0 }))).toBe('   bob: x');
  expect(words(plain.past({ ...line, at: Date.UTC(2026, 5, 15, 12) }))).toBe('   2026-06-15 bob: x');
});

test('a wire without receipts says so in its first row', () => {
  expect(words(plain.event(ready({ receipts: false })))).toContain("can't tell whether a line was read");
  expect(words(plain.event(ready({ receipts: true })))).not.toContain("can't tell");
});

test('what says nothing in words has no row', () => {
  const event = { type: 'queued', ref: undefined, seq: 1 } as const;
  expect(inWords(event, true)).toBeUndefined();
  expect(colored.event(event)).toBeUndefined();
});

function peer() {
  const { from: name, peerId } = message('');
  return { name, peerId };
}
