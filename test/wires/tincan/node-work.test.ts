/** How much work one input makes: it must not grow with the peers that have nothing to do with it. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { Peer } from '../../../src/wires/tincan/peer/peer.ts';
import { NodeWorld } from './node-world.ts';
import type { WorldNode } from './node-world.ts';

const peersCount = 12;
afterEach(() => {
  jest.restoreAllMocks();
});

/** Tells from now on which peers are asked for something to send. */
function watched(): () => readonly (string | undefined)[] {
  const flush = jest.spyOn(Peer.prototype, 'flush');
  return () => flush.mock.contexts.map((peer: unknown) => (peer instanceof Peer ? peer.name : undefined));
}

/** A node, and as many peers that know it alone. */
function crowd(): {
  readonly world: NodeWorld;
  readonly hub: WorldNode;
  readonly peers: readonly WorldNode[];
} {
  const world = new NodeWorld();
  const hub = world.add('hub');
  const peers = Array.from({ length: peersCount }, (_, index) => world.add(`peer ${index}`, ['hub']));
  world.run(5_000);
  return { world, hub, peers };
}

test('a datagram that is not authentic makes no peer do anything, nor a peer that is elsewhere', () => {
  const { world, hub } = crowd();
  expect(hub.events.filter(({ type }) => type === 'peer-joined')).toHaveLength(peersCount);
  const asked = watched();
  const deadlines = jest.spyOn(Peer.prototype, 'deadline', 'get');
  const from = { ip: '198.51.100.1', port: 9 };
  for (const type of [0x00, 0x01, 0x02, 0x03, 0x04, 0x40]) {
    hub.node.handle({ type: 'datagram', from, bytes: new Uint8Array(1_200).fill(type) }, world.now);
    hub.node.drain();
    hub.node.deadline();
  }
  expect(asked()).toEqual([]);
  expect(deadlines).not.toHaveBeenCalled();
});

test('what one peer says gives work to no other peer', () => {
  const { world, hub, peers } = crowd();
  const speaker = peers[3];
  if (speaker === undefined) throw new Error('there are more peers');
  const caught: Uint8Array[] = [];
  world.link = (from, to, bytes) => {
    if (from === speaker.name && to === hub.name) caught.push(bytes);
    return [];
  };
  world.say(speaker, 'hello');
  const [bytes] = caught;
  if (bytes === undefined) throw new Error('the line left at once');
  const asked = watched();
  hub.node.handle({ type: 'datagram', from: speaker.address, bytes }, world.now);
  expect(hub.node.drain()).toContainEqual(
    expect.objectContaining({ event: expect.objectContaining({ type: 'message', text: 'hello' }) }),
  );
  expect(asked()).toEqual([speaker.name]);
});
