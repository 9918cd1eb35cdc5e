/**
 * A program that prints one JSON object a line: its events, with the time at which each of them reached us.
 *
 * Owns: the parsing, and waiting for an event.
 */
import type { Timed } from '../lab-model/events.ts';
import { DEADLINE_MS, type Transcript } from '../support/transcript.ts';

export interface Wait {
  /** Number of the first event that counts; default 0. */
  readonly from?: number;
  readonly deadlineMs?: number;
  /** Shown when the deadline passes, beside the transcript itself. */
  readonly context?: readonly Transcript[];
}

export class JsonLines<Event> {
  readonly #transcript: Transcript;
  readonly #events: Timed<Event>[] = [];

  constructor(transcript: Transcript) {
    this.#transcript = transcript;
  }

  /** All events so far. @throws on a line that is not JSON: such a program breaks its word. */
  get events(): readonly Timed<Event>[] {
    const { lines, arrivedMs } = this.#transcript;
    for (let at = this.#events.length; at < lines.length; at++) {
      const event: Event = JSON.parse(lines[at] ?? '');
      this.#events.push({ event, atMs: arrivedMs[at] ?? 0 });
    }
    return this.#events;
  }

  /** Resolves with what `look` finds in the first event in which it finds something. */
  first<T>(
    awaited: string,
    look: (event: Event, atMs: number) => T | undefined,
    { from = 0, deadlineMs = DEADLINE_MS, context = [] }: Wait = {},
  ): Promise<T> {
    let next = from;
    const search = (): T | undefined => {
      for (const { event, atMs } of this.events.slice(next)) {
        next += 1;
        const found = look(event, atMs);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return this.#transcript.until(awaited, search, context, deadlineMs);
  }
}
