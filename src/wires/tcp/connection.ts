/**
 * One TCP connection's state: what is written but not flushed, what is received but not a whole line yet.
 *
 * Owns: framing by newline in both directions.
 */
import type { Address } from '../../kernel/contract.ts';
import { invariant } from '../../kernel/invariant.ts';
import { type InputLine, type InputRun, LineSplitter } from '../../kernel/lines.ts';
import { lineMaxBytes } from '../../kernel/limits.ts';
import { unflushedMaxBytes } from '../common/limits.ts';
import type { Line } from '../common/own-lines.ts';
import type { LineQueue } from '../common/line-queue.ts';
import type { ConnectionId } from './io.ts';

const newline = 0x0a;
/** Lines share a write up to this many bytes: fewer system calls, and still small pieces. */
const writeBytes = 65_536;

export class Connection {
  readonly id: ConnectionId;
  readonly remote: Address;
  readonly local: Address;
  readonly dialledByUs: boolean;
  /** The connection of the same pair that has to be read to its end before this one is. */
  readAfter: Connection | undefined = undefined;
  /** The connection of the same pair that has to be closed before this one is written. */
  writeAfter: Connection | undefined = undefined;
  /** We have ended our half: nothing more is written. */
  ending = false;
  /** When a connection that has lost is ended, and one that is ending is dropped, if the other side does not hang up. */
  dropAt: number | undefined = undefined;
  /** What the transport was told last; every connection starts unread. */
  reading = false;

  readonly #incoming = new LineSplitter(lineMaxBytes);
  /** Written lines in order, with the bytes that the kernel has yet to take of each; bounded by `unflushedMaxBytes`. */
  #unflushed: { readonly line: Line; bytesLeft: number }[] = [];
  #unflushedBytes = 0;

  constructor(id: ConnectionId, ends: { local: Address; remote: Address }, dialledByUs: boolean) {
    this.id = id;
    this.local = ends.local;
    this.remote = ends.remote;
    this.dialledByUs = dialledByUs;
  }

  get unflushedBytes(): number {
    return this.#unflushedBytes;
  }

  receive(bytes: Uint8Array): readonly (InputRun | InputLine)[] {
    return this.#incoming.pushRuns(bytes);
  }

  /** The other side has ended: what it left without a newline is its last line. */
  receiveEnd(): InputLine | undefined {
    return this.#incoming.end();
  }

  /** The next bytes to write from `queue`, or undefined while there is nothing or the kernel has enough. */
  take(queue: LineQueue): Uint8Array | undefined {
    if (this.ending || this.#unflushedBytes >= unflushedMaxBytes) return undefined;
    const lines: Line[] = [];
    let size = 0;
    while (size < writeBytes) {
      const line = queue.shift();
      if (line === undefined) break;
      lines.push(line);
      size += sizeOf(line);
    }
    if (lines.length === 0) return undefined;
    const bytes = new Uint8Array(size);
    let offset = 0;
    for (const line of lines) {
      bytes.set(line.bytes, offset);
      offset += sizeOf(line);
      bytes[offset - 1] = newline;
      this.#unflushed.push({ line, bytesLeft: sizeOf(line) });
    }
    this.#unflushedBytes += size;
    return bytes;
  }

  /** The kernel has taken `bytes` more; returns the lines that are wholly out now. */
  flushed(bytes: number): readonly Line[] {
    invariant(bytes <= this.#unflushedBytes, `flushed ${bytes} bytes of ${this.#unflushedBytes}`);
    this.#unflushedBytes -= bytes;
    let left = bytes;
    let whole = 0;
    for (const entry of this.#unflushed) {
      const step = Math.min(left, entry.bytesLeft);
      entry.bytesLeft -= step;
      left -= step;
      if (entry.bytesLeft > 0) break;
      whole += 1;
    }
    return this.#unflushed.splice(0, whole).map(({ line }) => line);
  }

  /** The connection is gone: the lines that the kernel had not taken whole. */
  unflushedLines(): readonly Line[] {
    const lines = this.#unflushed.map(({ line }) => line);
    this.#unflushed = [];
    this.#unflushedBytes = 0;
    return lines;
  }
}

/** On the wire: the lines of a run have their newlines already. */
function sizeOf({ bytes, count }: Line): number {
  return count === undefined ? bytes.length + 1 : bytes.length;
}
