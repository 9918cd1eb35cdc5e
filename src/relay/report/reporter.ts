/**
 * Everything that the relay tells: events and answers on stdout, the verdict log.
 *
 * Owns: which line goes where, and what is left out when the log can't keep up.
 */
import { type HostCounts, crossingLine, eventLine, gapLine } from './json.ts';
import type { Capture } from './capture.ts';
import type { Event } from '../model/messages.ts';
import { crossingText, eventText } from './text.ts';
import type { Outlet } from './writer.ts';

export interface Format {
  event(event: Exclude<Event, CrossingEvent>, hostCounts: () => HostCounts): string;
  crossing(event: CrossingEvent): string;
  /** In the place of so many lines of the log that were left out. */
  gap(lost: number): string;
}

export const jsonFormat: Format = { event: eventLine, crossing: crossingLine, gap: gapLine };

export const textFormat: Format = {
  event: eventText,
  crossing: (event) => `${crossingText(event)}\n`,
  gap: (lost) => `… ${lost} more\n`,
};

type CrossingEvent = Extract<Event, { type: 'verdict' | 'departed' }>;

export interface ReporterOptions {
  readonly stdout: Outlet;
  /** Undefined: no verdict log. It may be stdout itself. */
  readonly verdicts: Outlet | undefined;
  readonly capture: Capture | undefined;
  /** How each event looks on stdout. A log elsewhere is always JSON. */
  readonly format: Format;
  readonly hostCounts: () => Omit<HostCounts, 'unlogged' | 'uncaptured'>;
}

export class Reporter {
  readonly #options: ReporterOptions;
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
        capture?.record(event);
      } else {
        stdout.write(format.event(event, () => this.#hostCounts()));
      }
    }
    verdicts?.flush();
    capture?.flush();
    stdout.flush();
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
    if (this.#gap > 0) verdicts.write(format.gap(this.#gap));
    this.#gap = 0;
    verdicts.write(format.crossing(event), () => {
      this.#unlogged += 1;
    });
  }
}
