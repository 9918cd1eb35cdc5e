import { expect, test } from '@jest/globals';
import { randomBelow } from '../../../src/wires/tincan/crypto.ts';
import type { Crypto } from '../../../src/wires/tincan/crypto.ts';
import { nodeCrypto } from '../../../src/runtime/crypto.ts';

test('a draw is below its bound, and a bound of one leaves nothing to draw', () => {
  const extremes: Crypto = { ...nodeCrypto, randomBytes: (length) => new Uint8Array(length).fill(255) };
  expect(randomBelow(extremes, 255)).toBe(254);
  expect(randomBelow({ ...nodeCrypto, randomBytes: (length) => new Uint8Array(length) }, 255)).toBe(0);
  expect(randomBelow(nodeCrypto, 1)).toBe(0);
  expect(() => randomBelow(nodeCrypto, 0)).toThrow('bound');
});
