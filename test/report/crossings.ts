/**
 * What a space-time diagram shows: who crossed from whom to whom, when, and what befell them.
 *
 * Owns: the choice between datagrams (where a relay has seen them) and whole lines (where nobody stands on the way), the choice
 * of the stretch worth a picture, and each crossing's story in words.
 */
import { percentile } from './statistics.ts';
import type { Arrow, Evidence, Flow, Line, Phase } from './results.ts';
import { bytes, duration } from './words.ts';

/** More than this on one picture is a thicket. */
export const crossingsShownMax = 42;
/** Two that begin at the same time are drawn one after the other, in their order. */
const tieMs = 0.001;
/** A line without a relay's verdict is worth a look when it took this many times as long as the median, and this long. */
const slowFactor = 10;
const slowMs = 100;

/** One arrow of the picture. */
export interface Crossing {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly sentMs: number;
  /** When it reached the relay; undefined: there is none. */
  readonly relayMs: number | undefined;
  /** Of each copy. */
  readonly arrivedMs: readonly number[];
  /** Why it did not get through; undefined: it did, or is still on its way. */
  readonly droppedBy: string | undefined;
  readonly duplicated: boolean;
  readonly held: boolean;
  readonly corrupted: boolean;
  /** Arrived with fewer bytes than it was sent with. */
  readonly truncated: boolean;
  /** All of this as one sentence. */
  readonly story: string;
}

export interface Scene {
  readonly what: 'datagram' | 'line';
  /** From left to right. */
  readonly lifelines: readonly string[];
  /** In order of departure, and nobody is missing between them. */
  readonly crossings: readonly Crossing[];
  /** Of the whole case. */
  readonly total: number;
}

/** The stretch of a case in which most happened; undefined when nothing crossed. */
export function sceneOf(evidence: Evidence): Scene | undefined {
  const [flow] = evidence.flows;
  if (flow === undefined) return undefined;
  const { arrows, arrowsOmitted, phases } = evidence;
  if (arrows.length > 0) {
    return {
      what: 'datagram',
      lifelines: [flow.from, 'relay', flow.to],
      crossings: bestStretch(
        unbroken(arrows).map((run) => run.map(crossingOfArrow)),
        isEventful,
        phases,
      ),
      total: arrows.length + arrowsOmitted,
    };
  }
  const all = evidence.flows.flatMap(crossingsOfLines).toSorted((a, b) => a.sentMs - b.sentMs);
  if (all.length === 0) return undefined;
  const isSlow = slowness(all);
  return {
    what: 'line',
    lifelines: [flow.from, flow.to],
    crossings: bestStretch([all], (crossing) => isEventful(crossing) || isSlow(crossing), phases),
    total: evidence.flows.reduce((sum, { linesOmitted }) => sum + linesOmitted, all.length),
  };
}

/** Cut where arrows were left out, or a relay began to count anew. */
function unbroken(arrows: readonly Arrow[]): readonly (readonly Arrow[])[] {
  const runs: Arrow[][] = [];
  const next = new Map<string, number>();
  for (const arrow of arrows) {
    const run = runs.at(-1);
    if (run === undefined || arrow.index !== (next.get(arrow.from) ?? arrow.index)) runs.push([arrow]);
    else run.push(arrow);
    next.set(arrow.from, arrow.index + 1);
  }
  return runs;
}

function isEventful({ droppedBy, duplicated, held, corrupted, truncated }: Crossing): boolean {
  return droppedBy !== undefined || duplicated || held || corrupted || truncated;
}

function slowness(all: readonly Crossing[]): (crossing: Crossing) => boolean {
  const tookMs = ({ sentMs, arrivedMs }: Crossing): number => (arrivedMs[0] ?? sentMs) - sentMs;
  const limitMs = Math.max(slowMs, slowFactor * (percentile(all.map(tookMs), 0.5) ?? 0));
  return (crossing) => tookMs(crossing) >= limitMs;
}

/**
 * The earliest of the stretches with the best mix of eventful and other crossings: most is to be seen at a fault's edge.
 * Where a fault begins and ends, eventful is what leaves during it.
 */
function bestStretch(
  runs: readonly (readonly Crossing[])[],
  isEventfulHere: (crossing: Crossing) => boolean,
  phases: readonly Phase[],
): readonly Crossing[] {
  const isDuringAPhase = ({ sentMs }: Crossing): boolean =>
    phases.some(({ fromMs, untilMs }) => fromMs <= sentMs && sentMs < untilMs);
  const isWorthALook = phases.length > 0 ? isDuringAPhase : isEventfulHere;
  let best: { readonly mix: number; readonly crossings: readonly Crossing[] } = { mix: -1, crossings: [] };
  for (const run of runs) {
    const length = Math.min(crossingsShownMax, run.length);
    const worth = run.map((crossing) => (isWorthALook(crossing) ? 1 : 0));
    let eventful = 0;
    for (const [at, one] of worth.entries()) {
      eventful += one - (worth[at - length] ?? 0);
      const first = at - length + 1;
      const mix = Math.min(eventful, length - eventful);
      if (first >= 0 && mix > best.mix) best = { mix, crossings: run.slice(first, first + length) };
    }
  }
  return withoutTies(best.crossings);
}

function withoutTies(crossings: readonly Crossing[]): readonly Crossing[] {
  let earliestMs = -Infinity;
  return crossings.map((crossing) => {
    const lateMs = Math.max(0, earliestMs - crossing.sentMs);
    earliestMs = crossing.sentMs + lateMs + tieMs;
    if (lateMs === 0) return crossing;
    return {
      ...crossing,
      sentMs: crossing.sentMs + lateMs,
      relayMs: crossing.relayMs === undefined ? undefined : crossing.relayMs + lateMs,
      arrivedMs: crossing.arrivedMs.map((atMs) => atMs + lateMs),
    };
  });
}

function crossingOfArrow(arrow: Arrow): Crossing {
  const { from, to, index, label, relayMs, fate, arrivedMs } = arrow;
  const isPassed = fate.type === 'passed';
  return {
    from,
    to,
    label: `#${index} ${label}`.trimEnd(),
    sentMs: arrow.sentMs ?? relayMs,
    relayMs,
    arrivedMs: arrivedMs.toSorted((a, b) => a - b),
    droppedBy: fate.type === 'dropped' ? fate.cause : undefined,
    duplicated: isPassed && fate.duplicated,
    held: isPassed && fate.held,
    corrupted: isPassed && fate.corrupted,
    truncated: isPassed && fate.truncatedTo !== undefined,
    story: `${duration(relayMs)}: ${from} → ${to} ${[`#${index}`, label, bytes(arrow.bytes)].filter(Boolean).join(', ')}: ${fateInWords(arrow)}`,
  };
}

function fateInWords({ fate, arrivedMs, relayMs }: Arrow): string {
  if (fate.type === 'dropped') return `dropped (${fate.cause})`;
  const marks = [
    ...(fate.duplicated ? ['doubled'] : []),
    ...(fate.held ? ['held back'] : []),
    ...(fate.corrupted ? ['corrupted'] : []),
    ...(fate.truncatedTo === undefined ? [] : [`cut to ${bytes(fate.truncatedTo)}`]),
  ];
  return [...marks, afterwards(arrivedMs, relayMs)].join(', ');
}

function afterwards(arrivedMs: readonly number[], fromMs: number): string {
  if (arrivedMs.length === 0) return 'still on its way';
  return `arrived after ${arrivedMs.map((atMs) => duration(Math.max(0, atMs - fromMs))).join(' and ')}`;
}

function crossingsOfLines(flow: Flow): readonly Crossing[] {
  return flow.lines.map((line) => crossingOfLine(flow, line));
}

function crossingOfLine({ from, to }: Flow, { number, saidMs, heardMs }: Line): Crossing {
  const never = heardMs.length === 0;
  return {
    from,
    to,
    label: `line ${number}`,
    sentMs: saidMs,
    relayMs: undefined,
    arrivedMs: heardMs.toSorted((a, b) => a - b),
    droppedBy: never ? 'never heard' : undefined,
    duplicated: heardMs.length > 1,
    held: false,
    corrupted: false,
    truncated: false,
    story: `${duration(saidMs)}: ${from} → ${to} line ${number}: ${never ? 'never heard' : afterwards(heardMs, saidMs)}`,
  };
}
