import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { PeerStatus, Status } from '../../../src/kernel/contract.ts';
import { owedTable, peersTable, statsTable, table } from '../../../src/ui/words/tables.ts';
import { eventsWith } from '../events.ts';
import { bobId } from '../fakes.ts';

const peer = (name: string, figures: PeerStatus['figures'] = {}): PeerStatus => ({
  name,
  peerId: bobId,
  address: { ip: '10.0.0.2', port: 5000 },
  state: 'open',
  linesSent: 1,
  linesReceived: 2,
  figures,
});

const status = (peers: readonly PeerStatus[]): Status => ({
  type: 'status',
  name: 'alice',
  wire: 'tincan',
  address: { ip: '10.0.0.1', port: 5000 },
  said: 3,
  peers,
});

test('the columns of a table are as wide as their widest cell, in any script', () => {
  expect(
    table([
      ['漢字', 'x'],
      ['a', 'y'],
    ]),
  ).toEqual(['漢字  x', 'a     y']);
});

test('the table of people has who is there, with key and address, or says that nobody is', () => {
  expect(peersTable(status([peer('bob')]), true)).toEqual([
    'alice at 10.0.0.1:5000, wire tincan, 3 lines said',
    `bob  open  10.0.0.2:5000  key ${bobId}`,
  ]);
  expect(peersTable(status([]), true).at(-1)).toBe('no peer yet');
  expect(statsTable(status([]), 80)).toEqual(['no peer yet']);
});

test('the table of what is owed has only those who are owed lines, with the key that tells them apart, or says that nobody is', () => {
  const unmet = { ...peer('carol', { linesOwed: 1 }), peerId: undefined };
  expect(owedTable([peer('bob', { linesOwed: 12 }), unmet, peer('dave', { linesOwed: 0 })], true)).toEqual([
    `bob    12 lines  key ${bobId}`,
    'carol  1 line    never met',
  ]);
  expect(owedTable([peer('bob', { linesWaiting: 2 })], false)).toEqual(['bob  2 lines']);
  expect(owedTable([peer('bob')], true)).toEqual(['nobody is owed a line']);
});

test('figures have their units, and are left out where a peer has none', () => {
  const rows = statsTable(
    status([peer('bob', { rttMs: 1.26, congestionWindowBytes: 12_000 }), peer('carol', { duplicates: 5 })]),
    80,
  );
  expect(rows.map((row) => row.split(/ {2,}/u))).toEqual([
    ['', 'bob', 'carol'],
    ['state', 'open', 'open'],
    ['address', '10.0.0.2:5000', '10.0.0.2:5000'],
    ['lines sent', '1', '1'],
    ['lines received', '2', '2'],
    ['round trip', '1.3 ms'],
    ['congestion window', '12,000 B'],
    ['duplicates', '5'],
  ]);
});

test('peers that do not fit side by side stand below each other', () => {
  const rows = statsTable(status([peer('bob'), peer('carol'), peer('dave')]), 50);
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(50);
  expect(rows.filter((row) => row.startsWith('state')).length).toBe(2);
  expect(rows.join('\n')).toMatch(/bob +carol\n[^]*\n\n +dave\n/u);
});

test('what a peer may have chosen is made harmless in a table', () => {
  expect(peersTable(status([peer('\u001B[2J')]), true).join('')).not.toContain('\u001B');
});

test('random text from somebody else stays in its cell: it adds no row and no control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const event of eventsWith(text)) {
        if (event.type !== 'status') continue;
        const rows = [...peersTable(event, true), ...statsTable(event, 80)];
        for (const row of rows) expect(row).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
      }
    }),
  );
});
