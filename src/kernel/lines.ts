/**
 * Splits a stream of bytes into lines of UTF-8 text, or into runs of them, in bounded memory.
 *
 * Owns: what a line of input is. It ends at LF (a CR before it belongs to the line); a last line without LF counts.
 */
import { concatBytes } from './bytes.ts';
import type { LineRun } from './contract.ts';
import { runMaxBytes, runMaxLines } from './limits.ts';
import { utf8Decode } from './text.ts';

export type InputLine =
  | { readonly type: 'line'; readonly text: string }
  /** Longer than the bound. `bytes`: its whole length without the LF. */
  | { readonly type: 'too-long'; readonly bytes: number }
  | { readonly type: 'not-utf8'; readonly bytes: number };

/** Whole lines, none of which is too long or not UTF-8. */
export type InputRun = { readonly type: 'run' } & LineRun;

export class LineSplitter {
  readonly #lineMaxBytes: number;
  /** The start of an unfinished line: a copy, so that a few bytes never keep a whole chunk alive. */
  #partial = new Uint8Array(0);
  /** Bytes of the unfinished line so far; above the bound, `#partial` is empty and they are only counted. */
  #partialBytes = 0;

  /** `lineMaxBytes`: the longest line, in bytes without its LF. Never more than this is held between two calls. */
  constructor(lineMaxBytes: number) {
    this.#lineMaxBytes = lineMaxBytes;
  }

  /** The lines that this chunk completes. The chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array): InputLine[] {
    const lines: InputLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      lines.push(this.#finish(chunk.subarray(start, end)));
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /**
   * The same in runs, with bytes of their own: one, unless there are more lines than a run may have. Line by line only what is not
   * in order.
   */
  pushRuns(chunk: Uint8Array): readonly (InputRun | InputLine)[] {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    if (end > 0 && this.#partialBytes <= this.#lineMaxBytes) {
      const partial = this.#partial.subarray(0, this.#partialBytes);
      const runs = runsIn(concatBytes(partial, chunk.subarray(0, end)), this.#lineMaxBytes);
      if (runs !== undefined) {
        this.#partialBytes = 0;
        this.#keep(chunk.subarray(end));
        return runs;
      }
    }
    return this.push(chunk);
  }

  /** Input has ended: the last line, if it had no LF. */
  end(): InputLine | undefined {
    return this.#partialBytes === 0 ? undefined : this.#finish(new Uint8Array(0));
  }

  #finish(rest: Uint8Array): InputLine {
    if (this.#partialBytes === 0) return this.#decode(rest, rest.length);
    this.#keep(rest);
    const bytes = this.#partialBytes;
    const line = this.#decode(this.#partial.subarray(0, bytes), bytes);
    this.#partialBytes = 0;
    return line;
  }

  #decode(line: Uint8Array, bytes: number): InputLine {
    if (bytes > this.#lineMaxBytes) return { type: 'too-long', bytes };
    const text = utf8Decode(line);
    return text === undefined ? { type: 'not-utf8', bytes } : { type: 'line', text };
  }

  #keep(rest: Uint8Array): void {
    const heldBytes = this.#partialBytes;
    this.#partialBytes += rest.length;
    if (this.#partialBytes > this.#lineMaxBytes) {
      this.#partial = new Uint8Array(0);
      return;
    }
    if (this.#partialBytes > this.#partial.length) {
      const sizeBytes = Math.min(this.#lineMaxBytes, Math.max(256, this.#partialBytes * 2));
      const grown = new Uint8Array(sizeBytes);
      grown.set(this.#partial.subarray(0, heldBytes));
      this.#partial = grown;
    }
    this.#partial.set(rest, heldBytes);
  }
}

/** undefined: a line is too long, or not UTF-8. */
function runsIn(bytes: Uint8Array, lineMaxBytes: number): readonly InputRun[] | undefined {
  if (utf8Decode(bytes) === undefined) return undefined;
  const runs: InputRun[] = [];
  let [start, end, count] = [0, 0, 0];
  const close = (): void => {
    const isAll = end - start === bytes.length;
    runs.push({ type: 'run', bytes: isAll ? bytes : bytes.slice(start, end), count });
    [start, count] = [end, 0];
  };
  while (end < bytes.length) {
    const next = bytes.indexOf(lineFeed, end) + 1;
    if (next - end > lineMaxBytes + 1) return undefined;
    if (count === runMaxLines || (count > 0 && next - start > runMaxBytes)) close();
    end = next;
    count += 1;
  }
  close();
  return runs;
}

export const lineFeed = 0x0a;
