/**
 * A large room with churn, in virtual time: members that keep their state join by one address, leave, die and come back at random,
 * on a network that loses and delays. Whoever was there when a line was said gets it, once, in order and under the right name.
 *
 * Owns: who comes and goes when, and what each member must have heard in the end.
 */
import type { Event, PeerId } from '../../src/kernel/contract.ts';
import { Random } from '../../src/relay/model/random.ts';
import { fingerprintOf } from '../../src/wires/tincan/handshake/handshake.ts';
import { NodeWorld, faulty } from '../wires/tincan/node-world.ts';
import type { MakeNode, WorldNode } from '../wires/tincan/node-world.ts';
import { NonceWatch, seededCrypto } from './crypto.ts';
import { Violation } from './violation.ts';

/** How long members come and go, ms. */
const churnMs = 20_000;
/** How long all may then need to meet, ms: less than until keys are changed, when they are introduced to each other again. */
const meetMs = 100_000;
/** How long they may need to get what they are owed, ms: whoever is silent is missed after 45 s, and dialled within 30 s. */
const deliverMs = 80_000;
const tickMs = 250;
/** So many lines are said in a tick, on average; each goes to everybody. */
const linesPerTick = 0.4;
/** The share of the members that leaves, or dies, within one second. */
const lossRate = 0.0075;
const awayMs = [0, 500, 5_000, 20_000];

type MessageEvent = Extract<Event, { readonly type: 'message' }>;

/** One member, over all its lives. */
interface Member {
  readonly name: string;
  /** Lines said. Each names its speaker and its number. */
  said: number;
  /** By receiver: lines that were in the log while the receiver was there, and were not reported undelivered since. */
  readonly owed: Map<string, Set<number>>;
  /** By receiver: the newest line that the receiver is known to have. */
  readonly delivered: Map<string, number>;
  /** By speaker: the newest line given. */
  readonly given: Map<string, number>;
  /** The names of those who are there, by its own node's word. */
  readonly there: Set<string>;
  lives: number;
  /** Once it has said goodbye, what it is owed may be reported undelivered. */
  hasLeft: boolean;
}

export interface CrowdFigures {
  readonly size: number;
  readonly lives: number;
  readonly given: number;
  readonly datagrams: number;
}

/** Throws a `Violation` where a promise is broken. */
export function runCrowd(seed: number, size: number, makeNode?: MakeNode): CrowdFigures {
  return new Crowd(seed, size, makeNode).run();
}

class Crowd {
  readonly #seed: number;
  readonly #size: number;
  readonly #world: NodeWorld;
  readonly #members = new Map<string, Member>();
  readonly #names = new Map<PeerId, string>();
  /** Processes that have died or left, by name. */
  readonly #away = new Map<string, WorldNode>();
  #isChurning = true;
  #given = 0;
  #datagrams = 0;

  constructor(seed: number, size: number, makeNode?: MakeNode) {
    const world = new NodeWorld(seed, makeNode);
    this.#seed = seed;
    this.#size = size;
    this.#world = world;
    world.onEvent = (node, event) => this.#hear(node, event);
    world.crashPoint = () => {
      if (!this.#isChurning || !world.random.chance(0.0001)) return undefined;
      return world.random.chance(0.5) ? 'before-commit' : world.random.integer(0, 3);
    };
    world.onCrash = (node) => this.#comeBackLater(node);
  }

  run(): CrowdFigures {
    const world = this.#world;
    const { random } = world;
    const link = {
      loss: random.pick([0, 0.02, 0.1]),
      delayMs: random.pick([1, 30]),
      jitterMs: random.pick([0, 20]),
    };
    world.link = this.#counted(faulty(world, link));
    this.#join();
    for (let elapsedMs = 0; elapsedMs < churnMs; elapsedMs += tickMs) {
      this.#act(elapsedMs);
      world.run(tickMs);
    }
    this.#isChurning = false;
    world.link = this.#counted(() => [5]);
    for (const name of this.#away.keys()) this.#comeBack(name);
    while (this.#members.size < this.#size) this.#join();
    // Members that a network without faults has brought together say a last line to each other.
    if (!world.run(meetMs, () => this.#isMesh()))
      throw new Violation(this.#stranger() ?? 'nobody is missing');
    for (const node of world.nodes.values()) this.#say(node);
    world.run(deliverMs, () => this.#debt() === undefined);
    const debt = this.#debt();
    if (debt !== undefined) throw new Violation(debt);
    const lives = [...this.#members.values()].reduce((sum, member) => sum + member.lives, 0);
    return { size: this.#size, lives, given: this.#given, datagrams: this.#datagrams };
  }

  #counted(link: NodeWorld['link']): NodeWorld['link'] {
    return (from, to, bytes) => {
      this.#datagrams += 1;
      return link(from, to, bytes);
    };
  }

  // ---- What members do -----------------------------------------------------------------------------------------------

  #act(elapsedMs: number): void {
    const { random, nodes } = this.#world;
    // Half of them come within the first seconds, the others one by one.
    const due = this.#size * Math.min(1, 0.5 + elapsedMs / churnMs);
    while (this.#members.size < due && random.chance(0.8)) this.#join();
    for (const node of nodes.values()) {
      const fate = random.fraction() / (tickMs / 1_000);
      if (fate < lossRate) this.#leave(node);
      else if (fate < 2 * lossRate) this.#die(node);
      else if (random.chance(linesPerTick / this.#size)) this.#say(node);
    }
  }

  /** Each new member knows one of those who run, or the first one where nobody does. */
  #join(): void {
    const { random, nodes } = this.#world;
    const name = `member-${this.#members.size + 1}`;
    const entry = nodes.size === 0 ? [] : [random.pick([...nodes.keys()])];
    const crypto = seededCrypto(new Random(this.#seed, this.#members.size + 1), new NonceWatch());
    const identity = crypto.generateKeyPair();
    this.#names.set(fingerprintOf(crypto, identity.publicKey), name);
    const address = { ip: `10.0.0.${this.#members.size + 1}`, port: 5000 };
    const empty = {
      said: 0,
      owed: new Map(),
      delivered: new Map(),
      given: new Map(),
      there: new Set<string>(),
    };
    this.#members.set(name, { name, lives: 1, hasLeft: false, ...empty });
    this.#world.addDurable(name, entry, { crypto, identity, address });
  }

  #say(node: WorldNode): void {
    const speaker = this.#member(node.name);
    const line = this.#saidOf(node) + 1;
    if (this.#world.nodes.get(node.name) !== node) return;
    this.#world.command(node, { type: 'say', text: `${node.name} ${line}`, ref: line });
    speaker.said = Math.max(speaker.said, line);
  }

  /** As a script that was killed does: the line after the last one that the log has. */
  #saidOf(node: WorldNode): number {
    node.events.length = 0;
    this.#world.command(node, { type: 'status' });
    const status = node.events.find((event) => event.type === 'status');
    return status?.said ?? 0;
  }

  /** With a goodbye, and time for what is under way. */
  #leave(node: WorldNode): void {
    this.#member(node.name).hasLeft = true;
    this.#world.command(node, { type: 'quit', drainTimeoutMs: this.#world.random.pick([0, 2_000]) });
  }

  #die(node: WorldNode): void {
    this.#world.kill(node);
    this.#comeBackLater(node);
  }

  #comeBackLater(node: WorldNode): void {
    this.#away.set(node.name, node);
    this.#member(node.name).there.clear();
    this.#world.later(this.#world.random.pick(awayMs), () => this.#comeBack(node.name));
  }

  #comeBack(name: string): void {
    const node = this.#away.get(name);
    if (node === undefined) return;
    this.#away.delete(name);
    this.#member(name).lives += 1;
    this.#world.restart(node);
  }

  // ---- What must hold ------------------------------------------------------------------------------------------------

  #hear(node: WorldNode, event: Event): void {
    const member = this.#member(node.name);
    switch (event.type) {
      case 'peer-joined':
        this.#checkName(node.name, event.peerId, event.name);
        member.there.add(event.name);
        return;
      case 'peer-left':
        member.there.delete(event.name);
        return;
      case 'queued':
        for (const name of member.there) owedTo(member, name).add(Number(event.ref));
        return;
      case 'message':
        return this.#onMessage(member, event);
      case 'delivered':
        return this.#onDelivered(member, Number(event.ref), event.to);
      case 'undelivered':
        return this.#onUndelivered(member, Number(event.ref), event);
      case 'peer-renamed':
        throw new Violation(
          `${node.name} knows ${event.was} as ${event.name}, and nobody has taken a new name`,
        );
      case 'warning':
        return this.#onWarning(member, event);
      case 'closed':
        this.#world.kill(node);
        return this.#comeBackLater(node);
      default:
    }
  }

  #onWarning(by: Member, { code, message }: Extract<Event, { readonly type: 'warning' }>): void {
    // One of the two has left meanwhile, or has died before it knew that the other was there: nobody is owed these lines.
    const speaker =
      /the lines that \P{ASCII}?(?<name>member-\d+)/u.exec(message)?.groups?.['name'] ?? by.name;
    const isDue = code === 'lines-missed' && by.lives + this.#member(speaker).lives > 2;
    if (!isDue && !['unresolved', 'lines-kept'].includes(code))
      throw new Violation(`${by.name} is warned: ${message}`);
  }

  #checkName(by: string, id: PeerId, name: string): void {
    const its = this.#names.get(id);
    if (its !== name) throw new Violation(`${by} knows ${its ?? 'a stranger'} by the name ${name}`);
  }

  #onMessage(member: Member, { from, peerId, text, again }: MessageEvent): void {
    this.#given += 1;
    this.#checkName(member.name, peerId, from);
    const [speaker = '', number] = text.split(' ');
    const line = Number(number);
    const given = member.given.get(from) ?? 0;
    if (speaker !== from) throw new Violation(`${member.name} was given "${text}" from ${from}`);
    if (line <= given) {
      const isKnown = line <= (this.#member(from).delivered.get(member.name) ?? 0);
      if (again === true && !isKnown) return;
      throw new Violation(`${member.name} was given "${text}" again after line ${given}`);
    }
    const owed = this.#member(from).owed.get(member.name) ?? new Set();
    for (const missed of owed)
      if (missed > given && missed < line)
        throw new Violation(`${member.name} was given "${text}" before line ${missed}, which it is owed`);
    member.given.set(from, line);
  }

  #onDelivered(speaker: Member, line: number, to: string): void {
    if ((this.#member(to).given.get(speaker.name) ?? 0) < line)
      throw new Violation(`${speaker.name} was told that ${to} has line ${line}, which ${to} was not given`);
    speaker.delivered.set(to, line);
  }

  /** Nobody is given up but those who have said goodbye. */
  #onUndelivered(
    speaker: Member,
    line: number,
    { to, reason }: Extract<Event, { readonly type: 'undelivered' }>,
  ): void {
    if (to === undefined) return;
    if (!this.#member(to).hasLeft)
      throw new Violation(`${speaker.name} gave up line ${line} to ${to}, who never said goodbye: ${reason}`);
    owedTo(speaker, to).delete(line);
  }

  #isMesh(): boolean {
    const { nodes } = this.#world;
    for (const name of nodes.keys()) if (this.#member(name).there.size < this.#size - 1) return false;
    return nodes.size === this.#size;
  }

  /** Who does not know whom. */
  #stranger(): string | undefined {
    for (const [name, { there }] of this.#members)
      for (const other of this.#members.keys())
        if (other !== name && !there.has(other))
          return `${name} has not met ${other} ${meetMs} ms after the network had healed`;
    return undefined;
  }

  /** A line that somebody is owed and was not given. */
  #debt(): string | undefined {
    for (const [name, { owed }] of this.#members)
      for (const [receiver, lines] of owed) {
        const given = this.#member(receiver).given.get(name) ?? 0;
        const missing = [...lines].find((line) => line > given);
        if (missing !== undefined) return `${receiver} was never given line ${missing} of ${name}`;
      }
    return undefined;
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Violation(`nobody is called ${name}`);
    return member;
  }
}

function owedTo({ owed }: Member, receiver: string): Set<number> {
  const lines = owed.get(receiver) ?? new Set();
  owed.set(receiver, lines);
  return lines;
}
