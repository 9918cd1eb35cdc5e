/**
 * Reading and writing bytes in order: single bytes, byte strings and variable-length integers (RFC 9000 §16).
 *
 * Owns: the cursor and the bounds checks, so that no decoder does its own. Must not know: what the bytes mean.
 */
import { invariant } from '../../../kernel/invariant.ts';

/** The largest value that goes on the wire: what a JavaScript number counts exactly, so that no value is rounded. */
export const varintMax = Number.MAX_SAFE_INTEGER;

/** Bytes that the one valid encoding of `value` takes: 1, 2, 4 or 8. */
export function varintBytes(value: number): 1 | 2 | 4 | 8 {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x4000_0000) return 4;
  return 8;
}

/**
 * A cursor over received bytes. Past the end it gives zeroes and remembers it in `short`, so that a decoder has one check
 * at its end and not one a field.
 */
export class Reader {
  short = false;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) {
      this.short = true;
      return 0;
    }
    this.#at += 1;
    return byte;
  }

  /** A view, not a copy; empty when there is not enough. */
  bytes(count: number): Uint8Array {
    if (count > this.remaining) {
      this.short = true;
      this.#at = this.#bytes.length;
      return this.#bytes.subarray(0, 0);
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** undefined: not the shortest encoding of its value, or more than `varintMax`. */
  varint(): number | undefined {
    const first = this.byte();
    const length = 1 << (first >> 6);
    let value = first & 0x3f;
    for (let index = 1; index < length; index += 1) value = value * 256 + this.byte();
    if (this.short) return 0;
    return value <= varintMax && varintBytes(value) === length ? value : undefined;
  }
}

/** Fills a byte array of a size that was worked out before. */
export class Writer {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  byte(value: number): void {
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  bytes(value: Uint8Array): void {
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  varint(value: number): void {
    invariant(Number.isSafeInteger(value) && value >= 0, 'a varint is a whole number from 0 to varintMax');
    const length = varintBytes(value);
    let rest = value;
    for (let index = length - 1; index > 0; index -= 1) {
      this.#bytes[this.#at + index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#bytes[this.#at] = rest + (Math.log2(length) << 6);
    this.#at += length;
  }

  /** The bytes, which must be full by now: sizes are worked out, never guessed. */
  finish(): Uint8Array {
    invariant(this.#at === this.#bytes.length, 'an encoding has exactly the size that was worked out');
    return this.#bytes;
  }
}
