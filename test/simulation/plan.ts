/**
 * A random scenario from a seed: who is there, what they say, and what goes wrong when.
 *
 * Owns: the choice, as plain data that can be printed. Each part of the plan draws from a stream of its own, so that a change
 * to one leaves the others as they were.
 */
import {
  datagramBaseBytes,
  followerReserveBytes,
  incomingReserveBytes,
  logMaxBytes,
  rekeyAfterMs,
  rekeyFallbackMs,
  waitingSaysMaxBytes,
} from '../../src/wires/tincan/limits.ts';
import { datagramMaxBytes } from '../../src/kernel/limits.ts';
import { unimpaired, type Impairment } from '../../src/relay/model/impairment.ts';
import { Random } from '../../src/relay/model/random.ts';
import { attacks, type Attack } from './attacker.ts';
import type { Reader } from './host.ts';
import { hostNames } from './judge.ts';

export interface Plan {
  readonly seed: number;
  readonly hosts: readonly HostPlan[];
  readonly inRoom: boolean;
  /** What each node may keep, bytes; undefined: what nodes have by default. */
  readonly memoryMaxBytes: number | undefined;
  /** The hosts' addresses are those of one machine, so that large datagrams are tried; what passes there changes. */
  readonly isOneMachine: boolean;
  readonly faultsEndMs: number;
  /** Of the lines that are said before the network heals. */
  readonly privateShare: number;
  /** So many lines of a speech are said at one time, and by a program that says runs; 1: each by itself, with a `ref`. */
  readonly linesAtOnce: number;
  /** How long one turn of each host's event loop takes; 0: each datagram has a turn of its own. */
  readonly turnMs: number;
  /** Whether the last thing that each host says is a line for one peer alone. */
  readonly endsUnseen: boolean;
  readonly changes: readonly Change[];
}

export interface HostPlan {
  readonly name: string;
  /** Names of the hosts that it was told to reach. */
  readonly peers: readonly string[];
  readonly startsAtMs: number;
  readonly timerLatenessMs: number;
  readonly speeches: readonly Speech[];
}

/** Some lines, one after the other. */
export interface Speech {
  readonly atMs: number;
  readonly lines: number;
  readonly gapMs: number;
  readonly fillerLength: number;
}

export type Change = { readonly atMs: number } & (
  | { readonly type: 'impair'; readonly from: string; readonly to: string; readonly impairment: Impairment }
  | { readonly type: 'restart'; readonly host: string; readonly downMs: number; readonly goodbye: boolean }
  | { readonly type: 'move'; readonly host: string; readonly portOnly: boolean }
  | { readonly type: 'pause'; readonly host: string; readonly forMs: number }
  | { readonly type: 'leap'; readonly host: string; readonly byMs: number }
  | { readonly type: 'rename'; readonly host: string }
  | { readonly type: 'reader'; readonly host: string; readonly reader: Reader }
  | { readonly type: 'attack'; readonly attack: Attack; readonly times: number }
);

/** One stream for each part of the plan. */
const stream = {
  hosts: 1,
  speeches: 2,
  network: 3,
  events: 4,
  attacks: 5,
  memory: 6,
  persons: 7,
  starts: 8,
  runs: 9,
  machine: 10,
  turns: 11,
} as const;

export function planFrom(seed: number): Plan {
  const random = new Random(seed, stream.hosts);
  // Most faults need two to show; rooms of more cost more time and find other bugs.
  const count = random.pick([2, 2, 2, 2, 3, 3, 4]);
  const names = hostNames.slice(0, count);
  // Now and then a long run, for what only time brings about: keepalives, rekeying, forgetting.
  const faultsEndMs = random.chance(0.1) ? random.between(150_000, 400_000) : random.between(2_000, 30_000);
  const inRoom = random.chance(0.6);
  const speeches = new Random(seed, stream.speeches);
  const hosts = names.map((name, index) => ({
    name,
    peers: peersOf(random, names, index),
    startsAtMs: random.chance(0.7) ? 0 : random.between(0, faultsEndMs / 2),
    timerLatenessMs: random.pick([0, 0.3, 1.2, 1.2, 10]),
    speeches: [...speechesUntil(speeches, faultsEndMs), ...speechesOverRekey(faultsEndMs)],
  }));
  const persons = new Random(seed, stream.persons);
  const privateShare = persons.pick([0, 0, 0.2, 0.6]);
  const changes = [
    ...networkChanges(new Random(seed, stream.network), names, faultsEndMs),
    ...hostChanges(new Random(seed, stream.events), names, faultsEndMs),
    ...attackChanges(new Random(seed, stream.attacks), faultsEndMs),
    ...renames(persons, names, faultsEndMs),
    ...renamesOverRekey(names, faultsEndMs),
  ].toSorted((a, b) => a.atMs - b.atMs);
  const plan = {
    seed,
    hosts,
    inRoom,
    memoryMaxBytes: undefined,
    isOneMachine: false,
    faultsEndMs,
    privateShare,
    linesAtOnce: new Random(seed, stream.runs).pick([1, 1, 7, 100]),
    turnMs: new Random(seed, stream.turns).pick([0, 0, 0.1, 2]),
    endsUnseen: true,
    changes,
  };
  const machine = new Random(seed, stream.machine);
  const placed = machine.chance(0.25) ? onOneMachine(plan, machine) : plan;
  const memory = new Random(seed, stream.memory);
  return memory.chance(0.2) ? withLittleMemory(placed, memory) : placed;
}

/** The same among addresses of one machine: much to say, on paths that carry large datagrams now, and only smaller ones then. */
function onOneMachine(plan: Plan, random: Random): Plan {
  const sizes = [datagramMaxBytes, datagramMaxBytes, 9_216, datagramBaseBytes];
  const changes = plan.changes.map((change) =>
    change.type === 'impair'
      ? { ...change, impairment: { ...change.impairment, mtuBytes: random.pick(sizes) } }
      : change,
  );
  const hosts = plan.hosts.map((host) => {
    const atMs = random.between(0, plan.faultsEndMs);
    const speech = {
      atMs,
      lines: random.integer(20, 200),
      gapMs: random.pick([0, 0, 20]),
      fillerLength: 900,
    };
    return { ...host, speeches: [...host.speeches, speech] };
  });
  return { ...plan, isOneMachine: true, hosts, changes };
}

/**
 * The same with hosts that all dial each other at once, and speak: sessions cross and replace each other while they are young, with the same packet numbers.
 */
export function withCrossingSessions(plan: Plan): Plan {
  const names = plan.hosts.map(({ name }) => name);
  const speech = { atMs: 0, lines: 200, gapMs: 10, fillerLength: 20 };
  const hosts = plan.hosts.map((host) => ({
    ...host,
    startsAtMs: 0,
    peers: names.filter((name) => name !== host.name),
    speeches: [speech, ...host.speeches],
  }));
  return { ...plan, hosts };
}

/** The same with a new name every 40 ms from each host's start on: some come between the messages of a handshake. */
export function withManyNames(plan: Plan): Plan {
  const renaming = plan.hosts.flatMap(({ name: host, startsAtMs }) =>
    Array.from({ length: 16 }, (_, count): Change => {
      return { type: 'rename', atMs: startsAtMs + 3 + 40 * count, host };
    }),
  );
  return withChanges(plan, renaming);
}

function withChanges(plan: Plan, more: readonly Change[]): Plan {
  return { ...plan, changes: [...plan.changes, ...more].toSorted((a, b) => a.atMs - b.atMs) };
}

/**
 * Nodes with hardly more than what must be (own lines, a reserve for each other host and for one that is dead), much to
 * say, and readers that stop.
 */
function withLittleMemory(plan: Plan, random: Random): Plan {
  const { faultsEndMs } = plan;
  const reservesBytes = plan.hosts.length * (incomingReserveBytes + followerReserveBytes);
  const memoryMaxBytes = logMaxBytes + waitingSaysMaxBytes + reservesBytes + random.integer(0, 50_000);
  const hosts = plan.hosts.map((host) => {
    const atMs = random.between(0, faultsEndMs / 2);
    const speech = {
      atMs,
      lines: random.integer(4, 25),
      gapMs: 0,
      fillerLength: random.integer(5_000, 40_000),
    };
    return { ...host, speeches: [...host.speeches, speech] };
  });
  const stops = hosts.map(({ name }): Change => {
    return {
      type: 'reader',
      atMs: random.between(0, faultsEndMs / 2),
      host: name,
      reader: { type: 'stopped' },
    };
  });
  const changes = [...plan.changes, ...stops].toSorted((a, b) => a.atMs - b.atMs);
  return { ...plan, hosts, memoryMaxBytes, changes };
}

/** Everyone but the first names at least one who comes earlier, so that all can find each other. */
function peersOf(random: Random, names: readonly string[], index: number): string[] {
  const earlier = names.slice(0, index);
  const later = names.slice(index + 1);
  if (index === 0) return later.filter(() => random.chance(0.6));
  const sure = random.pick(earlier);
  return [...earlier, ...later].filter((name) => name === sure || random.chance(0.3));
}

function speechesUntil(random: Random, untilMs: number): Speech[] {
  return Array.from({ length: random.integer(0, 5) }, () => {
    const kind = random.fraction();
    const atMs = random.between(0, untilMs);
    if (kind < 0.5) {
      return {
        atMs,
        lines: random.integer(1, 20),
        gapMs: random.between(1, 400),
        fillerLength: random.integer(0, 80),
      };
    }
    if (kind < 0.75)
      return { atMs, lines: random.integer(20, 120), gapMs: 0, fillerLength: random.integer(0, 200) };
    if (kind < 0.9)
      return { atMs, lines: random.integer(1, 30), gapMs: 5, fillerLength: random.integer(200, 3_000) };
    return { atMs, lines: random.integer(1, 3), gapMs: 0, fillerLength: random.integer(5_000, 60_000) };
  });
}

/** In a long run: lines all the time while the first sessions are replaced, so that some are under way whenever that happens. */
function speechesOverRekey(untilMs: number): Speech[] {
  const [atMs, gapMs] = [rekeyAfterMs - 2_000, 100];
  return untilMs > rekeyAfterMs + rekeyFallbackMs ? [{ atMs, lines: 150, gapMs, fillerLength: 400 }] : [];
}

function networkChanges(random: Random, names: readonly string[], untilMs: number): Change[] {
  const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
  const changes: Change[] = pairs.map((pair) => ({
    type: 'impair',
    atMs: 0,
    ...pair,
    impairment: impairmentFrom(random, untilMs),
  }));
  for (let count = random.integer(0, 4); count > 0; count--) {
    const atMs = random.between(0, untilMs);
    const impairment = impairmentFrom(random, untilMs);
    const pair = random.pick(pairs);
    changes.push({ type: 'impair', atMs, ...pair, impairment });
    // Half of the time both ways: a partition cuts both as a rule.
    if (random.chance(0.5)) {
      changes.push({ type: 'impair', atMs, from: pair.to, to: pair.from, impairment });
    }
  }
  return changes;
}

function impairmentFrom(random: Random, untilMs: number): Impairment {
  const sometimes = <Value>(share: number, value: Value, otherwise: Value): Value =>
    random.chance(share) ? value : otherwise;
  const blackholeFromMs = random.between(0, untilMs);
  return {
    ...unimpaired,
    lossRate: sometimes(0.5, random.between(0, 0.6) * random.fraction(), 0),
    burstLoss: sometimes(
      0.15,
      { enterRate: random.between(0.01, 0.2), leaveRate: 1 / 3, lossRate: 1 },
      undefined,
    ),
    duplicateRate: sometimes(0.3, random.between(0, 0.3), 0),
    reorderRate: sometimes(0.3, random.between(0, 0.3), 0),
    reorderHoldPackets: random.integer(1, 30),
    corruptRate: sometimes(0.2, random.between(0, 0.2), 0),
    delayMs: random.pick([0.05, 1, 10, 30, 150]),
    jitterMs: sometimes(0.4, random.pick([1, 10, 32, 200]), 0),
    fifo: random.chance(0.5),
    bandwidthBitsPerSecond: sometimes(0.2, random.pick([100_000, 1_000_000, 10_000_000]), undefined),
    queueMaxBytes: random.pick([3_000, 20_000, 100_000]),
    blackholes: sometimes(
      0.2,
      [{ fromMs: blackholeFromMs, untilMs: blackholeFromMs + random.pick([500, 5_000, 20_000, 60_000]) }],
      [],
    ),
  };
}

function hostChanges(random: Random, names: readonly string[], untilMs: number): Change[] {
  const changes: Change[] = [];
  for (let count = random.integer(0, 5); count > 0; count--) {
    const host = random.pick(names);
    const atMs = random.between(0, untilMs);
    const kind = random.fraction();
    if (kind < 0.2) {
      const downMs = random.pick([0, 50, 3_000, 20_000]);
      changes.push({ type: 'restart', atMs, host, downMs, goodbye: random.chance(0.4) });
    } else if (kind < 0.4) {
      changes.push({ type: 'move', atMs, host, portOnly: random.chance(0.5) });
    } else if (kind < 0.55) {
      changes.push({ type: 'pause', atMs, host, forMs: random.pick([20, 500, 5_000, 60_000]) });
    } else if (kind < 0.65) {
      changes.push({ type: 'leap', atMs, host, byMs: random.pick([100, 5_000, 100_000, 86_400_000]) });
    } else {
      const reader = random.pick<Reader>([
        { type: 'stopped' },
        { type: 'slow', everyMs: random.between(1, 200) },
        { type: 'prompt' },
      ]);
      changes.push({ type: 'reader', atMs, host, reader });
    }
  }
  return changes;
}

function renames(random: Random, names: readonly string[], untilMs: number): Change[] {
  if (random.chance(0.5)) return [];
  return Array.from({ length: random.integer(1, 5) }, () => ({
    type: 'rename',
    atMs: random.between(0, untilMs),
    host: random.pick(names),
  }));
}

/** In a long run: new names while the first sessions are replaced, so that some come between the messages of a handshake. */
function renamesOverRekey(names: readonly string[], untilMs: number): Change[] {
  if (untilMs < rekeyAfterMs + rekeyFallbackMs) return [];
  return names.flatMap((host, index) =>
    Array.from({ length: 16 }, (_, count): Change => {
      return { type: 'rename', atMs: rekeyAfterMs - 1_500 + 300 * count + 70 * index, host };
    }),
  );
}

function attackChanges(random: Random, untilMs: number): Change[] {
  if (random.chance(0.5)) return [];
  return Array.from({ length: random.integer(1, 30) }, () => ({
    type: 'attack',
    atMs: random.between(0, untilMs),
    attack: random.pick(attacks),
    times: random.integer(1, 5),
  }));
}
