/**
 * ChaCha20-Poly1305 from libsodium, in a third of the time that node:crypto needs for a packet.
 *
 * Owns: whether this machine has it, and the adapter.
 */
import { createRequire } from 'node:module';
import { invariant } from '../kernel/invariant.ts';
import type { Aead, Crypto } from '../wires/tincan/crypto.ts';

/** Of the addon, what is used here. Each function fills its first argument, and gives the bytes that it wrote, or -1. */
interface Libsodium {
  crypto_aead_chacha20poly1305_ietf_encrypt(
    sealed: Uint8Array,
    plaintext: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  crypto_aead_chacha20poly1305_ietf_decrypt(
    plaintext: Uint8Array,
    sealed: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
}

/** The same primitives with libsodium's AEAD; undefined where package `sodium-native` has no addon that loads. */
export function withSodium(
  crypto: Crypto,
  platform = `${process.platform}-${process.arch}`,
): Crypto | undefined {
  const sodium = load(platform);
  return sodium && { ...crypto, aead: (key) => new SodiumAead(sodium, key) };
}

/**
 * The addon's file itself, which loads in 1.4 ms. The package's own entry takes 15 ms, for checks that are made here once and for
 * all, and needs ten more packages.
 */
function load(platform: string): Libsodium | undefined {
  try {
    return createRequire(import.meta.url)(`sodium-native/prebuilds/${platform}/sodium-native.node`);
  } catch {
    // The optional package was not installed, or has no file for this platform, or one for another C library.
    return undefined;
  }
}

const keyBytes = 32;
const tagBytes = 16;

/** The addon does not check lengths, so each is made, or held, here. */
class SodiumAead implements Aead {
  readonly #sodium: Libsodium;
  readonly #key: Uint8Array;
  /** Written anew for each call. */
  readonly #nonce = new Uint8Array(12);
  readonly #nonceView = new DataView(this.#nonce.buffer);

  constructor(sodium: Libsodium, key: Uint8Array) {
    invariant(key.length === keyBytes, 'a key has 32 bytes');
    this.#sodium = sodium;
    this.#key = Uint8Array.from(key);
  }

  seal(nonce: number, ad: Uint8Array, plaintext: Uint8Array, headroomBytes = 0): Uint8Array {
    const length = plaintext.length + tagBytes;
    // From Node's pool: a sealed packet leaves at once, so it keeps no other bytes of the pool in memory.
    const { buffer, byteOffset } = Buffer.allocUnsafe(headroomBytes + length);
    const sealed = new Uint8Array(buffer, byteOffset + headroomBytes, length);
    const written = this.#sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
      sealed,
      plaintext,
      ad,
      this.#nonceOf(nonce),
      this.#key,
    );
    invariant(written === length, 'libsodium seals whatever it is given');
    return new Uint8Array(buffer, byteOffset, headroomBytes + length);
  }

  open(nonce: number, ad: Uint8Array, ciphertextAndTag: Uint8Array): Uint8Array | undefined {
    const length = ciphertextAndTag.length - tagBytes;
    if (length < 0) return undefined;
    // From Node's pool, too: whoever keeps a part of a packet copies that part.
    const { buffer, byteOffset } = Buffer.allocUnsafe(length);
    const plaintext = new Uint8Array(buffer, byteOffset, length);
    const written = this.#sodium.crypto_aead_chacha20poly1305_ietf_decrypt(
      plaintext,
      ciphertextAndTag,
      ad,
      this.#nonceOf(nonce),
      this.#key,
    );
    return written === length ? plaintext : undefined;
  }

  #nonceOf(nonce: number): Uint8Array {
    this.#nonceView.setUint32(4, nonce % 2 ** 32, true);
    this.#nonceView.setUint32(8, Math.floor(nonce / 2 ** 32), true);
    return this.#nonce;
  }
}
