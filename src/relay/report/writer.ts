/**
 * Writes to a file or pipe that may be slower than the network, without ever waiting for it.
 *
 * Owns: the batch, the backlog and its bound, and a reader that stalls or goes away. Whoever writes asks for room first where
 * something may be left out.
 *
 * Even stdout is written like a file, on another thread: Node's own stream for it waits, on a terminal or a file, until
 * the reader has taken everything, and the network with it.
 */
import { closeSync, constants, createWriteStream, openSync, statSync, type WriteStream } from 'node:fs';
import { backlogMaxBytes, farewellMs, writeSpacingMs } from '../model/limits.ts';

/** `stalled`: whoever reads has not taken the rest in time, and a thread still tries to write it. */
export type Ending = 'written' | 'failed' | 'stalled';

/** What may be written to, if there is room for it. */
export interface Outlet {
  /** False: what may be left out should be, and counted. */
  readonly hasRoom: boolean;
  /** Joins the batch that the next `flush` hands over. `onLost` is called if the system does not take it. */
  write(chunk: string | Uint8Array, onLost?: () => void): void;
  flush(): void;
}

export class Writer implements Outlet {
  readonly #stream: WriteStream;
  #batch: Uint8Array[] = [];
  #onLost: (() => void)[] = [];
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

  /** Writes the file anew. @throws the system's error if it can't be opened, and for a pipe that nobody reads. */
  static toFile(path: string, onFailed: (error: Error) => void): Writer {
    const probe = openedIfPipe(path);
    try {
      return new Writer(openSync(path, 'w'), onFailed);
    } finally {
      if (probe !== undefined) closeSync(probe);
    }
  }

  get hasRoom(): boolean {
    return !this.#failed && this.#stream.writableLength + this.#batchBytes < backlogMaxBytes;
  }

  write(chunk: string | Uint8Array, onLost?: () => void): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#batch.push(bytes);
    if (onLost !== undefined) this.#onLost.push(onLost);
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
    const lost = this.#onLost;
    const tellLost = (): void => {
      for (const tell of lost) tell();
    };
    if (this.#failed) tellLost();
    else this.#stream.write(Buffer.concat(this.#batch), (error) => error && tellLost());
    this.#batch = [];
    this.#onLost = [];
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

/**
 * A pipe that nobody reads would stop this process at `open` until somebody does; asked not to wait, the system refuses. Held
 * until the pipe is open a second time, so that its reader does not take it for closed.
 */
function openedIfPipe(path: string): number | undefined {
  const isPipe = statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
  return isPipe ? openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) : undefined;
}
