/**
 * Own lines that wait for one peer, in order.
 *
 * Owns: the queue and its bound.
 */
import { lineOverheadBytes, sendQueueMaxBytes } from './limits.ts';
import { type Line, linesIn } from './own-lines.ts';

export class LineQueue {
  #lines: Line[] = [];
  /** Lines before this index are gone; compacted now and then, so that shifting is O(1) amortised. */
  #head = 0;
  #bytes = 0;
  #count = 0;

  /** How many lines wait. */
  get length(): number {
    return this.#count;
  }

  /** Holds its bound already: the caller keeps further says back. One line may overshoot it, so that no line is too big. */
  get full(): boolean {
    return this.#bytes >= sendQueueMaxBytes;
  }

  get first(): Line | undefined {
    return this.#lines[this.#head];
  }

  push(line: Line): void {
    this.#lines.push(line);
    this.#bytes += line.bytes.length + lineOverheadBytes;
    this.#count += linesIn(line);
  }

  shift(): Line | undefined {
    const line = this.first;
    if (line === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= line.bytes.length + lineOverheadBytes;
    this.#count -= linesIn(line);
    // Also where the queue is never empty: lines that are gone would be kept for as long as others follow.
    if (this.#head * 2 >= this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
    return line;
  }
}
