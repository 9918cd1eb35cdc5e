/**
 * Pauses between tries: doubling, with jitter, so that two nodes never fall into step.
 *
 * Owns: the pause.
 */
import { retryMaxMs, retryMinMs } from './limits.ts';

/** A uniform random number in [0, 1), passed in so that a run can be replayed. */
export type Random = () => number;

export class Backoff {
  #tries = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The pause before the next try, in ms: 200, 400, … 5,000, each from three quarters to five quarters of it. */
  nextMs(): number {
    const pauseMs = Math.min(retryMinMs * 2 ** this.#tries, retryMaxMs);
    this.#tries += 1;
    return pauseMs * (0.75 + this.#random() / 2);
  }

  reset(): void {
    this.#tries = 0;
  }
}
