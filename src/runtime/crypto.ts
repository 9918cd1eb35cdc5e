/**
 * The protocol's cryptographic primitives, all of them from node:crypto.
 *
 * Owns: the adapter, and the stretching of a room key. It gives plain byte arrays, so that no Buffer, whose `slice` is a
 * view, gets into the protocol.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  scrypt,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Aead, Crypto, KeyPair } from '../wires/tincan/crypto.ts';

export const nodeCrypto: Crypto = {
  randomBytes: (length) => plainBytes(randomBytes(length)),
  generateKeyPair() {
    const { privateKey } = generateKeyPairSync('x25519');
    return keyPairOf(privateKey);
  },
  diffieHellman(own, publicKey) {
    const remote = createPublicKey({ key: publicKey, format: 'raw-public', asymmetricKeyType: 'x25519' });
    try {
      return plainBytes(diffieHellman({ privateKey: privateKeyOf(own), publicKey: remote }));
    } catch (error) {
      // OpenSSL refuses to give an all-zero secret, which is what a key of low order leads to.
      if (isDerivationFailure(error)) return undefined;
      throw error;
    }
  },
  sha256(...parts) {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return plainBytes(hash.digest());
  },
  hmacSha256(key, ...parts) {
    const hmac = createHmac('sha256', key);
    for (const part of parts) hmac.update(part);
    return plainBytes(hmac.digest());
  },
  aead: (key) => new NodeAead(key),
};

/** The pair of a raw 32-byte X25519 private key, as a store keeps it. */
export function keyPairFromPrivate(privateKey: Uint8Array): KeyPair {
  return keyPairOf(createPrivateKey({ key: privateKey, format: 'raw-private', asymmetricKeyType: 'x25519' }));
}

/**
 * A room key of 32 bytes from what the user wrote, by scrypt (RFC 7914). Whoever records one handshake message can try room
 * keys against its mac1 at leisure, so each try is made to cost 32 MiB and about 0.1 s (N = 2^15, r = 8, p = 1). More would
 * delay every start, and a room key that was generated needs none of it. The salt is constant, as all members must come to
 * the same key and share nothing else.
 */
export function stretchRoomKey(secret: Uint8Array): Promise<Uint8Array> {
  const options = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 };
  return new Promise((resolve, reject) => {
    scrypt(secret, 'tincan room key', 32, options, (error, key) => {
      if (error === null) resolve(plainBytes(key));
      else reject(error);
    });
  });
}

const tagBytes = 16;
const tagLength = { authTagLength: tagBytes } as const;

class NodeAead implements Aead {
  readonly #key: KeyObject;
  /** Written anew for each call: node:crypto copies it at once. */
  readonly #nonce = new Uint8Array(12);
  readonly #nonceView = new DataView(this.#nonce.buffer);

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  seal(nonce: number, ad: Uint8Array, plaintext: Uint8Array, headroomBytes = 0): Uint8Array {
    const cipher = createCipheriv('chacha20-poly1305', this.#key, this.#nonceOf(nonce), tagLength);
    cipher.setAAD(ad);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    const sealed = new Uint8Array(headroomBytes + plaintext.length + tagBytes);
    sealed.set(ciphertext, headroomBytes);
    sealed.set(cipher.getAuthTag(), headroomBytes + plaintext.length);
    return sealed;
  }

  open(nonce: number, ad: Uint8Array, ciphertextAndTag: Uint8Array): Uint8Array | undefined {
    const end = ciphertextAndTag.length - tagBytes;
    if (end < 0) return undefined;
    const decipher = createDecipheriv('chacha20-poly1305', this.#key, this.#nonceOf(nonce), tagLength);
    decipher.setAAD(ad);
    decipher.setAuthTag(ciphertextAndTag.subarray(end));
    const plaintext = decipher.update(ciphertextAndTag.subarray(0, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plainBytes(plaintext);
  }

  #nonceOf(nonce: number): Uint8Array {
    this.#nonceView.setUint32(4, nonce % 2 ** 32, true);
    this.#nonceView.setUint32(8, Math.floor(nonce / 2 ** 32), true);
    return this.#nonce;
  }
}

/** Importing a private key costs more than an agreement with it (measured: 44 µs and 34 µs), so it is done once a pair. */
const privateKeys = new WeakMap<KeyPair, KeyObject>();

function keyPairOf(privateKey: KeyObject): KeyPair {
  const pair = {
    publicKey: plainBytes(createPublicKey(privateKey).export({ format: 'raw-public' })),
    privateKey: plainBytes(privateKey.export({ format: 'raw-private' })),
  };
  privateKeys.set(pair, privateKey);
  return pair;
}

function privateKeyOf(pair: KeyPair): KeyObject {
  const known = privateKeys.get(pair);
  if (known !== undefined) return known;
  const key = createPrivateKey({ key: pair.privateKey, format: 'raw-private', asymmetricKeyType: 'x25519' });
  privateKeys.set(pair, key);
  return key;
}

function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function isDerivationFailure(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_OSSL_FAILED_DURING_DERIVATION'
  );
}
