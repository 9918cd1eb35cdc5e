import { expect, test } from '@jest/globals';
import type { Event } from '../../src/contract.ts';
import { describe as inWords } from '../../src/ui/describe.ts';
import { bobAddress, bobId, message, ready } from './fakes.ts';

const address = bobAddress;
const bob = { name: 'bob', peerId: bobId };

test.each<[Event, string | undefined]>([
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
])('%j in words', (event, words) => {
  expect(inWords(event, false)).toBe(words);
});

test('verbose tells the fate of own lines', () => {
  expect(inWords({ type: 'sent', ref: undefined, seq: 1 }, true)).toBe('sent: line 1');
  expect(inWords({ type: 'delivered', ref: undefined, seq: 1, to: 'bob', peerId: bobId }, true)).toBe(
    'delivered: line 1 to bob',
  );
});

test('a status has a line for the node and one for each peer', () => {
  const status: Event = {
    type: 'status',
    name: 'alice',
    wire: 'plain',
    address: { ip: '10.0.0.1', port: 5000 },
    said: 1,
    peers: [
      { ...bob, address, state: 'open', linesSent: 1, linesReceived: 2, figures: { rttMs: 3 } },
      {
        name: 'carol',
        peerId: undefined,
        address: undefined,
        state: 'resolving',
        linesSent: 0,
        linesReceived: 0,
        figures: {},
      },
    ],
  };
  expect(inWords(status, false)).toBe(
    'alice at 10.0.0.1:5000, wire plain, 1 line said\n' +
      '  bob at 10.0.0.2:5001: open, 1 sent, 2 received, rttMs 3\n' +
      '  carol: resolving, 0 sent, 0 received',
  );
  expect(inWords({ ...status, peers: [] }, false)).toMatch(/no peer yet$/u);
});

test('every remote string is made harmless', () => {
  const evil = '\u001B[2J\n';
  const events: Event[] = [
    ready({ name: evil }),
    message(evil, evil),
    { type: 'peer-joined', name: evil, peerId: bobId, address: { ip: evil, port: 1 } },
    { type: 'peer-left', name: evil, peerId: bobId, reason: evil },
    { type: 'delivered', ref: evil, seq: 1, to: evil, peerId: bobId },
    { type: 'undelivered', ref: evil, seq: 1, to: evil, reason: evil },
    { type: 'refused', ref: evil, code: evil, message: evil },
    { type: 'warning', code: evil, message: evil },
    { type: 'error', code: evil, message: evil },
  ];
  for (const event of events) {
    const words = inWords(event, true);
    expect(words).toContain('\u241B[2J\u240A');
    expect(words).not.toMatch(/\p{Cc}/u);
  }
});
