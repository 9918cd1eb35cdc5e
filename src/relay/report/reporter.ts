/**
 * Everything that the relay tells: events and answers on stdout, the verdict log.
 *
 * Owns: which line goes where, and what is left out when the log can't keep up.
 */
import { type HostCounts, crossingLine, eventLine, gapLine } from './json.ts';
import type { Capture } from './capture.ts';
import type { Event } from '../model/messages.ts';
import { crossingText, eventText, watchedText } from './text.ts';
import { Watch, type WatchFormat } from './watch.ts';
import type { Outlet } from './writer.ts';

export interface Format extends WatchFormat {
  event(event: Exclude<Event, CrossingEvent>, hostCounts: () => HostCounts): string;
  crossing(event: CrossingEvent): string;
}

export const jsonFormat: Format = {
  event: eventLine,
  crossing: crossingLine,
  watched: crossingLine,
  gap: gapLine,
};

export const textFormat: Format = {
  event: eventText,
  crossing: (event) => `${crossingText(event)}\n`,
  watched: watchedText,
  gap: (lost) => `… ${lost} more\n`,
};

type CrossingEvent = Extract<Event, { type: 'verdict' | 'departed' }>;

/** Back to the start of the line, and empty: whatever half a word a person has typed there stays in the terminal's line. */
const clearedLine = '\r\u001B[K';

export interface ReporterOptions {
  readonly stdout: Outlet;
  /** Undefined: no verdict log. It may be stdout itself. */
  readonly verdicts: Outlet | undefined;
  readonly capture: Capture | undefined;
  /** How each event looks on stdout. A log elsewhere is always JSON. */
  readonly format: Format;
  readonly hostCounts: () => Omit<HostCounts, 'unlogged' | 'uncaptured'>;
  /** Stands behind what was told last, for a person who types; empty: nobody does. */
  readonly prompt: string;
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #watch = new Watch();
  #isPromptGone = false;
  #unlogged = 0;
  /** Lines left out since the last one that was written. */
  #gap = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  tell(events: readonly Event[]): void {
    const { stdout, verdicts, capture, format } = this.#options;
    for (const event of events) {
      if (event.type === 'verdict' || event.type === 'departed') {
        this.#log(event);
        const watched = event.type === 'verdict' ? this.#watch.show(event, format) : '';
        if (watched !== '') this.#write(stdout, watched);
        capture?.record(event);
      } else {
        if (event.type === 'watch') this.#watch.isOn = event.on;
        const text = format.event(event, () => this.#hostCounts());
        this.#write(stdout, text);
      }
    }
    verdicts?.flush();
    capture?.flush();
    if (this.#isPromptGone) this.greet('');
    else stdout.flush();
  }

  get isWatched(): boolean {
    return this.#watch.isOn;
  }

  /** A text for a person who has just come, and the prompt. */
  greet(text: string): void {
    const { stdout, prompt } = this.#options;
    this.#write(stdout, text);
    stdout.write(prompt);
    this.#isPromptGone = false;
    stdout.flush();
  }

  /** What is told on stdout stands in the place of the prompt, which comes again behind it. */
  #write(outlet: Outlet, text: string, onLost?: () => void): void {
    const { stdout, prompt } = this.#options;
    if (outlet === stdout && prompt !== '' && !this.#isPromptGone) {
      stdout.write(clearedLine);
      this.#isPromptGone = true;
    }
    outlet.write(text, onLost);
  }

  #hostCounts(): HostCounts {
    const { hostCounts, capture } = this.#options;
    return { ...hostCounts(), unlogged: this.#unlogged, uncaptured: capture?.uncaptured ?? 0 };
  }

  #log(event: CrossingEvent): void {
    const { verdicts, stdout } = this.#options;
    const format = verdicts === stdout ? this.#options.format : jsonFormat;
    if (verdicts === undefined) return;
    if (!verdicts.hasRoom) {
      this.#gap += 1;
      this.#unlogged += 1;
      return;
    }
    if (this.#gap > 0) this.#write(verdicts, format.gap(this.#gap));
    this.#gap = 0;
    this.#write(verdicts, format.crossing(event), () => {
      this.#unlogged += 1;
    });
  }
}
