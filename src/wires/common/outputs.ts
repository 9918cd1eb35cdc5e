/**
 * What a wire's node wants done, from `handle` to `drain`.
 *
 * Owns: the order of outputs, each of which is given out once.
 */
import type { Event } from '../../kernel/contract.ts';

type EventOutput = { readonly type: 'event'; readonly event: Event };

export class Outputs<O> {
  #waiting: (O | EventOutput)[] = [];

  add(output: O | EventOutput): void {
    this.#waiting.push(output);
  }

  readonly emit = (event: Event): void => {
    this.#waiting.push({ type: 'event', event });
  };

  drain(): readonly (O | EventOutput)[] {
    const outputs = this.#waiting;
    this.#waiting = [];
    return outputs;
  }
}
