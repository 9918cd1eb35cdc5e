/**
 * One bottleneck, two bulk flows: tincan, and one that behaves as TCP with CUBIC does. Who gets how much?
 *
 * Owns: the set-up and the measure.
 */
import { unimpaired } from '../../src/relay/model/impairment.ts';
import { CubicFlow } from './cubic.ts';
import type { Host } from './host.ts';
import { Judge, hostNames } from './judge.ts';
import { World, type CoreFactory } from './world.ts';

export interface FairnessFigures {
  readonly seed: number;
  readonly queueMs: number;
  readonly tincanMbitPerSecond: number;
  readonly cubicMbitPerSecond: number;
  /** Of what both got together. */
  readonly tincanShare: number;
}

export const fairShareMin = 1 / 3;
export const fairShareMax = 2 / 3;

/** Queues of one and of two round trips: a shallow and a deep one of those that routers have. */
export const fairnessQueuesMs = [40, 80] as const;

const bandwidthBitsPerSecond = 5_000_000;
const oneWayMs = 20;
const settleMs = 10_000;
const measureMs = 30_000;
const lineFiller = 1_000;
const port = 5_000;

/** A flow is told its name, and on which stations it has to run; it starts by itself. */
type StartFlow = (world: World, name: string) => void;

export function runFairness(seed: number, queueMs: number, factory: CoreFactory): FairnessFigures {
  const [tincanMbitPerSecond, cubicMbitPerSecond] = shareLink(seed, queueMs, factory, [
    ['alice', 'bob', startTincan],
    ['carol', 'carol-receiver', startCubic],
  ]);
  const tincanShare = tincanMbitPerSecond / (tincanMbitPerSecond + cubicMbitPerSecond);
  return { seed, queueMs, tincanMbitPerSecond, cubicMbitPerSecond, tincanShare };
}

/** The yardstick against itself: what each of two CUBIC-like flows gets, Mbit/s. */
export function runCubicPair(seed: number, queueMs: number, factory: CoreFactory): readonly [number, number] {
  return shareLink(seed, queueMs, factory, [
    ['carol', 'carol-receiver', startCubic],
    ['dave', 'dave-receiver', startCubic],
  ]);
}

type Flow = readonly [sender: string, receiver: string, start: StartFlow];

function shareLink(
  seed: number,
  queueMs: number,
  factory: CoreFactory,
  flows: readonly [Flow, Flow],
): readonly [number, number] {
  const world = new World(seed, factory);
  const there = { ...unimpaired, delayMs: oneWayMs, jitterMs: 0.5, fifo: true };
  const bottleneck = world.network.direction('bottleneck', '');
  bottleneck.impair({
    ...there,
    bandwidthBitsPerSecond,
    queueMaxBytes: (bandwidthBitsPerSecond / 8_000) * queueMs,
  });
  const bytesArrived = new Map<string, number>();
  world.network.tap((crossing) => {
    if (crossing.type !== 'arrived') return;
    bytesArrived.set(crossing.from, (bytesArrived.get(crossing.from) ?? 0) + crossing.bytes.length);
  });
  for (const [sender, receiver, start] of flows) {
    world.network.share(bottleneck, sender, receiver);
    world.network.impair(receiver, sender, there);
    start(world, sender);
  }
  world.runUntil(world.nowMs + settleMs);
  const before = new Map(bytesArrived);
  world.runUntil(world.nowMs + measureMs);
  const mbitPerSecond = ([sender]: Flow): number =>
    (((bytesArrived.get(sender) ?? 0) - (before.get(sender) ?? 0)) * 8) / measureMs / 1_000;
  return [mbitPerSecond(flows[0]), mbitPerSecond(flows[1])];
}

function startTincan(world: World): void {
  const start = (name: string, ip: string, peer: string): Host =>
    world.start({
      name,
      address: { ip, port },
      peers: [{ label: peer, host: `${peer}.test`, port }],
      roomKey: undefined,
      timerLatenessMs: 1.1,
    });
  start('bob', '10.0.0.2', 'alice');
  keepTalking(world, start('alice', '10.0.0.1', 'bob'));
}

function startCubic(world: World, name: string): void {
  const ip = `10.1.0.${1 + hostNames.indexOf(name)}`;
  const flow = new CubicFlow(world, name, { ip, port }, { ip, port: port + 1 });
  // Not at the very same time as the other one, which is how flows come in life.
  world.after(100 * world.random.fraction(), () => flow.start());
}

/** More to say than the link can carry, at any time. */
function keepTalking(world: World, host: Host): void {
  let ordinal = 0;
  const refill = (): void => {
    while (host.unspokenLines < 20) host.say(Judge.text(host.id, ++ordinal, '.'.repeat(lineFiller)));
    world.after(10, refill);
  };
  refill();
}

export function fairnessTable(rows: readonly FairnessFigures[]): string {
  const line = (...cells: readonly string[]): string => cells.map((cell) => cell.padStart(14)).join('');
  return [
    `One bottleneck of ${bandwidthBitsPerSecond / 1e6} Mbit/s, round trip ${2 * oneWayMs} ms, both flows bulk, over ${measureMs / 1_000} s`,
    line('seed', 'queue ms', 'tincan Mbit/s', 'CUBIC Mbit/s', 'tincan share'),
    ...rows.map((row) =>
      line(
        `${row.seed}`,
        `${row.queueMs}`,
        row.tincanMbitPerSecond.toFixed(2),
        row.cubicMbitPerSecond.toFixed(2),
        `${(row.tincanShare * 100).toFixed(0)} %`,
      ),
    ),
  ].join('\n');
}
