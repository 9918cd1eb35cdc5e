/**
 * Lines that were entered at a terminal while the send queue is full: a keyboard can't be stopped, so they wait here.
 *
 * Owns: their order and their bound.
 */
import type { FaceCommand } from '../face.ts';
import { waitingSaysMaxBytes } from '../limits.ts';

export type Say = Extract<FaceCommand, { readonly type: 'say' }>;

export class SayQueue {
  readonly #say: (say: Say) => void;
  #waiting: Say[] = [];
  #waitingBytes = 0;
  #isOpen = true;
  #isSaying = false;

  /** `say` may close the queue from inside. */
  constructor(say: (say: Say) => void) {
    this.#say = say;
  }

  /** Lines that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#waitingBytes + bytes <= waitingSaysMaxBytes;
  }

  add(says: readonly Say[]): void {
    this.#waiting.push(...says);
    for (const { text } of says) this.#waitingBytes += Buffer.byteLength(text);
    this.#sayOn();
  }

  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#sayOn();
  }

  #sayOn(): void {
    if (this.#isSaying) return;
    this.#isSaying = true;
    let said = 0;
    for (const say of this.#waiting) {
      if (!this.#isOpen) break;
      said += 1;
      this.#waitingBytes -= Buffer.byteLength(say.text);
      this.#say(say);
    }
    this.#waiting = this.#waiting.slice(said);
    this.#isSaying = false;
  }
}
