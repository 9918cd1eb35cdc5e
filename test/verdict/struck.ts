/**
 * Did each fault of a scenario strike? A run without its fault proves nothing, whatever else it shows.
 *
 * Owns: what each fault leaves behind where it has struck.
 */
import type { DirectionCounts, Faults } from '../lab-model/events.ts';
import { DIRECTIONS, type Direction, type Scenario, type Step } from '../lab-model/scenarios/scenario.ts';
import {
  type Account,
  endsOf,
  heardBy,
  kernelDropsOf,
  livesOf,
  type Phase,
  type RelayLife,
  saidBy,
} from './account.ts';
import { flowOfLines } from './lines.ts';

/** A datagram that crosses an idle relay stays for less, in ms. */
const IDLE_STAY_MS = 5;

/** How often a fault of the plan has struck. */
export interface Strike {
  readonly fault: string;
  readonly count: number;
}

/** One for each fault that the plan has, in each direction that it has it for; and that anybody talked at all. */
export function strikesOf(scenario: Scenario, account: Account): readonly Strike[] {
  return [
    ...DIRECTIONS.map((direction) => ({
      fault: `talk ${direction}`,
      count: saidBy(account, endsOf(direction).from).length,
    })),
    ...DIRECTIONS.flatMap((direction) => {
      const faults = { ...scenario.faults.both, ...scenario.faults[direction] };
      return account.netemDrops === undefined
        ? relayStrikes(faults, direction, account.relays)
        : netemStrikes(faults, direction, account, account.netemDrops[direction]);
    }),
    ...scenario.steps.flatMap((step) => stepStrikes(step, account)),
  ];
}

/** Undefined where every fault has struck. */
export function missed(strikes: readonly Strike[]): string | undefined {
  const idle = strikes.filter(({ count }) => count === 0).map(({ fault }) => fault);
  return idle.length === 0 ? undefined : `never struck: ${idle.join(', ')}`;
}

function relayStrikes(faults: Faults, direction: Direction, relays: readonly RelayLife[]): Strike[] {
  const sum = (count: (counts: DirectionCounts | undefined) => number | undefined) =>
    relays.reduce((total, { counts }) => total + (count(counts.directions[direction]) ?? 0), 0);
  const stays = relays.flatMap((relay) => staysMs(relay, direction));
  const strikes: Strike[] = [];
  const add = (fault: string, count: number): void => {
    strikes.push({ fault: `${fault} ${direction}`, count });
  };
  if (faults.lossRate)
    add(
      'loss',
      sum((counts) => counts?.dropped.loss),
    );
  if (faults.burstLoss)
    add(
      'burst loss',
      sum((counts) => counts?.dropped.burst),
    );
  if (faults.duplicateRate)
    add(
      'duplication',
      sum((counts) => counts?.duplicated),
    );
  if (faults.reorderRate)
    add(
      'reordering',
      sum((counts) => counts?.held),
    );
  if (faults.corruptRate)
    add(
      'corruption',
      sum((counts) => counts?.corrupted),
    );
  if (faults.truncateRate)
    add(
      'truncation',
      sum((counts) => counts?.truncated),
    );
  const { delayMs = 0, jitterMs = 0, bandwidthBitsPerSecond: bandwidth } = faults;
  if (delayMs > 0) add('delay', stays.filter((ms) => ms >= delayMs - 1).length);
  if (jitterMs > 0) add('jitter', stays.filter((ms) => ms > delayMs + jitterMs / 2).length);
  if (bandwidth) {
    const waited = stays.filter((ms) => ms > delayMs + jitterMs + IDLE_STAY_MS).length;
    add('bandwidth', waited + sum((counts) => counts?.dropped.overflow));
  }
  return strikes;
}

/** netem counts what it drops. The rest must show at the lines, or at the receiver's kernel. */
function netemStrikes(faults: Faults, direction: Direction, account: Account, drops: number): Strike[] {
  const { fates, counts } = flowOfLines(account, direction);
  const { delayMs = 0, jitterMs = 0 } = faults;
  const laterThan = (ms: number): number =>
    fates.filter(({ said, heard: [first] }) => first !== undefined && first.atMs - said.atMs > ms).length;
  const found: readonly (readonly [string, unknown, number])[] = [
    ['loss', faults.lossRate, drops],
    ['burst loss', faults.burstLoss, drops],
    ['duplication', faults.duplicateRate, counts.duplicated],
    ['reordering', faults.reorderRate, counts.reordered],
    ['corruption', faults.corruptRate, kernelDropsOf(account, endsOf(direction).to)],
    ['delay', delayMs, laterThan(delayMs - 1)],
    ['jitter', jitterMs, laterThan(delayMs + jitterMs / 2)],
    ['bandwidth', faults.bandwidthBitsPerSecond, drops + laterThan(IDLE_STAY_MS)],
  ];
  return found
    .filter(([, asked]) => Boolean(asked))
    .map(([fault, , count]) => ({ fault: `${fault} ${direction}`, count }));
}

/** How long each copy was in the relay, in ms. */
function staysMs({ verdicts, departed }: RelayLife, direction: Direction): number[] {
  const entered = new Map(
    verdicts.filter((verdict) => verdict.direction === direction).map(({ index, atMs }) => [index, atMs]),
  );
  return departed
    .filter((departure) => departure.direction === direction)
    .flatMap(({ index, atMs }) => {
      const enteredMs = entered.get(index);
      return enteredMs === undefined ? [] : [atMs - enteredMs];
    });
}

function stepStrikes(step: Step, account: Account): Strike[] {
  switch (step.type) {
    case 'talk':
    case 'start':
    case 'reconnect':
    case 'start-relay':
      return [];
    case 'blackhole':
      return DIRECTIONS.filter((direction) => step.direction === 'both' || step.direction === direction).map(
        (direction) => ({
          fault: `blackhole ${direction}`,
          count:
            account.netemDrops?.[direction] ??
            account.relays.reduce(
              (sum, { counts }) => sum + (counts.directions[direction]?.dropped.blackhole ?? 0),
              0,
            ),
        }),
      );
    case 'kill':
      return [
        {
          fault: `${step.node} killed`,
          count: livesOf(account, step.node).filter(({ exitCode }) => exitCode === undefined).length,
        },
        ...silenceStrikes(account, step.node),
      ];
    case 'pause':
    case 'disconnect':
      return silenceStrikes(account, step.node);
    case 'readdress':
      return [
        { fault: `${step.node} moved`, count: account.moves.filter(({ was, is }) => was !== is).length },
      ];
    case 'stop-relay':
      return [{ fault: 'relay restarted', count: account.relays.length - 1 }, ...silenceStrikes(account)];
  }
}

/** Lines said to somebody who was cut off, none of which was heard before that was over. */
function silenceStrikes({ phases, ...account }: Account, node?: Phase['node']): Strike[] {
  return phases
    .filter((phase) => phase.node === node)
    .map(({ what, fromMs, untilMs }) => {
      const directions = DIRECTIONS.filter(
        (direction) => node === undefined || endsOf(direction).to === node,
      );
      const counts = directions.map((direction) => {
        const { from, to } = endsOf(direction);
        // What was on its way when it began may still have come.
        const during = saidBy({ phases, ...account }, from).filter(
          ({ atMs }) => atMs > fromMs && atMs < untilMs,
        );
        const heardMs = new Map(heardBy({ phases, ...account }, to).map(({ text, atMs }) => [text, atMs]));
        return during.filter(({ text }) => (heardMs.get(text) ?? Infinity) >= untilMs).length;
      });
      return { fault: what, count: Math.min(...counts) };
    });
}
