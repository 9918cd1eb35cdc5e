/**
 * Events that differ only in their numbers, and messages in their texts too, cross between the threads as one object: a
 * structured clone costs by the object, and a pipe's lines come by the hundred.
 *
 * Owns: how events look on that crossing.
 */
import type { Event } from '../kernel/contract.ts';

type Numbered = Extract<Event, { readonly type: 'queued' | 'sent' | 'delivered' | 'message' }>;

/** `first`, and after it as many as make `count`, each with the next number; messages with these texts. */
interface Run {
  readonly type: 'run';
  readonly first: Numbered;
  count: number;
  readonly texts: string[];
}

export type Crossing = Event | Run;

export function packRuns(events: readonly Event[]): readonly Crossing[] {
  const packed: Crossing[] = [];
  let run: Run | undefined;
  for (const event of events) {
    if (!isNumbered(event)) {
      run = undefined;
      packed.push(event);
    } else {
      if (run === undefined || !continues(run, event)) {
        run = { type: 'run', first: event, count: 0, texts: [] };
        packed.push(run);
      }
      run.count += 1;
      if (event.type === 'message') run.texts.push(event.text);
    }
  }
  return packed;
}

export function unpackRuns(packed: readonly Crossing[]): readonly Event[] {
  const events: Event[] = [];
  for (const crossing of packed) {
    if (crossing.type !== 'run') {
      events.push(crossing);
      continue;
    }
    const { first, count, texts } = crossing;
    for (let index = 0; index < count; index += 1) {
      const seq = first.seq + index;
      if (first.type === 'message') events.push({ ...first, seq, text: texts[index] ?? first.text });
      else events.push({ ...first, seq });
    }
  }
  return events;
}

function isNumbered(event: Event): event is Numbered {
  const { type } = event;
  return type === 'queued' || type === 'sent' || type === 'delivered' || type === 'message';
}

/** All but the number and the text is the same, whatever fields an event has. */
function continues({ first, count }: Run, next: Numbered): boolean {
  if (next.seq !== first.seq + count) return false;
  const left: Readonly<Record<string, unknown>> = first;
  const right: Readonly<Record<string, unknown>> = next;
  const keys = Object.keys(right);
  if (keys.length !== Object.keys(left).length) return false;
  return keys.every((key) => key === 'seq' || key === 'text' || left[key] === right[key]);
}
