/**
 * What a scenario left behind: everything that was said, printed, decided and counted, before anybody has judged it.
 *
 * Owns: the shape of that, and the questions that judge and report both ask of it. Times are in ms since the Unix epoch.
 */
import type { Timed, DepartedLine, RelayCounts, VerdictLine, NodeEvent } from '../lab-model/events.ts';
import type { Direction, NodeName } from '../lab-model/scenarios/scenario.ts';

/** A line that was written to a node's stdin. Its number counts through all lives of its name, from 1. */
export interface Said {
  readonly number: number;
  readonly text: string;
  readonly atMs: number;
}

/** One process of a node, from its start to its end. */
export interface Life {
  readonly name: NodeName;
  readonly said: readonly Said[];
  readonly events: readonly Timed<NodeEvent>[];
  /** Undefined: it was killed. */
  readonly exitCode: number | undefined;
  /** The counters of /proc/net/snmp that count datagrams thrown away; undefined where they could not be read. */
  readonly kernelDrops: Readonly<Record<string, number>> | undefined;
}

/** One process of the relay. */
export interface RelayLife {
  readonly seed: number;
  readonly startedAtMs: number;
  readonly verdicts: readonly VerdictLine[];
  /** In the order in which they left. */
  readonly departed: readonly DepartedLine[];
  /** Lines that its log had no room for. */
  readonly logGaps: number;
  readonly counts: RelayCounts;
}

/** A stretch of time in which the engine or the relay did something to the lab. */
export interface Phase {
  readonly what: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whom it cut off; undefined: everybody. */
  readonly node: NodeName | undefined;
}

export interface Account {
  readonly startedAtMs: number;
  /** In order of their start. */
  readonly lives: readonly Life[];
  readonly relays: readonly RelayLife[];
  readonly phases: readonly Phase[];
  /** A node's address before and after it was moved. */
  readonly moves: readonly { readonly was: string; readonly is: string }[];
  /** Where the kernel's netem did the harm: packets that it dropped. */
  readonly netemDrops?: Readonly<Record<Direction, number>> | undefined;
  /** What did not come within its time at the end; empty where all went well. */
  readonly overdue: readonly string[];
}

/** A line as it reached somebody's program. */
export interface Heard {
  readonly text: string;
  readonly atMs: number;
  /** Which of the receiver's lives. */
  readonly life: Life;
}

export interface Ends {
  readonly from: NodeName;
  readonly to: NodeName;
}

export function endsOf(direction: Direction): Ends {
  return direction === 'alice>bob' ? { from: 'alice', to: 'bob' } : { from: 'bob', to: 'alice' };
}

export function livesOf({ lives }: Account, name: NodeName): readonly Life[] {
  return lives.filter((life) => life.name === name);
}

export function saidBy(account: Account, name: NodeName): readonly Said[] {
  return livesOf(account, name).flatMap(({ said }) => said);
}

/** All that `name` was shown, whoever it was said to come from, as there are only two here; what came again and said so, once. */
export function heardBy(account: Account, name: NodeName): readonly Heard[] {
  const shown = new Set<string>();
  return livesOf(account, name).flatMap((life) =>
    life.events.flatMap(({ event, atMs }) => {
      if (event.type !== 'message' || (event.again === true && shown.has(event.text))) return [];
      shown.add(event.text);
      return [{ text: event.text, atMs, life }];
    }),
  );
}

/** Datagrams that the kernel threw away before any of this name's programs saw them. */
export function kernelDropsOf(account: Account, name: NodeName): number {
  return livesOf(account, name)
    .flatMap(({ kernelDrops }) => Object.values(kernelDrops ?? {}))
    .reduce((sum, count) => sum + count, 0);
}
