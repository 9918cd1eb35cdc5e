/** A peer that is there and does not take its lines: how long the others wait for it, and what becomes of its lines. */
import { expect, test } from '@jest/globals';
import {
  followerReserveBytes,
  incomingReserveBytes,
  logMaxBytes,
  logStartBytes,
  logTurnMaxMs,
  waitingSaysMaxBytes,
} from '../../../src/wires/tincan/limits.ts';
import { NodeWorld, eventsOf, texts } from './node-world.ts';
import type { WorldNode } from './node-world.ts';

const line = 'x'.repeat(1_000);
/** So little that bob gives no more credit than at first, and the log of whom he hears does not grow. */
const memoryMaxBytes = logMaxBytes + waitingSaysMaxBytes + 4 * (incomingReserveBytes + followerReserveBytes);
/** More than the log holds, and less than what may wait for its room. */
const lines = Math.floor((1.3 * logStartBytes) / line.length);

interface Gathering {
  readonly world: NodeWorld;
  readonly alice: WorldNode;
  readonly bob: WorldNode;
  readonly mallory: WorldNode;
}

/** Bob takes what he hears, mallory nothing. */
function gather(): Gathering {
  const world = new NodeWorld();
  const alice = world.add('alice');
  const bob = world.add('bob', ['alice'], { memoryMaxBytes });
  const mallory = world.add('mallory', ['alice']);
  mallory.takes = false;
  world.run(1_000, () => eventsOf(alice, 'peer-joined').length === 2);
  return { world, alice, bob, mallory };
}

function sayMany(world: NodeWorld, from: WorldNode): void {
  for (let count = 0; count < lines; count += 1) world.say(from, line);
}

test('a present peer that never sends a receipt holds the others up for a bounded time; then its lines are reported undelivered to it', () => {
  const { world, alice, bob } = gather();
  sayMany(world, alice);
  expect(world.run(logTurnMaxMs - 2_000, () => texts(bob).length === lines)).toBe(false);
  expect(eventsOf(alice, 'undelivered')).toEqual([]);
  expect(world.run(10_000, () => texts(bob).length === lines)).toBe(true);
  const undelivered = eventsOf(alice, 'undelivered');
  expect(undelivered.length).toBeGreaterThan(900);
  expect(new Set(undelivered.map(({ to, reason }) => `${to}: ${reason}`))).toEqual(
    new Set(['mallory: it did not take its lines, and held the others up']),
  );
  expect(eventsOf(alice, 'queued').length).toBe(lines);
});

test('a room goes on for as long as it likes with a peer that never sends a receipt and always comes back', () => {
  const { world, alice, bob } = gather();
  for (let round = 1; round <= 3; round += 1) {
    sayMany(world, alice);
    world.run(3 * logTurnMaxMs, () => texts(bob).length === round * lines);
    expect(texts(bob).length).toBe(round * lines);
  }
});

test('a peer that takes a line now and then holds the others up no longer than one that takes none', () => {
  const { world, alice, bob, mallory } = gather();
  let taken = 0;
  const takeOne = (): void => {
    const message = eventsOf(mallory, 'message')[taken];
    if (message !== undefined) {
      taken += 1;
      world.command(mallory, { type: 'taken', peerId: message.peerId, seq: message.seq });
    }
    world.later(1_000, takeOne);
  };
  takeOne();
  sayMany(world, alice);
  expect(world.run(logTurnMaxMs + 10_000, () => texts(bob).length === lines)).toBe(true);
});

test('a peer that was given up and reads again hears what is said from then on, is told how many lines it missed, and no line is both delivered and undelivered', () => {
  const { world, alice, bob, mallory } = gather();
  sayMany(world, alice);
  world.run(logTurnMaxMs + 10_000, () => texts(bob).length === lines);
  const heard = texts(mallory).length;
  mallory.takes = true;
  const [last] = eventsOf(mallory, 'message').slice(-1);
  if (last !== undefined) world.command(mallory, { type: 'taken', peerId: last.peerId, seq: last.seq });
  world.say(alice, 'welcome back');
  const isBack = (): boolean =>
    eventsOf(alice, 'delivered').some(({ to, seq }) => to === 'mallory' && seq === lines + 1);
  expect(world.run(20_000, isBack)).toBe(true);
  expect(texts(mallory).at(-1)).toBe('welcome back');
  const missed = eventsOf(mallory, 'warning').flatMap(({ code, count }) =>
    code === 'lines-missed' ? [count ?? 0] : [],
  );
  expect(missed.length).toBeGreaterThan(0);
  expect(texts(mallory).length + missed.reduce((sum, count) => sum + count, 0)).toBe(lines + 1);
  expect(heard).toBeLessThan(400);
  const undelivered = new Set(eventsOf(alice, 'undelivered').map(({ seq }) => seq));
  const twice = eventsOf(alice, 'delivered').filter(
    ({ to, seq }) => to === 'mallory' && undelivered.has(seq),
  );
  expect(twice).toEqual([]);
});

test('a peer that takes nothing is waited for as long as nobody else is held up', () => {
  const { world, alice, bob } = gather();
  bob.takes = false;
  sayMany(world, alice);
  world.run(600_000);
  expect(eventsOf(alice, 'undelivered')).toEqual([]);
  expect(eventsOf(alice, 'queued').length).toBeLessThan(lines);
});

test('a slow reader that takes the whole log in time loses nothing, however much is said', () => {
  const { world, alice, bob, mallory } = gather();
  const takeSome = (): void => {
    const message = eventsOf(mallory, 'message').at(-1);
    if (message !== undefined)
      world.command(mallory, { type: 'taken', peerId: message.peerId, seq: message.seq });
    world.later(5_000, takeSome);
  };
  takeSome();
  sayMany(world, alice);
  expect(world.run(4 * logTurnMaxMs, () => texts(bob).length === lines)).toBe(true);
  world.run(30_000);
  expect(texts(mallory).length).toBe(lines);
  expect(eventsOf(alice, 'undelivered')).toEqual([]);
});
