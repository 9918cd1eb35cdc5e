import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import type { Event } from '../../../src/kernel/contract.ts';
import { namesSeenMax } from '../../../src/ui/limits.ts';
import { Lookalikes } from '../../../src/ui/words/lookalikes.ts';
import { bobAddress, bobId } from '../fakes.ts';

interface Pair {
  readonly what: string;
  readonly names: readonly [string, string];
  readonly alike: boolean;
}

const { pairs }: { pairs: readonly Pair[] } = JSON.parse(
  readFileSync(new URL('vectors/lookalikes.json', import.meta.url), 'utf8'),
);

test.each(pairs)('the shared vector “$what” holds', ({ names: [left, right], alike }) => {
  expect(looksLike(left, right)).toBe(alike);
  expect(looksLike(right, left)).toBe(alike);
});

test('any name looks like itself, whatever is in it', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => looksLike(name, name)));
});

/** Whether a peer of this name is warned of by a node of that one. */
function looksLike(own: string, name: string): boolean {
  return new Lookalikes(own).warningFor(joined(name)) !== undefined;
}

const joined = (name: string): Event => ({ type: 'peer-joined', name, peerId: bobId, address: bobAddress });
const renamed = (name: string): Event => ({ type: 'peer-renamed', was: 'x', name, peerId: bobId });

/** The messages of the warnings that these events lead to. */
function warnings(lookalikes: Lookalikes, ...events: readonly Event[]): string[] {
  return events.flatMap((event) => {
    const warning = lookalikes.warningFor(event);
    if (warning?.type !== 'warning') return [];
    expect(warning.code).toBe('name-lookalike');
    return [warning.message];
  });
}

test('a name that looks like one seen before is warned of, once, and shows what is odd about it', () => {
  const odd = 'b\u043eb';
  expect(warnings(new Lookalikes('alice'), joined('bob'), joined(odd), joined('bob'), joined(odd))).toEqual([
    `a peer is called "${odd}" (with U+043E), which looks like "bob": these may be two different people`,
  ]);
});

test('a peer that looks like this node, or has its very name, is warned of', () => {
  expect(warnings(new Lookalikes('alice'), joined('ALICE'), joined('alice'))).toEqual([
    'a peer is called "ALICE", which looks like "alice": these may be two different people',
    'a peer is called "alice", which looks like "alice": these may be two different people',
  ]);
});

test('new names are compared too, a peer`s and our own', () => {
  const lookalikes = new Lookalikes('alice');
  expect(warnings(lookalikes, joined('bob'), renamed('Bob'))).toHaveLength(1);
  expect(warnings(lookalikes, { type: 'renamed', name: 'b0b' })).toEqual([
    'this node is called "b0b", which looks like "bob": these may be two different people',
  ]);
  expect(warnings(lookalikes, joined('Alice'))).toEqual([]);
});

test('a peer of an earlier run need not be here to be looked like', () => {
  expect(warnings(new Lookalikes('alice', ['bob']), joined('bob'), joined('BOB'))).toHaveLength(1);
});

test('nothing invisible gets into the warning', () => {
  const [message] = warnings(new Lookalikes('alice'), joined('bob'), joined('b\u200Bo\u001Bb'));
  expect(message).toContain('"b<U+200B>o\u241Bb" (with U+200B)');
});

test('events that tell no name are let pass', () => {
  const left: Event = { type: 'peer-left', name: 'ALICE', peerId: bobId, reason: 'r' };
  expect(warnings(new Lookalikes('alice'), left)).toEqual([]);
});

test('names are remembered up to a bound, the newest ones', () => {
  const lookalikes = new Lookalikes('alice');
  for (let index = 0; index <= namesSeenMax; index += 1) lookalikes.warningFor(joined(`peer-${index}`));
  expect(warnings(lookalikes, joined('PEER-0'))).toEqual([]);
  expect(warnings(lookalikes, joined('PEER-7'))).toHaveLength(1);
});
