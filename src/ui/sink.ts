/**
 * Writes text and bytes to an output stream and tells whether they arrived.
 *
 * Owns: the answer to "has the operating system taken it?", and a reader that went away (EPIPE), which is an ordinary
 * end and never an exception.
 */
import type { Writable } from 'node:stream';
import type { Shown } from './face.ts';

const nothingToWrite = Promise.resolve('written' as const);

export class Sink {
  readonly #stream: Writable;
  readonly #onGone: (error: Error) => void;
  #gone = false;
  #lastWrite: Promise<Shown> = Promise.resolve('written');

  /** `onGone` is called once, with the reason, when the stream has failed: nothing more can be written. */
  constructor(stream: Writable, onGone: (error: Error) => void) {
    this.#stream = stream;
    this.#onGone = onGone;
    stream.on('error', (error) => {
      this.#fail(error);
    });
  }

  /**
   * Resolves once the operating system has all of it: so a reader that stalls makes a caller wait. Writing nothing
   * waits for nothing.
   */
  write(...pieces: readonly (string | Uint8Array)[]): Promise<Shown> {
    if (this.#gone) return Promise.resolve('gone');
    const lastIndex = pieces.findLastIndex(({ length }) => length > 0);
    if (lastIndex < 0) return nothingToWrite;
    const write = new Promise<Shown>((resolve) => {
      for (const piece of pieces.slice(0, lastIndex)) if (piece.length > 0) this.#stream.write(piece);
      this.#stream.write(pieces[lastIndex], (error) => {
        if (error === null || error === undefined) {
          resolve('written');
        } else {
          this.#fail(error);
          resolve('gone');
        }
      });
    });
    this.#lastWrite = write;
    return write;
  }

  /** Resolves as the last `write` does: then all that was written has arrived, or never will. */
  drained(): Promise<Shown> {
    return this.#gone ? Promise.resolve('gone') : this.#lastWrite;
  }

  #fail(error: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#onGone(error);
  }
}
