/**
 * Whether one peer is still there: when it was last heard, when it must be asked, when it counts as gone.
 *
 * Owns: the keepalive and the silence (README.md, "Sessions and peers").
 */
import { randomBelow } from '../crypto.ts';
import type { Crypto } from '../crypto.ts';
import {
  keepaliveJitterMs,
  keepaliveMs,
  silentDoubtedMs,
  silentMs,
  silentUnacknowledgedMs,
} from '../limits.ts';
import type { RttEstimator } from '../delivery/rtt.ts';

export class Liveness {
  readonly #crypto: Crypto;
  readonly #rtt: RttEstimator;
  #heardAt = 0;
  #unansweredSince: number | undefined = undefined;
  #doubtedAt: number | undefined = undefined;
  #keepaliveMs = keepaliveMs;
  #askedAt = Number.NEGATIVE_INFINITY;
  #elicitingSentAt = 0;

  constructor(options: { crypto: Crypto; rtt: RttEstimator }) {
    this.#crypto = options.crypto;
    this.#rtt = options.rtt;
  }

  /** The peer was asked whether it is still there, and nothing was heard since. */
  get isDoubted(): boolean {
    return this.#doubtedAt !== undefined;
  }

  /** An authentic packet has come in. */
  onHeard(now: number): void {
    this.onSession(now);
    this.#doubtedAt = undefined;
  }

  /** A handshake has brought a session: as good as a packet. */
  onSession(now: number): void {
    this.#heardAt = now;
    this.#unansweredSince = undefined;
  }

  onLeft(): void {
    this.#doubtedAt = undefined;
  }

  /** A packet has left, and some that were sent wait for an ack. */
  onUnanswered(now: number): void {
    this.#unansweredSince ??= now;
  }

  /** Something has left that is answered by an ack. */
  onElicitingSent(now: number): void {
    this.#elicitingSentAt = now;
  }

  onPingSent(): void {
    this.#keepaliveMs = keepaliveMs - randomBelow(this.#crypto, keepaliveJitterMs);
  }

  /** A PING is wanted. It may have to wait, at an unvalidated address, and is not asked for again at once. */
  onAsked(now: number): void {
    this.#askedAt = now;
  }

  /** Somebody else has come from the peer's address: the peer has little time to answer. */
  doubt(now: number): void {
    this.#doubtedAt ??= now;
  }

  /** When a PING is due. */
  get keepaliveAt(): number {
    return Math.max(this.#elicitingSentAt, this.#askedAt) + this.#keepaliveMs;
  }

  /** When the peer counts as gone. Sooner while lines wait for an ack: each probe should have been answered. */
  silentAt(linesWait: boolean): number {
    let silentAt = this.#heardAt + silentMs;
    if (this.#doubtedAt !== undefined) {
      silentAt = Math.min(silentAt, this.#doubtedAt + silentDoubtedMs + 2 * this.#rtt.probeTimeoutMs);
    }
    if (this.#unansweredSince === undefined || !linesWait) return silentAt;
    return Math.min(silentAt, this.#unansweredSince + silentUnacknowledgedMs);
  }

  /** For how long there was no answer. */
  silentSeconds(now: number): number {
    return Math.round((now - Math.min(this.#heardAt, this.#unansweredSince ?? now)) / 1_000);
  }
}
