/**
 * How the report says things: numbers, durations, verdicts, wires.
 *
 * Owns: the wording that more than one part of the page uses.
 */
import type { Backend, LineCounts, Verdict } from '../lab-model/outcome.ts';
import type { DatagramCounts, LabCase } from './results.ts';

/** 0.42 ms, 12.3 ms, 1.25 s, 2 min 5 s: three digits that matter. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  if (ms < 60_000) return `${threeDigits(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return trimmed(value.toFixed(1));
  return trimmed(value.toFixed(2));
}

function trimmed(decimal: string): string {
  return decimal.replace(/\.?0+$/u, '');
}

/** With a thin space between thousands, which never breaks. */
export function number(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/gu, '\u202f');
}

/** "1 line", "2 lines". */
export function quantity(value: number, singular: string): string {
  return `${number(value)} ${singular}${value === 1 ? '' : 's'}`;
}

/** "a", "a and b", "a, b and c". */
export function enumeration(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  return value < 999_500 ? `${threeDigits(value / 1_000)} kB` : `${threeDigits(value / 1_000_000)} MB`;
}

/** A verdict as it is shown: a case that passed may all the same have lost lines, where its wire promises nothing. */
export type Look = Verdict['type'] | 'damaged';

export const lookWords: Readonly<Record<Look, { readonly word: string; readonly meaning: string }>> = {
  pass: { word: 'pass', meaning: 'the fault struck, and all that had to hold held' },
  damaged: {
    word: 'damaged',
    meaning: 'the fault struck, and harmed the lines just as it must on a wire without receipts',
  },
  fail: { word: 'fail', meaning: 'something that had to hold did not' },
  vacuous: { word: 'vacuous', meaning: 'the fault never struck, so nothing is proved; counts as a failure' },
  unsupported: { word: 'unsupported', meaning: 'not run: this machine or this wire can’t' },
};

export function lookOf(labCase: LabCase): Look {
  const { type } = labCase.verdict;
  return type === 'pass' && untold(labCase).some(([count]) => count > 0) ? 'damaged' : type;
}

export const backendMeanings: Readonly<Record<Backend, string>> = {
  relay: 'tincan relay forwards each datagram and decides its fate from the seed',
  netem: 'the kernel’s own network emulator',
  engine: 'the container engine pauses, kills or cuts off a node',
};

/** What became of the lines of a case, both directions together. */
export function linesInWords(labCase: LabCase): string {
  const said = sumOf(labCase, 'said');
  const harm = untold(labCase).filter(([count]) => count > 0);
  const told = [
    [sumOf(labCase, 'undelivered'), 'reported undelivered'],
    [sumOf(labCase, 'lost') - lostUntold(labCase), 'gone with the node that was killed'],
  ] as const;
  const parts = [...harm, ...told.filter(([count]) => count > 0)];
  if (parts.length === 0) return `all ${number(said)} once, in order`;
  const counted = parts.map(
    ([count, what], at) => `${number(count)}${at === 0 ? ` of ${number(said)}` : ''} ${what}`,
  );
  return counted.join(', ') + (harm.length === 0 ? '' : '; no sender was told');
}

/** How many lines were harmed in which way, without a word to their sender. */
function untold(labCase: LabCase): readonly (readonly [number, string])[] {
  return [
    [lostUntold(labCase), 'lost'],
    [sumOf(labCase, 'duplicated'), 'doubled'],
    [sumOf(labCase, 'altered'), 'changed'],
    [sumOf(labCase, 'reordered'), 'out of order'],
  ];
}

/** On wire tincan a pass says that each line of a living sender was delivered or reported: others died with theirs. */
function lostUntold(labCase: LabCase): number {
  return labCase.wire === 'tincan' && labCase.verdict.type === 'pass' ? 0 : sumOf(labCase, 'lost');
}

function sumOf({ evidence }: LabCase, key: keyof LineCounts): number {
  return (evidence?.flows ?? []).reduce((sum, { lineCounts }) => sum + lineCounts[key], 0);
}

/** Names a case in one line, and as the target of a link. */
export function caseName({ scenario, wire, backend }: LabCase): {
  readonly title: string;
  readonly id: string;
} {
  return { title: `${scenario}, ${wire}, ${backend}`, id: `${scenario}-${wire}-${backend}` };
}

/** A reason may have several lines. */
export function verdictReasons(verdict: Verdict): readonly string[] {
  switch (verdict.type) {
    case 'pass':
      return [];
    case 'fail':
      return verdict.reasons.flatMap(linesOf);
    case 'vacuous':
    case 'unsupported':
      return linesOf(verdict.reason);
  }
}

function linesOf(reason: string): readonly string[] {
  return reason.split('\n').filter((line) => line.trim() !== '');
}

export function droppedInAll({ dropped }: DatagramCounts): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}
