/**
 * Lines on their way to one receiver, a datagram a line.
 *
 * Owns: their order and their pace. Nobody answers on this wire, so nobody says that it is too fast: what the receiver's kernel has no
 * room for is lost without a word.
 */
import { burstMaxBytes, datagramOverheadBytes, paceMs } from '../common/limits.ts';
import { lineFeed } from '../../kernel/lines.ts';
import { LineQueue } from '../common/line-queue.ts';
import type { Line } from '../common/own-lines.ts';

export class Outbox {
  readonly #queue = new LineQueue();
  /** How many bytes of the run at the head have left. */
  #leftBytes = 0;
  /** How much the receiver's kernel may be given, as of `#at`; below zero after a long line. */
  #allowanceBytes = 0;
  #at = -Infinity;

  /** How many lines wait. A run counts until its last line has left. */
  get length(): number {
    return this.#queue.length;
  }

  get full(): boolean {
    return this.#queue.full;
  }

  /** When more may leave; undefined: nothing waits. */
  get deadline(): number | undefined {
    return this.length === 0 ? undefined : this.#at + paceMs;
  }

  push(line: Line): void {
    this.#queue.push(line);
  }

  shift(): Line | undefined {
    return this.#queue.shift();
  }

  /** Sends what may leave now. Gives the lines, and the runs, that have left whole. */
  flush(now: number, send: (datagram: Uint8Array) => void): readonly Line[] {
    // Who wakes late may make up for one burst: two fit into the smallest buffer.
    const elapsed = Math.min(2, (now - this.#at) / paceMs);
    this.#allowanceBytes = Math.min(2 * burstMaxBytes, this.#allowanceBytes + elapsed * burstMaxBytes);
    this.#at = now;
    return this.#send(send, () => this.#allowanceBytes > 0);
  }

  /** A run of which a part has left goes whole, however fast that is. */
  finishRun(send: (datagram: Uint8Array) => void): readonly Line[] {
    return this.#send(send, () => this.#leftBytes > 0);
  }

  #send(send: (datagram: Uint8Array) => void, mayGoOn: () => boolean): readonly Line[] {
    const gone: Line[] = [];
    for (let line = this.#queue.first; line !== undefined && mayGoOn(); line = this.#queue.first) {
      const { bytes, count } = line;
      const isRun = count !== undefined;
      const end = isRun ? bytes.indexOf(lineFeed, this.#leftBytes) : bytes.length;
      const datagram = isRun ? bytes.subarray(this.#leftBytes, end) : bytes.slice();
      send(datagram);
      this.#allowanceBytes -= datagram.length + datagramOverheadBytes;
      this.#leftBytes = end + 1;
      if (this.#leftBytes < bytes.length) continue;
      this.#leftBytes = 0;
      this.#queue.shift();
      gone.push(line);
    }
    return gone;
  }
}
