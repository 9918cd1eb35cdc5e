/**
 * Byte strings: joining, comparing, and big-endian integers.
 *
 * Owns: network byte order.
 */
import { invariant } from './invariant.ts';

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * A copy that nobody else can change. `slice` would not do: where the bytes are Node's kind of byte array, as a socket gives
 * them, it is a view.
 */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Whether two byte strings are equal; takes as long for a near miss as for a far one, so a guess learns nothing. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) {
    difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  }
  return difference === 0;
}

/** Orders byte strings as numbers of the same length, most significant byte first: negative, zero or positive. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  invariant(left.length === right.length, 'only byte strings of one length are ordered');
  for (let index = 0; index < left.length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Text of ASCII characters alone, such as a label. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Lower-case hexadecimal; a key of a map, or for people. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  invariant(offset + 4 <= bytes.length, 'reading past the end');
  return (
    (((bytes[offset] ?? 0) << 24) |
      ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) |
      (bytes[offset + 3] ?? 0)) >>>
    0
  );
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  invariant(offset + 4 <= bytes.length, 'writing past the end');
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
