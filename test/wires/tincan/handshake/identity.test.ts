import { expect, test } from '@jest/globals';
import { fingerprintOf, isFingerprint } from '../../../../src/wires/tincan/handshake/identity.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';

test('a fingerprint shows 128 bits of the key, in groups that can be read aloud', () => {
  // SHA-256 of 32 zero bytes starts with 66687aadf862bd776c8fc18b8e9f8e20.
  expect(fingerprintOf(nodeCrypto, new Uint8Array(32))).toBe('6668-7aad-f862-bd77-6c8f-c18b-8e9f-8e20');
});

test('one bit more or less in the key is another fingerprint', () => {
  const key = new Uint8Array(32);
  key[31] = 1;
  expect(fingerprintOf(nodeCrypto, key)).not.toBe(fingerprintOf(nodeCrypto, new Uint8Array(32)));
});

test('only the form that is minted here counts as a fingerprint', () => {
  expect(isFingerprint('6668-7aad-f862-bd77-6c8f-c18b-8e9f-8e20')).toBe(true);
  expect(isFingerprint('6668-7AAD-f862-bd77-6c8f-c18b-8e9f-8e20')).toBe(false);
  expect(isFingerprint('6668-7aad-f862-bd77-6c8f-c18b-8e9f')).toBe(false);
  expect(isFingerprint('127.0.0.1:5000')).toBe(false);
});
