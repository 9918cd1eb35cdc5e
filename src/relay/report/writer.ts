/**
 * Writes to a file or pipe that may be slower than the network, without ever waiting for it.
 *
 * Owns: the batch, the backlog and its bound, and a reader that stalls or goes away. Whoever writes asks for room first where
 * something may be left out.
 *
 * Even stdout is written like a file, on another thread: Node's own stream for it waits, on a terminal or a file, until
 * the reader has taken everything, and the network with it.
 */
import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { backlogMaxBytes, farewellMs, writeSpacingMs } from '../model/limits.ts';

/** `stalled`: whoever reads has not taken the rest in time, and a thread still tries to write it. */
export type Ending = 'written' | 'failed' | 'stalled';

/** What may be written to, if there is room for it. */
export interface Outlet {
  /** False: what may be left out should be, and counted. */
  readonly hasRoom: boolean;
  /** Joins the batch that the next `flush` hands over. */
  write(chunk: string | Uint8Array): void;
  flush(): void;
}

export class Writer implements Outlet {
  readonly #stream: WriteStream;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #handedOverAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #failed = false;
  #ended: Promise<Ending> | undefined;

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

  get hasRoom(): boolean {
    return !this.#failed && this.#stream.writableLength + this.#batchBytes < backlogMaxBytes;
  }

  write(chunk: string | Uint8Array): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
  }

  /** At once if the last time is long enough ago, else soon. */
  flush(): void {
    if (this.#timer !== undefined || this.#batchBytes === 0) return;
    const waitMs = this.#handedOverAtMs + writeSpacingMs - performance.now();
    if (waitMs <= 0) this.#handOver();
    else this.#timer = setTimeout(() => this.#handOver(), waitMs);
  }

  /** Calls once, when all that was handed over is written. */
  onDrained(then: () => void): void {
    if (this.#stream.writableNeedDrain) this.#stream.once('drain', then);
    else then();
  }

  /** Resolves once everything is written, or never will be. */
  end(): Promise<Ending> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  #handOver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batchBytes === 0) return;
    if (!this.#failed) this.#stream.write(Buffer.concat(this.#batch));
    this.#batch = [];
    this.#batchBytes = 0;
    this.#handedOverAtMs = performance.now();
  }

  async #end(): Promise<Ending> {
    this.#handOver();
    if (this.#failed) return 'failed';
    const ending = Promise.withResolvers<Ending>();
    const timer = setTimeout(() => ending.resolve('stalled'), farewellMs);
    this.#stream.once('error', () => ending.resolve('failed'));
    this.#stream.end(() => ending.resolve(this.#failed ? 'failed' : 'written'));
    const how = await ending.promise;
    clearTimeout(timer);
    return how;
  }
}
