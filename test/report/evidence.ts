/**
 * An account as the report shows it: figures, arrows, latencies, recoveries, within the bounds of a file to be mailed.
 *
 * Owns: what is kept and what is only counted.
 */
import type { DepartedLine, VerdictLine } from '../lab-model/events.ts';
import { DIRECTIONS, type Direction } from '../lab-model/scenarios/scenario.ts';
import {
  type Arrow,
  type DatagramCounts,
  type Evidence,
  type Fate,
  type Flow,
  keptMax,
  type Recovery,
  type TranscriptPart,
} from './results.ts';
import { type Account, endsOf, livesOf, type RelayLife, saidBy } from '../verdict/account.ts';
import { flowOfLines } from '../verdict/lines.ts';

/** Of the arrows of a scenario with a fault that begins and ends, this share shows its beginning, the rest its end. */
const BEGINNING_SHARE = 0.4;
/** Arrows before a fault begins or ends, in ms of time, so that the change can be seen. */
const LEAD_MS = 250;

/** What each datagram is, for each direction, by index. Where there were two relays, of the last one. */
type Labels = readonly [readonly string[], readonly string[]];

/** What the report shows of an account. Times count from its start. */
export function evidenceOf(
  account: Account,
  about: Pick<Evidence, 'seed' | 'replay' | 'tookMs' | 'transcripts' | 'capture'>,
  labels: Labels = [[], []],
): Evidence {
  const { startedAtMs } = account;
  const arrows = DIRECTIONS.flatMap((direction, at) =>
    arrowsOf(account, direction, labels[at] ?? []),
  ).toSorted((one, other) => one.relayMs - other.relayMs);
  const kept = worthSeeing(arrows, account);
  return {
    ...about,
    flows: DIRECTIONS.map((direction) => flowOf(account, direction)),
    arrows: kept,
    arrowsOmitted: arrows.length - kept.length,
    phases: account.phases.map(({ what, fromMs, untilMs }) => ({
      what,
      fromMs: fromMs - startedAtMs,
      untilMs: untilMs - startedAtMs,
    })),
    recoveries: recoveriesOf(account),
  };
}

/** The first lines of a stream, and the number of the others. */
export function transcriptOf(
  program: string,
  stream: TranscriptPart['stream'],
  lines: readonly string[],
): TranscriptPart {
  const kept = lines.slice(0, keptMax.transcriptLines);
  return { program, stream, lines: kept, linesOmitted: lines.length - kept.length };
}

function flowOf(account: Account, direction: Direction): Flow {
  const { from, to } = endsOf(direction);
  const { fates, counts } = flowOfLines(account, direction);
  const datagramCounts = countsOf(account.relays, direction);
  const kernelDrops = kernelDropsOf(account, to);
  const lines = fates.slice(0, keptMax.lines).map(({ said, heard }) => ({
    number: said.number,
    saidMs: said.atMs - account.startedAtMs,
    heardMs: heard.map(({ atMs }) => atMs - account.startedAtMs),
  }));
  return {
    from,
    to,
    lineCounts: counts,
    ...(datagramCounts === undefined ? {} : { datagramCounts }),
    ...(kernelDrops === undefined ? {} : { kernelDrops }),
    lines,
    linesOmitted: fates.length - lines.length,
  };
}

/** Of all relays together. */
function countsOf(relays: readonly RelayLife[], direction: Direction): DatagramCounts | undefined {
  const all = relays.flatMap(({ counts }) => counts.directions[direction] ?? []);
  if (all.length === 0) return undefined;
  const sum = (count: (counts: (typeof all)[number]) => number): number =>
    all.reduce((total, counts) => total + count(counts), 0);
  const causes = new Set(all.flatMap(({ dropped }) => Object.keys(dropped)));
  return {
    offered: sum(({ offered }) => offered),
    duplicated: sum(({ duplicated }) => duplicated),
    departed: sum(({ departed }) => departed),
    dropped: Object.fromEntries(
      [...causes].map((cause) => [
        cause,
        sum(({ dropped }) => new Map(Object.entries(dropped)).get(cause) ?? 0),
      ]),
    ),
    queued: sum(({ queued }) => queued),
    corrupted: sum(({ corrupted }) => corrupted),
    truncated: sum(({ truncated }) => truncated),
    held: sum(({ held }) => held),
  };
}

/** Of all lives together; undefined where one could not be read. */
function kernelDropsOf(
  account: Account,
  name: 'alice' | 'bob',
): Readonly<Record<string, number>> | undefined {
  const sums: Record<string, number> = {};
  for (const { kernelDrops } of livesOf(account, name)) {
    if (kernelDrops === undefined) return undefined;
    for (const [counter, count] of Object.entries(kernelDrops)) sums[counter] = (sums[counter] ?? 0) + count;
  }
  return sums;
}

function arrowsOf(account: Account, direction: Direction, labels: readonly string[]): Arrow[] {
  const { from, to } = endsOf(direction);
  return account.relays.flatMap((relay) => {
    const toCaseMs = (atMs: number): number => relay.startedAtMs + atMs - account.startedAtMs;
    const departures = Map.groupBy(
      relay.departed.filter((departure) => departure.direction === direction),
      ({ index }) => index,
    );
    return relay.verdicts
      .filter((verdict) => verdict.direction === direction)
      .map((verdict): Arrow => {
        const copies = departures.get(verdict.index) ?? [];
        return {
          from,
          to,
          index: verdict.index,
          bytes: verdict.bytes,
          label: relay === account.relays.at(-1) ? (labels[verdict.index] ?? '') : '',
          relayMs: toCaseMs(verdict.atMs),
          fate: fateOf(verdict),
          arrivedMs: copies.map(({ atMs }: DepartedLine) => toCaseMs(atMs)),
        };
      });
  });
}

function fateOf({ fate, cause, duplicated, held, corrupted, truncatedTo }: VerdictLine): Fate {
  if (fate === 'dropped') return { type: 'dropped', cause: cause ?? 'unknown' };
  return {
    type: 'passed',
    duplicated: duplicated === true,
    held: held === true,
    corrupted: corrupted === true,
    ...(truncatedTo === undefined ? {} : { truncatedTo }),
  };
}

/** The first ones; where a fault begins and ends, those around its beginning and its end. */
function worthSeeing(arrows: readonly Arrow[], { phases, startedAtMs }: Account): Arrow[] {
  const [phase] = phases;
  if (phase === undefined) return arrows.slice(0, keptMax.arrows);
  const from = (ms: number): Arrow[] => arrows.filter(({ relayMs }) => relayMs >= ms - startedAtMs - LEAD_MS);
  const beginning = from(phase.fromMs).slice(0, Math.round(keptMax.arrows * BEGINNING_SHARE));
  const end = from(phase.untilMs).filter((arrow) => !beginning.includes(arrow));
  return [...beginning, ...end.slice(0, keptMax.arrows - beginning.length)];
}

/** From the end of each fault until a line is heard again, and until all that was said before is. */
function recoveriesOf(account: Account): Recovery[] {
  return account.phases.flatMap(({ what: after, untilMs }) =>
    DIRECTIONS.flatMap((direction) => {
      const { from, to } = endsOf(direction);
      const { heard, fates } = flowOfLines(account, direction);
      const fromMs = untilMs - account.startedAtMs;
      const recoveries: Recovery[] = [];
      const first = heard.find(({ atMs }) => atMs >= untilMs);
      if (first !== undefined) {
        const tookMs = first.atMs - untilMs;
        recoveries.push({ after, what: `${to} hears ${from} again`, fromMs, tookMs });
      }
      const waiting = saidBy(account, from).findLast(({ atMs }) => atMs < untilMs);
      const caughtUpMs = fates.find(({ said }) => said === waiting)?.heard[0]?.atMs;
      if (caughtUpMs !== undefined && caughtUpMs > untilMs) {
        const tookMs = caughtUpMs - untilMs;
        recoveries.push({ after, what: `${to} has caught up with ${from}`, fromMs, tookMs });
      }
      return recoveries;
    }),
  );
}
