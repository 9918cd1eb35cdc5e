/**
 * The word `watch`: what becomes of each datagram, live, for a person who looks on.
 *
 * Owns: whether somebody does, and how many lines a second a person can read.
 */
import { watchMaxPerSecond } from '../model/limits.ts';
import type { Event } from '../model/messages.ts';

type Entered = Extract<Event, { type: 'verdict' }>;

export interface WatchFormat {
  watched(event: Entered): string;
  /** In the place of so many lines that were left out. */
  gap(lost: number): string;
}

export class Watch {
  isOn = false;
  /** On the clock of the crossings. */
  #secondBeganAtMs = -Infinity;
  #shown = 0;
  /** Datagrams that went by unseen since the last one that was shown. */
  #unseen = 0;

  /** The line of a datagram that enters, with how many went by unseen before it; empty where there is nothing to show. */
  show(event: Entered, format: WatchFormat): string {
    if (!this.isOn) return '';
    const { atMs } = event.crossing;
    if (atMs - this.#secondBeganAtMs >= 1_000) {
      this.#secondBeganAtMs = atMs;
      this.#shown = 0;
    }
    if (this.#shown >= watchMaxPerSecond) {
      this.#unseen += 1;
      return '';
    }
    this.#shown += 1;
    const gap = this.#unseen === 0 ? '' : format.gap(this.#unseen);
    this.#unseen = 0;
    return gap + format.watched(event);
  }
}
