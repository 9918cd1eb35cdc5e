/** What it costs to come together: handshakes counted in virtual time, where nothing but the protocol decides. */
import { expect, test } from '@jest/globals';
import { Random } from '../../../../src/relay/model/random.ts';
import type { Address } from '../../../../src/kernel/contract.ts';
import { must } from '../handshake/handshake-pair.ts';
import { NonceWatch, seededCrypto } from '../../../simulation/crypto.ts';
import { NodeWorld } from '../node-world.ts';
import type { WorldNode } from '../node-world.ts';

const message1 = 1;

/** A room whose nodes know one member, and how many messages 1 each of them has sent. */
class Gathering {
  readonly world = new NodeWorld();
  readonly #messages1 = new Map<string, number>();
  /** By node: the peers that are there. */
  readonly #there = new Map<string, Set<string>>();
  readonly #watch = new NonceWatch();
  /** No draw has the luck to be below any bound: nobody is drawn. */
  drawsNobody = false;

  constructor() {
    this.world.link = (from, _to, bytes) => {
      if (bytes[0] === message1) this.#messages1.set(from, (this.#messages1.get(from) ?? 0) + 1);
      return [1];
    };
    this.world.onEvent = ({ name }, event) => {
      if (event.type === 'peer-joined') this.#thereFor(name).add(event.peerId);
      if (event.type === 'peer-left') this.#thereFor(name).delete(event.peerId);
    };
  }

  /** The first one knows nobody, and the others know the first one. `isOneSource`: all have one IP address. */
  add(count: number, isOneSource = false): WorldNode[] {
    return Array.from({ length: count }, () => {
      const number = this.world.nodes.size + 1;
      const seeded = seededCrypto(new Random(1, number), this.#watch);
      const crypto = {
        ...seeded,
        randomBytes: (length: number): Uint8Array => {
          const bytes = seeded.randomBytes(length);
          if (this.drawsNobody && length === 4) bytes.fill(0xff, 0, 2);
          return bytes;
        },
      };
      return this.world.add(`node-${number}`, number === 1 ? [] : ['node-1'], {
        crypto,
        identity: crypto.generateKeyPair(),
        address: isOneSource
          ? { ip: '192.0.2.1', port: 4999 + number }
          : { ip: `192.0.2.${number}`, port: 5000 },
      });
    });
  }

  /** The member's process dies, and starts again elsewhere, with its key and nothing else. How long until it has met all, ms. */
  comeBack({ name, settings }: WorldNode, address: Address, withinMs: number): number {
    const start = this.world.now;
    this.world.nodes.delete(name);
    const there = new Set<string>();
    this.#there.set(name, there);
    this.world.add(name, ['node-1'], { ...settings, address });
    this.world.run(withinMs, () => there.size === this.world.nodes.size - 1);
    expect(there.size).toBe(this.world.nodes.size - 1);
    return this.world.now - start;
  }

  /** How long it took until each was there for each other, ms. */
  meet(withinMs: number): number {
    const start = this.world.now;
    const { size } = this.world.nodes;
    const haveMet = (): boolean =>
      [...this.world.nodes.keys()].every((name) => this.#thereFor(name).size === size - 1);
    this.world.run(withinMs, haveMet);
    const missing = [...this.world.nodes.keys()].filter((name) => this.#thereFor(name).size < size - 1);
    expect(missing).toEqual([]);
    return this.world.now - start;
  }

  /** Of all, or of one. */
  messages1(node?: WorldNode): number {
    if (node !== undefined) return this.#messages1.get(node.name) ?? 0;
    return [...this.#messages1.values()].reduce((sum, count) => sum + count, 0);
  }

  #thereFor(name: string): Set<string> {
    const there = this.#there.get(name) ?? new Set();
    this.#there.set(name, there);
    return there;
  }
}

test.each([8, 32])(
  '%i nodes that start together and know one of them shake hands once for each pair',
  (count) => {
    const gathering = new Gathering();
    gathering.add(count);
    gathering.meet(5_000);
    gathering.world.run(3_000);
    expect(gathering.messages1()).toBe((count * (count - 1)) / 2);
  },
);

test('a newcomer shakes hands once with each of 15 who are there, and they do not with each other', () => {
  const gathering = new Gathering();
  gathering.add(15);
  gathering.meet(5_000);
  gathering.world.run(3_000);
  const before = gathering.messages1();
  gathering.add(1);
  expect(gathering.meet(5_000)).toBeLessThan(100);
  gathering.world.run(3_000);
  expect(gathering.messages1() - before).toBe(15);
});

test('24 nodes behind one IP address find each other, although each of them asks for cookies', () => {
  const gathering = new Gathering();
  gathering.add(24, true);
  expect(gathering.meet(10_000)).toBeLessThan(5_000);
  expect(gathering.messages1()).toBeLessThan(24 * 23);
});

test('a member that is back at a new address meets all again within seconds, even if nobody is drawn to introduce it', () => {
  const gathering = new Gathering();
  const members = gathering.add(16);
  gathering.meet(5_000);
  gathering.world.run(3_000);
  gathering.drawsNobody = true;
  const before = gathering.messages1();
  const last = must(members.at(-1));
  expect(gathering.comeBack(last, { ip: '192.0.2.99', port: 5_000 }, 60_000)).toBeLessThan(15_000);
  gathering.world.run(10_000);
  expect(gathering.messages1() - before).toBe(15);
});
