/**
 * The promise over many lives: nodes that keep what they owe are killed at any point of any step, or lose power, on a network
 * that loses, doubles and delays, and go on from what is on disk. (The large simulator, `run.ts`, has processes that keep
 * nothing.)
 *
 * Owns: who is killed when, and what is on disk then; `lives-judge.ts` has what must hold.
 */
import type { Event, LineRun, PeerId } from '../../src/kernel/contract.ts';
import { Random } from '../../src/relay/model/random.ts';
import { NodeWorld, faulty } from '../wires/tincan/node-world.ts';
import type { MakeNode, WorldNode } from '../wires/tincan/node-world.ts';
import { NonceWatch, seededCrypto } from './crypto.ts';
import { Disk } from './disk.ts';
import { LivesJudge, type Mark } from './lives-judge.ts';
import { Violation } from './violation.ts';

/** Each host says so many lines in all its lives. */
const linesEach = 60;
/** How long the faults go on, and how long convergence may take then: a lost peer is found again within 45 + 30 s. */
const faultsMs = 60_000;
const convergeMs = 180_000;
const steps = 120;
/** A machine that has lost power starts after what it had sent is no longer on its way. */
const bootMs = 3_000;
/** What follows from one input, at most, for a crash to be at any point of it. */
const outputsMax = 3;

export function runLives(seed: number, makeNode?: MakeNode): void {
  new Lives(seed, makeNode).run();
}

class Lives {
  readonly #world: NodeWorld;
  readonly #judge: LivesJudge;
  readonly #disks = new Map<string, Disk<Mark>>();
  readonly #names = new Map<PeerId, string>();
  /** By name: the process that died. */
  readonly #dead = new Map<string, WorldNode>();
  /** What each process was given and has not taken. */
  readonly #newest = new Map<WorldNode, Map<PeerId, number>>();
  #isHealed = false;
  readonly #losesCommits: boolean;

  constructor(seed: number, makeNode?: MakeNode) {
    const world = new NodeWorld(seed, makeNode);
    const { random } = world;
    this.#world = world;
    const crashRate = random.pick([0.001, 0.005, 0.02]);
    world.onEvent = (node, event) => this.#hear(node, event);
    world.crashPoint = () => {
      if (this.#isHealed || !random.chance(crashRate)) return undefined;
      return random.chance(0.5) ? 'before-commit' : random.integer(0, outputsMax);
    };
    world.onCrash = (node) => this.#onDeath(node);
    const names = random.pick([
      ['alice', 'bob'],
      ['alice', 'bob', 'carol'],
    ]);
    this.#losesCommits = random.chance(0.5);
    this.#judge = new LivesJudge(names, this.#losesCommits, (name) => this.#logOf(name));
    for (const [index, name] of names.entries()) this.#start(name, names, new Random(seed, index));
  }

  run(): void {
    const { random } = this.#world;
    this.#world.link = faulty(this.#world, {
      loss: random.pick([0, 0.1, 0.3]),
      duplicates: random.pick([0, 0.2]),
      delayMs: random.pick([1, 40]),
      jitterMs: random.pick([0, 50]),
    });
    for (let step = 0; step < steps; step += 1) {
      this.#world.run(faultsMs / steps);
      for (const node of this.#world.nodes.values()) this.#act(node);
    }
    this.#isHealed = true;
    this.#world.link = () => [5];
    // Whoever has lost power is up by then.
    this.#world.run(bootMs);
    for (const name of this.#disks.keys()) this.#restartIfDead(name);
    for (const node of this.#world.nodes.values()) {
      node.takes = true;
      this.#takeAll(node);
    }
    this.#world.run(convergeMs, () => {
      for (const node of this.#world.nodes.values()) this.#say(node);
      return this.#laggard() === undefined;
    });
    const laggard = this.#laggard();
    if (laggard !== undefined) throw new Violation(laggard);
  }

  #start(name: string, names: readonly string[], random: Random): void {
    const peers = names.filter((other) => other !== name);
    const crypto = seededCrypto(random, new NonceWatch());
    const disk = new Disk(() => this.#judge.markOf(name));
    this.#disks.set(name, disk);
    this.#world.addDurable(name, peers, { crypto, identity: crypto.generateKeyPair() }, disk);
  }

  /** What a person, a script and a reader do now and then. */
  #act(node: WorldNode): void {
    const { random } = this.#world;
    for (let line = random.integer(0, 3); line > 0; line -= 1) this.#say(node);
    if (random.chance(0.1)) node.takes = !node.takes;
    if (node.takes) this.#takeAll(node);
    if (!random.chance(0.02) || !this.#isAlive(node)) return;
    this.#world.kill(node);
    this.#onDeath(node);
  }

  /** The lines after the last one that the log has: a script that was killed asks for that. Some at once, or one, perhaps to one peer. */
  #say(node: WorldNode): void {
    const { random } = this.#world;
    const said = this.#saidOf(node);
    if (said >= linesEach || !this.#isAlive(node)) return;
    const sender = node.name;
    const log = this.#logOf(sender);
    const numbers = Array.from({ length: random.pick([1, 1, 3]) }, (_, at) => said + at + 1);
    const known = [...this.#names].filter(([, name]) => name !== sender);
    const [to] = random.chance(0.2) ? known.slice(said % Math.max(1, known.length)) : [];
    const lines = (to === undefined ? numbers.filter((number) => number <= linesEach) : [said + 1]).map(
      (number) => this.#judge.onSay({ sender, number, to: to?.[1] }),
    );
    const texts = lines.map(({ text }) => text);
    const [text = ''] = texts;
    if (to !== undefined) this.#world.command(node, { type: 'say', text, ref: undefined, to: to[0] });
    else this.#world.command(node, { type: 'say-lines', ...runOf(texts) });
    // Where nobody is known by that id yet the line was refused, and its number is the next one's.
    for (const line of lines) this.#judge.onSaid(line, log ?? this.#logOf(sender) ?? 'none');
  }

  #saidOf(node: WorldNode): number {
    if (!this.#isAlive(node)) return linesEach;
    node.events.length = 0;
    this.#world.command(node, { type: 'status' });
    const status = node.events.find((event) => event.type === 'status');
    if (status === undefined) return linesEach;
    return status.said;
  }

  /** The id of the log that is on disk. */
  #logOf(name: string): string | undefined {
    return this.#disks.get(name)?.load()?.log.id.join();
  }

  #isAlive(node: WorldNode): boolean {
    return this.#world.nodes.get(node.name) === node;
  }

  #takeAll(node: WorldNode): void {
    for (const [peerId, seq] of this.#newest.get(node) ?? []) {
      if (!this.#isAlive(node)) return;
      this.#world.command(node, { type: 'taken', peerId, seq });
    }
    this.#newest.delete(node);
  }

  /** Killed, or its machine has lost power, and some time later it runs again; or somebody puts an older copy in place first. */
  #onDeath(node: WorldNode): void {
    const { random } = this.#world;
    this.#dead.set(node.name, node);
    this.#judge.onDeath(node.name);
    if (!this.#losesCommits || random.chance(0.5))
      return this.#restartLater(node.name, random.pick([0, 10, 3_000]));
    const disk = this.#disks.get(node.name);
    const mark = random.chance(0.2) ? disk?.restoreCopy(random) : disk?.losePower(random);
    if (mark !== undefined) this.#judge.onLoss(node.name, mark);
    this.#restartLater(node.name, bootMs);
  }

  #restartLater(name: string, ms: number): void {
    this.#world.later(ms, () => this.#restartIfDead(name));
  }

  #restartIfDead(name: string): void {
    const node = this.#dead.get(name);
    if (node === undefined || this.#world.nodes.has(name)) return;
    this.#dead.delete(name);
    this.#world.restart(node);
  }

  #hear(node: WorldNode, event: Event): void {
    if (event.type === 'peer-joined') this.#names.set(event.peerId, event.name);
    if (event.type === 'message' || event.type === 'messages') {
      const newest = this.#newest.get(node) ?? new Map<PeerId, number>();
      const count = event.type === 'messages' ? event.count : 1;
      this.#newest.set(node, newest.set(event.peerId, event.seq + count - 1));
    }
    this.#judge.hear(node.name, event);
  }

  #laggard(): string | undefined {
    for (const name of this.#disks.keys()) {
      const node = this.#world.nodes.get(name);
      if (node === undefined) return `${name} does not run`;
      if (this.#saidOf(node) < linesEach) return `${name} has not said all`;
      const missing = this.#judge.missing(name, linesEach);
      if (missing !== undefined) return missing;
      const keptBytes = node.node.account.logBytes;
      if (keptBytes > 0) return `${name} still keeps ${keptBytes} B of its log`;
    }
    return undefined;
  }
}

function runOf(texts: readonly string[]): LineRun {
  return { bytes: new TextEncoder().encode(texts.map((text) => `${text}\n`).join('')), count: texts.length };
}
