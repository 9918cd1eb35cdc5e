/**
 * The kernel's own network emulator as the one who does the harm: `tc` in a container inside a node's network, which has the
 * right to do so; the node itself has not. netem impairs what leaves an interface, so alice's has `alice>bob`.
 *
 * Owns: our faults in netem's words, and its count of what it dropped.
 *
 * It draws by itself: a seed replays nothing here. And it has words of its own for some faults, named at each.
 */
import type { Faults } from '../lab-model/events.ts';
import { setTimeout as lapse } from 'node:timers/promises';
import { INTEROP_IMAGE } from './engine.ts';
import type { Lab } from './lab.ts';
import type { Program } from './program.ts';
import {
  type Direction,
  DIRECTIONS,
  type NodeName,
  NODES,
  type Scenario,
} from '../lab-model/scenarios/scenario.ts';
import type { ScriptedNode } from './scripted-node.ts';

/** A container on an internal network has one interface beside loopback. */
const INTERFACE = 'eth0';
/** What a packet has to wait to be overtaken by the next ones, in ms: netem reorders by delay, not by count. */
const HOLD_MS = 60;
/** IPv4 and UDP headers, which netem's rate counts and ours does not, in bytes. */
const HEADER_BYTES = 28;

/** What stands after `netem` on tc's command line. */
export function netemWords(faults: Faults, datagramBytes: number): string[] {
  return [
    ...lossWords(faults),
    ...delayWords(faults),
    ...rateWords('duplicate', faults.duplicateRate),
    ...rateWords('corrupt', faults.corruptRate),
    ...bandwidthWords(faults, datagramBytes),
  ];
}

/** One loss model at a time: with bursts, uniform loss becomes the loss in the chain's good state (`1-k`). */
function lossWords({ lossRate = 0, burstLoss }: Faults): string[] {
  if (burstLoss === undefined) return rateWords('loss', lossRate);
  const { enterRate, leaveRate, lossRate: inBurst } = burstLoss;
  return ['loss', 'gemodel', ...[enterRate, leaveRate, inBurst, lossRate].map(percent)];
}

/**
 * netem's jitter goes both ways from its delay, ours is added to it. Where it reorders, most packets leave at once, and the
 * others after the delay.
 */
function delayWords({ delayMs = 0, jitterMs = 0, reorderRate = 0 }: Faults): string[] {
  const heldMs = reorderRate > 0 ? HOLD_MS : 0;
  const delay = delayMs + jitterMs / 2 + heldMs;
  if (delay === 0) return [];
  const words = ['delay', `${delay}ms`, ...(jitterMs > 0 ? [`${jitterMs / 2}ms`] : [])];
  return reorderRate > 0 ? [...words, 'reorder', percent(1 - reorderRate)] : words;
}

/** netem's limit counts packets, ours bytes. */
function bandwidthWords({ bandwidthBitsPerSecond, queueMaxBytes }: Faults, datagramBytes: number): string[] {
  if (bandwidthBitsPerSecond === undefined) return [];
  const bits = Math.round((bandwidthBitsPerSecond * (datagramBytes + HEADER_BYTES)) / datagramBytes);
  const packets = Math.max(1, Math.floor((queueMaxBytes ?? Infinity) / datagramBytes));
  return ['rate', `${bits}bit`, ...(Number.isFinite(packets) ? ['limit', String(packets)] : [])];
}

function rateWords(word: string, rate = 0): string[] {
  return rate > 0 ? [word, percent(rate)] : [];
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(4))}%`;
}

/** What `tc -s -j qdisc show` says of the one netem there is. @throws where there is none. */
export function netemCounts(json: string): { readonly drops: number; readonly queued: number } {
  const all: readonly { kind: string; drops: number; qlen: number }[] = JSON.parse(json);
  const netem = all.find(({ kind }) => kind === 'netem');
  if (netem === undefined) throw new Error(`there is no netem in ${json}`);
  return { drops: netem.drops, queued: netem.qlen };
}

/** Why this scenario can't be shown to strike on that wire; undefined: it can. netem counts drops and nothing else. */
export function unprovable({ faults }: Scenario, isPlain: boolean, isTcp: boolean): string | undefined {
  const { duplicateRate = 0, reorderRate = 0, corruptRate = 0, truncateRate = 0 } = faults.both ?? {};
  if (truncateRate > 0) return 'netem can not cut a packet short';
  if (!isPlain && duplicateRate > 0) return 'netem does not count duplicates, and this wire hides them';
  if (!isPlain && reorderRate > 0) return 'netem does not count what it reorders, and this wire hides it';
  if (isTcp && corruptRate > 0) return 'netem does not count what it corrupts, and TCP hides it';
  return undefined;
}

export class Netem {
  readonly #scenario: Scenario;
  readonly #tcs: ReadonlyMap<NodeName, Program>;

  private constructor(scenario: Scenario, tcs: ReadonlyMap<NodeName, Program>) {
    this.#scenario = scenario;
    this.#tcs = tcs;
  }

  /** On both ends, with the faults that the scenario has from the start. */
  static async on(lab: Lab<NodeName, ScriptedNode>, scenario: Scenario): Promise<Netem> {
    const tcs = new Map<NodeName, Program>();
    for (const name of NODES) {
      const tc = await lab.run({
        image: INTEROP_IMAGE,
        name: `tc-${name}`,
        insideNetworkOf: lab.nodes[name].id,
        capabilities: ['NET_ADMIN'],
        // Until our end of its stdin is gone.
        entrypoint: ['cat'],
        command: [],
      });
      tcs.set(name, tc);
    }
    const netem = new Netem(scenario, tcs);
    await netem.#eachDirection((direction) => netem.#tc(direction, 'add', netem.#faults(direction)));
    return netem;
  }

  /** Nothing passes for so long; resolves when that is over. */
  async blackhole(direction: Direction | 'both', forMs: number): Promise<void> {
    const struck = DIRECTIONS.filter((one) => direction === 'both' || one === direction);
    await Promise.all(struck.map((one) => this.#tc(one, 'change', { lossRate: 1 })));
    // The fault itself takes this long.
    await lapse(forMs);
    await Promise.all(struck.map((one) => this.#tc(one, 'change', this.#faults(one))));
  }

  /** Ends all faults; resolves when nothing is on its way any more. */
  async heal(): Promise<void> {
    await this.#eachDirection(async (direction) => {
      await this.#tc(direction, 'change', {});
      while ((await this.#counts(direction)).queued > 0);
    });
  }

  /** Packets that it has dropped so far. */
  async drops(): Promise<Readonly<Record<Direction, number>>> {
    const [out, back] = await Promise.all(DIRECTIONS.map((direction) => this.#counts(direction)));
    return { 'alice>bob': out?.drops ?? 0, 'bob>alice': back?.drops ?? 0 };
  }

  #faults(direction: Direction): Faults {
    const { faults } = this.#scenario;
    return { ...faults.both, ...faults[direction] };
  }

  async #eachDirection(act: (direction: Direction) => Promise<void>): Promise<void> {
    await Promise.all(DIRECTIONS.map((direction) => act(direction)));
  }

  async #tc(direction: Direction, verb: 'add' | 'change', faults: Faults): Promise<void> {
    const words = netemWords(faults, this.#scenario.lineBytes);
    await this.#run(direction, ['qdisc', verb, 'dev', INTERFACE, 'root', 'netem', ...words]);
  }

  async #counts(direction: Direction): Promise<ReturnType<typeof netemCounts>> {
    return netemCounts(await this.#run(direction, ['-s', '-j', 'qdisc', 'show', 'dev', INTERFACE]));
  }

  async #run(direction: Direction, words: readonly string[]): Promise<string> {
    const tc = this.#tcs.get(direction === 'alice>bob' ? 'alice' : 'bob');
    if (tc === undefined) throw new Error(`nobody does the harm ${direction}`);
    return (await tc.exec(['tc', ...words])).toString();
  }
}
