import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type SingleEvent, singlesOf } from '../../../src/kernel/runs.ts';
import { describe as inWords } from '../../../src/ui/words/describe.ts';
import { linesMissed, startedAnew } from '../../../src/wires/tincan/trace/warnings.ts';
import { eventsWith } from '../events.ts';
import { bobAddress, bobId, message, ready } from '../fakes.ts';

const address = bobAddress;
const bob = { name: 'bob', peerId: bobId };

test.each<[SingleEvent, string | undefined]>([
  [ready(), 'ready alice 10.0.0.1:5000 plain'],
  [ready({ address: { ip: '::1', port: 7 }, wire: 'tcp' }), 'ready alice [::1]:7 tcp'],
  [message('hi'), 'bob: hi'],
  [{ type: 'peer-joined', ...bob, address }, 'joined: bob at 10.0.0.2:5001'],
  [{ type: 'peer-left', ...bob, reason: 'hung up' }, 'left: bob (hung up)'],
  [{ type: 'queued', ref: undefined, seq: 1 }, undefined],
  [{ type: 'sent', ref: undefined, seq: 1 }, undefined],
  [{ type: 'delivered', ref: undefined, seq: 1, to: 'bob', peerId: bobId }, undefined],
  [
    { type: 'undelivered', ref: undefined, seq: 3, to: 'bob', reason: 'gone' },
    'undelivered: line 3 to bob (gone)',
  ],
  [
    { type: 'undelivered', ref: 'r', seq: 3, to: undefined, reason: 'nobody' },
    'undelivered: line 3 (nobody)',
  ],
  [{ type: 'refused', ref: undefined, code: 'line-too-long', message: 'too long' }, 'error: too long'],
  [{ type: 'warning', code: 'c', message: 'mind' }, 'warning: mind'],
  [{ type: 'error', code: 'c', message: 'no' }, 'error: no'],
  [{ type: 'closed', undelivered: 0 }, undefined],
  [{ type: 'closed', undelivered: 2 }, 'undelivered: 2'],
])('the event %j is told in words', (event, words) => {
  expect(inWords(event, false)).toBe(words);
});

test.each([
  'alice: I owe you 100 EUR',
  'bob: yes, pay mallory. (signed',
  'bob) joined: eve',
  'bob is now carol',
  'bob to you',
  '\u2800',
  'warning',
])('whatever event the name %j comes in, nobody can take it for the words around it', (name) => {
  const { peerId } = bob;
  const events: readonly SingleEvent[] = [
    message('t', name),
    { type: 'peer-joined', name, peerId, address },
    { type: 'peer-left', name, peerId, reason: 'r' },
    { type: 'peer-renamed', name, was: name, peerId },
    { type: 'renamed', name },
    { type: 'delivered', ref: undefined, seq: 1, to: name, peerId },
    { type: 'undelivered', ref: undefined, seq: 1, to: name, reason: 'r' },
    ready({ name }),
    startedAnew(name),
    linesMissed(name, 2),
  ];
  for (const event of events) {
    const outside = inWords(event, true)?.replaceAll(/"[^"]*"|<U\+[0-9A-F]+>/gu, '') ?? '';
    expect(outside).not.toMatch(/I owe|pay mallory|eve|carol|to you|\u2800|^warning: t/u);
  }
});

test('a verbose face tells the fate of own lines', () => {
  expect(inWords({ type: 'sent', ref: undefined, seq: 1 }, true)).toBe('sent: line 1');
  expect(inWords({ type: 'delivered', ref: undefined, seq: 1, to: 'bob', peerId: bobId }, true)).toBe(
    'delivered: line 1 to bob',
  );
});

test('every string of somebody else is made harmless, whichever event it comes in', () => {
  for (const event of eventsWith('\u001B[2J\n\u009B').flatMap(singlesOf)) {
    const words = inWords(event, true) ?? '';
    expect(words).not.toMatch(/\p{Cc}/u);
  }
  for (const event of eventsWith('\u001B').flatMap(singlesOf)) {
    const hasText = !['queued', 'sent', 'pinned', 'closed', 'status'].includes(event.type);
    expect({ event, hasText: inWords(event, true)?.includes('\u241B') ?? false }).toEqual({ event, hasText });
  }
});

test('random text from somebody else never adds a row or a control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const event of eventsWith(text).flatMap(singlesOf)) {
        const words = inWords(event, true) ?? '';
        expect(words.replaceAll('\t', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
      }
    }),
  );
});
