/**
 * Earlier lines on the arrow keys, while the draft and every change to an earlier line are kept until Enter.
 *
 * Owns: which earlier line is shown now. What is kept for long is the `TypedLines`'.
 */
import { type Draft, draftOf } from './draft.ts';
import type { TypedLines } from '../../store/histories.ts';
import { typedLineMaxLength } from '../limits.ts';

export class Recall {
  readonly #typed: TypedLines;
  #lines: readonly string[];
  /** The index of the line that is shown; equal to the number of lines while none of them is. */
  #at: number;
  /** Drafts that were left for another line. */
  readonly #drafts = new Map<number, Draft>();

  constructor(typed: TypedLines) {
    this.#typed = typed;
    this.#lines = typed.load();
    this.#at = this.#lines.length;
  }

  /** The draft to go on with; undefined where there is nothing further that way. */
  go(towards: 'older' | 'newer', draft: Draft): Draft | undefined {
    const to = towards === 'older' ? this.#at - 1 : this.#at + 1;
    const line = this.#lines[to];
    const there = this.#drafts.get(to) ?? (line === undefined ? undefined : draftOf(line));
    if (there === undefined) return undefined;
    this.#drafts.set(this.#at, draft);
    this.#at = to;
    return there;
  }

  /** A line was entered: back to the present. */
  add(text: string): void {
    if (text !== '' && text.length <= typedLineMaxLength && text !== this.#lines.at(-1)) {
      this.#typed.add(text);
      this.#lines = this.#typed.load();
    }
    this.forgetDrafts();
  }

  /** Back to the present, where the draft is whatever comes next. */
  forgetDrafts(): void {
    this.#drafts.clear();
    this.#at = this.#lines.length;
  }
}
