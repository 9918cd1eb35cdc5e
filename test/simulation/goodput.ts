/**
 * How much one flow gets out of a link that delays and loses, in virtual time: exact, and independent of the machine.
 *
 * Owns: the set-up and the figures.
 */
import type { Impairment } from '../../src/relay/model/impairment.ts';
import { unimpaired } from '../../src/relay/model/impairment.ts';
import type { Host } from './host.ts';
import { Judge } from './judge.ts';
import { World, type CoreFactory } from './world.ts';

export interface GoodputLink {
  readonly oneWayMs: number;
  /** Of the datagrams, each way, before they come to the bottleneck. */
  readonly lossRate: number;
  readonly mbitPerSecond: number;
  /** What the bottleneck's queue holds, in ms of its rate. */
  readonly queueMs: number;
  /** Under load the event loop of a host comes round so seldom. Undefined: as soon as anything is to be done. */
  readonly turnMs?: number;
}

export interface GoodputFigures {
  /** Of what lines came, Mbit/s. */
  readonly mbitPerSecond: number;
  /** Of what the link carries. */
  readonly share: number;
  /** Between two lines that were heard. */
  readonly longestSilenceMs: number;
}

const settleMs = 3_000;
const measureMs = 3_000;
const lineFiller = 990;
/** How long a host looks for what has come, before it is busy again. */
const turnLengthMs = 0.01;
const port = 5_000;
/** Says that wait for the window of unanswered ones, at least. */
const unspokenMin = 400;

export function runGoodput(seed: number, link: GoodputLink, factory: CoreFactory): GoodputFigures {
  const { oneWayMs, lossRate, mbitPerSecond, queueMs, turnMs } = link;
  const world = new World(seed, factory);
  const back: Impairment = { ...unimpaired, delayMs: oneWayMs, fifo: true };
  const bandwidthBitsPerSecond = mbitPerSecond * 1e6;
  const there = { ...back, bandwidthBitsPerSecond, queueMaxBytes: mbitPerSecond * 125 * queueMs };
  world.network.impair('alice', 'bob', there);
  world.network.impair('bob', 'alice', back);
  const start = (name: string, ip: string, peer: string): Host =>
    world.start({
      name,
      address: { ip, port },
      peers: [{ label: peer, host: `${peer}.test`, port }],
      roomKey: undefined,
      timerLatenessMs: 1.1,
    });
  const bob = start('bob', '10.0.0.2', 'alice');
  const alice = start('alice', '10.0.0.1', 'bob');
  if (turnMs !== undefined) for (const host of [alice, bob]) takeTurns(world, host, turnMs);
  let bytes = 0;
  let lastAtMs = Infinity;
  let longestSilenceMs = 0;
  let isMeasured = false;
  world.watch({
    event(host, event) {
      if (host !== bob || event.type !== 'message' || !isMeasured) return;
      bytes += event.text.length;
      longestSilenceMs = Math.max(longestSilenceMs, world.nowMs - lastAtMs);
      lastAtMs = world.nowMs;
    },
    protocol() {},
    note() {},
  });
  let ordinal = 0;
  const refill = (): void => {
    while (alice.unspokenLines < unspokenMin)
      alice.say(Judge.text(alice.id, ++ordinal, '.'.repeat(lineFiller)));
    world.after(2, refill);
  };
  world.after(1_000, () => {
    world.network.impair('alice', 'bob', { ...there, lossRate });
    world.network.impair('bob', 'alice', { ...back, lossRate });
    refill();
  });
  world.runUntil(world.nowMs + 1_000 + settleMs);
  isMeasured = true;
  lastAtMs = world.nowMs;
  world.runUntil(world.nowMs + measureMs);
  const rate = (bytes * 8) / measureMs / 1_000;
  return {
    mbitPerSecond: rate,
    share: rate / mbitPerSecond,
    longestSilenceMs: Math.max(longestSilenceMs, world.nowMs - lastAtMs),
  };
}

/** All that comes between two turns waits for the next one. */
function takeTurns(world: World, host: Host, everyMs: number): void {
  const turn = (): void => {
    host.pause(everyMs - turnLengthMs);
    world.after(everyMs, turn);
  };
  turn();
}
