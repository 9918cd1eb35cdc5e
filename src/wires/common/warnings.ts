/**
 * Keeps a flood from turning into a flood of warnings.
 *
 * Owns: how many warnings a second are told one by one.
 */
import type { Event } from '../../kernel/contract.ts';
import { warningsPerSecond } from './limits.ts';

const windowMs = 1_000;

export class Warnings {
  readonly #emit: (event: Event) => void;
  #windowEndsAt = 0;
  #told = 0;
  /** Counts by code of what was not told one by one. */
  readonly #untold = new Map<string, number>();

  constructor(emit: (event: Event) => void) {
    this.#emit = emit;
  }

  /** Codes are a small fixed set, which is what bounds the map. */
  warn(code: string, message: string, now: number): void {
    this.handleTimeout(now);
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + windowMs;
      this.#told = 0;
    }
    this.#told += 1;
    if (this.#told <= warningsPerSecond) this.#emit({ type: 'warning', code, message });
    else this.#untold.set(code, (this.#untold.get(code) ?? 0) + 1);
  }

  deadline(): number | undefined {
    return this.#untold.size > 0 ? this.#windowEndsAt : undefined;
  }

  handleTimeout(now: number): void {
    if (now < this.#windowEndsAt) return;
    for (const [code, count] of this.#untold)
      this.#emit({
        type: 'warning',
        code,
        message: `${code}: ${count} more like this in the last second`,
        count,
      });
    this.#untold.clear();
  }
}
