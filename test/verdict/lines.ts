/**
 * What became of the lines of one direction, by comparing what was said with what was heard.
 *
 * Owns: the matching and the counts.
 */
import type { LineCounts } from '../lab-model/outcome.ts';
import { type Account, endsOf, type Heard, heardBy, livesOf, saidBy, type Said } from './account.ts';
import type { Direction } from '../lab-model/scenarios/scenario.ts';

export interface LineFate {
  readonly said: Said;
  /** Every time that it was heard. */
  readonly heard: readonly Heard[];
  /** Its sender reported it as undelivered. */
  readonly reported: boolean;
}

export interface FlowOfLines {
  readonly fates: readonly LineFate[];
  readonly heard: readonly Heard[];
  /** Heard, but said by nobody. */
  readonly altered: readonly Heard[];
  readonly counts: LineCounts;
}

export function flowOfLines(account: Account, direction: Direction): FlowOfLines {
  const { from, to } = endsOf(direction);
  const said = saidBy(account, from);
  const heard = heardBy(account, to);
  const byText = Map.groupBy(heard, ({ text }) => text);
  const reported = new Set(
    livesOf(account, from).flatMap(({ events }) =>
      events.flatMap(({ event }) => (event.type === 'undelivered' ? [event.ref] : [])),
    ),
  );
  const fates = said.map((line) => ({
    said: line,
    heard: byText.get(line.text) ?? [],
    reported: reported.has(line.number),
  }));
  const texts = new Set(said.map(({ text }) => text));
  const altered = heard.filter(({ text }) => !texts.has(text));
  return { fates, heard, altered, counts: count(fates, heard, altered.length) };
}

function count(fates: readonly LineFate[], heard: readonly Heard[], altered: number): LineCounts {
  const missing = fates.filter(({ heard: times }) => times.length === 0);
  const undelivered = missing.filter(({ reported }) => reported).length;
  const heardOnce = fates.length - missing.length;
  return {
    said: fates.length,
    heard: heard.length,
    lost: missing.length - undelivered,
    undelivered,
    duplicated: heard.length - altered - heardOnce,
    reordered: inversions(fates, heard),
    altered,
  };
}

/** Lines heard for the first time after a line that was said later. */
function inversions(fates: readonly LineFate[], heard: readonly Heard[]): number {
  const numbers = new Map(fates.map(({ said: { text, number } }) => [text, number]));
  const seen = new Set<number>();
  let highest = 0;
  let found = 0;
  for (const { text } of heard) {
    const number = numbers.get(text);
    if (number === undefined || seen.has(number)) continue;
    seen.add(number);
    if (number < highest) found += 1;
    highest = Math.max(highest, number);
  }
  return found;
}
