/**
 * Runs of lines, and events that stand for many, taken apart again.
 *
 * Owns: which single events a counted one stands for, and where the lines of a run begin and end.
 */
import type { Event, LineRun } from './contract.ts';
import { invariant } from './invariant.ts';
import { lineFeed } from './lines.ts';
import { utf8Decode } from './text.ts';

/** An event as those see it who look at each line by itself. */
export type SingleEvent = Exclude<Event, { readonly type: 'messages' }>;

export function singlesOf(event: Event): readonly SingleEvent[] {
  switch (event.type) {
    case 'messages': {
      const { type: _, bytes, count, ...rest } = event;
      return textsOf({ bytes, count }).map((text, index) => ({
        ...rest,
        type: 'message',
        seq: event.seq + index,
        text,
      }));
    }
    case 'queued':
    case 'sent':
    case 'delivered': {
      const { count, ...single } = event;
      if (count === undefined) return [event];
      return Array.from({ length: count }, (_, index) => ({ ...single, seq: event.seq + index }));
    }
    case 'refused': {
      const { count = 1, ...single } = event;
      return Array.from({ length: count }, () => single);
    }
    default:
      return [event];
  }
}

/** The lines of a run as texts. */
export function textsOf(run: LineRun): readonly string[] {
  const texts = textOf(run).split('\n');
  invariant(texts.length === run.count, 'a run has as many lines as it says');
  return texts;
}

/** The lines of a run as one text, with a line feed after each but the last. */
export function textOf({ bytes }: LineRun): string {
  const text = utf8Decode(bytes);
  invariant(text?.endsWith('\n') === true, 'a run is UTF-8, and ends with a line feed');
  return text.slice(0, -1);
}

/** Where the lines of a run end, their line feeds included: offsets into its bytes. */
export function lineEnds({ bytes, count }: LineRun): Uint32Array {
  const ends = new Uint32Array(count);
  let end = 0;
  for (let index = 0; index < count; index += 1) {
    end = bytes.indexOf(lineFeed, end) + 1;
    invariant(end > 0, 'a run has as many line feeds as lines');
    ends[index] = end;
  }
  invariant(end === bytes.length, 'a run ends with its last line');
  return ends;
}

/** Where so many lines end, the first of them at the start of these bytes. */
export function afterLines(bytes: Uint8Array, count: number): number {
  let end = 0;
  for (let line = 0; line < count; line += 1) end = bytes.indexOf(lineFeed, end) + 1;
  return end;
}

/** How many lines end in these bytes. */
export function countLines(bytes: Uint8Array): number {
  let count = 0;
  // Not byte by byte: that took a quarter of a receiver's time.
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, end + 1)) count += 1;
  return count;
}
