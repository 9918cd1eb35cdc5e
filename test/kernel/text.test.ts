import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { utf8Decode, utf8Encode } from '../../src/kernel/text.ts';

test('any well-formed text comes back as it was, a byte order mark included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = utf8Encode(text);
      expect(bytes === undefined ? undefined : utf8Decode(bytes)).toBe(text);
    }),
    { examples: [['\uFEFFhi'], [''], ['👋'], ['\u0000']] },
  );
});

test('half a surrogate pair and bytes that are not UTF-8 are refused', () => {
  expect(utf8Encode('\uD83D')).toBeUndefined();
  expect(utf8Decode(Uint8Array.of(0xff))).toBeUndefined();
  expect(utf8Decode(Uint8Array.of(0xe2, 0x82))).toBeUndefined();
});
