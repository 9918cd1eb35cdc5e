/**
 * Which packet numbers have come in already: a bitmap that slides with the newest (RFC 6479's ring, without its shifts).
 *
 * Owns: the memory of the last `replayWindowPackets` numbers. Must not know: packets or keys. `check` changes nothing, so
 * that it can go before the decryption, and a forged number can't move the window; `commit` goes after it.
 */
import { invariant } from '../../../kernel/invariant.ts';
import { replayWindowPackets } from '../limits.ts';

export type ReplayVerdict = 'fresh' | 'duplicate' | 'too-old';

const wordBits = 32;
/** One word more than the window, as the newest number may stand anywhere in its word. */
const words = replayWindowPackets / wordBits + 1;

export class ReplayWindow {
  readonly #bits = new Uint32Array(words);
  #newest = -1;

  /** The largest number committed; -1 before the first. */
  get newest(): number {
    return this.#newest;
  }

  check(packetNumber: number): ReplayVerdict {
    if (packetNumber > this.#newest) return 'fresh';
    if (packetNumber <= this.#newest - replayWindowPackets) return 'too-old';
    return (this.#wordOf(packetNumber) & bitOf(packetNumber)) === 0 ? 'fresh' : 'duplicate';
  }

  /** Only for a number that `check` called fresh, once its packet has proved authentic. */
  commit(packetNumber: number): void {
    invariant(this.check(packetNumber) === 'fresh', 'a packet number is accepted once');
    if (packetNumber > this.#newest) this.#slideTo(packetNumber);
    const index = wordIndex(packetNumber);
    this.#bits[index] = (this.#bits[index] ?? 0) | bitOf(packetNumber);
  }

  #slideTo(packetNumber: number): void {
    const lastWord = Math.floor(this.#newest / wordBits);
    const entered = Math.floor(packetNumber / wordBits) - lastWord;
    for (let step = 1; step <= Math.min(entered, words); step += 1) {
      this.#bits[(lastWord + step) % words] = 0;
    }
    this.#newest = packetNumber;
  }

  #wordOf(packetNumber: number): number {
    return this.#bits[wordIndex(packetNumber)] ?? 0;
  }
}

function wordIndex(packetNumber: number): number {
  return Math.floor(packetNumber / wordBits) % words;
}

function bitOf(packetNumber: number): number {
  return 1 << (packetNumber % wordBits);
}
