/**
 * How much one peer may have under way to this node, or untaken here: more where its path carries more than that.
 *
 * Owns: the credit that receipts give, and the most that the peer's lines may take here for it.
 */
import {
  creditBytes,
  creditMaxBytes,
  creditMemoryShare,
  creditRoundTrips,
  incomingMaxBytes,
} from '../limits.ts';
import { lineMaxBytes } from '../../../kernel/limits.ts';

/** What the program took since the receipt before: by what it costs the peer's credit, and what it had cost here. */
export interface Taken {
  readonly creditBytes: number;
  readonly memoryBytes: number;
}

export class Credit {
  #bytes = creditBytes;
  #keptMaxBytes = incomingMaxBytes;
  /** Since then the program has taken what follows; when that comes to the whole credit, the credit is looked at. */
  #since = Number.NEGATIVE_INFINITY;
  #takenBytes = 0;
  #takenMemoryBytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Memory that the peer's lines may take, bytes by cost: what the credit comes to in lines like the latest ones, and a longest line. */
  get keptMaxBytes(): number {
    return this.#keptMaxBytes;
  }

  /** A receipt has left. `roomBytes`: what memory has left for this peer. */
  onReceipt(taken: Taken, roomBytes: number, now: number, roundTripMs: number): void {
    this.#takenBytes += taken.creditBytes;
    this.#takenMemoryBytes += taken.memoryBytes;
    if (this.#takenBytes < this.#bytes) return;
    const memoryShare = this.#takenMemoryBytes / this.#takenBytes;
    const memoryFor = (credit: number): number => (credit + lineMaxBytes) * memoryShare;
    // Who has all of its credit taken so soon was held up by it, not by the program that reads.
    const isShort = now - this.#since <= creditRoundTrips * roundTripMs;
    const doubled = 2 * this.#bytes;
    if (memoryFor(this.#bytes) > roomBytes) this.#bytes = Math.max(creditBytes, this.#bytes / 2);
    else if (isShort && doubled <= creditMaxBytes && memoryFor(doubled) <= creditMemoryShare * roomBytes)
      this.#bytes = doubled;
    const isGrown = this.#bytes > creditBytes;
    this.#keptMaxBytes = isGrown ? Math.max(incomingMaxBytes, memoryFor(this.#bytes)) : incomingMaxBytes;
    this.#since = now;
    this.#takenBytes = 0;
    this.#takenMemoryBytes = 0;
  }
}
