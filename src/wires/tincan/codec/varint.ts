/**
 * Reading and writing bytes in order: single bytes, byte strings and variable-length integers (RFC 9000 §16).
 *
 * Owns: the cursor, and the checks of bounds and of shortest form, so that no decoder does its own.
 */
import { invariant } from '../../../kernel/invariant.ts';

/**
 * A cursor over received bytes. What it can't read as asked becomes zero and is remembered in `short` or `canonical`, so that
 * a decoder has one check at its end and not one a field.
 */
export class Reader {
  /** Whether the bytes ended too early. */
  short = false;
  /** Whether each varint so far was the one encoding of a value that a JavaScript number counts exactly. */
  canonical = true;
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

  varint(): number {
    const first = this.byte();
    const length = 1 << (first >> 6);
    let value = first & 0x3f;
    for (let index = 1; index < length; index += 1) value = value * 256 + this.byte();
    if (this.short) return 0;
    if (value <= Number.MAX_SAFE_INTEGER && varintBytes(value) === length) return value;
    this.canonical = false;
    return 0;
  }
}

/** Fills a byte array whose size was counted before; without one, it is what counts: it keeps nothing of what is written. */
export class Writer {
  readonly #bytes: Uint8Array | undefined;
  #at = 0;

  constructor(bytes?: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  restart(): void {
    this.#at = 0;
  }

  byte(value: number): void {
    if (this.#bytes !== undefined) this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  bytes(value: Uint8Array): void {
    this.#bytes?.set(value, this.#at);
    this.#at += value.length;
  }

  varint(value: number): void {
    invariant(Number.isSafeInteger(value) && value >= 0, 'a varint is a whole number from 0 to 2^53 - 1');
    const length = varintBytes(value);
    if (length === 1) return this.byte(value);
    if (this.#bytes !== undefined) {
      let rest = value;
      for (let index = length - 1; index > 0; index -= 1) {
        this.#bytes[this.#at + index] = rest % 256;
        rest = Math.floor(rest / 256);
      }
      this.#bytes[this.#at] = rest + (Math.log2(length) << 6);
    }
    this.#at += length;
  }

  /** The bytes, which must be full by now: sizes are counted, never guessed. */
  finish(): Uint8Array {
    invariant(this.#bytes?.length === this.#at, 'an encoding has exactly the size that was counted');
    return this.#bytes;
  }
}

/** Bytes that the one valid encoding of `value` takes. */
function varintBytes(value: number): 1 | 2 | 4 | 8 {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x4000_0000) return 4;
  return 8;
}
