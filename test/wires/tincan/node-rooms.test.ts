/** Two rooms with different keys on one network: neither notices the other, in virtual time and as real programs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { freePorts } from '../../support/ports.ts';
import { Program } from '../../support/program.ts';
import { initBytes } from '../../../src/wires/tincan/limits.ts';
import { NodeWorld, eventsOf, texts } from './node-world.ts';

const rooms = [
  ['alice', 'bob', 'carol'],
  ['xenia', 'yves', 'zoe'],
] as const;
const everybody = rooms.flat();

test('members of one room that are told of the other room as their peers get nothing out of it, and hear of nobody there', () => {
  const world = new NodeWorld();
  const roomOf = (name: string): number => rooms.findIndex((room) => room.some((member) => member === name));
  /** What crosses from one room into the other. */
  const crossing: Uint8Array[] = [];
  world.link = (from, to, bytes) => {
    if (roomOf(from) !== roomOf(to)) crossing.push(bytes);
    return [1];
  };
  for (const name of everybody) {
    const peers = everybody.filter((other) => other !== name);
    world.add(name, peers, { roomKey: new Uint8Array(32).fill(roomOf(name)) });
  }
  world.run(30_000);
  for (const node of world.nodes.values()) world.say(node, `of ${node.name}`);
  world.run(120_000);
  for (const [name, node] of world.nodes) {
    const own = rooms[roomOf(name)]?.filter((member) => member !== name) ?? [];
    expect(
      eventsOf(node, 'peer-joined')
        .map((event) => event.name)
        .toSorted(),
    ).toEqual(own);
    expect(texts(node).toSorted()).toEqual(own.map((member) => `of ${member}`));
    expect(eventsOf(node, 'warning')).toEqual([]);
  }
  // Nobody has answered: each datagram is a message 1 of a node that seeks its configured peer, and none bears a name.
  expect(crossing.length).toBeGreaterThan(18);
  for (const bytes of crossing) {
    expect([bytes[0], bytes.length]).toEqual([1, initBytes]);
    for (const name of everybody) expect(Buffer.from(bytes).includes(name)).toBe(false);
  }
});

test('real nodes with the same --peer addresses and two keys make two rooms, without a warning', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  try {
    const names = ['alice', 'bob', 'xenia', 'yves'];
    const ports = await freePorts(4);
    const start = (index: number): Program => {
      const key = join(directory, `${index >> 1}.key`);
      writeFileSync(key, `the key of room ${index >> 1}`, { mode: 0o600 });
      const peers = ports.flatMap((port, other) =>
        other === index ? [] : ['--peer', `peer-${other}=127.0.0.1:${port}`],
      );
      const name = names[index] ?? '';
      const own = [
        '--name',
        name,
        '--bind',
        `127.0.0.1:${ports[index]}`,
        '--room-key-file',
        key,
        '--drain-timeout',
        '0',
      ];
      return new Program(name, [...own, ...peers]);
    };
    await using alice = start(0);
    await using bob = start(1);
    await using xenia = start(2);
    await using yves = start(3);
    await Promise.all([alice.tells(/^joined: bob/u), bob.tells(/^joined: alice/u)]);
    await Promise.all([xenia.tells(/^joined: yves/u), yves.tells(/^joined: xenia/u)]);
    for (const [index, node] of [alice, bob, xenia, yves].entries()) node.say(`of ${names[index]}`);
    await Promise.all([alice.hears('bob: of bob'), bob.hears('alice: of alice')]);
    await Promise.all([xenia.hears('yves: of yves'), yves.hears('xenia: of xenia')]);
    for (const node of [alice, bob, xenia, yves]) {
      expect(node.stdout.lines).toHaveLength(1);
      expect(node.stderr.lines.filter((line) => /^(?:warning|error)/u.test(line))).toEqual([]);
      expect(node.stderr.lines.filter((line) => line.startsWith('joined: '))).toHaveLength(1);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
