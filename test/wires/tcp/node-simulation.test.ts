/** Several cores of wire `tcp` in virtual time: what holds whatever the order of events and the latencies. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { sourcePorts } from '../../../src/wires/tcp/pairing.ts';
import { TcpWorld, type VirtualNode } from '../../support/tcp-world.ts';

const ALICE_AT = { ip: '10.0.0.2', port: 5000 };
const BOB_AT = { ip: '10.0.0.10', port: 5000 };
const CAROL_AT = { ip: '10.0.0.10', port: 5001 };
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

const texts = (who: string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `${who} ${from + index}${'.'.repeat((index * 37) % 200)}`);

function pair(seed: number): { world: TcpWorld; alice: VirtualNode; bob: VirtualNode } {
  const world = new TcpWorld(seed);
  return { world, alice: world.add('alice', ALICE_AT), bob: world.add('bob', BOB_AT) };
}

/** Starts both, each within 100 ms, and lets both speak from their first moment on. */
function startBoth(world: TcpWorld, alice: VirtualNode, bob: VirtualNode): void {
  world.after(world.random.fraction() * 100, () => alice.start([bob.target]));
  world.after(world.random.fraction() * 100, () => bob.start([alice.target]));
}

/** Says each line at some moment of the next `ms`, in order. */
function sayOver(world: TcpWorld, node: VirtualNode, lines: readonly string[], ms: number): void {
  const times = lines.map(() => world.random.fraction() * ms).toSorted((a, b) => a - b);
  for (const [index, text] of lines.entries()) world.after(times[index] ?? 0, () => node.say(text));
}

test('two nodes that dial each other end with exactly one connection, and each line comes once and in order', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { world, alice, bob } = pair(seed);
      startBoth(world, alice, bob);
      world.pass(101);
      sayOver(world, alice, texts('a', 60), 400);
      sayOver(world, bob, texts('b', 60), 400);
      world.pass(20_000);
      expect(world.connections()).toEqual(['alice-bob']);
      for (const [node, peer] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        expect(node.heardFrom(peer.label)).toEqual(texts(peer.label.charAt(0), 60));
        expect(new Set(node.refs('sent'))).toEqual(new Set(texts(node.label.charAt(0), 60)));
        expect(node.of('undelivered')).toEqual([]);
        // The second of two dials may come after the first was given up: then the peer leaves for a moment.
        expect(node.of('peer-joined').length - node.of('peer-left').length).toBe(1);
      }
    }),
    { numRuns: 150 },
  );
});

test('ports that other programs have taken from either side make no second connection, and double no line', () => {
  fc.assert(
    fc.property(seeds, fc.nat(8), fc.nat(7), (seed, takenFromAlice, takenFromBob) => {
      const { world, alice, bob } = pair(seed);
      alice.takenPorts = sourcePorts(ALICE_AT.port).slice(0, takenFromAlice);
      bob.takenPorts = sourcePorts(BOB_AT.port).slice(0, takenFromBob);
      startBoth(world, alice, bob);
      world.pass(101);
      sayOver(world, alice, texts('a', 20), 400);
      sayOver(world, bob, texts('b', 20), 400);
      world.pass(20_000);
      expect(world.connections()).toEqual(['alice-bob']);
      expect(alice.heardFrom('bob')).toEqual(texts('b', 20));
      expect(bob.heardFrom('alice')).toEqual(texts('a', 20));
      expect([...alice.of('undelivered'), ...bob.of('undelivered')]).toEqual([]);
      for (const node of [alice, bob])
        expect(new Set(node.of('peer-joined').map(({ name }) => name)).size).toBe(1);
    }),
    { numRuns: 100 },
  );
});

test('three nodes form a full mesh: one connection a pair, every line at each of the others, under its name', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const world = new TcpWorld(seed);
      // Two of them share a host, so that only their ports tell them apart.
      const nodes = [world.add('alice', ALICE_AT), world.add('bob', BOB_AT), world.add('carol', CAROL_AT)];
      for (const node of nodes)
        world.after(world.random.fraction() * 100, () =>
          node.start(nodes.filter((other) => other !== node).map(({ target }) => target)),
        );
      world.pass(101);
      for (const node of nodes) sayOver(world, node, texts(node.label, 30), 300);
      world.pass(20_000);
      expect(world.connections().toSorted()).toEqual(['alice-bob', 'alice-carol', 'bob-carol']);
      for (const node of nodes)
        for (const other of nodes) {
          const expected = other === node ? [] : texts(other.label, 30);
          expect(node.heardFrom(other.label)).toEqual(expected);
        }
      expect(nodes.flatMap((node) => node.of('undelivered'))).toEqual([]);
    }),
    { numRuns: 60, examples: [[44888741]] },
  );
});

test('a killed node that starts again is met again, on one connection, and hears every line said since', () => {
  fc.assert(
    fc.property(seeds, fc.boolean(), (seed, killLower) => {
      const { world, alice, bob } = pair(seed);
      startBoth(world, alice, bob);
      world.pass(5_000);
      const [killed, survivor] = killLower ? [alice, bob] : [bob, alice];
      killed.kill();
      world.after(world.random.fraction() * 3_000, () => killed.restart());
      world.pass(10_000);
      expect(world.connections()).toEqual(['alice-bob']);
      survivor.say(...texts('again', 20));
      killed.say(...texts('back', 20));
      world.pass(5_000);
      expect(killed.heardFrom(survivor.label)).toEqual(texts('again', 20));
      expect(survivor.heardFrom(killed.label)).toEqual(texts('back', 20));
      expect(survivor.of('peer-left')).not.toEqual([]);
    }),
    { numRuns: 80 },
  );
});

test('lines said while the peer is away wait for it', () => {
  const { world, alice, bob } = pair(1);
  alice.start([bob.target]);
  world.pass(3_000);
  alice.say(...texts('early', 10));
  world.pass(3_000);
  expect(alice.of('queued')).toHaveLength(10);
  bob.start([]);
  world.pass(10_000);
  // Bob knows nobody: alice is a guest there, under her address.
  expect(bob.events.flatMap((event) => (event.type === 'message' ? [event.text] : []))).toEqual(
    texts('early', 10),
  );
  bob.say('hello guest');
  world.pass(100);
  expect(alice.heardFrom('bob')).toEqual(['hello guest']);
});

test('when a connection is cut, each line arrives or is reported as undelivered, and none arrives twice or out of order', () => {
  const total = { reported: 0 };
  fc.assert(
    fc.property(seeds, (seed) => {
      const { world, alice, bob } = pair(seed);
      startBoth(world, alice, bob);
      world.pass(2_000);
      sayOver(world, alice, texts('a', 200), 1_000);
      sayOver(world, bob, texts('b', 200), 1_000);
      for (let cuts = 0; cuts < 3; cuts += 1) world.after(world.random.fraction() * 1_000, () => alice.cut());
      world.pass(30_000);
      expect(world.connections()).toEqual(['alice-bob']);
      for (const [from, to, name] of [
        [alice, bob, 'a'],
        [bob, alice, 'b'],
      ] as const) {
        const said = texts(name, 200);
        const heard = to.heardFrom(from.label);
        const reported = from.refs('undelivered');
        total.reported += reported.length;
        expect(heard).toEqual(said.filter((text) => heard.includes(text)));
        expect(said.filter((text) => !heard.includes(text) && !reported.includes(text))).toEqual([]);
        expect(said.filter((text) => from.refs('sent').includes(text) === reported.includes(text))).toEqual(
          [],
        );
      }
    }),
    { numRuns: 60 },
  );
  // Otherwise no cut has ever struck anything, and the above says nothing.
  expect(total.reported).toBeGreaterThan(0);
});

test('a reader that stalls holds the sender back; when it goes on, every line comes once and in order', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { world, alice, bob } = pair(seed);
      startBoth(world, alice, bob);
      world.pass(2_000);
      bob.stall();
      const lines = Array.from({ length: 150 }, (_, index) => `${index} `.padEnd(20_000, 'x'));
      alice.say(...lines);
      world.pass(10_000);
      const heard = bob.heardFrom('alice').length;
      // 3 MB said: what bob holds, both kernels, alice's connection and her send queue don't hold all of it.
      expect(heard).toBeLessThan(60);
      expect(alice.of('queued').length).toBeLessThan(lines.length);
      bob.unstall();
      world.pass(10_000);
      expect(bob.heardFrom('alice')).toEqual(lines);
      expect(alice.of('queued')).toHaveLength(lines.length);
    }),
    { numRuns: 5 },
  );
});

test('quit says what is owed, then goodbye; the other side hears it all and sees the node leave', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { world, alice, bob } = pair(seed);
      startBoth(world, alice, bob);
      world.pass(2_000);
      alice.say(...texts('last', 50));
      alice.quit(10_000);
      bob.say(...texts('reply', 5));
      world.pass(5_000);
      expect(alice.events.at(-1)).toEqual({ type: 'closed', undelivered: 0 });
      expect(bob.heardFrom('alice')).toEqual(texts('last', 50));
      expect(bob.of('peer-left')).toHaveLength(bob.of('peer-joined').length);
      expect(world.connections()).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('redials come after growing pauses with jitter, and start over after a connection', () => {
  const { world, alice, bob } = pair(7);
  alice.start([bob.target]);
  // Nobody answers and nobody refuses slowly: the pauses between dials are those of the back-off, and the network's.
  world.pass(60_000);
  const gaps = alice.dials.slice(1).map((at, index) => at - (alice.dials[index] ?? 0));
  expect(gaps.length).toBeGreaterThan(8);
  expect(gaps.slice(0, 2).every((gap) => gap < 700 || gap > 5_000)).toBe(true);
  expect(gaps.at(-1)).toBeGreaterThan(3_000);
  expect(new Set(gaps.map(Math.round)).size).toBeGreaterThan(gaps.length / 2);
  bob.start([]);
  world.pass(12_000);
  expect(world.connections()).toEqual(['alice-bob']);
  const dialsBefore = alice.dials.length;
  bob.kill();
  const killedAt = world.now;
  world.pass(1_000);
  expect(alice.dials.length).toBeGreaterThan(dialsBefore);
  expect((alice.dials[dialsBefore] ?? Infinity) - killedAt).toBeLessThan(400);
});
