/**
 * Places that were reached in vain: the conversation there did not last, or broke the protocol. Each is left alone for a while
 * that doubles, so that whoever hangs up after each handshake costs one now and then.
 *
 * Owns: these waits. Those of attempts that nobody answers are the dialler's.
 */
import type { Crypto } from '../crypto.ts';
import { redialWaitMs } from '../handshake/initiator.ts';
import { backOffsMax } from '../limits.ts';

interface BackOff {
  readonly failures: number;
  readonly until: number;
  readonly hasViolated: boolean;
}

/** How a conversation has ended. */
export type Ending = 'lasted' | 'was-short' | 'was-violated';

export class BackOffs {
  readonly #crypto: Crypto;
  /** By the key of the dial; the one that ended first comes first. */
  readonly #places = new Map<string, BackOff>();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  onEnded(key: string, ending: Ending, now: number): void {
    const before = this.#places.get(key);
    this.#places.delete(key);
    if (ending === 'lasted') return;
    const failures = (before?.failures ?? 0) + 1;
    const hasViolated = ending === 'was-violated' || before?.hasViolated === true;
    const until = now + redialWaitMs(failures, this.#crypto);
    this.#places.set(key, { failures, until, hasViolated });
    const [oldest] = this.#places.keys();
    if (this.#places.size > backOffsMax && oldest !== undefined) this.#places.delete(oldest);
  }

  /** The place is left alone until then. */
  until(key: string): number {
    return this.#places.get(key)?.until ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether the place may be dialled because somebody else says so. */
  allowsOnAnothersWord(key: string, now: number): boolean {
    return now >= this.until(key) && this.#places.get(key)?.hasViolated !== true;
  }
}
