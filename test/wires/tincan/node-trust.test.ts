/** A line belongs to a key: who gets the lines that wait for a peer when somebody else comes with its name or its address. */
import { describe, expect, test } from '@jest/globals';
import { nodeCrypto } from '../../../src/runtime/crypto.ts';
import { fingerprintOf } from '../../../src/wires/tincan/handshake/handshake.ts';
import { pinnedNamesMax, pinsPerKeyMax, renameIntervalMs } from '../../../src/wires/tincan/limits.ts';
import type { NodeSettings } from '../../../src/wires/tincan/node.ts';
import { NodeWorld, eventsOf, texts } from './node-world.ts';
import type { WorldNode } from './node-world.ts';

const open: Partial<NodeSettings> = { roomKey: undefined };

const warnings = (node: WorldNode): readonly string[] => eventsOf(node, 'warning').map(({ code }) => code);

const deliveredTo = (node: WorldNode): readonly (readonly [number, string])[] =>
  eventsOf(node, 'delivered').map(({ seq, to }) => [seq, to]);

/** alice and bob have met and spoken; then bob is gone, and alice says two lines more. */
function bobIsAway(): { world: NodeWorld; alice: WorldNode; bob: WorldNode } {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob'], open);
  const bob = world.add('bob', ['alice'], { ...open, identity: nodeCrypto.generateKeyPair() });
  world.run(500);
  world.say(alice, 'one');
  world.say(bob, 'b1');
  world.run(500);
  world.nodes.delete('bob');
  world.say(alice, 'two');
  world.say(alice, 'three');
  world.run(60_000, () => eventsOf(alice, 'peer-left').length === 1);
  return { world, alice, bob };
}

/** Somebody else at the address that was bob's. */
function impostor(world: NodeWorld, bob: WorldNode, name: string): WorldNode {
  const other = world.add('impostor', [], { ...open, name });
  other.address = bob.address;
  // The name service still leads alice there.
  world.nodes.set('bob', other);
  return other;
}

describe('a known peer is away', () => {
  test('another key at its address hears what is said from then on, and nothing that waits for the known key', () => {
    const { world, alice, bob } = bobIsAway();
    const other = impostor(world, bob, 'bob');
    expect(world.run(60_000, () => eventsOf(alice, 'peer-joined').length === 2)).toBe(true);
    world.say(alice, 'four');
    world.run(5_000);
    expect(texts(other)).toEqual(['four']);
    expect(warnings(alice)).toContain('key-changed');
    expect(deliveredTo(alice)).toEqual([
      [1, 'bob'],
      [4, 'bob (not the bob that was known)'],
    ]);
    world.command(alice, { type: 'quit', drainTimeoutMs: 0 });
    expect(eventsOf(alice, 'undelivered').map(({ seq, to }) => [seq, to])).toEqual([
      [2, 'bob'],
      [3, 'bob'],
      [4, 'bob'],
    ]);
  });

  test('a key that answers at its address and then says nothing is sent nothing that waits', () => {
    const { world, alice, bob } = bobIsAway();
    const other = impostor(world, bob, 'bob');
    // The impostor's packets are lost once its handshake is done: nothing under the session's keys ever comes from there.
    world.link = (from, _to, bytes) => (from === 'impostor' && (bytes[0] ?? 0) >= 0x40 ? [] : [1]);
    world.run(120_000);
    expect(warnings(alice)).toContain('key-changed');
    expect(texts(other)).toEqual([]);
    expect(deliveredTo(alice)).toEqual([[1, 'bob']]);
  });

  test('a stranger elsewhere that takes its name gets nothing that waits, and the true one gets all when it is back', () => {
    const { world, alice, bob } = bobIsAway();
    const stranger = world.add('stranger', ['alice'], { ...open, name: 'bob' });
    stranger.address = { ip: '203.0.113.7', port: 5_000 };
    world.run(60_000, () => eventsOf(alice, 'peer-joined').length === 2);
    world.run(1_000);
    expect(texts(stranger)).toEqual([]);
    world.nodes.set('bob', bob);
    expect(world.run(120_000, () => texts(bob).length === 3)).toBe(true);
    expect(texts(bob)).toEqual(['one', 'two', 'three']);
    expect(eventsOf(alice, 'pinned').filter(({ name }) => name === 'bob')).toHaveLength(1);
  });

  test('once another key is accepted in its place, that key gets the lines that waited, under their own numbers', () => {
    const { world, alice, bob } = bobIsAway();
    const other = impostor(world, bob, 'bob');
    expect(world.run(60_000, () => eventsOf(alice, 'peer-joined').length === 2)).toBe(true);
    world.say(alice, 'four');
    world.run(5_000);
    world.command(alice, { type: 'accept', name: 'bob' });
    world.run(5_000);
    expect(texts(other)).toEqual(['four', 'two', 'three']);
    expect(deliveredTo(alice)).toEqual([
      [1, 'bob'],
      [4, 'bob (not the bob that was known)'],
      [2, 'bob'],
      [3, 'bob'],
    ]);
    expect(eventsOf(alice, 'pinned').at(-1)?.peerId).toBe(eventsOf(alice, 'peer-joined').at(-1)?.peerId);
    world.command(alice, { type: 'quit', drainTimeoutMs: 0 });
    expect(eventsOf(alice, 'undelivered')).toEqual([]);
    expect(eventsOf(alice, 'status')).toEqual([]);
  });

  test('to accept a name whose key has not changed is a mistake that changes nothing', () => {
    const { world, alice } = bobIsAway();
    world.command(alice, { type: 'accept', name: 'bob' });
    expect(warnings(alice)).toContain('nobody-to-accept');
  });
});

test('a key from an earlier run is the only one that gets the lines of the peer that was pinned to it', () => {
  const world = new NodeWorld();
  const bobKeys = nodeCrypto.generateKeyPair();
  const knownPeers = new Map([['bob', String(fingerprintOf(nodeCrypto, bobKeys.publicKey))]]);
  const alice = world.add('alice', ['bob'], { ...open, knownPeers });
  const other = world.add('bob', [], open);
  world.say(alice, 'for bob');
  world.run(5_000);
  expect(texts(other)).toEqual([]);
  expect(warnings(alice)).toContain('key-changed');
  world.nodes.delete('bob');
  const bob = world.add('bob', [], { ...open, identity: bobKeys });
  expect(world.run(180_000, () => texts(bob).length === 1)).toBe(true);
});

test('a peer that is configured by its key is met by that key alone, whatever it calls itself', () => {
  const world = new NodeWorld();
  const bobKeys = nodeCrypto.generateKeyPair();
  const fingerprint = fingerprintOf(nodeCrypto, bobKeys.publicKey);
  const peers = [{ label: 'bob', host: 'bob', port: 5_000, fingerprint }];
  const alice = world.add('alice', [], { ...open, peers });
  world.say(alice, 'for bob');
  const other = world.add('bob', [], open);
  world.run(5_000);
  expect(texts(other)).toEqual([]);
  other.address = { ip: '203.0.113.9', port: 1 };
  const bob = world.add('robert', ['alice'], { ...open, identity: bobKeys });
  expect(world.run(60_000, () => texts(bob).length === 1)).toBe(true);
  world.command(alice, { type: 'quit', drainTimeoutMs: 1_000 });
  world.run(2_000);
  expect(eventsOf(alice, 'closed')).toEqual([{ type: 'closed', undelivered: 0 }]);
});

test('one node under two addresses is owed each line once', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob', 'also-bob'], open);
  const bob = world.add('bob', [], open);
  world.nodes.set('also-bob', bob);
  world.say(alice, 'one');
  expect(world.run(20_000, () => eventsOf(alice, 'delivered').length > 0)).toBe(true);
  world.run(20_000);
  world.command(alice, { type: 'quit', drainTimeoutMs: 1_000 });
  world.run(2_000);
  expect(eventsOf(alice, 'delivered')).toHaveLength(1);
  expect(eventsOf(alice, 'undelivered')).toEqual([]);
});

test('an address that leads back to the node itself is said to, and owed nothing', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', ['alice', 'bob'], open);
  const bob = world.add('bob', [], open);
  world.say(alice, 'one');
  world.run(20_000);
  expect(texts(bob)).toEqual(['one']);
  expect(warnings(alice)).toContain('own-address');
  world.command(alice, { type: 'quit', drainTimeoutMs: 1_000 });
  world.run(2_000);
  expect(eventsOf(alice, 'undelivered')).toEqual([]);
});

describe('pins', () => {
  test('a name that was never spoken under belongs to nobody, however often it is taken', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', [], open);
    const mallory = world.add('mallory', ['alice'], open);
    world.run(1_000);
    for (let turn = 0; turn < 200; turn += 1) world.command(mallory, { type: 'rename', name: `m${turn}` });
    world.run(200 * renameIntervalMs);
    expect(eventsOf(alice, 'pinned')).toEqual([]);
    world.say(mallory, 'hello');
    world.run(1_000);
    expect(eventsOf(alice, 'pinned').map(({ name }) => name)).toEqual(['m199']);
  });

  test('one key has a bounded number of names', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', [], open);
    const mallory = world.add('mallory', ['alice'], open);
    world.run(1_000);
    for (let turn = 0; turn < 2 * pinsPerKeyMax; turn += 1) {
      world.command(mallory, { type: 'rename', name: `m${turn}` });
      world.say(mallory, `I am ${turn}`);
      world.run(200);
    }
    expect(eventsOf(alice, 'pinned')).toHaveLength(pinsPerKeyMax);
  });

  test('when all are taken, a warning says that further names raise no alarm', () => {
    const world = new NodeWorld();
    const knownPeers = new Map(
      Array.from({ length: pinnedNamesMax }, (_, index) => [`name ${index}`, `key ${index}`] as const),
    );
    const alice = world.add('alice', [], { ...open, knownPeers });
    const bob = world.add('bob', ['alice'], open);
    world.run(1_000);
    world.say(bob, 'one');
    world.run(1_000);
    world.say(bob, 'two');
    world.run(1_000);
    expect(warnings(alice)).toEqual(['pins-full']);
  });

  test('whoever is here under a name that another key speaks under first is shown as another', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', [], open);
    const first = world.add('sam', ['alice'], { ...open, name: 'sam' });
    const second = world.add('sam too', ['alice'], { ...open, name: 'sam' });
    world.run(3_000);
    world.say(first, 'I am sam');
    world.run(1_000);
    world.say(second, 'so am I');
    world.run(1_000);
    expect(eventsOf(alice, 'message').map(({ from }) => from)).toEqual([
      'sam',
      'sam (not the sam that was known)',
    ]);
    expect(eventsOf(alice, 'peer-renamed')).toHaveLength(1);
  });
});

describe('one key in two programs, as from a copied state', () => {
  /** Two that have the key of alice, each with what it said, and bob who talks to them in turn. */
  function copied(): { world: NodeWorld; bob: WorldNode; first: WorldNode; second: WorldNode } {
    const world = new NodeWorld();
    const identity = nodeCrypto.generateKeyPair();
    const first = world.add('first', ['bob'], { name: 'alice', identity });
    const bob = world.add('bob');
    for (const text of ['f1', 'f2', 'f3']) world.say(first, text);
    world.run(2_000);
    const second = world.add('second', ['bob'], { name: 'alice', identity });
    return { world, bob, first, second };
  }

  test('a receipt is believed only by the one whose lines it is for', () => {
    const world = new NodeWorld();
    const identity = nodeCrypto.generateKeyPair();
    const first = world.add('first', ['bob'], { name: 'alice', identity });
    const bob = world.add('bob', ['second']);
    bob.takes = false;
    for (const text of ['f1', 'f2', 'f3']) world.say(first, text);
    world.run(2_000);
    // The first falls silent; only then does bob's program take its lines, and bob dials the second with a receipt in hand.
    world.nodes.delete('first');
    world.run(60_000, () => eventsOf(bob, 'peer-left').length === 1);
    const [joined] = eventsOf(bob, 'peer-joined');
    if (joined === undefined) throw new Error('bob has met the first');
    world.command(bob, { type: 'taken', peerId: joined.peerId, seq: 3 });
    const second = world.add('second', [], { name: 'alice', identity });
    second.address = { ip: '192.0.2.9', port: 5_000 };
    world.run(60_000, () => eventsOf(second, 'peer-joined').length === 1);
    bob.takes = true;
    world.say(second, 's1');
    world.run(60_000);
    expect(texts(bob)).toEqual(['f1', 'f2', 'f3', 's1']);
    expect(deliveredTo(second)).toEqual([[1, 'bob']]);
    expect([...warnings(bob), ...warnings(second)]).toEqual(['unresolved', 'new-session']);
  });

  test('one key in two programs is an alarm for the peer of both, and for each of them', () => {
    const { world, bob, first, second } = copied();
    world.run(2_000);
    world.say(first, 'f4');
    world.run(120_000, () => warnings(bob).includes('key-in-use'));
    world.say(second, 's1');
    world.run(120_000, () => warnings(second).includes('key-in-use'));
    world.run(120_000);
    for (const node of [bob, first, second]) {
      const alarms = warnings(node).filter((code) => code === 'key-in-use');
      expect({ name: node.name, alarms }).toEqual({ name: node.name, alarms: ['key-in-use'] });
    }
  });

  test('one key in two programs is an alarm where one of them meets the other', () => {
    const world = new NodeWorld();
    const identity = nodeCrypto.generateKeyPair();
    const first = world.add('first', ['second'], { identity });
    world.add('second', [], { identity });
    world.run(60_000);
    expect(warnings(first)).toEqual(['key-in-use']);
  });

  test('a program that is started again with its key raises no alarm', () => {
    const { world, bob, first, second } = copied();
    world.nodes.delete('first');
    second.address = first.address;
    world.say(second, 's1');
    world.run(120_000);
    expect(texts(bob)).toContain('s1');
    expect([...warnings(bob), ...warnings(second)]).not.toContain('key-in-use');
  });
});

test('lines that a replaced peer had still to bring are told as lost only unless it comes back, and come if it does', () => {
  const world = new NodeWorld();
  const lab = { acceptsChangedKeys: true };
  const alice = world.add('alice', ['bob'], lab);
  const bob = world.addDurable('bob', ['alice'], lab);
  const said = ['b1', 'b2', 'b3'].map((text) => text.padEnd(2_000, '.'));
  for (const text of said) world.say(bob, text);
  // What tells where bob's log ends arrives, and no piece of a line does.
  world.link = (from, _to, bytes) => (from === 'bob' && bytes[0] === 0x40 && bytes.length > 500 ? [] : [1]);
  world.run(2_000);
  world.kill(bob);
  const other = world.add('bob', [], { ...lab, identity: nodeCrypto.generateKeyPair() });
  other.address = bob.address;
  world.link = () => [1];
  expect(world.run(60_000, () => warnings(alice).includes('lines-missed'))).toBe(true);
  const missed = eventsOf(alice, 'warning').find(({ code }) => code === 'lines-missed');
  expect([missed?.count, missed?.message]).toEqual([3, expect.stringContaining('unless it comes back')]);
  world.kill(other);
  world.restart(bob);
  expect(world.run(60_000, () => texts(alice).length === 3)).toBe(true);
  expect(texts(alice)).toEqual(said);
  expect(warnings(alice).filter((code) => code === 'lines-missed')).toHaveLength(1);
});

test('where changed keys are accepted, a new key takes the place of one that only seems to be here, as soon as that is gone', () => {
  const world = new NodeWorld();
  const lab = { acceptsChangedKeys: true };
  const alice = world.add('alice', ['bob'], lab);
  const bob = world.add('bob', ['alice'], lab);
  world.run(500);
  world.say(alice, 'one');
  world.say(bob, 'b1');
  world.run(1_000);
  world.nodes.delete('bob');
  world.say(alice, 'two');
  const other = world.add('bob', ['alice'], { ...lab, identity: nodeCrypto.generateKeyPair() });
  other.address = bob.address;
  expect(world.run(10_000, () => eventsOf(alice, 'peer-left').length === 1)).toBe(true);
  expect(warnings(alice)).toEqual(['key-changed', 'new-session']);
  world.command(alice, { type: 'quit', drainTimeoutMs: 0 });
  expect([texts(other), eventsOf(alice, 'undelivered')]).toEqual([['two'], []]);
});
