/**
 * A small seeded generator, so that a run with faults is replayed by one number.
 *
 * Owns: sfc32 ("small fast counting", by Chris Doty-Humphrey; part of PractRand and passes it) and the few draws made from it.
 * 128 bits of state, period at least 2^32, and a few nanoseconds a draw in 32-bit integer arithmetic. Never used for keys: it
 * is predictable.
 */

/** Draws wasted after keying, so that keys that differ in one bit give streams that have nothing in common. */
const warmUpDraws = 15;

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** One stream for each triple of 32-bit keys; the same triple always gives the same stream. */
  constructor(seed: number, stream = 0, index = 0) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    this.#c = index | 0;
    for (let draw = 0; draw < warmUpDraws; draw++) this.uint32();
  }

  /** 0 to 2^32 − 1. */
  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** From 0 up to, never reaching, 1. */
  fraction(): number {
    return this.uint32() / 4_294_967_296;
  }

  /** True in this share of the draws. 0 is never, 1 is always. */
  chance(share: number): boolean {
    return this.fraction() < share;
  }

  /** From `low` up to, never reaching, `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.fraction();
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError('there is nothing to pick from');
    return item;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at++) bytes[at] = this.uint32() & 0xff;
    return bytes;
  }
}
