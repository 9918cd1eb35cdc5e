/**
 * Where a peer is reached, and whether that is known for certain (RFC 9000 §8.2 and §9).
 *
 * Owns: the address in use, its validation by challenge, the limit on what an unvalidated address may be sent.
 */
import type { Address } from '../../../kernel/contract.ts';
import { equalBytes } from '../../../kernel/bytes.ts';
import type { Crypto } from '../crypto.ts';
import { sameAddress } from '../../../kernel/address.ts';
import { amplificationLimit, pathChallengesMax } from '../limits.ts';

interface Validation {
  readonly token: Uint8Array;
  readonly previous: Address;
  receivedBytes: number;
  sentBytes: number;
  challenges: number;
  nextAt: number;
}

export class Path {
  #address: Address;
  #validation: Validation | undefined = undefined;

  /** `address`: one that a handshake has just validated. */
  constructor(address: Address) {
    this.#address = address;
  }

  get address(): Address {
    return this.#address;
  }

  /** When `onTimeout` is wanted. */
  get deadline(): number | undefined {
    return this.#validation?.nextAt;
  }

  /** Bytes that may be sent now. */
  get allowanceBytes(): number {
    if (this.#validation === undefined) return Number.POSITIVE_INFINITY;
    return amplificationLimit * this.#validation.receivedBytes - this.#validation.sentBytes;
  }

  onSent(bytes: number): void {
    if (this.#validation !== undefined) this.#validation.sentBytes += bytes;
  }

  /** A handshake through this address has succeeded. */
  reset(address: Address): void {
    this.#address = address;
    this.#validation = undefined;
  }

  /** An authentic packet came in. Whether it moved the peer, which only a packet can that is newer than all before it (`newest`). */
  onReceived(from: Address, bytes: number, newest: boolean, crypto: Crypto, now: number): boolean {
    if (sameAddress(from, this.#address)) {
      if (this.#validation !== undefined) this.#validation.receivedBytes += bytes;
      return false;
    }
    if (!newest) return false;
    const previous = this.#validation?.previous ?? this.#address;
    this.#address = from;
    // Back where it was, as after a forwarded copy of one of its packets: nothing to prove.
    this.#validation = sameAddress(from, previous)
      ? undefined
      : {
          token: Uint8Array.from(crypto.randomBytes(8)),
          previous,
          receivedBytes: bytes,
          sentBytes: 0,
          challenges: 0,
          nextAt: now,
        };
    return true;
  }

  /** The token to send as a challenge now; `undefined`: none is due. `reverted`: nobody answered, the old address is back. */
  onTimeout(intervalMs: number, now: number): { readonly token: Uint8Array } | 'reverted' | undefined {
    const validation = this.#validation;
    if (validation === undefined || now < validation.nextAt) return undefined;
    if (validation.challenges === pathChallengesMax) {
      this.reset(validation.previous);
      return 'reverted';
    }
    validation.challenges += 1;
    validation.nextAt = now + intervalMs;
    return { token: validation.token };
  }

  /** Whether this answers our challenge. */
  onResponse(token: Uint8Array): boolean {
    if (this.#validation === undefined || !equalBytes(token, this.#validation.token)) return false;
    this.#validation = undefined;
    return true;
  }
}
