import { describe, expect, test } from '@jest/globals';
import {
  keptLineBytes,
  rekeyAfterMs,
  renameIntervalMs,
  renamesBurst,
} from '../../../src/wires/tincan/limits.ts';
import { NodeWorld, eventsOf, faulty, texts } from './node-world.ts';
import type { WorldNode } from './node-world.ts';

const warnings = (node: WorldNode): readonly string[] => eventsOf(node, 'warning').map(({ code }) => code);

const rename = (world: NodeWorld, node: WorldNode, name: string): void =>
  world.command(node, { type: 'rename', name });

describe('a new name', () => {
  test('a new name is told to everybody between the same two lines, and later messages carry it', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.run(1_000);
    world.say(alice, 'one');
    rename(world, alice, 'alicia');
    world.say(alice, 'two');
    world.run(1_000);
    expect(eventsOf(alice, 'renamed')).toEqual([{ type: 'renamed', name: 'alicia' }]);
    expect(bob.events.filter(({ type }) => type === 'message' || type === 'peer-renamed')).toMatchObject([
      { type: 'message', from: 'alice', text: 'one' },
      { type: 'peer-renamed', was: 'alice', name: 'alicia', peerId: eventsOf(bob, 'peer-joined')[0]?.peerId },
      { type: 'message', from: 'alicia', text: 'two' },
    ]);
    world.command(alice, { type: 'status' });
    world.command(bob, { type: 'status' });
    expect(eventsOf(alice, 'status')[0]).toMatchObject({ name: 'alicia', said: 2 });
    expect(eventsOf(bob, 'status')[0]?.peers).toMatchObject([{ name: 'alicia', linesReceived: 2 }]);
  });

  test.each([1, 2, 3, 4])('a new name keeps its place among the lines on a bad network (seed %i)', (seed) => {
    const world = new NodeWorld(seed);
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.link = faulty(world, { loss: 0.3, duplicates: 0.1, delayMs: 20, jitterMs: 80 });
    world.run(5_000);
    for (let turn = 0; turn < 30; turn += 1) {
      world.say(alice, `said as alice ${turn}`);
      rename(world, alice, `alice ${turn + 1}`);
      world.run(30);
    }
    expect(world.run(60_000, () => texts(bob).length === 30)).toBe(true);
    const heard = eventsOf(bob, 'message').map(({ from, text }) => `${from}: ${text}`);
    expect(heard).toEqual(
      Array.from({ length: 30 }, (_, turn) => `alice${turn === 0 ? '' : ` ${turn}`}: said as alice ${turn}`),
    );
    world.run(60_000);
    expect(eventsOf(bob, 'peer-renamed').at(-1)?.name).toBe('alice 30');
  });

  test('a new name takes room like a line until the face has taken it, so that nobody fills the memory with names', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.run(1_000);
    bob.takes = false;
    for (let turn = 1; turn <= renamesBurst; turn += 1) rename(world, alice, `alice ${turn}`);
    world.run(1_000);
    world.command(bob, { type: 'status' });
    expect(eventsOf(bob, 'peer-renamed')).toHaveLength(renamesBurst);
    const [peer] = eventsOf(bob, 'status')[0]?.peers ?? [];
    expect(peer?.figures['memoryBytes']).toBeGreaterThanOrEqual(renamesBurst * keptLineBytes);
    for (const { peerId, seq = 0 } of eventsOf(bob, 'peer-renamed')) {
      world.command(bob, { type: 'taken', peerId, seq });
    }
    world.command(bob, { type: 'status' });
    expect(eventsOf(bob, 'status')[1]?.peers[0]?.figures['memoryBytes']).toBe(0);
  });

  test('a new name waits where many came before it, and none is lost', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.run(1_000);
    for (let turn = 1; turn <= 3 * renamesBurst; turn += 1) rename(world, alice, `alice ${turn}`);
    world.say(alice, 'said as the last');
    world.run(1_000);
    expect(eventsOf(bob, 'peer-renamed').length).toBeLessThanOrEqual(renamesBurst + 1_000 / renameIntervalMs);
    world.run(30_000, () => texts(bob).length > 0);
    expect(eventsOf(bob, 'peer-renamed')).toHaveLength(3 * renamesBurst);
    expect(eventsOf(bob, 'message')).toMatchObject([{ from: `alice ${3 * renamesBurst}` }]);
  });

  test('a new name is the one that a newcomer meets, without a word of the earlier ones', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    world.add('bob');
    world.run(1_000);
    rename(world, alice, 'alicia');
    rename(world, alice, 'al');
    world.run(1_000);
    const carol = world.add('carol', ['alice']);
    expect(world.run(10_000, () => eventsOf(carol, 'peer-joined').length === 2)).toBe(true);
    world.run(5_000);
    expect(eventsOf(carol, 'peer-joined').map(({ name }) => name)).toContain('al');
    expect(eventsOf(carol, 'peer-renamed')).toEqual([]);
  });

  test('a new name stands where it was taken in the lines that a configured peer was owed before it came', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['carol']);
    world.say(alice, 'before');
    rename(world, alice, 'alicia');
    world.say(alice, 'between');
    rename(world, alice, 'al');
    world.say(alice, 'after');
    world.run(1_000);
    const carol = world.add('carol');
    expect(world.run(60_000, () => texts(carol).length === 3)).toBe(true);
    expect(eventsOf(carol, 'peer-joined')).toMatchObject([{ name: 'al' }]);
    expect(eventsOf(carol, 'message').map(({ from, text }) => [from, text])).toEqual([
      ['al', 'before'],
      ['alicia', 'between'],
      ['al', 'after'],
    ]);
  });

  test('a new name reaches one whom a handshake under way has told the old one', () => {
    const world = new NodeWorld();
    const alice = world.add('alice');
    const bob = world.add('bob', ['alice']);
    let answered = false;
    world.link = (from) => {
      // Between alice's message 2 and bob's message 3.
      if (from === 'alice' && !answered) {
        answered = true;
        world.later(5, () => rename(world, alice, 'alicia'));
      }
      return [10];
    };
    expect(world.run(5_000, () => eventsOf(bob, 'peer-renamed').length === 1)).toBe(true);
    expect(eventsOf(bob, 'peer-joined').map(({ name }) => name)).toEqual(['alice']);
    expect(eventsOf(bob, 'peer-renamed')[0]).toMatchObject({ was: 'alice', name: 'alicia' });
  });

  test('a new name is not taken back by a change of keys whose handshake still tells the old one', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.run(1_000);
    const finish = 0x03;
    let lost = 0;
    world.link = (from, _to, bytes) => {
      if (from !== 'alice' || bytes[0] !== finish || lost > 0) return [1];
      lost += 1;
      world.later(5, () => rename(world, alice, 'alicia'));
      return [];
    };
    world.run(2 * rekeyAfterMs, () => lost > 0);
    world.run(10_000);
    expect(lost).toBe(1);
    expect(eventsOf(bob, 'peer-renamed').map(({ name }) => name)).toEqual(['alicia']);
  });

  test('a new name that another key is known by raises the alarm', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob', 'carol']);
    const carol = world.add('carol');
    const bob = world.add('bob');
    world.run(5_000);
    world.say(bob, 'I am bob');
    world.run(1_000);
    expect(warnings(alice)).toEqual([]);
    rename(world, carol, 'bob');
    world.run(1_000);
    expect(warnings(alice)).toEqual(['key-changed']);
  });

  test.each([
    ['empty', ' '],
    ['longer than 64 bytes', 'é'.repeat(33)],
    ['not readable', 'al\u202Eice'],
    ['half a surrogate pair', '\uD83D'],
  ])('a new name that is %s is refused with a warning, and the old one stays', (_what, name) => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.run(1_000);
    rename(world, alice, name);
    world.say(alice, 'hello');
    world.run(1_000);
    expect(warnings(alice)).toEqual(['not-renamed']);
    expect(eventsOf(bob, 'message')).toMatchObject([{ from: 'alice' }]);
  });

  test('a new name that is the present one is answered, and told to nobody', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.run(1_000);
    const { datagrams } = alice;
    rename(world, alice, 'alice');
    world.run(1_000);
    expect(eventsOf(alice, 'renamed')).toHaveLength(1);
    expect([alice.datagrams, eventsOf(bob, 'peer-renamed')]).toEqual([datagrams, []]);
  });
});
