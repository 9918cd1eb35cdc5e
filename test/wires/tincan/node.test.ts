import { Bbr } from '../../../src/wires/tincan/delivery/bbr.ts';
import type { MakeController } from '../../../src/wires/tincan/delivery/congestion.ts';
import { NewReno } from './delivery/newreno.ts';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  ackAfterPackets,
  followerReserveBytes,
  incomingReserveBytes,
  logMaxBytes,
  logStartBytes,
  rejectAfterMs,
  waitingSaysMaxBytes,
} from '../../../src/wires/tincan/limits.ts';
import { lineMaxBytes } from '../../../src/kernel/limits.ts';
import { NodeWorld, eventsOf, faulty, texts } from './node-world.ts';
import { seededCrypto } from '../../support/seeded-crypto.ts';
import type { WorldNode } from './node-world.ts';

const warnings = (node: WorldNode): readonly string[] => eventsOf(node, 'warning').map(({ code }) => code);
const datagramsOf = (node: WorldNode): readonly Uint8Array[] =>
  node.node.drain().flatMap((output) => (output.type === 'datagram' ? [output.bytes] : []));

describe('two nodes', () => {
  test('two nodes meet, hear each other, and know that the other program has taken the line', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob', ['alice']);
    world.say(alice, 'hello', 'a1');
    world.run(1_000);
    world.say(bob, 'hi', 'b1');
    world.run(1_000);
    expect([texts(bob), texts(alice)]).toEqual([['hello'], ['hi']]);
    expect(alice.events.map(({ type }) => type)).toEqual([
      'queued',
      'sent',
      'peer-joined',
      'pinned',
      'delivered',
      'message',
    ]);
    expect(eventsOf(alice, 'delivered')).toMatchObject([{ ref: 'a1', seq: 1, to: 'bob' }]);
  });

  test('a receipt waits for the program, and the credit with it: memory stays bounded, and nothing is lost', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob', ['alice']);
    bob.takes = false;
    world.run(1_000);
    for (let line = 0; line < 1_500; line += 1) world.say(alice, `${line} ${'x'.repeat(1_000)}`);
    world.run(10_000);
    expect(eventsOf(alice, 'delivered')).toEqual([]);
    // The log is full: the rest is not even queued.
    expect(eventsOf(alice, 'queued').length).toBeLessThan(logStartBytes / 1_000);
    expect(texts(bob).length).toBeLessThan(260);
    bob.takes = true;
    const last = eventsOf(bob, 'message').at(-1);
    if (last === undefined) throw new Error('bob has heard something');
    world.command(bob, { type: 'taken', peerId: last.peerId, seq: last.seq });
    expect(world.run(60_000, () => eventsOf(alice, 'delivered').length === 1_500)).toBe(true);
    expect(texts(bob).map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: 1_500 }, (_, line) => line),
    );
  });
});

describe('a line said before the handshake', () => {
  /** First bytes of the datagrams that alice sends, up to the one that brings her line. */
  function sentBefore(text: string): { readonly types: readonly number[]; readonly heardAfterMs: number } {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    const types: number[] = [];
    world.link = (from, _to, bytes) => {
      if (from === 'alice') types.push(bytes[0] ?? 0);
      return [100];
    };
    world.say(alice, text);
    const startedAt = world.now;
    expect(world.run(1_000, () => texts(bob).length === 1)).toBe(true);
    return { types, heardAfterMs: world.now - startedAt };
  }

  test('a line said before the handshake goes along with message 3, after one round trip', () => {
    expect(sentBefore('hello')).toEqual({ types: [0x01, 0x03], heardAfterMs: 300 });
  });

  test('a line said before the handshake follows message 3, where it fills a packet', () => {
    expect(sentBefore('x'.repeat(1_090))).toEqual({ types: [0x01, 0x03, 0x40], heardAfterMs: 300 });
  });

  test('a line said before the handshake is heard as soon, where the first datagram with message 3 is lost and the next is not', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    let finishes = 0;
    world.link = (from, _to, bytes) => {
      if (from === 'alice' && bytes[0] === 0x03) finishes += 1;
      return bytes[0] === 0x03 && finishes === 1 ? [] : [20];
    };
    world.run(50);
    world.say(alice, 'hello');
    // Sooner than message 3 is repeated.
    expect(world.run(200, () => texts(bob).length === 1)).toBe(true);
  });
});

describe('many and large lines', () => {
  test('a line of the largest size arrives whole; a larger one is refused, in its turn', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.say(alice, 'é'.repeat(lineMaxBytes / 2), 'largest');
    world.say(alice, 'x'.repeat(lineMaxBytes + 1), 'too-large');
    world.say(alice, '\uD83D', 'broken');
    world.say(alice, '', 'empty');
    world.run(5_000);
    expect(texts(bob)).toEqual(['é'.repeat(lineMaxBytes / 2), '']);
    const answers = alice.events.filter(({ type }) => type === 'queued' || type === 'refused');
    expect(answers).toMatchObject([
      { type: 'queued', ref: 'largest', seq: 1 },
      { type: 'refused', ref: 'too-large', code: 'line-too-long' },
      { type: 'refused', ref: 'broken', code: 'not-unicode' },
      { type: 'queued', ref: 'empty', seq: 2 },
    ]);
  });

  test('lines that come together share a packet, the first one too', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    world.add('bob');
    world.run(500);
    for (const more of [true, true, false]) {
      expect(alice.node.drain().filter(({ type }) => type === 'datagram')).toEqual([]);
      const command = { type: 'say', text: 'hi', ref: undefined } as const;
      alice.node.handle({ type: 'command', command, more }, world.now);
    }
    const outputs = alice.node.drain();
    expect(outputs.filter(({ type }) => type === 'datagram')).toHaveLength(1);
    const told = outputs.flatMap((output) => (output.type === 'event' ? [output.event.type] : []));
    expect(told).toEqual(['queued', 'queued', 'queued', 'sent', 'sent', 'sent']);
  });

  test.each([
    ['are answered once', -1, 1],
    ['are answered more often where one is missing: a path that loses packets loses acks, too', 2, 2],
  ])('packets that come together %s', (_what, missing, answers) => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob');
    world.run(500);
    const bytes = new Uint8Array(Buffer.from(`${'x'.repeat(999)}\n`.repeat(60)));
    alice.node.handle({ type: 'command', command: { type: 'say-lines', bytes, count: 60 } }, world.now);
    const packets = datagramsOf(alice);
    expect(packets.length).toBeGreaterThan(ackAfterPackets);
    for (const packet of packets.toSpliced(missing, missing < 0 ? 0 : 1)) {
      bob.node.handle({ type: 'datagram', from: alice.address, bytes: packet, more: true }, world.now);
    }
    bob.node.handle({ type: 'timeout' }, world.now);
    expect(datagramsOf(bob)).toHaveLength(answers);
  });

  test('20,000 lines at once each way arrive complete and in order, many to a packet', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob', ['alice']);
    world.run(500);
    const said = Array.from({ length: 20_000 }, (_, line) => `line ${line}`);
    for (const text of said) {
      alice.node.handle({ type: 'command', command: { type: 'say', text, ref: undefined } }, world.now);
      bob.node.handle({ type: 'command', command: { type: 'say', text, ref: undefined } }, world.now);
    }
    let heard = 0;
    world.onEvent = (_node, event) => {
      if (event.type === 'message') heard += 1;
    };
    expect(world.run(120_000, () => heard === 2 * said.length)).toBe(true);
    expect(texts(alice)).toEqual(said);
    expect(texts(bob)).toEqual(said);
    expect(alice.datagrams).toBeLessThan(said.length / 5);
  });
});

describe('the promise', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'the promise holds under loss, duplication and reordering (seed %i)',
    (seed) => {
      const world = new NodeWorld(seed);
      const crypto = seededCrypto(world.random);
      const control: MakeController = (path) => (seed % 2 === 0 ? new Bbr(path) : new NewReno(path));
      const alice = world.add('alice', ['bob'], { crypto, control });
      const bob = world.add('bob', ['alice'], { crypto, control });
      world.link = faulty(world, { loss: seed / 15, duplicates: 0.1, delayMs: 20, jitterMs: 60 });
      const said = Array.from(
        { length: 60 },
        (_, line) => `${line} ${'x'.repeat(Math.floor(world.random.fraction() ** 4 * 20_000))}`,
      );
      for (const text of said) {
        world.say(alice, text);
        world.say(bob, text);
        world.run(world.random.fraction() * 40);
      }
      world.run(20_000);
      world.link = () => [5];
      world.run(
        60_000,
        () => eventsOf(alice, 'delivered').length === 60 && eventsOf(bob, 'delivered').length === 60,
      );
      expect(texts(bob)).toEqual(said);
      expect(texts(alice)).toEqual(said);
      expect(eventsOf(alice, 'delivered').map(({ seq }) => seq)).toEqual(said.map((_, line) => line + 1));
    },
  );
});

describe('the promise, over time,', () => {
  test.each([
    ['both ways', () => []],
    ['one way', (from: string) => (from === 'alice' ? [5] : [])],
  ])('the promise holds across a partition %s that outlives the session', (_which, link) => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob', ['alice']);
    const said: string[] = [];
    const sayBoth = (): void => {
      said.push(`line ${said.length}`);
      world.say(alice, said.at(-1) ?? '');
      world.say(bob, said.at(-1) ?? '');
    };
    world.run(500);
    sayBoth();
    world.run(500);
    world.link = link;
    for (let line = 0; line < 100; line += 1) {
      sayBoth();
      world.run((2 * rejectAfterMs) / 100);
    }
    expect(eventsOf(alice, 'peer-left')).toHaveLength(1);
    world.link = () => [5];
    expect(
      world.run(60_000, () => texts(alice).length === said.length && texts(bob).length === said.length),
    ).toBe(true);
    expect([texts(alice), texts(bob)]).toEqual([said, said]);
    expect(warnings(alice)).toEqual([]);
  });

  test('the promise holds across many changes of keys, which nobody notices', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob', ['alice']);
    world.link = faulty(world, { loss: 0.1, delayMs: 20, jitterMs: 20 });
    const said: string[] = [];
    for (let second = 0; second < 900; second += 1) {
      said.push(`second ${second}`);
      world.say(alice, said.at(-1) ?? '');
      world.run(1_000);
    }
    world.run(5_000);
    expect(texts(bob)).toEqual(said);
    expect([eventsOf(alice, 'peer-left'), eventsOf(bob, 'peer-joined').length]).toEqual([[], 1]);
  });

  test('the promise holds when a peer changes its address in the middle of a conversation', () => {
    const world = new NodeWorld();
    const alice = world.add('alice');
    const bob = world.add('bob', ['alice']);
    world.run(500);
    world.say(alice, 'before');
    world.run(500);
    bob.address = { ip: '192.0.2.77', port: 6_000 };
    world.say(bob, 'moved');
    world.run(500);
    world.say(alice, 'after');
    world.run(500);
    expect([texts(alice), texts(bob)]).toEqual([['moved'], ['before', 'after']]);
    world.command(alice, { type: 'status' });
    expect(eventsOf(alice, 'status')[0]?.peers[0]).toMatchObject({
      name: 'bob',
      state: 'open',
      address: bob.address,
    });
  });
});

describe('a peer that is started anew without its state', () => {
  test.each([
    ['after a goodbye', true],
    ['after it was killed', false],
  ])(
    'when a peer is started anew without its state, %s, the faces say so, and it gets what was said meanwhile',
    (_how, isPolite) => {
      const world = new NodeWorld();
      const alice = world.add('alice', ['bob'], { acceptsChangedKeys: true });
      const before = world.add('bob', ['alice']);
      world.run(500);
      world.say(alice, 'one');
      world.say(before, 'b1');
      world.run(500);
      if (isPolite) world.command(before, { type: 'quit', drainTimeoutMs: 0 });
      world.run(50);
      world.nodes.delete('bob');
      world.say(alice, 'two');
      world.run(3_000);
      const after = world.add('bob', ['alice']);
      after.address = before.address;
      world.run(1_000);
      world.say(alice, 'three');
      world.say(after, 'b2');
      world.run(10_000);
      expect([texts(before), texts(after), texts(alice)]).toEqual([['one'], ['two', 'three'], ['b1', 'b2']]);
      // After a goodbye that soon, alice looks for bob a second later, when his name is gone.
      const told = isPolite ? ['key-changed', 'new-session', 'unresolved'] : ['key-changed', 'new-session'];
      expect(warnings(alice).toSorted()).toEqual(told);
      expect(eventsOf(alice, 'undelivered')).toEqual([]);
    },
  );
});

test('one address is enough to join a room: members introduce each other', () => {
  const world = new NodeWorld();
  const alice = world.add('alice');
  const others = ['bob', 'carol', 'dave'].map((name) => world.add(name, ['alice']));
  const all = [alice, ...others];
  world.run(5_000);
  for (const node of all) world.say(node, `I am ${node.name}`);
  world.run(1_000);
  for (const node of all) {
    const expected = all.filter((other) => other !== node).map((other) => `I am ${other.name}`);
    expect(texts(node).toSorted()).toEqual(expected.toSorted());
  }
});

test('two members that move at once find each other again, by the word of a third', () => {
  const world = new NodeWorld();
  const bob = world.add('bob');
  const alice = world.add('alice', ['bob']);
  const carol = world.add('carol', ['bob']);
  world.run(5_000);
  alice.address = { ip: '192.0.2.101', port: 5_000 };
  carol.address = { ip: '192.0.2.103', port: 5_000 };
  world.say(alice, 'I have moved');
  world.say(carol, 'so have I');
  expect(world.run(80_000, () => texts(carol).length === 1 && texts(alice).length === 1)).toBe(true);
  expect(texts(bob).toSorted()).toEqual(['I have moved', 'so have I']);
});

test('a name without an address is warned of once, until it has had one', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob']);
  world.run(60_000);
  expect(warnings(alice)).toEqual(['unresolved']);
  world.add('bob');
  expect(world.run(60_000, () => eventsOf(alice, 'peer-joined').length === 1)).toBe(true);
  expect(warnings(alice)).toEqual(['unresolved']);
});

describe('quit', () => {
  test('quit waits for what is owed, and says goodbye', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob']);
    const bob = world.add('bob', ['alice']);
    world.run(500);
    world.link = () => [400];
    world.say(alice, 'last words');
    world.command(alice, { type: 'quit', drainTimeoutMs: 5_000 });
    world.run(5_000);
    expect(texts(bob)).toEqual(['last words']);
    expect(alice.events.at(-1)).toEqual({ type: 'closed', undelivered: 0 });
    expect(eventsOf(bob, 'peer-left')).toMatchObject([{ name: 'alice', reason: 'it said goodbye' }]);
    expect(alice.node.deadline()).toBeUndefined();
  });

  test('quit reports what nobody got, once the time is up', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['nobody']);
    world.say(alice, 'hello?', 'r1');
    world.command(alice, { type: 'quit', drainTimeoutMs: 2_000 });
    world.run(1_999);
    expect(eventsOf(alice, 'closed')).toEqual([]);
    world.run(1);
    expect(eventsOf(alice, 'undelivered')).toMatchObject([{ ref: 'r1', seq: 1, to: 'nobody' }]);
    expect(alice.events.at(-1)).toEqual({ type: 'closed', undelivered: 1 });
  });
});

test('a node that is alone reports each line as undelivered, and counts all of them at the end', () => {
  const world = new NodeWorld();
  const alice = world.add('alice');
  world.say(alice, 'anybody?', 'r1');
  expect(alice.events.map(({ type }) => type)).toEqual(['queued', 'undelivered']);
  expect(eventsOf(alice, 'undelivered')[0]?.to).toBeUndefined();
  world.say(alice, 'nobody?', 'r2');
  world.command(alice, { type: 'quit', drainTimeoutMs: 5_000 });
  expect(alice.events.at(-1)).toEqual({ type: 'closed', undelivered: 2 });
});

test('a line that two peers left without counts once at the end, as does one that was said when all had left', () => {
  const world = new NodeWorld();
  const alice = world.add('alice');
  const others = ['bob', 'carol'].map((name) => world.add(name, ['alice']));
  world.run(5_000);
  for (const other of others) other.takes = false;
  world.say(alice, 'wait');
  world.run(1_000);
  for (const other of others) world.command(other, { type: 'quit', drainTimeoutMs: 0 });
  world.run(1_000);
  expect(eventsOf(alice, 'undelivered').map(({ seq, to }) => `${seq} to ${to}`)).toEqual([
    '1 to bob',
    '1 to carol',
  ]);
  world.say(alice, 'gone');
  world.command(alice, { type: 'quit', drainTimeoutMs: 5_000 });
  expect(alice.events.at(-1)).toEqual({ type: 'closed', undelivered: 2 });
});

test('a node with another room key meets silence: not one datagram comes in answer', () => {
  const world = new NodeWorld();
  const alice = world.add('alice');
  const mallory = world.add('mallory', ['alice'], { roomKey: new Uint8Array(32).fill(8) });
  world.run(60_000);
  expect(mallory.datagrams).toBeGreaterThan(3);
  expect(alice.datagrams).toBe(0);
  expect(eventsOf(mallory, 'peer-joined')).toEqual([]);
});

describe('a node whose memory is full', () => {
  const ownBytes = logMaxBytes + waitingSaysMaxBytes;
  const peerBytes = incomingReserveBytes + followerReserveBytes;

  test('a node whose memory is full takes in what it has room for, acknowledges nothing else, and loses nothing', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', [], { memoryMaxBytes: ownBytes + 2 * peerBytes });
    const bob = world.add('bob', ['alice']);
    const carol = world.add('carol', ['alice']);
    alice.takes = false;
    world.run(1_000);
    const said = Array.from({ length: 40 }, (_, line) => `${line} ${'x'.repeat(10_000)}`);
    for (const text of said) world.say(bob, text);
    for (const text of said) world.say(carol, text);
    world.run(60_000);
    expect(texts(alice).length).toBeLessThan((2 * incomingReserveBytes) / 10_000);
    expect(alice.node.account.memoryBytes).toBeLessThanOrEqual(ownBytes + 2 * peerBytes);
    // Nobody takes it for gone because it acknowledges nothing.
    expect([...eventsOf(bob, 'peer-left'), ...eventsOf(carol, 'peer-left')]).toEqual([]);
    alice.takes = true;
    const latest = new Map(eventsOf(alice, 'message').map(({ peerId, seq }) => [peerId, seq]));
    for (const [peerId, seq] of latest) world.command(alice, { type: 'taken', peerId, seq });
    expect(world.run(60_000, () => texts(alice).length === 2 * said.length)).toBe(true);
    const from = (name: string): string[] =>
      eventsOf(alice, 'message').flatMap(({ from: speaker, text }) => (speaker === name ? [text] : []));
    expect([from('bob'), from('carol')]).toEqual([said, said]);
  });

  test('two nodes whose memory is full send each other few datagrams of what they have to say, until they have room', () => {
    const world = new NodeWorld();
    // So short a way that each answer comes before anything else can happen.
    world.link = () => [0.05];
    const settings = { memoryMaxBytes: ownBytes + peerBytes };
    const both = [world.add('alice', [], settings), world.add('bob', ['alice'], settings)];
    world.run(1_000);
    for (const node of both) node.takes = false;
    const said = Array.from({ length: 100 }, (_, line) => `${line} ${'x'.repeat(4_000)}`);
    for (const text of said) for (const node of both) world.say(node, text);
    world.run(1_000);
    const datagrams = (): number => both.reduce((sum, node) => sum + node.datagrams, 0);
    const before = datagrams();
    // From each side in a second: a sign of life, its ack, and what is sent again because of that.
    expect(world.run(60_000, () => datagrams() - before > 60 * 2 * 5)).toBe(false);
    expect(both.flatMap((node) => eventsOf(node, 'peer-left'))).toEqual([]);
    for (const node of both) {
      node.takes = true;
      for (const { peerId, seq } of eventsOf(node, 'message').slice(-1))
        world.command(node, { type: 'taken', peerId, seq });
    }
    expect(world.run(10_000, () => both.every((node) => texts(node).length === said.length))).toBe(true);
    for (const node of both) expect(texts(node)).toEqual(said);
  });

  test('a node whose memory is full lets nobody in for whom it has no room, until somebody leaves', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', [], { memoryMaxBytes: ownBytes + peerBytes });
    const bob = world.add('bob', ['alice']);
    world.run(1_000);
    const carol = world.add('carol', ['alice']);
    world.say(carol, 'who is there?');
    world.run(60_000);
    expect(eventsOf(alice, 'peer-joined').map(({ name }) => name)).toEqual(['bob']);
    world.command(bob, { type: 'quit', drainTimeoutMs: 0 });
    expect(world.run(60_000, () => texts(alice).length === 1)).toBe(true);
  });
});

test('whatever datagrams come amid a conversation, from whomever, nothing is thrown, and the conversation goes on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(2), fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 1_300 })), {
        maxLength: 40,
      }),
      fc.nat(),
      (attacks, seed) => {
        const world = new NodeWorld(seed);
        const alice = world.add('alice', ['bob']);
        const bob = world.add('bob', ['alice']);
        const seen: Uint8Array[] = [];
        world.link = (_from, _to, bytes) => {
          seen.push(bytes);
          return [1];
        };
        world.run(200);
        for (const [kind, place, value, random] of attacks) {
          const recorded = seen[place % seen.length] ?? random;
          const changed = recorded.slice(0, kind === 2 ? value % (recorded.length + 1) : recorded.length);
          if (changed.length > 0) changed[value % changed.length] = place & 0xff;
          const bytes = kind === 0 ? random : changed;
          const from = place % 2 === 0 ? bob.address : { ip: '198.51.100.7', port: 7 };
          alice.node.handle({ type: 'datagram', from, bytes }, world.now);
          world.say(alice, 'still here');
          world.run(5);
        }
        world.say(bob, 'and so am I');
        world.run(2_000);
        expect(texts(alice)).toEqual(['and so am I']);
        expect(texts(bob)).toHaveLength(attacks.length);
      },
    ),
    { numRuns: 25 },
  );
});
