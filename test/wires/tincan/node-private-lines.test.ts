import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../../src/kernel/contract.ts';
import { fingerprintOf } from '../../../src/wires/tincan/handshake/handshake.ts';
import { nodeCrypto } from '../../../src/runtime/crypto.ts';
import type { NodeSettings } from '../../../src/wires/tincan/node.ts';
import { NodeWorld, eventsOf, faulty, texts } from './node-world.ts';
import type { WorldNode } from './node-world.ts';

function sayTo(world: NodeWorld, from: WorldNode, to: PeerId, text: string): void {
  world.command(from, { type: 'say', text, ref: text, to });
}

/** The id of the peer that was there last under this name. */
function idOf(node: WorldNode, name: string): PeerId {
  const joined = eventsOf(node, 'peer-joined').findLast((event) => event.name === name);
  if (joined === undefined) throw new Error(`${node.name} has not met ${name}`);
  return joined.peerId;
}

function room(settings: Partial<NodeSettings> = {}): {
  world: NodeWorld;
  alice: WorldNode;
  bob: WorldNode;
  carol: WorldNode;
} {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob', 'carol'], settings);
  const bob = world.add('bob');
  const carol = world.add('carol');
  const all = [alice, bob, carol];
  world.run(10_000, () => all.every((node) => eventsOf(node, 'peer-joined').length === 2));
  return { world, alice, bob, carol };
}

describe('a line for one peer', () => {
  test('a line for one peer comes to that peer alone, marked as such; the lines around it come to everybody, in order', () => {
    const { world, alice, bob, carol } = room();
    world.say(alice, 'before');
    sayTo(world, alice, idOf(alice, 'bob'), 'psst');
    world.say(alice, 'after');
    world.run(1_000);
    expect(eventsOf(bob, 'message')).toMatchObject([
      { text: 'before', seq: 1 },
      { text: 'psst', seq: 2, private: true },
      { text: 'after', seq: 3 },
    ]);
    expect(eventsOf(carol, 'message')).toMatchObject([
      { text: 'before', seq: 1 },
      { text: 'after', seq: 3 },
    ]);
    expect(eventsOf(bob, 'message').filter((event) => event.private === true)).toHaveLength(1);
    const delivered = eventsOf(alice, 'delivered').map(({ seq, to }) => `${seq} ${to}`);
    expect(delivered.toSorted()).toEqual(['1 bob', '1 carol', '2 bob', '3 bob', '3 carol']);
    world.command(alice, { type: 'quit', drainTimeoutMs: 5_000 });
    world.run(5_000);
    expect(eventsOf(alice, 'undelivered')).toEqual([]);
    expect(eventsOf(alice, 'closed')).toEqual([{ type: 'closed', undelivered: 0 }]);
  });

  test('a line for one peer is not in any datagram to somebody else', () => {
    const { world, alice } = room();
    const sizes = new Map<string, number>();
    world.link = (from, to, bytes) => {
      if (from === 'alice') sizes.set(to, (sizes.get(to) ?? 0) + bytes.length);
      return [1];
    };
    sayTo(world, alice, idOf(alice, 'bob'), 'x'.repeat(20_000));
    world.run(1_000);
    expect(sizes.get('bob')).toBeGreaterThan(20_000);
    expect(sizes.get('carol')).toBeLessThan(200);
  });

  test('a line for one peer whom nobody knows is refused, in its turn', () => {
    const { world, alice } = room();
    sayTo(world, alice, fingerprintOf(nodeCrypto, new Uint8Array(32)), 'psst');
    world.say(alice, 'hello');
    expect(alice.events.filter(({ type }) => type === 'refused' || type === 'queued')).toMatchObject([
      { type: 'refused', ref: 'psst', code: 'no-such-peer' },
      { type: 'queued', seq: 1 },
    ]);
  });

  test('a line for one peer waits for a peer that is away, which hears it once it is back', () => {
    const { world, alice, bob, carol } = room();
    world.link = (from, to) => (from === 'bob' || to === 'bob' ? [] : [1]);
    world.run(60_000);
    const [{ name, reason } = { name: '', reason: '' }, ...more] = eventsOf(alice, 'peer-left');
    expect([name, more]).toEqual(['bob', []]);
    expect(reason).toMatch(/^no answer for \d\d s$/u);
    sayTo(world, alice, idOf(alice, 'bob'), 'psst');
    world.run(1_000);
    world.link = faulty(world, { loss: 0.2, delayMs: 20, jitterMs: 30 });
    expect(world.run(120_000, () => texts(bob).length === 1)).toBe(true);
    world.run(1_000);
    expect(texts(carol)).toEqual([]);
    expect(eventsOf(alice, 'delivered').map(({ to }) => to)).toEqual(['bob']);
  });

  test('a line for one peer is never given to who takes that peer’s place, and is reported undelivered', () => {
    const { world, alice, bob } = room({ acceptsChangedKeys: true });
    world.nodes.delete('bob');
    sayTo(world, alice, idOf(alice, 'bob'), 'psst');
    world.say(alice, 'hello all');
    const successor = world.add('bob', ['alice']);
    successor.address = bob.address;
    expect(world.run(120_000, () => texts(successor).length === 1)).toBe(true);
    world.run(5_000);
    expect(texts(successor)).toEqual(['hello all']);
    expect(eventsOf(alice, 'undelivered')).toMatchObject([
      { ref: 'psst', seq: 1, to: 'bob', reason: 'it has been replaced' },
    ]);
    world.command(alice, { type: 'quit', drainTimeoutMs: 5_000 });
    world.run(5_000);
    expect(eventsOf(alice, 'closed')).toEqual([{ type: 'closed', undelivered: 1 }]);
  });

  test('a line for one peer holds nobody else up: who stops reading owes no receipt for it, and leaving does not wait for one', () => {
    const { world, alice, carol } = room();
    carol.takes = false;
    world.say(alice, 'carol will not take this');
    world.run(1_000);
    const message = eventsOf(carol, 'message')[0];
    if (message === undefined) throw new Error('carol has heard it');
    for (let line = 0; line < 20; line += 1) sayTo(world, alice, idOf(alice, 'bob'), `psst ${line}`);
    world.run(1_000);
    world.command(carol, { type: 'taken', peerId: message.peerId, seq: message.seq });
    world.run(1_000);
    world.command(alice, { type: 'quit', drainTimeoutMs: 60_000 });
    expect(world.run(1_000, () => eventsOf(alice, 'closed').length === 1)).toBe(true);
    expect(eventsOf(alice, 'closed')).toEqual([{ type: 'closed', undelivered: 0 }]);
    expect(eventsOf(alice, 'delivered').filter(({ to }) => to === 'carol')).toHaveLength(1);
  });

  test('a line for one peer fills nobody’s log: twenty thousand of them pass beside one who gets none', () => {
    const { world, alice, bob, carol } = room();
    const to = idOf(alice, 'bob');
    const said = Array.from({ length: 20_000 }, (_, line) => `psst ${line}`);
    for (const text of said) {
      alice.node.handle({ type: 'command', command: { type: 'say', text, ref: undefined, to } }, world.now);
    }
    let heard = 0;
    world.onEvent = (_node, event) => {
      if (event.type === 'message') heard += 1;
    };
    expect(world.run(60_000, () => heard === said.length)).toBe(true);
    expect([texts(bob), texts(carol)]).toEqual([said, []]);
  });

  test('a configured peer that never came is owed the lines for everybody, and not the line for one peer', () => {
    const world = new NodeWorld();
    const alice = world.add('alice', ['bob', 'nobody']);
    const bob = world.add('bob');
    world.run(1_000);
    sayTo(world, alice, idOf(alice, 'bob'), 'psst');
    world.run(1_000);
    expect(texts(bob)).toEqual(['psst']);
    world.command(alice, { type: 'quit', drainTimeoutMs: 60_000 });
    expect(world.run(1_000, () => eventsOf(alice, 'closed').length === 1)).toBe(true);
    expect(eventsOf(alice, 'closed')).toEqual([{ type: 'closed', undelivered: 0 }]);
  });
});
