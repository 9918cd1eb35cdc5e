/** Nodes that know nobody, on one local network in virtual time. */
import { expect, test } from '@jest/globals';
import { encodeAnnouncement } from '../../../../src/wires/tincan/codec/datagram.ts';
import { RoomMac } from '../../../../src/wires/tincan/handshake/strangers.ts';
import {
  announceMaxMs,
  announcersMax,
  introducedAttemptsMax,
  introducedDialsPerPeerMax,
} from '../../../../src/wires/tincan/limits.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { NodeWorld, eventsOf } from '../node-world.ts';
import type { WorldNode } from '../node-world.ts';

const roomKey = new Uint8Array(32).fill(7);
const announcing = { discovers: true };

/** A world, and what was sent in it: each datagram's type, and between whom. */
function listened(): {
  readonly world: NodeWorld;
  readonly sent: { from: string; to: string; bytes: Uint8Array }[];
} {
  const world = new NodeWorld();
  const sent: { from: string; to: string; bytes: Uint8Array }[] = [];
  world.link = (from, to, bytes) => {
    sent.push({ from, to, bytes });
    return [1];
  };
  return { world, sent };
}

const joinedBy = (node: WorldNode): readonly string[] =>
  eventsOf(node, 'peer-joined').map(({ name }) => name);

test('three nodes that were told of nobody find each other, each pair by one session', () => {
  const { world, sent } = listened();
  const [alice, bob] = [world.add('alice', [], announcing), world.add('bob', [], announcing)];
  world.run(100);
  expect([joinedBy(alice), joinedBy(bob)]).toEqual([['bob'], ['alice']]);
  world.run(30_000);
  const carol = world.add('carol', [], announcing);
  world.run(100);
  expect(new Set(joinedBy(carol))).toEqual(new Set(['alice', 'bob']));
  const before = sent.filter(({ bytes }) => bytes[0] === 1).length;
  world.run(5 * announceMaxMs, () => false);
  const rekeys = sent.filter(({ bytes }) => bytes[0] === 1).length - before;
  // Each pair renews its keys every two minutes: announcements of those who are here lead to no handshake.
  expect(rekeys).toBeLessThanOrEqual(3 * 3);
});

test('a node with another room key, and one that was not told to discover, meet nobody and are sent nothing', () => {
  const { world, sent } = listened();
  const alice = world.add('alice', [], announcing);
  const stranger = world.add('stranger', [], { ...announcing, roomKey: new Uint8Array(32).fill(8) });
  const quiet = world.add('quiet');
  world.run(120_000);
  expect([alice, stranger, quiet].flatMap(joinedBy)).toEqual([]);
  expect(new Set(sent.map(({ bytes }) => bytes[0]))).toEqual(new Set([5]));
  expect(sent.filter(({ from, to }) => from === 'quiet' || to === 'quiet')).toEqual([]);
});

test('announcements leave at once, then ever less often, and at least once a minute', () => {
  const { world, sent } = listened();
  world.add('alice', [], announcing);
  const times: number[] = [];
  const { link } = world;
  const start = world.now;
  world.link = (...each) => {
    times.push(world.now - start);
    return link(...each);
  };
  world.run(200_000);
  expect(times.map((time) => Math.round(time / 1_000))).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
  expect(new Set(sent.map(({ bytes }) => bytes.join()))).toHaveProperty('size', 1);
});

test('an announcement that is replayed again and again from one address leads to few messages 1 to it', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', [], announcing);
  const from = { ip: '192.0.2.66', port: 5054 };
  const bytes = encodeAnnouncement(new Uint8Array(16), 5000, new RoomMac(nodeCrypto, roomKey));
  for (let time = 0; time < 3_000; time += 1) {
    world.give(alice, from, bytes);
    world.run(100);
  }
  const messages1 = world.astray.filter(({ to, bytes: [type] }) => to.ip === from.ip && type === 1);
  expect(messages1.length).toBeGreaterThan(0);
  expect(messages1.length).toBeLessThanOrEqual(5 * introducedAttemptsMax);
});

test('a flood of good announcements from ever other addresses makes a node dial eight at a time', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', [], announcing);
  world.run(1);
  const mac = new RoomMac(nodeCrypto, roomKey);
  for (let index = 0; index < 2 * announcersMax; index += 1) {
    const from = { ip: `198.51.${100 + (index >> 8)}.${index & 255}`, port: 5054 };
    world.give(alice, from, encodeAnnouncement(nodeCrypto.randomBytes(16), 5000, mac));
  }
  expect(world.astray.filter(({ bytes: [type] }) => type === 1)).toHaveLength(introducedDialsPerPeerMax);
});

test('a forged announcement, and one that comes to a node which does not discover, lead to nothing', () => {
  const world = new NodeWorld();
  const nodes = [world.add('alice', [], announcing), world.add('bob')];
  const from = { ip: '192.0.2.66', port: 5054 };
  const good = encodeAnnouncement(new Uint8Array(16), 5000, new RoomMac(nodeCrypto, roomKey));
  const forged = good.with(35, good[35] === 0 ? 1 : 0);
  for (const [index, node] of nodes.entries()) world.give(node, from, index === 0 ? forged : good);
  world.run(1_000);
  expect(world.astray.filter(({ to }) => to.ip === from.ip)).toEqual([]);
});
