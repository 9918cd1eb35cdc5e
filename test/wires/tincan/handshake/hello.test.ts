import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeHello, encodeHello } from '../../../../src/wires/tincan/handshake/hello.ts';
import { nameMaxBytes } from '../../../../src/kernel/limits.ts';

test('any name within the limits comes back from a hello as it went', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 16 })
    .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= nameMaxBytes);
  fc.assert(
    fc.property(name, (text) => {
      expect(decodeHello(encodeHello({ name: text }))).toEqual({ name: text });
    }),
  );
});

test('any bytes as a hello are either refused or have this one encoding', () => {
  const outcomes = { refused: 0, taken: 0 };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: 70 }), (bytes, nameLength) => {
      for (const candidate of [bytes, Uint8Array.of(nameLength, ...Buffer.alloc(nameLength, 'n'))]) {
        const hello = decodeHello(candidate);
        outcomes[hello === undefined ? 'refused' : 'taken'] += 1;
        expect(hello === undefined ? candidate : encodeHello(hello)).toEqual(candidate);
      }
    }),
  );
  expect(outcomes.refused).toBeGreaterThan(10);
  expect(outcomes.taken).toBeGreaterThan(10);
});

test.each([
  ['no bytes', []],
  ['an empty name', [0]],
  ['a name longer than the rest', [3, 0x61, 0x62]],
  ['a name that is not UTF-8', [1, 0xff]],
  ['a name over 64 bytes', [65, ...Buffer.alloc(65, 'n')]],
  ['a name with bytes behind it', [1, 0x61, 0x62]],
])('a hello with %s is refused', (_, bytes) => {
  expect(decodeHello(Uint8Array.from(bytes))).toBeUndefined();
});

test('a hello that cannot be encoded is our own bug', () => {
  expect(() => encodeHello({ name: '' })).toThrow('1 to 64 bytes');
  expect(() => encodeHello({ name: 'n'.repeat(65) })).toThrow('1 to 64 bytes');
  expect(() => encodeHello({ name: '\ud800' })).toThrow('1 to 64 bytes');
});
