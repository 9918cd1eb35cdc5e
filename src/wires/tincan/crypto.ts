/**
 * The cryptographic primitives that the protocol asks for. They are passed in, so that the protocol stays pure and a
 * simulation can be replayed.
 *
 * Owns: the shapes, and the draws that are made from `randomBytes`. `runtime/crypto.ts` implements them.
 */
import { invariant } from '../../kernel/invariant.ts';
import { readUint32 } from '../../kernel/bytes.ts';

export interface Crypto {
  /** `length` unpredictable bytes, fresh each time. */
  randomBytes(length: number): Uint8Array;
  /** A fresh X25519 key pair. */
  generateKeyPair(): KeyPair;
  /** X25519 (RFC 7748 section 6.1): 32 bytes, or undefined where the result is all zero (a low-order public key). */
  diffieHellman(own: KeyPair, publicKey: Uint8Array): Uint8Array | undefined;
  /** SHA-256 over the parts, one after the other: 32 bytes. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  /** HMAC-SHA256 over the parts, one after the other: 32 bytes. */
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** ChaCha20-Poly1305 (RFC 8439) under this 32-byte key. */
  aead(key: Uint8Array): Aead;
}

/**
 * One key's authenticated encryption. The 96-bit nonce is four zero bytes, then `nonce` as 64 bits little-endian
 * (Noise specification, section 12.3). A nonce is a number, as 2^53 packets outlast any session. `ad`: the bytes that
 * are authenticated but not encrypted.
 */
export interface Aead {
  /**
   * Gives `headroomBytes` bytes for the caller to fill (default none), then the ciphertext, then the 16-byte tag.
   * The headroom spares the hot path a second copy of each packet (measured: about 0.9 µs of 1,400 bytes).
   */
  seal(nonce: number, ad: Uint8Array, plaintext: Uint8Array, headroomBytes?: number): Uint8Array;
  /**
   * The plaintext, or undefined where the tag does not fit: an ordinary answer on an open network, never an error. It may share
   * memory with others, which a part that is kept would keep, too: keep a copy.
   */
  open(nonce: number, ad: Uint8Array, ciphertextAndTag: Uint8Array): Uint8Array | undefined;
}

/** An X25519 key pair as raw bytes (RFC 7748), 32 each: plain data, so that it can be stored and handed to a thread. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** A whole number drawn uniformly from 0 up to `bound` - 1; `bound` at most 2^32. */
export function randomBelow(crypto: Crypto, bound: number): number {
  invariant(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32, 'a draw needs a bound of 1 to 2^32');
  // The bias of scaling is below bound / 2^32: nothing, for a jitter or a skip.
  return Math.floor((readUint32(crypto.randomBytes(4), 0) / 2 ** 32) * bound);
}
