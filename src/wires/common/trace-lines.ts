/**
 * Lines of a trace on their way to the faces, for any wire: bounded, so that a fast network never drowns its reader.
 *
 * Owns: how many lines are told in a while, and the line that counts the rest. A line's text is built only once it is
 * sure to be told.
 */
import type { Event } from '../../kernel/contract.ts';
import { traceLinesMax, traceWindowMs } from './limits.ts';

export type TraceLine = Omit<Extract<Event, { readonly type: 'trace' }>, 'type' | 'at'>;

export class TraceLines {
  readonly #emit: (event: Event) => void;
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #told = 0;
  #untold = 0;

  constructor(emit: (event: Event) => void) {
    this.#emit = emit;
  }

  /** When `onTimeout` is wanted; undefined: all is told. */
  get deadline(): number | undefined {
    return this.#untold > 0 ? this.#windowEndsAt : undefined;
  }

  tell(now: number, line: () => TraceLine): void {
    this.onTimeout(now);
    this.#told += 1;
    if (this.#told > traceLinesMax) this.#untold += 1;
    else this.#emit({ type: 'trace', at: now, ...line() });
  }

  /** Counts what was left out, once the while is over. Early calls do no harm. */
  onTimeout(now: number): void {
    if (now < this.#windowEndsAt) return;
    this.stop(now);
    this.#windowEndsAt = now + traceWindowMs;
    this.#told = 0;
  }

  /** Nothing follows for now: counts what was left out at once. */
  stop(now: number): void {
    if (this.#untold === 0) return;
    this.#emit({
      type: 'trace',
      at: now,
      direction: 'note',
      peer: undefined,
      text: `… and ${this.#untold} more`,
    });
    this.#untold = 0;
  }
}
