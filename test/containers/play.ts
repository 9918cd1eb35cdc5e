/**
 * Plays a scenario in real containers and brings back its account. It judges nothing.
 *
 * Owns: the order of things, from the start of the lab to the last word of every program.
 */
import type { Backend, Wire } from '../lab-model/outcome.ts';
import type { RelayEvent } from '../lab-model/events.ts';
import { setTimeout as lapse } from 'node:timers/promises';
import type { Account, Life, Phase, RelayLife, Said } from '../verdict/account.ts';
import { Conversation } from './conversation.ts';
import type { JsonLines } from './json-lines.ts';
import { Lab } from './lab.ts';
import type { LabRelay } from './lab-relay.ts';
import { Netem } from './netem.ts';
import type { Program } from './program.ts';
import {
  DATAGRAMS_MIN,
  DIRECTIONS,
  type Direction,
  NODES,
  type NodeName,
  type Scenario,
  type Step,
} from '../lab-model/scenarios/scenario.ts';
import type { ScriptedNode } from './scripted-node.ts';
import { udpDrops } from '../lab-model/snmp.ts';
import { DEADLINE_MS, type Transcript } from '../support/transcript.ts';

/** How long the last lines may take, in ms: the longest probe timeouts of a string that loses half, and a busy machine. */
const SETTLE_DEADLINE_MS = 40_000;
/** Said on top of a scenario's lines at the most; where too few datagrams have crossed even then, the verdict tells. */
const MORE_LINES_MAX = 500;

export interface Part {
  readonly scenario: Scenario;
  readonly wire: Wire;
  readonly backend: Backend;
  readonly seed: number;
}

/** A program's stream as it ended, for the report. */
interface Stream {
  readonly program: string;
  readonly name: 'stdout' | 'stderr';
  readonly stream: Transcript;
}

export interface Played {
  readonly account: Account;
  readonly transcripts: readonly Stream[];
  /** What crossed the relay, as pcapng; absent where there was none. */
  readonly capture: Buffer | undefined;
}

export async function play(part: Part): Promise<Played> {
  const { scenario, wire, backend, seed } = part;
  const isRelayed = wire !== 'tcp' && (backend === 'relay' || (backend === 'engine' && scenario.witness));
  await using lab = await Lab.script({
    nodes: NODES,
    wire,
    keepsState: keepsState(part),
    ...(isRelayed ? { relay: { seed, faults: scenario.faults } } : {}),
  });
  const netem = backend === 'netem' ? await Netem.on(lab, scenario) : undefined;
  const stage = new Stage(lab, part, isRelayed === true, netem);
  for (const step of scenario.steps) await stage.perform(step);
  // Awaited here: the lab stands until it is done.
  return await stage.close();
}

/** A life that still goes on. */
interface Living {
  readonly name: NodeName;
  readonly node: ScriptedNode;
  readonly said: Said[];
}

class Stage {
  readonly #lab: Lab<NodeName, ScriptedNode>;
  readonly #part: Part;
  readonly #isRelayed: boolean;
  readonly #netem: Netem | undefined;
  readonly #startedAtMs = nowMs();
  readonly #conversation: Conversation;
  readonly #living = new Map<NodeName, Living>();
  readonly #streams: Stream[] = [];
  readonly #ended: { readonly living: Living; readonly life: Life }[] = [];
  readonly #order: Living[] = [];
  readonly #relays: RelayLife[] = [];
  readonly #phases: Phase[] = [];
  readonly #moves: { readonly was: string; readonly is: string }[] = [];
  readonly #overdue: string[] = [];
  /** What began and has not ended, with the time. */
  readonly #since = new Map<string, number>();

  constructor(lab: Lab<NodeName, ScriptedNode>, part: Part, isRelayed: boolean, netem: Netem | undefined) {
    this.#netem = netem;
    this.#lab = lab;
    this.#part = part;
    this.#isRelayed = isRelayed;
    this.#conversation = new Conversation(part.scenario.everyMs, part.scenario.lineBytes);
    for (const name of NODES) this.#enter(name, lab.nodes[name]);
    if (isRelayed) this.#watch('relay', lab.relay);
  }

  async perform(step: Step): Promise<void> {
    switch (step.type) {
      case 'talk':
        return this.#talk(step.lines);
      case 'blackhole': {
        const what = step.direction === 'both' ? 'partition' : `blackhole ${step.direction}`;
        this.#begin(what);
        await (this.#netem ?? this.#lab.relay).blackhole(step.direction, step.forMs);
        // It has cut off one direction or both, and struck whoever was heard by nobody: the relay's counts tell.
        return this.#finish(what, undefined);
      }
      case 'pause':
        return this.#pause(step.node, step.forMs);
      case 'kill':
        return this.#kill(step.node);
      case 'start': {
        const node = await this.#lab.startNode(step.node);
        if (keepsState(this.#part)) this.#goOnAfter(step.node, await node.linesSaid());
        this.#enter(step.node, node);
        return this.#finish(`${step.node} gone`, step.node, readyAtMs(node.said));
      }
      case 'disconnect':
        this.#begin(`${step.node} disconnected`);
        return this.#node(step.node).disconnect();
      case 'reconnect': {
        // What it hears while the engine still answers came after the fault.
        const untilMs = nowMs();
        await this.#node(step.node).reconnect();
        return this.#finish(`${step.node} disconnected`, step.node, untilMs);
      }
      case 'readdress': {
        this.#begin(`${step.node} moves`);
        this.#moves.push(await this.#lab.readdress(this.#node(step.node)));
        return this.#finish(`${step.node} moves`, step.node);
      }
      case 'stop-relay':
        this.#begin('no relay');
        this.#relays.push(await relayLife(this.#lab.relay));
        return undefined;
      case 'start-relay': {
        const relay = await this.#lab.startRelay();
        this.#watch('relay (second)', relay);
        await Promise.all(NODES.map((name) => relay.knows(name)));
        return this.#finish('no relay', undefined, readyAtMs(relay.told));
      }
    }
  }

  /** Waits for the last lines, reads the counters, says goodbye to everybody. */
  async close(): Promise<Played> {
    await this.#conversation.end();
    await (this.#part.wire === 'tincan' ? this.#settleByReceipts() : this.#settleByMarker());
    const kernelDrops = new Map<Living, Life['kernelDrops']>();
    for (const living of this.#living.values()) {
      kernelDrops.set(living, await this.#kernelDrops(living));
    }
    const netemDrops = await this.#netem?.drops();
    const capture = this.#isRelayed ? await this.#lab.relay.capture() : undefined;
    await Promise.all(
      [...this.#living.values()].map(async (living) => {
        const exitCode = await living.node.quits().catch((error: unknown) => {
          this.#overdue.push(`${living.name} did not leave: ${String(error)}`);
          return -1;
        });
        this.#ended.push({ living, life: lifeOf(living, exitCode, kernelDrops.get(living)) });
      }),
    );
    if (this.#isRelayed) this.#relays.push(await relayLife(this.#lab.relay));
    const lives = this.#order.flatMap((living) =>
      this.#ended.filter((ended) => ended.living === living).map(({ life }) => life),
    );
    const account: Account = {
      startedAtMs: this.#startedAtMs,
      lives,
      relays: this.#relays,
      phases: this.#phases,
      moves: this.#moves,
      overdue: this.#overdue,
      netemDrops,
    };
    return { account, transcripts: this.#streams, capture };
  }

  async #talk(lines: number): Promise<void> {
    await this.#conversation.goesOn(lines);
    if (!this.#isRelayed || Object.keys(this.#part.scenario.faults).length === 0) return;
    const crossed = (direction: Direction): number => this.#lab.relay.verdicts(direction).length;
    for (let more = 0; more < MORE_LINES_MAX; more++) {
      if (DIRECTIONS.every((direction) => crossed(direction) >= DATAGRAMS_MIN)) return;
      await this.#conversation.goesOn(1);
    }
  }

  async #pause(name: NodeName, forMs: number): Promise<void> {
    const node = this.#node(name);
    await node.pause();
    this.#begin(`${name} paused`);
    // The fault itself takes this long.
    await lapse(forMs);
    const untilMs = nowMs();
    await node.resume();
    this.#finish(`${name} paused`, name, untilMs);
  }

  async #kill(name: NodeName): Promise<void> {
    const living = this.#living.get(name);
    if (living === undefined) throw new Error(`${name} is dead already`);
    this.#conversation.silence(name);
    const drops = await this.#kernelDrops(living);
    this.#begin(`${name} gone`);
    await living.node.crash();
    this.#living.delete(name);
    this.#ended.push({ living, life: lifeOf(living, undefined, drops) });
  }

  /** What it was told to say, and had no time to put into its log, is said by its next life. */
  #goOnAfter(name: NodeName, number: number): void {
    for (const { said } of this.#order.filter((living) => living.name === name))
      said.splice(0, said.length, ...said.filter((line) => line.number <= number));
    this.#conversation.goOnAfter(name, number);
  }

  #enter(name: NodeName, node: ScriptedNode): void {
    const living: Living = { name, node, said: [] };
    const lives = this.#order.filter((other) => other.name === name).length;
    this.#living.set(name, living);
    this.#order.push(living);
    this.#watch(lives === 0 ? name : `${name} (life ${lives + 1})`, node);
    this.#conversation.join(name, node, living.said);
  }

  #watch(name: string, { stdout, stderr }: Program): void {
    this.#streams.push({ program: name, name: 'stdout', stream: stdout });
    this.#streams.push({ program: name, name: 'stderr', stream: stderr });
  }

  #node(name: NodeName): ScriptedNode {
    const living = this.#living.get(name);
    if (living === undefined) throw new Error(`${name} is dead`);
    return living.node;
  }

  /** Of the datagrams that had come to its container; TCP tells nothing of the kind. */
  async #kernelDrops({ node }: Living): Promise<Life['kernelDrops']> {
    if (this.#part.wire === 'tcp') return undefined;
    return udpDrops((await node.exec(['cat', '/proc/net/snmp'])).toString());
  }

  #begin(what: string): void {
    this.#since.set(what, nowMs());
  }

  #finish(what: string, node: NodeName | undefined, untilMs = nowMs()): void {
    this.#phases.push({ what, node, fromMs: this.#since.get(what) ?? untilMs, untilMs });
  }

  /** While the faults go on: every line has its receipt, and was heard. */
  async #settleByReceipts(): Promise<void> {
    await this.#forEachDirection(async (speaker) => {
      const last = speaker.said.at(-1);
      if (last !== undefined) await speaker.node.delivered(last.number, SETTLE_DEADLINE_MS);
    });
  }

  /** A wire that tells nothing: once the string is whole and empty, one line more; what did not come before it never will. */
  async #settleByMarker(): Promise<void> {
    await this.#netem?.heal();
    if (this.#isRelayed) {
      await this.#lab.relay.heal();
      await this.#lab.relay.drained();
    }
    this.#conversation.say();
    await this.#forEachDirection(async (speaker, listener) => {
      const last = speaker.said.at(-1);
      if (last !== undefined) await listener.node.hears(speaker.name, last.text, DEADLINE_MS);
    });
  }

  async #forEachDirection(wait: (speaker: Living, listener: Living) => Promise<void>): Promise<void> {
    const [first, second] = NODES.map((name) => this.#living.get(name));
    if (first === undefined || second === undefined) throw new Error('somebody is dead at the end');
    const late = (error: unknown): void => {
      this.#overdue.push(error instanceof Error ? error.message : String(error));
    };
    await Promise.all([wait(first, second).catch(late), wait(second, first).catch(late)]);
  }
}

/** Whoever is killed there goes on from what is on its volume. */
function keepsState({ scenario, wire }: Part): boolean {
  return wire === 'tincan' && scenario.steps.some(({ type }) => type === 'kill');
}

function lifeOf(
  { name, node, said }: Living,
  exitCode: number | undefined,
  drops?: Life['kernelDrops'],
): Life {
  return { name, said, events: node.said.events, exitCode, kernelDrops: drops };
}

async function relayLife(relay: LabRelay): Promise<RelayLife> {
  const counts = await relay.quits();
  const events = relay.told.events.map(({ event }) => event);
  const ready = events.find(isReady);
  if (ready === undefined) throw new Error('the relay was never ready');
  return {
    seed: ready.seed,
    startedAtMs: ready.startedAt,
    verdicts: events.filter((event) => event.type === 'verdict'),
    departed: events.filter((event) => event.type === 'departed'),
    logGaps: events.reduce((sum, event) => sum + (event.type === 'log-gap' ? event.lost : 0), 0),
    counts,
  };
}

/** When it said so; what it heard first is heard later, however busy this process is. */
function readyAtMs({ events }: JsonLines<{ readonly type: string }>): number {
  const ready = events.find(({ event }) => event.type === 'ready');
  if (ready === undefined) throw new Error('started, but never ready');
  return ready.atMs;
}

function isReady(event: RelayEvent): event is Extract<RelayEvent, { type: 'ready' }> {
  return event.type === 'ready';
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
