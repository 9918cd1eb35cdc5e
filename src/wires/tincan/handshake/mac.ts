/**
 * The first thing that a handshake message must show: that its sender knows the room key (WireGuard §5.4.4, `mac1`).
 *
 * Owns: the key derived from the room key, and the truncated tags made with it. In an open room the key is a constant: it
 * then keeps out noise, not people. Must not know: layouts, addresses, what happens to a message that fails.
 */
import { asciiBytes, equalBytes } from '../../../kernel/bytes.ts';
import type { Crypto } from '../crypto.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { macBytes } from '../limits.ts';

export class RoomMac {
  readonly #crypto: Crypto;
  readonly #key: Uint8Array;

  /** `roomKey`: 32 bytes, stretched; undefined: an open room. */
  constructor(crypto: Crypto, roomKey: Uint8Array | undefined) {
    invariant(roomKey === undefined || roomKey.length === 32, 'a stretched room key has 32 bytes');
    this.#crypto = crypto;
    this.#key = crypto.hmacSha256(roomKey ?? new Uint8Array(32), asciiBytes('tincan mac1'));
  }

  /** HMAC-SHA256 over the parts, one after the other, cut to 16 bytes. */
  of(...parts: readonly Uint8Array[]): Uint8Array {
    return this.#crypto.hmacSha256(this.#key, ...parts).subarray(0, macBytes);
  }

  fits(mac: Uint8Array, ...parts: readonly Uint8Array[]): boolean {
    return equalBytes(mac, this.of(...parts));
  }
}
