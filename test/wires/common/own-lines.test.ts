import { expect, test } from '@jest/globals';
import type { Event } from '../../../src/kernel/contract.ts';
import { wireTraits } from '../../../src/wires/traits.ts';
import { type Line, OwnLines, type Say } from '../../../src/wires/common/own-lines.ts';
import { utf8 } from '../../support/core.ts';

const say = (text: string): Say => ({ type: 'say', text, ref: text });

const textOf = (held: Say): string | undefined => (held.type === 'say' ? held.text : undefined);

const { lineMaxBytes } = wireTraits.tcp;

function ownLines(): { events: Event[]; lines: OwnLines; accept: (text: string, owedTo: number) => Line } {
  const events: Event[] = [];
  const lines = new OwnLines('tcp', (event) => events.push(event));
  const accept = (text: string, owedTo: number): Line => {
    const line = lines.accept(say(text), owedTo);
    if (line === undefined) throw new Error(`"${text}" was refused`);
    return line;
  };
  return { events, lines, accept };
}

test('an accepted line has the next number, and a refused one has none', () => {
  const { events, lines, accept } = ownLines();
  const tooLong = `${'é'.repeat(lineMaxBytes / 2)}!`;
  expect(accept('one', 1).seq).toBe(1);
  expect(lines.accept(say(tooLong), 1)).toBeUndefined();
  expect(accept('é'.repeat(lineMaxBytes / 2), 1).seq).toBe(2);
  expect(events.map(({ type }) => type)).toEqual(['queued', 'refused', 'queued']);
  expect(events[1]).toEqual({
    type: 'refused',
    ref: tooLong,
    code: 'line-too-long',
    message: `a line of ${lineMaxBytes + 1} bytes is longer than wire tcp carries (${lineMaxBytes}); not sent`,
  });
  expect(lines.said).toBe(2);
});

test('a line is sent with the last of those that it is owed to', () => {
  const { events, lines, accept } = ownLines();
  const line = accept('hi', 2);
  lines.sent(line);
  expect(events).toHaveLength(1);
  lines.sent(line);
  expect(events[1]).toEqual({ type: 'sent', ref: 'hi', seq: 1 });
});

test('a line lost for several is told for each and counted once, and is not called sent', () => {
  const { events, lines, accept } = ownLines();
  const line = accept('hi', 3);
  lines.lost(line, 'bob', 'gone');
  lines.lost(line, 'carol', 'gone');
  lines.sent(line);
  expect(events.slice(1)).toEqual([
    { type: 'undelivered', ref: 'hi', seq: 1, to: 'bob', reason: 'gone' },
    { type: 'undelivered', ref: 'hi', seq: 1, to: 'carol', reason: 'gone' },
  ]);
  expect(lines.undelivered).toBe(1);
});

test('a run is queued and sent as one, and each of its lines is told and counted where it is lost', () => {
  const { events, lines, accept } = ownLines();
  const run: Say = { type: 'say-lines', bytes: utf8('a\nb\n'), count: 2 };
  const [sent, lost] = [lines.accept(run, 1), lines.accept(run, 1)];
  if (sent === undefined || lost === undefined) throw new Error('a run was refused');
  lines.sent(sent);
  lines.lost(lost, 'bob', 'gone');
  expect(events).toEqual([
    { type: 'queued', ref: undefined, seq: 1, count: 2 },
    { type: 'queued', ref: undefined, seq: 3, count: 2 },
    { type: 'sent', ref: undefined, seq: 1, count: 2 },
    { type: 'undelivered', ref: undefined, seq: 3, to: 'bob', reason: 'gone' },
    { type: 'undelivered', ref: undefined, seq: 4, to: 'bob', reason: 'gone' },
  ]);
  expect(lines.undelivered).toBe(2);
  expect(accept('next', 1).seq).toBe(5);
});

test('held lines are taken in order while there is room', () => {
  const { lines } = ownLines();
  for (const text of ['a', 'b', 'c']) lines.hold(say(text));
  let room = 2;
  const taken = [...lines.takeHeld(() => (room -= 1) >= 0)].map(textOf);
  expect(taken).toEqual(['a', 'b']);
  expect(lines.holding).toBe(true);
  expect([...lines.takeHeld(() => true)].map(textOf)).toEqual(['c']);
  expect(lines.holding).toBe(false);
});

test('lines held to the end are each told as undelivered', () => {
  const { events, lines } = ownLines();
  lines.hold(say('a'));
  lines.hold(say('b'));
  lines.loseHeld();
  expect(events.map(({ type }) => type)).toEqual(['queued', 'undelivered', 'queued', 'undelivered']);
  expect(lines.undelivered).toBe(2);
  expect(lines.holding).toBe(false);
});
