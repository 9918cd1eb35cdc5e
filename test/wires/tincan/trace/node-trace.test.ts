import { describe, expect, test } from '@jest/globals';
import { traceLinesMax, traceWindowMs } from '../../../../src/wires/common/limits.ts';
import { NodeWorld, eventsOf, faulty } from '../node-world.ts';

function met(): ReturnType<typeof pair> {
  const both = pair();
  both.world.run(1_000);
  return both;
}

function pair() {
  const world = new NodeWorld();
  const alice = world.add('alice', ['bob']);
  const bob = world.add('bob');
  return { world, alice, bob };
}

describe('the trace of a node', () => {
  test('the trace of a node is silent until it is asked for, and again when it is not any more', () => {
    const { world, alice } = met();
    world.say(alice, 'one');
    world.run(1_000);
    expect(eventsOf(alice, 'trace')).toEqual([]);
    world.command(alice, { type: 'trace', on: true });
    world.say(alice, 'two');
    world.run(1_000);
    const count = eventsOf(alice, 'trace').length;
    expect(count).toBeGreaterThan(0);
    world.command(alice, { type: 'trace', on: false });
    world.say(alice, 'three');
    world.run(1_000);
    expect(eventsOf(alice, 'trace')).toHaveLength(count);
  });

  test('the trace of a node tells a line’s way there, its receipt’s way back, and with whom', () => {
    const { world, alice } = met();
    world.command(alice, { type: 'trace', on: true });
    world.say(alice, 'hello');
    world.run(1_000);
    const lines = eventsOf(alice, 'trace').map(
      ({ direction, peer, text }) => `${direction} ${peer}: ${text}`,
    );
    expect(lines.some((line) => /^out bob: packet \d+ \(\d+ B\): LINE 1 \(5 B\)$/.test(line))).toBe(true);
    expect(lines.some((line) => /^in bob: packet \d+ \(\d+ B\): ACK .*RECEIPT up to 1/.test(line))).toBe(
      true,
    );
  });

  test('the trace of a node tells a handshake, a lost packet and a stranger', () => {
    const { world, alice } = pair();
    world.command(alice, { type: 'trace', on: true });
    world.run(1_000);
    world.link = (from) => (from === 'alice' ? [] : [1]);
    world.say(alice, 'lost');
    world.run(100);
    world.link = faulty(world, {});
    alice.node.handle(
      { type: 'datagram', from: { ip: '192.0.2.66', port: 1 }, bytes: Uint8Array.of(9) },
      world.now,
    );
    world.run(5_000);
    const text = eventsOf(alice, 'trace')
      .map((event) => event.text)
      .join('\n');
    expect(text).toMatch(/handshake message 1 to 192\.0\.2\.2:5000/);
    expect(text).toMatch(/handshake message 3 to/);
    expect(text).toMatch(/packet \d+ lost: [^\n]*; line 1 had arrived in packet \d+$/m);
    expect(text).toMatch(
      /packet \d+ not acknowledged yet, line 1 sent again in packet \d+ as a probe, \d+ ms later$/m,
    );
    expect(text).toMatch(/probe, packet \d+/);
    expect(text).toMatch(/dropped 1 B from 192\.0\.2\.66:1: no message of this wire begins like it/);
  });

  test('the trace of a node is bounded, and counts what it leaves out, even where nothing follows', () => {
    const { world, alice } = met();
    world.command(alice, { type: 'trace', on: true });
    const before = world.now;
    for (let line = 0; line < 5_000; line += 1) {
      alice.node.handle(
        { type: 'command', command: { type: 'say', text: 'x'.repeat(200), ref: undefined } },
        world.now,
      );
    }
    world.run(10_000);
    const traced = eventsOf(alice, 'trace');
    const windows = Map.groupBy(traced, ({ at }) => Math.floor((at - before) / traceWindowMs));
    for (const lines of windows.values()) expect(lines.length).toBeLessThanOrEqual(2 * (traceLinesMax + 1));
    expect(traced.some(({ text }) => /^… and \d+ more$/.test(text))).toBe(true);
    expect(alice.node.deadline()).toBeGreaterThan(world.now);
  });
});

describe('the figures of a peer', () => {
  test('the figures of a peer count what the network did to its packets', () => {
    const { world, alice, bob } = pair();
    world.link = faulty(world, { loss: 0.2, duplicates: 0.2, delayMs: 5, jitterMs: 5 });
    for (let line = 0; line < 200; line += 1) {
      world.say(alice, `line ${line}`);
      world.run(20);
    }
    world.run(5_000);
    for (const node of [alice, bob]) world.command(node, { type: 'status' });
    const sender = eventsOf(alice, 'status')[0]?.peers[0];
    const receiver = eventsOf(bob, 'status')[0]?.peers[0];
    expect(sender).toMatchObject({ linesSent: 200, linesReceived: 0 });
    expect(receiver).toMatchObject({ linesSent: 0, linesReceived: 200 });
    expect(sender?.figures['packetsLost']).toBeGreaterThan(10);
    expect(sender?.figures['retransmissions']).toBeGreaterThan(10);
    expect(receiver?.figures['duplicates']).toBeGreaterThan(10);
    expect(sender?.figures['rttMs']).toBeGreaterThan(10);
    expect(sender?.figures['bytesSent']).toBeGreaterThan(sender?.figures['packetsSent'] ?? Infinity);
  });
});
