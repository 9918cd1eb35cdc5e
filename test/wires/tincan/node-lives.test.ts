import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Changes, Kept } from '../../../src/kernel/kept.ts';
import { Journal } from '../../../src/store/journal.ts';
import { SeenInitsFile } from '../../../src/store/seen-inits.ts';
import { Store } from '../../../src/store/store.ts';
import { KeptInMemory } from '../../support/kept-in-memory.ts';
import { NodeWorld, eventsOf, faulty, texts } from './node-world.ts';
import type { WorldNode } from './node-world.ts';
import { utf8 } from '../../support/core.ts';

/** Longer than any honest way between two nodes that are there. */
const longMs = 120_000;

function pair(seed = 1): { world: NodeWorld; alice: WorldNode; bob: WorldNode } {
  const world = new NodeWorld(seed);
  const alice = world.addDurable('alice', ['bob']);
  const bob = world.addDurable('bob', ['alice']);
  return { world, alice, bob };
}

function warnings(node: WorldNode): readonly string[] {
  return eventsOf(node, 'warning').map(({ code }) => code);
}

test('lines that a killed node still owed reach the peer from its next life, once and in order', () => {
  const { world, alice, bob } = pair();
  world.say(alice, 'before');
  expect(world.run(longMs, () => eventsOf(alice, 'delivered').length === 1)).toBe(true);
  world.link = () => [];
  for (const text of ['one', 'two', 'three']) world.say(alice, text, `ref ${text}`);
  world.run(100);
  const next = world.restart(alice);
  world.link = () => [1];
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 3)).toBe(true);
  expect(texts(bob)).toEqual(['before', 'one', 'two', 'three']);
  expect(eventsOf(next, 'delivered').map(({ ref, seq }) => [ref, seq])).toEqual([
    ['ref one', 2],
    ['ref two', 3],
    ['ref three', 4],
  ]);
  expect(warnings(bob)).toEqual([]);
});

test('lines that were said at once are owed over lives like single ones, and what was not taken of them comes again, marked', () => {
  const { world, alice, bob } = pair();
  world.say(alice, 'before');
  expect(world.run(longMs, () => eventsOf(alice, 'delivered').length === 1)).toBe(true);
  world.link = () => [];
  world.command(alice, { type: 'say-lines', bytes: utf8('a\n\nc\n'), count: 3 });
  world.run(100);
  const next = world.restart(alice);
  bob.takes = false;
  world.link = () => [1];
  expect(world.run(longMs, () => texts(bob).length === 4)).toBe(true);
  expect(texts(bob)).toEqual(['before', 'a', '', 'c']);
  for (const { peerId } of eventsOf(bob, 'message').slice(-1))
    world.command(bob, { type: 'taken', peerId, seq: 2 });
  const nextBob = world.restart(bob);
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 3)).toBe(true);
  expect(eventsOf(nextBob, 'message').map(({ text, seq, again }) => [text, seq, again])).toEqual([
    ['', 3, true],
    ['c', 4, true],
  ]);
  expect(eventsOf(next, 'delivered').map(({ seq }) => seq)).toEqual([2, 3, 4]);
});

test('the next life goes on with the numbers of the one before', () => {
  const { world, alice, bob } = pair();
  world.say(alice, 'one');
  world.run(longMs, () => texts(bob).length === 1);
  const next = world.restart(alice);
  world.say(next, 'two');
  expect(eventsOf(next, 'queued').map(({ seq }) => seq)).toEqual([2]);
  expect(world.run(longMs, () => texts(bob).length === 2)).toBe(true);
  world.command(next, { type: 'status' });
  expect(eventsOf(next, 'status').map(({ said }) => said)).toEqual([2]);
});

test('a receiver that is killed gets what its face had not taken again, marked, and nothing else twice', () => {
  const { world, alice, bob } = pair();
  world.say(alice, 'taken');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  bob.takes = false;
  world.say(alice, 'shown, perhaps');
  world.run(longMs, () => texts(bob).length === 2);
  const next = world.restart(bob);
  world.say(alice, 'new');
  expect(world.run(longMs, () => eventsOf(alice, 'delivered').length === 3)).toBe(true);
  expect(eventsOf(next, 'message').map(({ text, seq, again }) => [text, seq, again])).toEqual([
    ['shown, perhaps', 2, true],
    ['new', 3, undefined],
  ]);
});

test('a line stays marked over two kills in a row', () => {
  const { world, alice, bob } = pair();
  bob.takes = false;
  for (const text of ['one', 'two']) world.say(alice, text);
  world.run(longMs, () => texts(bob).length === 2);
  const second = world.restart(bob);
  second.takes = false;
  world.run(5);
  const third = world.restart(second);
  expect(world.run(longMs, () => eventsOf(alice, 'delivered').length === 2)).toBe(true);
  expect(eventsOf(third, 'message').map(({ again }) => again)).toEqual([true, true]);
});

test('a line for a peer that was never met yet waits over a restart', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice', ['bob']);
  world.say(alice, 'hello');
  world.run(1_000);
  const next = world.restart(alice);
  const bob = world.add('bob');
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 1)).toBe(true);
  expect(texts(bob)).toEqual(['hello']);
});

test('a line for a peer that was never met is reported when that peer is configured no more', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice', ['bob']);
  world.say(alice, 'hello', 'a');
  world.run(1_000);
  const next = world.restart(alice, alice.disk, { peers: [] });
  world.run(1_000);
  expect(eventsOf(next, 'undelivered')).toEqual([
    { type: 'undelivered', ref: 'a', seq: 1, to: 'bob', reason: 'it is configured no more' },
  ]);
  expect(next.node.account.logBytes).toBe(0);
});

test('a peer that is configured in a later life is owed what is said from then on', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice', ['bob']);
  const bob = world.add('bob');
  world.say(alice, 'to bob');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  const carol = world.add('carol');
  const next = world.restart(alice, alice.disk, {
    peers: [...alice.settings.peers, { label: 'carol', host: 'carol', port: 5000 }],
  });
  world.say(next, 'to both');
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 2)).toBe(true);
  expect([texts(bob), texts(carol)]).toEqual([['to bob', 'to both'], ['to both']]);
});

test('a line to one peer alone stays private over a restart', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice', ['bob', 'carol']);
  const bob = world.add('bob');
  const carol = world.add('carol');
  world.say(alice, 'hi');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 2);
  const to = eventsOf(alice, 'peer-joined').find(({ name }) => name === 'bob')?.peerId;
  world.link = () => [];
  world.command(alice, {
    type: 'say',
    text: 'a secret',
    ref: undefined,
    ...(to === undefined ? {} : { to }),
  });
  const next = world.restart(alice);
  world.link = () => [1];
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 1)).toBe(true);
  expect(eventsOf(bob, 'message').at(-1)).toMatchObject({ text: 'a secret', private: true });
  expect(texts(carol)).toEqual(['hi']);
});

test('a node that starts under another name tells its peers', () => {
  const { world, alice, bob } = pair();
  world.command(alice, { type: 'rename', name: 'alicia' });
  world.say(alice, 'one');
  world.run(longMs, () => texts(bob).length === 1);
  const next = world.restart(alice);
  world.say(next, 'two');
  expect(world.run(longMs, () => texts(bob).length === 2)).toBe(true);
  expect(eventsOf(bob, 'message').map(({ from }) => from)).toEqual(['alicia', 'alice']);
});

test('a lost peer that nobody configured is sought by the next life, and gets what it is owed', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice');
  const bob = world.addDurable('bob', ['alice']);
  world.run(longMs, () => eventsOf(alice, 'peer-joined').length === 1);
  world.kill(bob);
  world.say(alice, 'one');
  const next = world.restart(alice);
  const later = world.restart(bob);
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 1)).toBe(true);
  expect(texts(later)).toEqual(['one']);
});

test('a lost peer that nobody configured and that stays away is given up by the next life', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice');
  const bob = world.addDurable('bob', ['alice']);
  world.run(longMs, () => eventsOf(alice, 'peer-joined').length === 1);
  world.kill(bob);
  world.say(alice, 'one', 'a');
  const next = world.restart(alice);
  expect(world.run(700_000, () => eventsOf(next, 'undelivered').length === 1)).toBe(true);
  expect(next.disk?.load()?.entries).toEqual([]);
});

test('a peer that was forgotten is given nothing twice after a restart', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice', []);
  const bob = world.addDurable('bob', ['alice']);
  world.run(longMs, () => eventsOf(alice, 'peer-joined').length === 1);
  world.say(alice, 'one');
  world.say(bob, 'uno');
  world.run(
    longMs,
    () => eventsOf(alice, 'delivered').length === 1 && eventsOf(bob, 'delivered').length === 1,
  );
  world.command(bob, { type: 'quit', drainTimeoutMs: 0 });
  world.run(1_000);
  const next = world.restart(alice);
  const later = world.restart(bob);
  world.say(later, 'due');
  expect(world.run(longMs, () => texts(next).length > 0)).toBe(true);
  world.say(next, 'two');
  expect(world.run(longMs, () => texts(later).length > 0)).toBe(true);
  expect([texts(next), texts(later)]).toEqual([['due'], ['two']]);
});

test('what is owed when a node that keeps it leaves is kept, and counted', () => {
  const { world, alice, bob } = pair();
  world.run(longMs, () => eventsOf(alice, 'peer-joined').length === 1);
  world.kill(bob);
  world.say(alice, 'one');
  world.command(alice, { type: 'quit', drainTimeoutMs: 100 });
  world.run(1_000);
  expect(eventsOf(alice, 'undelivered')).toEqual([]);
  expect(alice.events.slice(-2)).toMatchObject([
    { type: 'warning', code: 'lines-kept', count: 1 },
    { type: 'closed', undelivered: 1 },
  ]);
  const next = world.restart(alice);
  const later = world.restart(bob);
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 1)).toBe(true);
  expect(texts(later)).toEqual(['one']);
});

test('an idle node has nothing to keep', () => {
  const { world, alice, bob } = pair();
  world.say(alice, 'one');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  world.run(1_000);
  const commits = [alice, bob].map(({ disk }) => disk?.commits);
  world.run(1_000_000);
  expect([alice, bob].map(({ disk }) => disk?.commits)).toEqual(commits);
});

/** What outlives the process, in a directory, as a real node keeps it. */
class KeptInDirectory extends KeptInMemory {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    super();
    this.#journal = journal;
  }

  override load(): Kept | undefined {
    return this.#journal.load();
  }

  override commit(changes: Changes): void {
    this.#journal.commit(changes);
  }
}

test.each([
  { room: 'with a key', roomKey: new Uint8Array(32).fill(7), bytesPerHandshake: 16 },
  { room: 'without a key', roomKey: undefined, bytesPerHandshake: 0 },
])(
  'a node that is idle for six hours writes nothing to its directory in a room $room, but $bytesPerHandshake bytes for each handshake',
  ({ roomKey, bytesPerHandshake }) => {
    const directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
    try {
      using _ = Store.open(directory, () => new Uint8Array(32).fill(1));
      using journal = new Journal(directory);
      let handshakes = 0;
      const inits = new SeenInitsFile(directory, (reason) => {
        throw new Error(reason);
      });
      const keep = (mac1: Uint8Array): void => {
        handshakes += 1;
        inits.keep(mac1);
      };
      const world = new NodeWorld();
      const bob = world.add('bob', [], { roomKey });
      const settings = { roomKey, keptInits: { known: [], keep } };
      const alice = world.restart(world.add('alice', ['bob'], settings), new KeptInDirectory(journal));
      world.say(alice, 'one');
      expect(world.run(longMs, () => eventsOf(alice, 'delivered').length === 1)).toBe(true);
      world.run(1_000);
      const before = filesIn(directory);
      const handshakesBefore = handshakes;
      world.run(6 * 60 * 60_000);
      const after = filesIn(directory);
      expect([...after.keys()]).toEqual([...before.keys()]);
      const grown = [...after].filter(([name, bytes]) => !bytes.equals(before.get(name) ?? Buffer.of()));
      expect(grown.map(([name]) => name)).toEqual(bytesPerHandshake === 0 ? [] : ['seen-handshakes']);
      // A session is renewed each two minutes, by one of the two.
      const renewals = handshakes - handshakesBefore;
      for (const [name, bytes] of grown)
        expect(bytes.length - (before.get(name)?.length ?? 0)).toBe(renewals * bytesPerHandshake);
      expect(renewals).toBeLessThanOrEqual(bytesPerHandshake === 0 ? 0 : 182);
      expect(eventsOf(bob, 'peer-left')).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

function filesIn(directory: string): ReadonlyMap<string, Buffer> {
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
  'whoever is killed at any moment on a bad network, each line arrives once and in order, repeats only marked (seed %i)',
  (seed) => {
    const { world, alice, bob } = pair(seed);
    world.link = faulty(world, { loss: 0.2, duplicates: 0.1, delayMs: 5, jitterMs: 20 });
    const lives = { alice: [alice], bob: [bob] };
    let said = 0;
    for (let step = 0; step < 60; step += 1) {
      world.run(world.random.between(0, 400));
      for (const node of [lives.alice.at(-1), lives.bob.at(-1)]) {
        if (node !== undefined) for (let n = 0; n < 3; n += 1) world.say(node, `${node.name} ${said++}`);
      }
      if (world.random.chance(0.3)) {
        const whose = world.random.chance(0.5) ? lives.alice : lives.bob;
        const last = whose.at(-1);
        if (last !== undefined) whose.push(world.restart(last));
      }
    }
    world.link = () => [1];
    const owed = (node: WorldNode | undefined): boolean => (node?.disk?.load()?.entries.length ?? 0) > 0;
    expect(world.run(300_000, () => !owed(lives.alice.at(-1)) && !owed(lives.bob.at(-1)))).toBe(true);
    for (const [of, to] of [
      [lives.alice, lives.bob],
      [lives.bob, lives.alice],
    ] as const) {
      const queued = of.flatMap((node) => eventsOf(node, 'queued').map(({ seq }) => seq));
      const messages = to.flatMap((node) => eventsOf(node, 'message'));
      const fresh = messages.filter(({ again }) => again === undefined).map(({ seq }) => seq);
      expect(fresh).toEqual(queued);
      expect(queued.length).toBe(180);
    }
  },
);

test('a receiver that is killed before its receipts arrive tells again how far it has come, so that no credit is lost', () => {
  const { world, alice, bob } = pair();
  world.say(alice, 'hi');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  bob.takes = false;
  for (let line = 0; line < 1_000; line += 1) world.say(alice, 'x'.repeat(200));
  world.run(5_000);
  const [last] = eventsOf(bob, 'message').slice(-1);
  expect(last?.seq).toBeGreaterThan(900);
  // Alice's credit is used up. What bob takes now, she does not hear of.
  world.link = (from) => (from === 'bob' ? [] : [1]);
  if (last !== undefined) world.command(bob, { type: 'taken', peerId: last.peerId, seq: last.seq });
  world.run(1_000);
  const next = world.restart(bob);
  world.link = () => [1];
  expect(world.run(longMs, () => eventsOf(alice, 'delivered').length === 1_001)).toBe(true);
  expect(texts(bob).length + texts(next).length).toBe(1_001);
});

/** Alice has said three lines to bob, and starts again from a copy of her state that knows of the first one only. */
function fromOlderCopy(): { world: NodeWorld; restored: WorldNode; bob: WorldNode } {
  const { world, alice, bob } = pair();
  world.say(alice, 'one');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  const backup = alice.disk?.copy();
  for (const text of ['two', 'three']) world.say(alice, text);
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 3);
  return { world, restored: world.restart(alice, backup), bob };
}

test('what a person has set goes on when the node starts a new log: the trace, the new name, the accepted keys', () => {
  const { world, restored, bob } = fromOlderCopy();
  world.link = () => [];
  world.command(restored, { type: 'trace', on: true });
  world.command(restored, { type: 'rename', name: 'alicia' });
  world.link = () => [1];
  expect(world.run(longMs, () => warnings(restored).includes('state-older'))).toBe(true);
  const next = world.nodes.get('alice');
  if (next === undefined) throw new Error('alice goes on');
  world.say(next, 'anew');
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 1)).toBe(true);
  expect(eventsOf(next, 'trace').length).toBeGreaterThan(0);
  expect(eventsOf(bob, 'message').at(-1)).toMatchObject({ from: 'alicia', text: 'anew' });
  world.command(next, { type: 'trace', on: false });
  const traced = eventsOf(next, 'trace').length;
  world.say(next, 'untraced');
  world.run(1_000);
  expect(eventsOf(next, 'trace')).toHaveLength(traced);
  expect(next.node.handover.knownPeers.get('bob')).toBe(eventsOf(next, 'peer-joined')[0]?.peerId);
});

test('a node that is about to leave leaves, also if it starts a new log meanwhile, and counts what it has given up', () => {
  const { world, restored } = fromOlderCopy();
  world.say(restored, 'given up');
  world.command(restored, { type: 'quit', drainTimeoutMs: 10_000 });
  world.run(20_000);
  expect(warnings(restored)).toContain('state-older');
  const next = world.nodes.get('alice');
  if (next === undefined) throw new Error('alice has gone on');
  expect(eventsOf(next, 'closed')).toEqual([{ type: 'closed', undelivered: 1 }]);
});

test('a node that goes on from an older copy of its state notices, says so, and starts a new log that nobody mixes up', () => {
  const { world, restored, bob } = fromOlderCopy();
  for (const text of ['2', '3', '4']) world.say(restored, text, text);
  expect(world.run(longMs, () => warnings(restored).includes('state-older'))).toBe(true);
  // Nobody can tell who has which line 2: what was said on the old log is given up, and said so.
  expect(eventsOf(restored, 'undelivered').map(({ ref }) => ref)).toEqual(['2', '3', '4']);
  const next = world.nodes.get('alice');
  if (next === undefined) throw new Error('alice goes on');
  world.say(next, 'anew');
  expect(world.run(longMs, () => eventsOf(next, 'delivered').length === 1)).toBe(true);
  expect(texts(bob)).toEqual(['one', 'two', 'three', 'anew']);
  expect(warnings(bob)).toEqual(['new-session']);
  world.say(bob, 'hello');
  expect(world.run(longMs, () => texts(next).includes('hello'))).toBe(true);
});

/** Alice goes on from a copy of her state in which she has said `one` alone; bob knows of `two` and `three`. */
function forked(prepare: (world: NodeWorld, bob: WorldNode) => void = () => undefined): {
  readonly world: NodeWorld;
  readonly backup: WorldNode['disk'];
  readonly alice: WorldNode;
  readonly bob: WorldNode;
} {
  const { world, alice, bob } = pair();
  world.say(alice, 'one');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  const backup = alice.disk?.copy();
  prepare(world, bob);
  for (const text of ['two', 'three']) world.say(alice, text);
  world.run(1_000);
  world.kill(alice);
  return { world, backup, alice, bob };
}

function noticesIn({ world, backup, alice }: ReturnType<typeof forked>): void {
  const restored = world.restart(alice, backup);
  for (const text of ['2', '3', '4']) world.say(restored, text);
  expect(world.run(longMs, () => warnings(restored).includes('state-older'))).toBe(true);
}

test('an older copy is noticed by a peer that has shown lines, not taken them, and been killed', () => {
  const fork = forked((_, bob) => {
    bob.takes = false;
  });
  expect(texts(fork.bob)).toEqual(['one', 'two', 'three']);
  const later = fork.world.restart(fork.bob);
  noticesIn(fork);
  expect(texts(later)).toEqual([]);
});

test('an older copy is noticed by a peer that has a later line, and waits for the one before it', () => {
  const long = 'x'.repeat(500);
  const fork = forked((world) => {
    world.link = (from, _, { length }) => (from === 'alice' && length > long.length ? [] : [1]);
    const alice = world.nodes.get('alice');
    if (alice !== undefined) world.say(alice, long);
  });
  noticesIn(fork);
  expect(texts(fork.bob)).toEqual(['one']);
});

test('an older copy from before its peer was met is noticed', () => {
  const { world, alice, bob } = pair();
  world.command(alice, { type: 'status' });
  world.say(alice, 'before');
  const backup = alice.disk?.copy();
  world.say(alice, 'one');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 2);
  world.kill(alice);
  noticesIn({ world, backup, alice, bob });
  expect(texts(bob)).toEqual(['before', 'one']);
});

test('an older copy is noticed also by the second life that goes on from it', () => {
  const fork = forked();
  const { world, backup, alice } = fork;
  world.link = () => [];
  const second = world.restart(alice, backup);
  for (const text of ['2', '3', '4']) world.say(second, text);
  world.run(1_000);
  const third = world.restart(second);
  world.link = () => [1];
  expect(world.run(longMs, () => warnings(third).includes('state-older'))).toBe(true);
  expect(eventsOf(third, 'undelivered').map(({ seq }) => seq)).toEqual([2, 3, 4]);
  expect(texts(fork.bob)).toEqual(['one', 'two', 'three']);
});

test('whoever has lost the last receipts with its last commits is told again what the peer has taken', () => {
  const { world, alice } = pair();
  world.run(longMs, () => eventsOf(alice, 'peer-joined').length === 1);
  world.say(alice, 'one');
  const before = alice.disk?.copy();
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  const restored = world.restart(alice, before);
  expect(world.run(longMs, () => eventsOf(restored, 'delivered').length === 1)).toBe(true);
  expect(warnings(restored)).toEqual([]);
});

test('a private line to somebody who was not met again is told undelivered when the log ends', () => {
  const world = new NodeWorld();
  const alice = world.addDurable('alice', ['bob', 'carol']);
  const bob = world.addDurable('bob', ['alice']);
  const carol = world.addDurable('carol', ['alice']);
  world.run(longMs, () => eventsOf(alice, 'peer-joined').length === 2);
  const to = eventsOf(alice, 'peer-joined').find(({ name }) => name === 'carol')?.peerId;
  world.kill(carol);
  world.say(alice, 'one');
  world.run(longMs, () => texts(bob).length === 1);
  const backup = alice.disk?.copy();
  world.say(alice, 'two');
  world.run(longMs, () => texts(bob).length === 2);
  const restored = world.restart(alice, backup);
  world.command(restored, { type: 'say', text: '2', ref: 'r', ...(to === undefined ? {} : { to }) });
  expect(world.run(longMs, () => warnings(restored).includes('state-older'))).toBe(true);
  expect(eventsOf(restored, 'undelivered').map(({ ref }) => ref)).toContain('r');
});

test('a peer that was sent lines by an earlier life is no sign of an older copy', () => {
  const { world, alice, bob } = pair();
  world.say(alice, 'one');
  world.run(longMs, () => eventsOf(alice, 'delivered').length === 1);
  const next = world.restart(alice);
  world.say(next, 'two');
  expect(world.run(longMs, () => texts(bob).length === 2)).toBe(true);
  const again = world.restart(bob);
  expect(world.run(longMs, () => eventsOf(again, 'peer-joined').length === 1)).toBe(true);
  world.say(next, 'three');
  expect(world.run(longMs, () => texts(again).length === 1)).toBe(true);
  expect(warnings(next)).toEqual([]);
});
