/** The specification's own test: a decoder written from it alone reads what live nodes say to each other, given keys. */
import { describe, expect, test } from '@jest/globals';
import { rekeyAfterMs } from '../../src/wires/tincan/limits.ts';
import { nodeCrypto, stretchRoomKey } from '../../src/runtime/crypto.ts';
import { NodeWorld, eventsOf, faulty, texts } from '../wires/tincan/node-world.ts';
import { seededCrypto } from '../support/seeded-crypto.ts';
import type { WorldNode } from '../wires/tincan/node-world.ts';
import { Decoder } from './decoder.ts';
import type { Decoded } from './decoder.ts';
import { framesOf, linesOf, packetsOf } from './reading.ts';

const roomKey = 'two cans, one string';
const stretchedRoomKey = await stretchRoomKey(new TextEncoder().encode(roomKey));

/** A world whose every datagram is captured, and one node made of glass: the private keys that it makes are known. */
class Capture {
  readonly world: NodeWorld;
  readonly #discovers: boolean;
  readonly #room: string | undefined;
  readonly #privateKeys: Uint8Array[] = [];
  readonly #datagrams: Uint8Array[] = [];

  constructor(room: string | undefined, seed = 1, discovers = false) {
    this.#discovers = discovers;
    this.#room = room;
    this.world = new NodeWorld(seed);
    this.impair();
  }

  add(name: string, peers: readonly string[] = []): WorldNode {
    return this.world.add(name, peers, this.#settings(seededCrypto(this.world.random)));
  }

  addGlass(name: string, peers: readonly string[] = []): WorldNode {
    const crypto = {
      ...seededCrypto(this.world.random),
      generateKeyPair: () => {
        const pair = nodeCrypto.generateKeyPair();
        this.#privateKeys.push(pair.privateKey);
        return pair;
      },
    };
    return this.world.add(name, peers, { ...this.#settings(crypto), identity: crypto.generateKeyPair() });
  }

  impair(faults: Parameters<typeof faulty>[1] = {}): void {
    const link = faulty(this.world, faults);
    this.world.link = (from, to, bytes) => {
      this.#datagrams.push(bytes);
      return link(from, to, bytes);
    };
  }

  /** All that was captured; none of it may be anything but the specification's. */
  decode(): readonly Decoded[] {
    const decoder = new Decoder({ roomKey: this.#room, privateKeys: this.#privateKeys });
    return this.#datagrams.map((bytes) => decoder.decode(bytes));
  }

  #settings(crypto: typeof nodeCrypto) {
    return {
      discovers: this.#discovers,
      crypto,
      roomKey: this.#room === undefined ? undefined : stretchedRoomKey,
    };
  }
}

describe.each([
  ['with a room key', roomKey],
  ['in an open room', undefined],
])('a conversation %s', (_where, room) => {
  test('a conversation is read from its first datagram to its last', () => {
    const capture = new Capture(room);
    const alice = capture.addGlass('alice', ['bob']);
    const bob = capture.add('bob');
    capture.world.say(alice, 'hello');
    capture.world.run(1_000);
    capture.world.say(bob, 'hi — 漢字 🥫');
    capture.world.run(1_000);
    capture.world.command(alice, { type: 'quit', drainTimeoutMs: 0 });
    capture.world.run(1_000);
    const decoded = capture.decode();
    expect(decoded.slice(0, 3)).toMatchObject([
      { type: 'init', bytes: 1_200, cookie: 'none' },
      { type: 'response', name: 'bob', fingerprint: eventsOf(alice, 'peer-joined')[0]?.peerId },
      { type: 'finish', name: 'alice', fingerprint: eventsOf(bob, 'peer-joined')[0]?.peerId },
    ]);
    const packets = packetsOf(decoded);
    expect(linesOf(packets.filter(({ from }) => from === 'initiator'))).toEqual(['hello']);
    expect(linesOf(packets.filter(({ from }) => from === 'responder'))).toEqual(['hi — 漢字 🥫']);
    expect(framesOf(packets, 'resume').map(({ start, head }) => [start, head])).toContainEqual([1, 1]);
    expect(framesOf(packets, 'receipt').map(({ seq }) => seq)).toContain(1);
    expect(framesOf(packets, 'close')).toEqual([
      { type: 'close', code: 0 },
      { type: 'close', code: 0 },
    ]);
    expect(decoded.filter(({ type }) => type === 'unknown')).toEqual([]);
  });

  test('a conversation is read from the responder’s keys as well, over lost, doubled and reordered packets', () => {
    const capture = new Capture(room, 3);
    const alice = capture.addGlass('alice');
    const bob = capture.add('bob', ['alice']);
    capture.impair({ loss: 0.15, duplicates: 0.1, delayMs: 10, jitterMs: 30 });
    const said = Array.from({ length: 40 }, (_, line) => `${line} ${'é'.repeat(line * 200)}`);
    for (const text of said) {
      capture.world.say(bob, text);
      capture.world.run(40);
    }
    expect(capture.world.run(60_000, () => texts(alice).length === said.length)).toBe(true);
    const packets = packetsOf(capture.decode());
    expect(linesOf(packets.filter(({ from }) => from === 'initiator'))).toEqual(said);
    expect(framesOf(packets, 'line').some(({ offset, last }) => offset > 0 && !last)).toBe(true);
    expect(framesOf(packets, 'ack').some(({ ranges }) => ranges.length > 3)).toBe(true);
    expect(framesOf(packets, 'immediateAck').length).toBeGreaterThan(0);
  });
});

describe('what else a session does is read:', () => {
  test('new keys are read, again and again', () => {
    const capture = new Capture(roomKey);
    const alice = capture.addGlass('alice', ['bob']);
    const bob = capture.add('bob');
    const said: string[] = [];
    while (said.length < (3 * rekeyAfterMs) / 1_000) {
      said.push(`second ${said.length}`);
      capture.world.say(alice, said.at(-1) ?? '');
      capture.world.run(1_000);
    }
    expect(texts(bob)).toEqual(said);
    const decoded = capture.decode();
    expect(linesOf(packetsOf(decoded))).toEqual(said);
    expect(decoded.filter(({ type }) => type === 'finish')).toHaveLength(3);
  });

  test('an introduction to a third node is read, who is then known by the key that was told', () => {
    const capture = new Capture(roomKey);
    const alice = capture.addGlass('alice');
    const bob = capture.addGlass('bob', ['alice']);
    const carol = capture.addGlass('carol', ['alice']);
    expect(capture.world.run(10_000, () => eventsOf(bob, 'peer-joined').length === 2)).toBe(true);
    const introduced = framesOf(packetsOf(capture.decode()), 'introduce');
    const addresses = [bob, carol].map(({ address }) => ({
      ip: Buffer.from(address.ip.split('.').map(Number)).toString('hex'),
      port: address.port,
    }));
    for (const address of addresses) expect(introduced).toContainEqual(expect.objectContaining(address));
    expect(eventsOf(alice, 'peer-joined')).toHaveLength(2);
  });

  test('a new address is read, how it is challenged and shown to be the peer’s', () => {
    const capture = new Capture(roomKey);
    const alice = capture.addGlass('alice');
    const bob = capture.add('bob', ['alice']);
    capture.world.run(1_000);
    bob.address = { ip: '192.0.2.77', port: 6_000 };
    capture.world.say(bob, 'moved');
    capture.world.run(1_000);
    const packets = packetsOf(capture.decode());
    const challenges = framesOf(packets, 'pathChallenge');
    const responses = framesOf(packets, 'pathResponse');
    expect(challenges.length).toBeGreaterThan(0);
    expect(responses).toContainEqual({ ...challenges[0], type: 'pathResponse' });
    expect(texts(alice)).toEqual(['moved']);
  });

  test('a cookie is read, asked of a node that knocks too often, and brought by it', () => {
    const capture = new Capture(roomKey);
    capture.addGlass('alice');
    for (let knock = 0; knock < 8; knock += 1) {
      capture.world.nodes.delete('bob');
      capture.add('bob', ['alice']).address = { ip: '192.0.2.9', port: 5000 };
      capture.world.run(20);
    }
    capture.world.run(2_000);
    const types = capture.decode().map((each) => (each.type === 'init' ? each.cookie : each.type));
    const asked = types.indexOf('cookie');
    expect(asked).toBeGreaterThan(0);
    expect(types.slice(0, asked)).not.toContain('some');
    expect(types.slice(asked)).toContain('some');
  });

  test('announcements are read, and the message 1 that they lead to', () => {
    const capture = new Capture(roomKey, 1, true);
    capture.addGlass('alice');
    capture.add('bob');
    capture.world.run(20);
    const decoded = capture.decode();
    expect(decoded[0]).toEqual({ type: 'announcement', port: 5000 });
    expect(decoded.map(({ type }) => type)).toContain('init');
  });
});
