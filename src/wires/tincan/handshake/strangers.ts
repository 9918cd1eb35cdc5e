/**
 * What a stranger must show before a handshake costs the node anything: that it knows the room key (mac1), that it receives
 * what is sent to its address (a cookie), and that it keeps to a rate.
 *
 * Owns: the key of mac1, the cookies' secret and when it changes, the rate of each source.
 */
import type { Address } from '../../../kernel/contract.ts';
import { asciiBytes, equalBytes, toHex } from '../../../kernel/bytes.ts';
import type { Crypto } from '../crypto.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { addressText, ipToBytes, unmapIp4 } from '../../../kernel/address.ts';
import { cookieSecretMs, handshakesBurst, handshakesPerSecond, macBytes, rateSourcesMax } from '../limits.ts';

/**
 * The short tags of handshake messages, under a key derived from the room key (WireGuard §5.4.4, `mac1`). In an open room that
 * key is known to all: the tags then keep out noise, not people.
 */
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

/** Makes and checks cookies and keeps none: HMAC-SHA256 over mac1 and address, cut to 16 bytes (WireGuard §5.3). */
export class CookieJar {
  readonly #crypto: Crypto;
  #secret = new Uint8Array(0);
  #secretUntil = Number.NEGATIVE_INFINITY;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** The cookie for the message with this mac1 from this address, now. */
  bake(mac1: Uint8Array, from: Address, now: number): Uint8Array {
    if (now >= this.#secretUntil) {
      this.#secret = Uint8Array.from(this.#crypto.randomBytes(32));
      this.#secretUntil = now + cookieSecretMs;
    }
    // mac1 comes first: it has a fixed length, so that no other pair of the two gives the same bytes.
    return this.#crypto.hmacSha256(this.#secret, mac1, asciiBytes(addressText(from))).subarray(0, macBytes);
  }

  accepts(cookie: Uint8Array, mac1: Uint8Array, from: Address, now: number): boolean {
    return equalBytes(cookie, this.bake(mac1, from, now));
  }
}

/** Allows each source a rate and a burst. Source: the generic cell rate algorithm, which keeps one number for each source. */
export class SourceRates {
  /** Source → the time at which its burst is whole again; the least recently allowed source first. */
  readonly #wholeAgainAt = new Map<string, number>();
  readonly #intervalMs: number;

  constructor(perSecond = handshakesPerSecond) {
    this.#intervalMs = 1_000 / perSecond;
  }

  /** Whether one more handshake from this source is within its rate; if so, it is counted. */
  take(source: string, now: number): boolean {
    const wholeAgainAt = Math.max(this.#wholeAgainAt.get(source) ?? now, now);
    if (wholeAgainAt > now + (handshakesBurst - 1) * this.#intervalMs) return false;
    if (!this.#wholeAgainAt.delete(source)) this.#makeRoom(now);
    if (this.#wholeAgainAt.size >= rateSourcesMax) return false;
    this.#wholeAgainAt.set(source, wholeAgainAt + this.#intervalMs);
    return true;
  }

  /** Forgets sources whose burst is whole again: about in the order of the map, as each was put last when it was allowed. */
  #makeRoom(now: number): void {
    for (const [source, wholeAgainAt] of this.#wholeAgainAt) {
      if (wholeAgainAt > now) return;
      this.#wholeAgainAt.delete(source);
    }
  }
}

/** The addresses that are counted as one: an IPv4 address, or an IPv6 /64, within which a single host may choose freely. */
export function sourceOf(address: Address): string {
  const [ip = ''] = address.ip.split('%');
  const bytes = ipToBytes(ip);
  if (bytes === undefined) return ip;
  const unmapped = unmapIp4(bytes);
  return toHex(unmapped.length === 4 ? unmapped : unmapped.subarray(0, 8));
}
