import { expect, test } from '@jest/globals';
import { closeCodes } from '../../../../src/wires/tincan/codec/frames.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { NodeWorld, eventsOf } from '../node-world.ts';
import { RawMember } from '../raw-member.ts';

test('a peer that comes and goes all the time gives the other members little to hear of', () => {
  const world = new NodeWorld();
  const alice = world.add('alice');
  const member = new RawMember(world, alice, { ip: '198.51.100.2', port: 5000 });
  const identity = nodeCrypto.generateKeyPair();
  for (let times = 0; times < 100; times += 1) {
    new RawMember(world, alice, { ip: '198.51.100.1', port: 5000 }, identity).say([
      { type: 'close', code: closeCodes.leaving },
    ]);
    world.run(100);
  }
  expect(eventsOf(alice, 'peer-joined').length).toBeGreaterThan(100);
  expect(world.astray.filter(({ to }) => to.ip === member.address.ip).length).toBeLessThan(40);
});

test('a configured peer that hangs up after each handshake is dialled ever less often, and at once again after it has stayed', () => {
  const world = new NodeWorld();
  const alice = world.add('alice', ['mallory']);
  const identity = nodeCrypto.generateKeyPair();
  const address = { ip: '192.0.2.9', port: 5000 };
  const start = (): void => {
    world.nodes.delete('mallory');
    world.add('mallory', [], { identity }).address = address;
  };
  start();
  let hangsUp = true;
  const joinings: number[] = [];
  world.onEvent = (node, event) => {
    if (node.name === 'alice' && event.type === 'peer-joined') joinings.push(world.now);
    if (node.name !== 'mallory' || event.type !== 'peer-joined' || !hangsUp) return;
    world.later(5, () => {
      world.command(node, { type: 'quit', drainTimeoutMs: 0 });
      start();
    });
  };
  world.run(60_000);
  expect(joinings.length).toBeGreaterThan(3);
  expect(joinings.length).toBeLessThan(10);
  hangsUp = false;
  world.run(60_000);
  const stayed = joinings.length;
  const mallory = world.nodes.get('mallory');
  if (mallory === undefined) throw new Error('mallory is there');
  world.command(mallory, { type: 'quit', drainTimeoutMs: 0 });
  start();
  world.run(1_000);
  expect(joinings).toHaveLength(stayed + 1);
  expect(alice.events.some(({ type }) => type === 'peer-left')).toBe(true);
});
