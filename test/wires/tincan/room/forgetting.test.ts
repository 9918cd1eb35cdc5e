/** A peer that does not come back: what is said waits for it, until a person gives up what it is owed. */
import { expect, test } from '@jest/globals';
import {
  followerReserveBytes,
  incomingReserveBytes,
  logMaxBytes,
  logStartBytes,
  logTurnMaxMs,
  waitingSaysMaxBytes,
} from '../../../../src/wires/tincan/limits.ts';
import { NodeWorld, eventsOf, texts } from '../node-world.ts';
import type { WorldNode } from '../node-world.ts';

const longMs = 120_000;

const warnings = (node: WorldNode): readonly string[] => eventsOf(node, 'warning').map(({ code }) => code);

function forget(world: NodeWorld, node: WorldNode, name: string): void {
  world.command(node, { type: 'forget', name });
}

test('what a configured peer that is away is owed is given up by its name, told line by line, and the log is free', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob']);
  const bob = world.add('bob');
  world.say(alice, 'heard');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  world.kill(bob);
  for (const text of ['two', 'three']) world.say(alice, text, `ref ${text}`);
  world.run(longMs);
  forget(world, alice, 'bob');
  const reason = 'this node was told to forget what it was owed';
  expect(eventsOf(alice, 'undelivered')).toEqual([
    { type: 'undelivered', ref: 'ref two', seq: 2, to: 'bob', reason },
    { type: 'undelivered', ref: 'ref three', seq: 3, to: 'bob', reason },
  ]);
  const [peer] = eventsOf(alice, 'peer-joined');
  expect(eventsOf(alice, 'forgotten')).toEqual([
    { type: 'forgotten', name: 'bob', peerId: peer?.peerId, lines: 2 },
  ]);
  expect(alice.node.account.logBytes).toBe(0);
});

test('a configured peer that was forgotten is owed what is said from then on, and hears how many lines it missed', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice', ['bob']);
  const bob = world.addDurable('bob');
  world.say(alice, 'one');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  world.kill(bob);
  world.say(alice, 'two');
  world.run(longMs);
  forget(world, alice, 'bob');
  // Also by the next life.
  const next = world.restart(alice);
  world.say(next, 'three');
  const again = world.restart(bob);
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 1)).toBe(true);
  expect(texts(again)).toEqual(['three']);
  expect(eventsOf(again, 'warning')).toEqual([expect.objectContaining({ code: 'lines-missed', count: 1 })]);
});

test('a peer that nobody configured is known no more once it is forgotten, and gets nothing that is said after it', () => {
  const world = new NodeWorld();
  const alice = world.add('alice');
  const bob = world.add('bob', ['alice']);
  world.run(longMs, () => eventsOf(alice, 'peer-joined').length === 1);
  world.kill(bob);
  world.say(alice, 'one');
  world.run(60_000);
  forget(world, alice, 'bob');
  world.say(alice, 'two');
  expect(eventsOf(alice, 'undelivered').map(({ seq, to }) => [seq, to])).toEqual([
    [1, 'bob'],
    [2, undefined],
  ]);
  forget(world, alice, 'bob');
  expect(warnings(alice)).toEqual(['no-such-peer']);
});

test('a peer that is here and takes nothing is forgotten, too: it comes back, and hears what is said from then on', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob']);
  const bob = world.add('bob');
  bob.takes = false;
  world.say(alice, 'one');
  world.run(longMs, () => texts(bob).length === 1 && eventsOf(alice, 'peer-joined').length === 1);
  forget(world, alice, 'bob');
  expect(eventsOf(alice, 'forgotten')).toEqual([expect.objectContaining({ name: 'bob', lines: 1 })]);
  bob.takes = true;
  for (const { peerId, seq } of eventsOf(bob, 'message')) world.command(bob, { type: 'taken', peerId, seq });
  world.say(alice, 'two');
  expect(world.run(longMs, () => eventsOf(alice, 'delivered').length === 1)).toBe(true);
  expect(texts(bob)).toEqual(['one', 'two']);
  expect(eventsOf(alice, 'undelivered').map(({ seq }) => seq)).toEqual([1]);
});

test('what waits for a configured peer that was never met is given up by the name that it was configured under', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice', ['bob']);
  world.say(alice, 'one', 'r');
  world.run(longMs);
  forget(world, alice, 'bob');
  expect(eventsOf(alice, 'undelivered')).toEqual([expect.objectContaining({ ref: 'r', seq: 1, to: 'bob' })]);
  expect(eventsOf(alice, 'forgotten')).toEqual([
    { type: 'forgotten', name: 'bob', peerId: undefined, lines: 1 },
  ]);
  expect(alice.node.account.logBytes).toBe(0);
  const next = world.restart(alice);
  const bob = world.add('bob');
  world.say(next, 'two');
  expect(world.run(longMs, () => texts(bob).length > 0)).toBe(true);
  expect(texts(bob)).toEqual(['two']);
});

test('a name that several have who are owed lines asks for the key of one, and forgets nobody', () => {
  const world = new NodeWorld();
  const alice = world.add('alice');
  const bobs = ['bob', 'other bob'].map((name) => world.add(name, ['alice'], { name: 'bob' }));
  world.run(longMs, () => eventsOf(alice, 'peer-joined').length === 2);
  for (const bob of bobs) world.kill(bob);
  world.say(alice, 'one');
  world.run(1_000);
  forget(world, alice, 'bob');
  const [first, second] = eventsOf(alice, 'peer-joined').map(({ peerId }) => peerId);
  const [warning] = eventsOf(alice, 'warning');
  expect(warning).toMatchObject({ code: 'ambiguous-peer', message: expect.stringContaining(String(first)) });
  expect(warning?.message).toContain(String(second));
  expect(eventsOf(alice, 'undelivered')).toEqual([]);
  forget(world, alice, String(first));
  expect(eventsOf(alice, 'undelivered')).toHaveLength(1);
  // Now only one of them is owed anything.
  forget(world, alice, 'bob');
  expect(eventsOf(alice, 'forgotten').map(({ peerId }) => peerId)).toEqual([first, second]);
});

test('a log that is full of lines for a configured peer that is away says so once, waits for it, and goes on when it is forgotten', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob']);
  // So little that carol gives no more credit than at first, and alice's log stays as large as it is.
  const memoryMaxBytes =
    logMaxBytes + waitingSaysMaxBytes + 4 * (incomingReserveBytes + followerReserveBytes);
  const carol = world.add('carol', ['alice'], { memoryMaxBytes });
  world.run(1_000, () => eventsOf(alice, 'peer-joined').length === 1);
  const line = 'x'.repeat(1_000);
  const lines = Math.floor((1.3 * logStartBytes) / line.length);
  for (let count = 0; count < lines; count += 1) world.say(alice, line);
  world.run(5 * logTurnMaxMs);
  expect(warnings(alice)).toEqual(['unresolved', 'log-waits']);
  expect(eventsOf(alice, 'warning')[1]?.message).toContain('bob');
  expect(texts(carol).length).toBeLessThan(lines);
  expect(eventsOf(alice, 'undelivered')).toEqual([]);
  forget(world, alice, 'bob');
  expect(world.run(longMs, () => texts(carol).length === lines)).toBe(true);
});
