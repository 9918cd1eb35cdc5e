/**
 * The secrets that an onlooker was given, and the primitives to use them: X25519, ChaCha20-Poly1305, HMAC-SHA256, scrypt.
 *
 * Owns: which private keys are known.
 */
import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  scryptSync,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { present } from './check.ts';

/** Private X25519 keys, static and ephemeral, of one side of a conversation or of both. */
export class Keyring {
  readonly #privateByPublic = new Map<string, KeyObject>();

  add(privateKey: Uint8Array): void {
    const key = createPrivateKey({
      key: privateKey,
      format: 'raw-private',
      asymmetricKeyType: 'x25519',
    });
    const publicKey = createPublicKey(key).export({ format: 'raw-public' });
    this.#privateByPublic.set(publicKey.toString('hex'), key);
  }

  /** What the two owners agree on; the private key of one of them has to be known. */
  agreement(one: Uint8Array, other: Uint8Array): Uint8Array {
    const own = this.#privateByPublic.get(hexOf(one));
    const privateKey = own ?? this.#privateByPublic.get(hexOf(other));
    const publicKey = createPublicKey({
      key: own === undefined ? one : other,
      format: 'raw-public',
      asymmetricKeyType: 'x25519',
    });
    return diffieHellman({
      privateKey: present(privateKey, 'one of the two private keys was given'),
      publicKey,
    });
  }
}

/** undefined: the tag is wrong. `nonce`: four zero bytes, then the number, little-endian. */
export function open(
  key: Uint8Array,
  nonce: bigint,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64LE(nonce, 4);
  const decipher = createDecipheriv('chacha20-poly1305', key, bytes, { authTagLength: 16 });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(-16));
  const plaintext = decipher.update(sealed.subarray(0, -16));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plaintext;
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function hmac(key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const code = createHmac('sha256', key);
  for (const part of parts) code.update(part);
  return code.digest();
}

/** From what the members of a room wrote to the 32 bytes of their room key. */
export function stretched(roomKey: string): Uint8Array {
  return scryptSync(roomKey, 'tincan room key', 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 });
}

/** `9f86-d081-…`: eight groups of four digits. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return hexOf(sha256(publicKey).subarray(0, 16)).replaceAll(/(?<=^(?:.{4})+)(?=.)/g, '-');
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
