/**
 * Writes to a file or pipe that may be slower than the network, without ever waiting for it.
 *
 * Owns: the batch, the backlog and its bound, and a reader that stalls or goes away.
 * Must not know: what is written. Whoever writes asks for room first where something may be left out.
 *
 * Even stdout is written by the system's file calls, which run on other threads: Node's own stream for a pipe would
 * hold up the network while its reader stalls.
 */
import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { backlogMaxBytes, farewellMs } from './limits.ts';

export class Writer {
  readonly #stream: WriteStream;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #failed = false;
  #ended: Promise<boolean> | undefined;

  /** `onFailed` is called once, with why nothing more can be written. */
  private constructor(fd: number, onFailed: (error: Error) => void) {
    this.#stream = createWriteStream('', { fd, autoClose: fd > 2 });
    this.#stream.on('error', (error) => {
      if (this.#failed) return;
      this.#failed = true;
      onFailed(error);
    });
  }

  static toStdout(onFailed: (error: Error) => void): Writer {
    return new Writer(1, onFailed);
  }

  /** Writes the file anew. @throws the system's error if it can't be opened. */
  static toFile(path: string, onFailed: (error: Error) => void): Writer {
    return new Writer(openSync(path, 'w'), onFailed);
  }

  /** False: what may be left out should be, and counted. */
  get hasRoom(): boolean {
    return !this.#failed && this.#stream.writableLength + this.#batchBytes < backlogMaxBytes;
  }

  /** Joins the batch that the next `flush` hands over. */
  write(chunk: string | Uint8Array): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
  }

  flush(): void {
    if (this.#batchBytes > 0 && !this.#failed) this.#stream.write(Buffer.concat(this.#batch));
    this.#batch = [];
    this.#batchBytes = 0;
  }

  /** Calls once, when all that was handed over is written. */
  onDrained(then: () => void): void {
    if (this.#stream.writableNeedDrain) this.#stream.once('drain', then);
    else then();
  }

  /** Resolves to whether everything got out; false if it failed, or took too long. */
  end(): Promise<boolean> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<boolean> {
    this.flush();
    if (this.#failed) return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), farewellMs);
      this.#stream.once('error', () => resolve(false));
      this.#stream.end(() => {
        clearTimeout(timer);
        resolve(!this.#failed);
      });
    });
  }
}
