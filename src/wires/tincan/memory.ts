/**
 * What all peers together make a node keep: one account, so that many of them can't take more than one may have.
 *
 * Owns: the sum against its bound, and the reserve of each peer that is there, which the others can't use up. So somebody whose
 * program reads always gets on, however full the rest is.
 */
import { invariant } from '../../kernel/invariant.ts';
import {
  followerReserveBytes,
  incomingReserveBytes,
  knownPlacesShare,
  logMaxBytes,
  memoryMaxBytes,
  waitingSaysMaxBytes,
} from './limits.ts';

/** What a peer that is there can always have. */
const placeBytes = incomingReserveBytes + followerReserveBytes;

export class Memory {
  readonly maxBytes: number;
  /** What is left to all, known or not: the rest is for reserves of known peers. */
  readonly commonBytes: number;
  /** Own lines have their room from the start. */
  #usedBytes = logMaxBytes + waitingSaysMaxBytes;

  constructor(maxBytes = memoryMaxBytes) {
    const places = Math.max(0, Math.floor((maxBytes - this.#usedBytes) / placeBytes));
    this.maxBytes = maxBytes;
    this.commonBytes = maxBytes - Math.floor(places * knownPlacesShare) * placeBytes;
  }

  /** What is kept or reserved, bytes by cost. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether one more peer can have its reserve, so that `spare` others still find theirs. */
  admits({ isKnown, spare }: { readonly isKnown: boolean; readonly spare: number }): boolean {
    return this.#usedBytes + (1 + spare) * placeBytes <= (isKnown ? this.maxBytes : this.commonBytes);
  }

  /** An account within this one. */
  share(): MemoryShare {
    return new MemoryShare(this);
  }

  /** A share takes so much more, or gives it back. */
  charge(deltaBytes: number): void {
    this.#usedBytes += deltaBytes;
    invariant(this.#usedBytes >= 0, 'memory is given back once');
  }
}

/** One direction of one peer. `first`: what may use the reserve, bytes by cost; `further`: what may not. */
export class MemoryShare {
  readonly #memory: Memory;
  #reserve = 0;
  #first = 0;
  #further = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** What may be taken more of the first kind, bytes. */
  get roomBytes(): number {
    const free = Math.max(0, this.#memory.commonBytes - this.#memory.usedBytes);
    return Math.max(0, this.#reserve - this.#first) + free;
  }

  /** Whether so much may be kept: what does not grow beyond the reserve always may. */
  fits(first: number, further = 0): boolean {
    const delta = Math.max(this.#reserve, first) + further - this.#charged;
    return delta <= 0 || this.#memory.usedBytes + delta <= this.#memory.commonBytes;
  }

  /** So much is kept now. */
  set(first: number, further = 0): void {
    this.#change(this.#reserve, first, further);
  }

  /** So much is kept free for this share, used or not. */
  reserve(bytes: number): void {
    this.#change(bytes, this.#first, this.#further);
  }

  #change(reserve: number, first: number, further: number): void {
    const before = this.#charged;
    this.#reserve = reserve;
    this.#first = first;
    this.#further = further;
    if (this.#charged !== before) this.#memory.charge(this.#charged - before);
  }

  get #charged(): number {
    return Math.max(this.#reserve, this.#first) + this.#further;
  }
}
