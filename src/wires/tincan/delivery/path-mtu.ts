/**
 * How large a datagram the path to a peer carries: path MTU discovery by the packets themselves (RFC 8899), which here are
 * ordinary packets with lines. One that is larger than all that have arrived is on trial, and alone.
 *
 * Owns: the size that has passed, the one on trial, and when large datagrams are taken to pass no more.
 */
import { blackHoleLosses, datagramAgainMs, datagramBaseBytes, datagramTrialsMax } from '../limits.ts';

/** A packet of nearly a size proves that size: lines rarely fill one to the last byte. */
const nearly = 15 / 16;

export class PathMtu {
  #goalBytes = datagramBaseBytes;
  #passedBytes = datagramBaseBytes;
  #onTrial = false;
  #trialsLost = 0;
  /** Of large datagrams that had passed before. */
  #lossesInRow = 0;
  #againAt = Number.NEGATIVE_INFINITY;

  /** Another path, on which this size is worth a trial. Whether large datagrams went so far. */
  reset(goalBytes: number): boolean {
    const wasLarge = this.#isLarge;
    this.#goalBytes = goalBytes;
    this.#restart(Number.NEGATIVE_INFINITY);
    return wasLarge;
  }

  /** The largest that has passed. */
  get passedBytes(): number {
    return this.#passedBytes;
  }

  /** What a packet may take that leaves now. */
  limitBytes(now: number): number {
    const isDone = this.#onTrial || now < this.#againAt || this.#passedBytes >= nearly * this.#goalBytes;
    return isDone ? this.#passedBytes : this.#goalBytes;
  }

  onSent(bytes: number): void {
    if (bytes > this.#passedBytes) this.#onTrial = true;
  }

  onAcked(bytes: number): void {
    if (bytes <= datagramBaseBytes) return;
    this.#lossesInRow = 0;
    if (bytes <= this.#passedBytes) return;
    this.#passedBytes = bytes;
    this.#onTrial = false;
    this.#trialsLost = 0;
  }

  /** Whether what is under way has to be cut anew, as some of it may not pass. */
  onLost(bytes: number, now: number): boolean {
    if (bytes <= datagramBaseBytes) return false;
    if (bytes > this.#passedBytes) return this.#onTrialLost(now);
    this.#lossesInRow += 1;
    return this.#lossesInRow >= blackHoleLosses && this.fall(now);
  }

  /** Large datagrams pass no more. Whether any went so far. */
  fall(now: number): boolean {
    const wasLarge = this.#isLarge;
    if (wasLarge) this.#restart(now + datagramAgainMs);
    return wasLarge;
  }

  /** What was under way is sent anew. */
  onAbandoned(): void {
    this.#onTrial = false;
  }

  get #isLarge(): boolean {
    return this.#onTrial || this.#passedBytes > datagramBaseBytes;
  }

  #onTrialLost(now: number): boolean {
    if (!this.#onTrial) return false;
    this.#onTrial = false;
    this.#trialsLost += 1;
    if (this.#trialsLost < datagramTrialsMax) return true;
    this.#trialsLost = 0;
    this.#againAt = now + datagramAgainMs;
    return true;
  }

  #restart(againAt: number): void {
    this.#passedBytes = datagramBaseBytes;
    this.#onTrial = false;
    this.#trialsLost = 0;
    this.#lossesInRow = 0;
    this.#againAt = againAt;
  }
}
