/**
 * What a peer is called for certain: the fingerprint of its static key.
 *
 * Owns: the one way from a public key to a `PeerId`. Must not know: names, which are labels.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import { toHex } from '../../../kernel/bytes.ts';
import type { Crypto } from '../crypto.ts';
import { invariant } from '../../../kernel/invariant.ts';

/**
 * The first 128 bits of SHA-256 over the 32-byte public key, as eight groups of four hexadecimal digits:
 * `9f86-d081-884c-7d65-9a2f-eaa0-c55a-d015`. Enough that nobody makes a second key with the same one.
 */
export function fingerprintOf(crypto: Crypto, publicKey: Uint8Array): PeerId {
  invariant(publicKey.length === 32, 'an X25519 public key has 32 bytes');
  const digits = toHex(crypto.sha256(publicKey).subarray(0, 16));
  const text = (digits.match(/.{4}/g) ?? []).join('-');
  invariant(isFingerprint(text), 'sixteen bytes are eight groups of four digits');
  return text;
}

export function isFingerprint(text: string): text is PeerId {
  return /^[0-9a-f]{4}(-[0-9a-f]{4}){7}$/.test(text);
}
