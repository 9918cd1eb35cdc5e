/**
 * Mallory: hears every datagram, and puts her own on the network under any address, hers or another's.
 *
 * Owns: what she has recorded and the ways in which she uses it. She can't break ciphers, and she does not forward what is sent
 * to her.
 */
import type { Address } from '../../src/kernel/contract.ts';
import { Random } from '../../src/relay/model/random.ts';
import { provesTheSame } from './amplification.ts';
import type { Crossing, Network, Station } from './network.ts';

const recordedMax = 256;
const randomDatagramMaxBytes = 1_400;

export const attacks = [
  'replay',
  'replay-as-own',
  'flip',
  'cut',
  'stretch',
  'splice',
  'garbage',
  'flood',
] as const;
export type Attack = (typeof attacks)[number];

/** As a station, and in the diagram. */
export const attackerName = 'mallory';

interface Recorded {
  readonly from: string;
  readonly source: Address;
  readonly destination: Address;
  readonly bytes: Uint8Array;
}

export class Attacker implements Station {
  readonly name = attackerName;
  readonly address: Address = { ip: '10.6.6.6', port: 666 };
  readonly #network: Network;
  readonly #random: Random;
  readonly #recorded: Recorded[] = [];
  /** How often each attack was tried. */
  readonly struck = new Map<Attack, number>();

  constructor(network: Network, seed: number) {
    this.#network = network;
    this.#random = new Random(seed, 0x3a110);
    network.attach(this.address, this);
    network.tap((crossing) => this.#record(crossing));
  }

  receive(): void {
    // Answers to her are swallowed: the amplification watch has counted them.
  }

  /** One attack, or a flood of them. Does nothing until there is something to work with. */
  strike(attack: Attack, nowMs: number): void {
    const victim = this.#pick();
    if (victim === undefined) return;
    this.struck.set(attack, (this.struck.get(attack) ?? 0) + 1);
    const { source, destination, bytes } = victim;
    switch (attack) {
      case 'replay':
        return this.#send(source, destination, bytes, nowMs);
      case 'replay-as-own':
        return this.#send(this.address, destination, bytes, nowMs);
      case 'flip':
        return this.#send(source, destination, this.#flipped(bytes), nowMs);
      case 'cut':
        return this.#send(source, destination, bytes.slice(0, this.#random.integer(1, bytes.length)), nowMs);
      case 'stretch':
        return this.#send(source, destination, joined(bytes, this.#random.bytes(20)), nowMs);
      case 'splice':
        return this.#send(source, destination, this.#spliced(bytes), nowMs);
      case 'garbage':
        return this.#send(source, destination, this.#garbage(bytes), nowMs);
      case 'flood':
        for (let copy = 0; copy < 40; copy++) {
          const own = {
            ip: `10.6.${this.#random.integer(0, 255)}.${this.#random.integer(1, 254)}`,
            port: 666,
          };
          this.#send(own, destination, this.#random.chance(0.5) ? bytes : this.#flipped(bytes), nowMs);
        }
    }
  }

  #record(crossing: Crossing): void {
    if (crossing.type !== 'sent' || crossing.from === this.name) return;
    const { from, source, destination, bytes } = crossing;
    const recorded = { from, source, destination, bytes: Uint8Array.from(bytes) };
    if (this.#recorded.length < recordedMax) this.#recorded.push(recorded);
    // Old ones stay with the same chance as new ones, so that ancient datagrams are replayed too.
    else if (this.#random.chance(0.25)) this.#recorded[this.#random.integer(0, recordedMax - 1)] = recorded;
  }

  #pick(): Recorded | undefined {
    return this.#recorded.length === 0 ? undefined : this.#random.pick(this.#recorded);
  }

  #send(source: Address, destination: Address, bytes: Uint8Array, nowMs: number): void {
    // Her splices and flips now and then give back a datagram that somebody did make.
    const same = this.#recorded.find((recorded) => provesTheSame(recorded.bytes, bytes));
    const origin = same?.from ?? this.name;
    this.#network.send(this.name, source, destination, Uint8Array.from(bytes), nowMs, origin);
  }

  #flipped(bytes: Uint8Array): Uint8Array {
    const flipped = Uint8Array.from(bytes);
    for (let count = this.#random.integer(1, 3); count > 0; count--) {
      // Half of the blows fall on the header, where an implementation has most to get wrong.
      const last = this.#random.chance(0.5) ? Math.min(15, bytes.length - 1) : bytes.length - 1;
      const at = this.#random.integer(0, last);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << this.#random.integer(0, 7));
    }
    return flipped;
  }

  /** The head of one datagram on the tail of another. */
  #spliced(bytes: Uint8Array): Uint8Array {
    const other = this.#pick()?.bytes ?? bytes;
    const cut = this.#random.integer(1, 16);
    return joined(bytes.slice(0, cut), other.slice(Math.min(cut, other.length)));
  }

  /** Half of it starts as a real datagram does. */
  #garbage(bytes: Uint8Array): Uint8Array {
    const garbage = this.#random.bytes(this.#random.integer(1, randomDatagramMaxBytes));
    if (this.#random.chance(0.5)) garbage.set(bytes.subarray(0, Math.min(5, garbage.length)));
    return garbage;
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
