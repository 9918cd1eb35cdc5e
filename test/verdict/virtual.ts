/**
 * The account of a scenario that was never played: the relay's own model in virtual time, and nodes without a fault.
 *
 * Owns: how a perfect lab would have gone. The tests then take from it, and add to it, what a broken one would leave.
 */
import type { DepartedLine, FaultPlan, VerdictLine, NodeEvent } from '../lab-model/events.ts';
import {
  type Direction,
  DIRECTIONS,
  lineText,
  type NodeName,
  NODES,
  type Scenario,
} from '../lab-model/scenarios/scenario.ts';
import { ImpairedDirection } from '../../src/relay/model/direction.ts';
import { unimpaired } from '../../src/relay/model/impairment.ts';
import { type Account, endsOf, type Life, type RelayLife, type Said } from './account.ts';

const START_MS = 1_000_000;
const WAY_MS = 1;

type Timed = Life['events'][number];

/** As `scenario` would have gone on a wire that repairs nothing, or everything; with its own faults, or with others. */
export function virtualAccount(
  scenario: Scenario,
  wire: 'repairing' | 'bare',
  faults: FaultPlan = scenario.faults,
): Account {
  const lines = scenario.steps.reduce((sum, step) => sum + (step.type === 'talk' ? step.lines : 0), 0);
  const said = {
    alice: saidLines('alice', lines, scenario),
    bob: saidLines('bob', lines, scenario),
  };
  const crossings = DIRECTIONS.map((direction, at) =>
    cross(new ImpairedDirection(scenario.seed, at, { ...unimpaired, ...faults.both }), direction, said),
  );
  const lives = NODES.map((name): Life => {
    const other = NODES.find((node) => node !== name);
    const heard =
      wire === 'bare'
        ? (crossings.find(({ direction }) => endsOf(direction).to === name)?.heard ?? [])
        : said[other ?? name].map(({ text, atMs }) => message(text, atMs + WAY_MS));
    const receipts = said[name].map(({ number, atMs }): Timed => ({
      event: { type: 'delivered', ref: number, seq: number, to: other ?? name },
      atMs: atMs + 2 * WAY_MS,
    }));
    const events = wire === 'bare' ? heard : [...heard, ...receipts];
    return { name, said: said[name], events, exitCode: 0, kernelDrops: { RcvbufErrors: 0 } };
  });
  return {
    startedAtMs: START_MS,
    lives,
    relays: [relayLife(scenario.seed, crossings)],
    phases: [],
    moves: [],
    overdue: [],
  };
}

/** The same account, but for what `change` does to one life's events. */
export function withEvents(
  account: Account,
  name: NodeName,
  change: (events: readonly Timed[]) => readonly Timed[],
): Account {
  return withLife(account, name, (life) => ({ ...life, events: change(life.events) }));
}

export function withLife(account: Account, name: NodeName, change: (life: Life) => Life): Account {
  return {
    ...account,
    lives: account.lives.map((life) => (life.name === name ? change(life) : life)),
  };
}

export function message(text: string, atMs = START_MS): Timed {
  return { event: { type: 'message', from: 'somebody', seq: 0, text }, atMs };
}

export function isMessage({ event }: { readonly event: NodeEvent }): boolean {
  return event.type === 'message';
}

export function saidLines(
  name: NodeName,
  count: number,
  { everyMs, lineBytes }: Pick<Scenario, 'everyMs' | 'lineBytes'>,
): Said[] {
  return Array.from({ length: count }, (_, at) => ({
    number: at + 1,
    text: lineText(name, at + 1, lineBytes),
    atMs: START_MS + (at + 1) * everyMs,
  }));
}

interface Crossed {
  readonly direction: Direction;
  readonly verdicts: readonly VerdictLine[];
  readonly departed: readonly DepartedLine[];
  readonly heard: readonly Timed[];
  readonly model: ImpairedDirection<undefined>;
}

/** Lines as datagrams through the relay's model; what can't be read any more becomes a warning, as on wire plain. */
function cross(
  model: ImpairedDirection<undefined>,
  direction: Direction,
  said: Readonly<Record<NodeName, readonly Said[]>>,
): Crossed {
  const verdicts: VerdictLine[] = [];
  const departed: DepartedLine[] = [];
  const heard: Timed[] = [];
  const depart = (nowMs: number): void => {
    for (const { verdict, copy, bytes, atMs } of model.depart(nowMs)) {
      departed.push({ type: 'departed', direction, index: verdict.index, copy, atMs: atMs - START_MS });
      heard.push(asHeard(bytes, atMs));
    }
  };
  for (const { text, atMs } of said[endsOf(direction).from]) {
    depart(atMs);
    const bytes = new TextEncoder().encode(text);
    const verdict = model.offer(bytes, undefined, atMs);
    const line = { type: 'verdict', direction, bytes: bytes.length, atMs: atMs - START_MS } as const;
    verdicts.push(
      verdict.type === 'dropped'
        ? { ...line, index: verdict.index, fate: 'dropped', cause: verdict.cause }
        : { ...line, ...verdict, type: 'verdict', fate: 'passed' },
    );
  }
  depart(Infinity);
  return { direction, verdicts, departed, heard, model };
}

function asHeard(bytes: Uint8Array, atMs: number): Timed {
  try {
    return message(new TextDecoder('utf-8', { fatal: true }).decode(bytes), atMs);
  } catch {
    return { event: { type: 'warning', code: 'not-utf8', message: 'not UTF-8' }, atMs };
  }
}

function relayLife(seed: number, crossings: readonly Crossed[]): RelayLife {
  return {
    seed,
    startedAtMs: START_MS,
    verdicts: crossings.flatMap(({ verdicts }) => verdicts),
    departed: crossings.flatMap(({ departed }) => departed),
    logGaps: 0,
    counts: {
      directions: Object.fromEntries(
        crossings.map(({ direction, model }) => [direction, { ...model.counts(), unaddressed: 0 }]),
      ),
      strangers: 0,
      kernelDrops: 0,
      sendErrors: 0,
      unlogged: 0,
      uncaptured: 0,
    },
  };
}
