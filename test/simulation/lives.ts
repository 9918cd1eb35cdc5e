/**
 * The promise over many lives: nodes that keep what they owe are killed at any point of any step, on a network that loses,
 * doubles and delays, and go on from what was committed. (The large simulator, `run.ts`, has processes that keep nothing.)
 *
 * Owns: who is killed when, and what a line must not do over all lives together.
 */
import type { Event, PeerId } from '../../src/kernel/contract.ts';
import { Random } from '../../src/relay/model/random.ts';
import type { Crypto } from '../../src/wires/tincan/crypto.ts';
import { NodeWorld, faulty } from '../wires/tincan/node-world.ts';
import type { MakeNode, WorldNode } from '../wires/tincan/node-world.ts';
import { NonceWatch, seededCrypto } from './crypto.ts';
import { Violation } from './violation.ts';

/** Each host says so many lines in all its lives. */
const linesEach = 60;
/** How long the faults go on, and how long convergence may take then: a lost peer is found again within 45 + 30 s. */
const faultsMs = 60_000;
const convergeMs = 180_000;
const steps = 120;

type MessageEvent = Extract<Event, { readonly type: 'message' }>;

/** What one host is known by over all its lives. */
interface Host {
  readonly name: string;
  /** Addressees by line; undefined: everybody. The first is line 1. */
  readonly addressees: (string | undefined)[];
  /** Lines told to be in the log. */
  queued: number;
  /** By sender: the last line given. */
  readonly given: Map<string, number>;
  /** By receiver: the last line told to be delivered. */
  readonly delivered: Map<string, number>;
}

export function runLives(seed: number, makeNode?: MakeNode): void {
  new Lives(seed, makeNode).run();
}

class Lives {
  readonly #world: NodeWorld;
  readonly #hosts = new Map<string, Host>();
  readonly #names = new Map<PeerId, string>();
  #isHealed = false;
  #crashRate = 0;

  constructor(seed: number, makeNode?: MakeNode) {
    const world = new NodeWorld(seed, makeNode);
    this.#world = world;
    this.#crashRate = world.random.pick([0.001, 0.005, 0.02]);
    world.onEvent = (node, event) => this.#hear(node, event);
    world.crashPoint = () => {
      if (this.#isHealed || !world.random.chance(this.#crashRate)) return undefined;
      return world.random.chance(0.5) ? 'before-commit' : world.random.integer(0, 3);
    };
    world.onCrash = (node) => this.#restartLater(node);
    const names = world.random.pick([
      ['alice', 'bob'],
      ['alice', 'bob', 'carol'],
    ]);
    for (const [index, name] of names.entries())
      this.#start(name, names, seededCrypto(new Random(seed, index), new NonceWatch()));
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
    for (const host of this.#hosts.values()) this.#restartIfDead(host.name);
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

  #start(name: string, names: readonly string[], crypto: Crypto): void {
    const peers = names.filter((other) => other !== name);
    this.#hosts.set(name, { name, addressees: [], queued: 0, given: new Map(), delivered: new Map() });
    this.#world.addDurable(name, peers, { crypto, identity: crypto.generateKeyPair() });
  }

  /** What a person, a script and a reader do now and then. */
  #act(node: WorldNode): void {
    const { random } = this.#world;
    for (let line = random.integer(0, 3); line > 0; line -= 1) this.#say(node);
    if (random.chance(0.1)) node.takes = !node.takes;
    if (node.takes) this.#takeAll(node);
    if (random.chance(0.02)) this.#restart(node);
  }

  /** The line after the last one that the log has: a script that was killed asks for that. */
  #say(node: WorldNode): void {
    const host = this.#host(node.name);
    const said = this.#saidOf(node);
    if (said >= linesEach || this.#world.nodes.get(node.name) !== node) return;
    const text = `${node.name} ${said + 1}`;
    const known = [...this.#names].filter(([, name]) => name !== node.name);
    const [to] = this.#world.random.chance(0.2) ? known.slice(said % Math.max(1, known.length)) : [];
    host.addressees[said] = to?.[1];
    this.#world.command(node, {
      type: 'say',
      text,
      ref: said + 1,
      ...(to === undefined ? {} : { to: to[0] }),
    });
    // Where nobody is known by that id yet the line was refused, and its number is the next one's.
  }

  #saidOf(node: WorldNode): number {
    if (this.#world.nodes.get(node.name) !== node) return linesEach;
    node.events.length = 0;
    this.#world.command(node, { type: 'status' });
    const status = node.events.find((event) => event.type === 'status');
    if (status === undefined) return linesEach;
    const host = this.#host(node.name);
    if (status.said < host.queued)
      throw new Violation(
        `${node.name} was told that line ${host.queued} is queued; its log has ${status.said}`,
      );
    return status.said;
  }

  #takeAll(node: WorldNode): void {
    for (const [sender, seq] of this.#untaken(node)) {
      if (this.#world.nodes.get(node.name) !== node) return;
      this.#world.command(node, { type: 'taken', peerId: sender, seq });
    }
    this.#newest.delete(node);
  }

  readonly #newest = new Map<WorldNode, Map<PeerId, number>>();

  #untaken(node: WorldNode): readonly (readonly [PeerId, number])[] {
    return [...(this.#newest.get(node) ?? [])];
  }

  #restartLater(node: WorldNode): void {
    this.#world.later(this.#world.random.pick([0, 10, 3_000]), () => this.#restartIfDead(node.name));
    this.#dead.set(node.name, node);
  }

  readonly #dead = new Map<string, WorldNode>();

  #restartIfDead(name: string): void {
    const node = this.#dead.get(name);
    if (node !== undefined && !this.#world.nodes.has(name)) this.#restart(node);
  }

  #restart(node: WorldNode): void {
    this.#dead.delete(node.name);
    this.#world.restart(node);
  }

  #hear(node: WorldNode, event: Event): void {
    switch (event.type) {
      case 'message':
        return this.#onMessage(node, event);
      case 'peer-joined':
        this.#names.set(event.peerId, event.name);
        return;
      case 'queued':
        this.#host(node.name).queued = Number(event.ref);
        return;
      case 'delivered':
        return this.#onDelivered(node.name, Number(event.ref), event.to);
      case 'undelivered':
        throw new Violation(`${node.name} gave up line ${String(event.ref)}: ${event.reason}`);
      case 'warning':
        if (event.code !== 'unresolved') throw new Violation(`${node.name} is warned: ${event.message}`);
        return;
      default:
    }
  }

  #onMessage(node: WorldNode, { from, peerId, seq, text, again }: MessageEvent): void {
    const host = this.#host(node.name);
    const newest = this.#newest.get(node) ?? new Map<PeerId, number>();
    this.#newest.set(node, newest.set(peerId, seq));
    const [sender, number] = text.split(' ');
    const line = Number(number);
    const given = host.given.get(from) ?? 0;
    if (sender !== from) throw new Violation(`${node.name} was given "${text}" from ${from}`);
    if (line <= given) {
      if (again === undefined) throw new Violation(`${node.name} was given "${text}" twice, unmarked`);
      if (line <= (this.#host(from).delivered.get(node.name) ?? 0))
        throw new Violation(`${node.name} was given "${text}" again, which ${from} was told is delivered`);
      return;
    }
    const next = this.#nextFor(from, node.name, given);
    if (line !== next) throw new Violation(`${node.name} was given "${text}" where line ${next} was next`);
    host.given.set(from, line);
  }

  #onDelivered(sender: string, line: number, receiver: string): void {
    if ((this.#host(receiver).given.get(sender) ?? 0) < line)
      throw new Violation(`${sender} was told that ${receiver} has line ${line}, which it was not given`);
    this.#host(sender).delivered.set(receiver, line);
  }

  #nextFor(sender: string, receiver: string, after: number): number {
    const { addressees } = this.#host(sender);
    for (let line = after + 1; line <= addressees.length; line += 1) {
      const to = addressees[line - 1];
      if (to === undefined || to === receiver) return line;
    }
    return Infinity;
  }

  #laggard(): string | undefined {
    for (const { name } of this.#hosts.values()) {
      const node = this.#world.nodes.get(name);
      if (node === undefined) return `${name} does not run`;
      if (this.#saidOf(node) < linesEach) return `${name} has not said all`;
      for (const other of this.#hosts.values()) {
        if (other.name === name) continue;
        const next = this.#nextFor(name, other.name, other.given.get(name) ?? 0);
        if (next <= linesEach) return `${other.name} was never given line ${next} of ${name}`;
      }
      const keptBytes = node.node.account.logBytes;
      if (keptBytes > 0) return `${name} still keeps ${keptBytes} B of its log`;
    }
    return undefined;
  }

  #host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`there is no ${name}`);
    return host;
  }
}
