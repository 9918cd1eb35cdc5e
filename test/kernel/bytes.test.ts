import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  asciiBytes,
  compareBytes,
  concatBytes,
  copyBytes,
  equalBytes,
  readUint32,
  toHex,
  writeUint32,
} from '../../src/kernel/bytes.ts';

test('a 32-bit integer comes back as it went, most significant byte first', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), (value) => {
      const bytes = new Uint8Array(6);
      writeUint32(bytes, 1, value);
      expect(readUint32(bytes, 1)).toBe(value);
      expect(new DataView(bytes.buffer).getUint32(1)).toBe(value);
      expect([bytes[0], bytes[5]]).toEqual([0, 0]);
    }),
  );
});

test('reading or writing past the end is our own bug', () => {
  expect(() => readUint32(new Uint8Array(4), 1)).toThrow('past the end');
  expect(() => {
    writeUint32(new Uint8Array(4), 1, 0);
  }).toThrow('past the end');
});

test('byte strings are equal when all of their bytes are', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (left, right) => {
      expect(equalBytes(left, Uint8Array.from(left))).toBe(true);
      expect(equalBytes(left, right)).toBe(toHex(left) === toHex(right));
    }),
  );
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
});

test('byte strings of one length are ordered as their hexadecimal digits are', () => {
  const pair = fc.nat({ max: 3 }).chain((length) => {
    const bytes = fc.uint8Array({ minLength: length, maxLength: length });
    return fc.tuple(bytes, bytes);
  });
  fc.assert(
    fc.property(pair, ([left, right]) => {
      const [first, second] = [toHex(left), toHex(right)];
      expect(Math.sign(compareBytes(left, right))).toBe(Number(first > second) - Number(first < second));
    }),
  );
  expect(() => compareBytes(Uint8Array.of(1), Uint8Array.of())).toThrow('one length');
});

test('a copy stays as it was when the bytes it was made from change, for a Buffer too', () => {
  const original = Buffer.from([1, 2, 3]);
  const copy = copyBytes(original);
  original[0] = 9;
  expect([...copy]).toEqual([1, 2, 3]);
});

test('parts are joined in order, and text becomes its bytes', () => {
  expect([...concatBytes(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))]).toEqual([1, 2, 3]);
  expect([...asciiBytes('az')]).toEqual([0x61, 0x7a]);
  expect(toHex(Uint8Array.of(0, 15, 255))).toBe('000fff');
});
