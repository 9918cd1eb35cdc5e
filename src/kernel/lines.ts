/**
 * Splits a stream of bytes into lines of UTF-8 text, in bounded memory.
 *
 * Owns: what a line of input is. It ends at LF (a CR before it belongs to the line); a last line without LF counts.
 */
import { utf8Decode } from './text.ts';

export type InputLine =
  | { readonly type: 'line'; readonly text: string }
  /** Longer than the bound. `bytes`: its whole length without the LF. */
  | { readonly type: 'too-long'; readonly bytes: number }
  | { readonly type: 'not-utf8'; readonly bytes: number };

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

export const lineFeed = 0x0a;
