import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Host } from './host.ts';
import { Judge } from './judge.ts';
import { tincan } from './tincan.ts';
import { World } from './world.ts';

const port = 5_000;
const stranger = { ip: '10.6.6.6', port: 666 };

/** What is done to a recorded datagram before a node gets it. `pick`: which of them, as a share of all. */
const forgery = fc.record({
  pick: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  keep: fc.nat({ max: 1_400 }),
  change: fc.array(fc.record({ at: fc.nat({ max: 1_399 }), mask: fc.integer({ min: 1, max: 255 }) }), {
    maxLength: 4,
  }),
  tail: fc.uint8Array({ maxLength: 64 }),
  fromStranger: fc.boolean(),
});

function talk(world: World, hosts: readonly Host[], ordinal: number): void {
  for (const host of hosts) host.say(Judge.text(host.id, ordinal, 'x'.repeat(100 * ordinal)));
  world.runUntil(world.nowMs + 30_000, () => haveAll(world, hosts));
  expect(haveAll(world, hosts)).toBe(true);
}

function haveAll({ judge }: World, hosts: readonly Host[]): boolean {
  return hosts.every((one) => hosts.every((other) => one === other || judge.hasAll(one.id, other.id)));
}

test('whatever datagrams a node in conversation is given, it goes on, and the world sees no rule broken', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(forgery, { minLength: 1, maxLength: 60 }), (seed, forgeries) => {
      const world = new World(seed, tincan);
      const recorded: Uint8Array[] = [];
      world.network.tap((crossing) => {
        if (crossing.type === 'sent') recorded.push(Uint8Array.from(crossing.bytes));
      });
      const start = (name: string, ip: string, peer: string): Host =>
        world.start({
          name,
          address: { ip, port },
          peers: [{ label: peer, host: `${peer}.test`, port }],
          roomKey: undefined,
          timerLatenessMs: 1,
        });
      const alice = start('alice', '10.0.0.1', 'bob');
      const bob = start('bob', '10.0.0.2', 'alice');
      talk(world, [alice, bob], 1);
      for (const { pick, keep, change, tail, fromStranger } of forgeries) {
        const genuine = recorded[Math.floor(pick * recorded.length)] ?? new Uint8Array(0);
        const forged = Buffer.concat([genuine.subarray(0, keep), tail]);
        for (const { at, mask } of change) if (at < forged.length) forged[at] = (forged[at] ?? 0) ^ mask;
        bob.receive(Uint8Array.from(forged), fromStranger ? stranger : alice.address);
      }
      talk(world, [alice, bob], 2);
    }),
    { numRuns: 100 },
  );
});
