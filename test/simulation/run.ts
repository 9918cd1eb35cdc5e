/**
 * One run: a plan carried out. First faults, under which nothing may be lost, doubled or put out of order; then the
 * network heals, and within a bounded time every host must have all lines of every other.
 *
 * Owns: what each change does to the world, the healing, and what it takes to have converged.
 */
import type { Address } from '../../src/kernel/contract.ts';
import { unimpaired, type Impairment } from '../../src/relay/model/impairment.ts';
import { Random } from '../../src/relay/model/random.ts';
import { Attacker } from './attacker.ts';
import type { Host, UnspokenLine } from './host.ts';
import { Judge, Violation } from './judge.ts';
import type { Network } from './network.ts';
import { changeWords } from './plan-words.ts';
import { planFrom, type Change, type HostPlan, type Plan, type Speech } from './plan.ts';
import { World, epochMs, type CoreFactory } from './world.ts';

/**
 * How long convergence may take once the network is whole. The longest honest way: a silent session is found dead after
 * 45 s, the next attempt comes within 30 s, the handshake takes a second; and slow readers have a backlog to take. Or two
 * members were introduced in vain: they are again with the next change of keys, within 140 s, and hear each other's next line.
 */
const convergeWithinMs = 180_000;

/** After healing, each host says one more line this often, until all have all: so a newcomer is owed something too. */
const markerEveryMs = 30_000;

/**
 * Between two hosts that are there for each other on a whole network, a line may take this long. The longest honest way:
 * one side can't be reached where the other thinks it is, which is noticed when probes go unanswered for 15 s; the other
 * side's probes have backed off to one in 4 s. (Whoever is found silent is not there any more, and the rule is off.)
 */
const promptWithinMs = 25_000;

const healed = { ...unimpaired, delayMs: 5 };

/**
 * Once all have all: lines said alone, on a network that loses a third, but never two datagrams of one direction in turn.
 * Nothing follows such a line that would tell of its loss, so that a probe must; of two probes one arrives. So this is
 * twice the longest probe timeout, as another packet may start it anew, and some time for the way. A keepalive comes later.
 */
const lonelyLines = 4;
const lonelyWithinMs = 9_000;
const lossesListed = 100;

/** Seventeen times as many as the busiest of 180 plans has sent; the toy protocol, which repeats without measure, sends 200,000. */
const datagramsMax = 300_000;

const port = 5_000;
/** Of those rooms that have one. */
export const roomKey = new Uint8Array(32).fill(7);

export type Outcome =
  | { readonly type: 'held'; readonly figures: Figures }
  | { readonly type: 'broken'; readonly reason: string; readonly atMs: number; readonly figures: Figures };

interface Figures {
  readonly steps: number;
  readonly messages: number;
  readonly virtualMs: number;
  readonly convergedInMs: number | undefined;
}

/** Carries out the plan of this seed. Never throws for what the protocol does wrong: that is the outcome. */
export function runSeed(seed: number, factory: CoreFactory, prepare?: (world: World) => void): Outcome {
  return runPlan(planFrom(seed), factory, prepare);
}

export function runPlan(plan: Plan, factory: CoreFactory, prepare?: (world: World) => void): Outcome {
  const run = new Run(plan, factory);
  prepare?.(run.world);
  let convergedInMs: number | undefined;
  try {
    convergedInMs = run.toTheEnd();
    return { type: 'held', figures: run.figures(convergedInMs) };
  } catch (error) {
    const reason = error instanceof Error ? reasonOf(error) : String(error);
    return { type: 'broken', reason, atMs: run.world.elapsedMs, figures: run.figures(convergedInMs) };
  }
}

function reasonOf(error: Error): string {
  if (error instanceof Violation) return error.message;
  const place = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at ')) ?? '';
  return `${error.name}: ${error.message} ${place.trim()}`;
}

type Direction = ReturnType<Network['direction']>;

/** Two processes, and how much the first has said. */
type Pair = readonly [sender: Host, receiver: Host, said: number];

class Run {
  readonly world: World;
  readonly #plan: Plan;
  readonly #filler: Random;
  readonly #privacy: Random;
  readonly #attacker: Attacker;
  readonly #linesPlanned = new Map<string, number>();
  #moves = 0;
  #healed = false;
  #converged = false;

  constructor(plan: Plan, factory: CoreFactory) {
    this.#plan = plan;
    this.world = new World(plan.seed, factory, (sender, receiver) => this.#isOwedFromStart(sender, receiver));
    this.world.datagramsMax = datagramsMax;
    this.#filler = new Random(plan.seed, 0xf111);
    this.#privacy = new Random(plan.seed, 0x9517);
    this.#attacker = new Attacker(this.world.network, plan.seed);
  }

  figures(convergedInMs: number | undefined): Figures {
    const { world } = this;
    return { steps: world.steps, messages: world.judge.messages, virtualMs: world.elapsedMs, convergedInMs };
  }

  /** How long convergence took. Throws a `Violation` as soon as a rule is broken. */
  toTheEnd(): number {
    const { world } = this;
    // In the plan's order, and changes before hosts: at one time, the network is set up before the first one speaks.
    for (const change of this.#plan.changes) world.at(epochMs + change.atMs, () => this.#change(change));
    for (const host of this.#plan.hosts) world.at(epochMs + host.startsAtMs, () => this.#start(host));
    world.runUntil(epochMs + this.#plan.faultsEndMs);
    this.#heal();
    const healedAtMs = world.nowMs;
    this.#sayMarkers();
    world.runUntil(healedAtMs + convergeWithinMs, () => this.#hasConverged());
    if (!this.#hasConverged())
      throw new Violation(`not converged ${convergeWithinMs} ms after healing: ${this.#laggard()}`);
    this.#converged = true;
    const convergedInMs = world.nowMs - healedAtMs;
    this.#sayLonelyLines();
    this.#sayGoodbye();
    return convergedInMs;
  }

  #start(plan: HostPlan): void {
    if (this.world.host(plan.name) !== undefined) return;
    const host = this.world.start({
      name: plan.name,
      address: this.#homeOf(plan.name),
      peers: plan.peers.map((name) => ({ label: name, host: `${name}.test`, port })),
      roomKey: this.#plan.inRoom ? roomKey : undefined,
      timerLatenessMs: plan.timerLatenessMs,
      memoryMaxBytes: this.#plan.memoryMaxBytes,
      saysRuns: this.#plan.linesAtOnce > 1,
      turnMs: this.#plan.turnMs,
    });
    if (host.incarnation === 1) for (const speech of plan.speeches) this.#speak(plan.name, speech);
  }

  #speak(name: string, speech: Speech): void {
    const { linesAtOnce } = this.#plan;
    for (let line = 0; line < speech.lines; line += linesAtOnce) {
      this.world.at(epochMs + speech.atMs + line * speech.gapMs, () => {
        const host = this.world.host(name);
        if (host === undefined || this.#healed) return;
        const length = Math.min(linesAtOnce, speech.lines - line);
        host.sayAll(Array.from({ length }, () => this.#line(host, speech.fillerLength, this.#confides())));
      });
    }
  }

  #confides(): boolean {
    return this.#privacy.chance(this.#plan.privateShare);
  }

  #say(host: Host, fillerLength: number, isPrivate = false): void {
    host.sayAll([this.#line(host, fillerLength, isPrivate)]);
  }

  #line(host: Host, fillerLength: number, isPrivate: boolean): UnspokenLine {
    const ordinal = (this.#linesPlanned.get(host.id) ?? 0) + 1;
    this.#linesPlanned.set(host.id, ordinal);
    const letter = this.#filler.pick(['a', 'é', '漢', '🥫', ' ', '\n']);
    const filler = letter.repeat(Math.floor(fillerLength / Buffer.byteLength(letter)));
    return { type: 'line', text: Judge.text(host.id, ordinal, filler), isPrivate };
  }

  #homeOf(name: string): Address {
    const network = this.#plan.isOneMachine ? '127.0.0' : '10.0.0';
    return { ip: `${network}.${1 + this.#plan.hosts.findIndex((host) => host.name === name)}`, port };
  }

  #change(change: Change): void {
    const { world } = this;
    if (change.type === 'impair') {
      const { from, to, impairment } = change;
      world.note(changeWords(change));
      const blackholes = impairment.blackholes.map(({ fromMs, untilMs }) => ({
        fromMs: epochMs + fromMs,
        untilMs: epochMs + untilMs,
      }));
      world.network.impair(from, to, { ...impairment, blackholes });
      return;
    }
    if (change.type === 'attack') {
      world.note(changeWords(change));
      for (let time = 0; time < change.times; time++) this.#attacker.strike(change.attack, world.nowMs);
      return;
    }
    const host = world.host(change.host);
    if (host !== undefined) this.#changeHost(host, change);
  }

  #changeHost(host: Host, change: Exclude<Change, { type: 'impair' | 'attack' }>): void {
    const { world } = this;
    switch (change.type) {
      case 'restart': {
        if (change.goodbye) host.feed({ type: 'command', command: { type: 'quit', drainTimeoutMs: 0 } });
        if (!host.closed) world.kill(host);
        const plan = this.#plan.hosts.find(({ name }) => name === host.name);
        world.after(change.downMs, () => {
          if (plan !== undefined && !this.#healed) this.#start(plan);
        });
        return;
      }
      case 'move': {
        this.#moves++;
        // Members elsewhere could not be introduced to those whose addresses are of one machine.
        const network = this.#plan.isOneMachine ? '127' : '10';
        const ip = change.portOnly ? host.address.ip : `${network}.0.${this.#moves}.1`;
        world.move(host, { ip, port: port + (change.portOnly ? this.#moves : 0) });
        return;
      }
      case 'pause':
        world.note(`${host.id} is paused for ${change.forMs} ms`);
        return host.pause(change.forMs);
      case 'leap':
        world.note(`${host.id}'s clock leaps ${change.byMs} ms`);
        return host.leap(change.byMs);
      case 'rename':
        world.note(`${host.id} takes another name`);
        return host.rename();
      case 'reader':
        world.note(`${host.id}'s reader is ${change.reader.type}`);
        host.reader = change.reader;
    }
  }

  #impairAll(impairmentOf: (direction: Direction) => Impairment): void {
    for (const { name: from } of this.#plan.hosts) {
      for (const { name: to } of this.#plan.hosts) {
        const direction = this.world.network.direction(from, to);
        if (from !== to) direction.impair(impairmentOf(direction));
      }
    }
  }

  #heal(): void {
    const { world } = this;
    this.#healed = true;
    world.note('the network heals');
    this.#impairAll(() => healed);
    for (const plan of this.#plan.hosts) this.#start(plan);
    for (const host of world.running()) {
      host.resume();
      host.reader = { type: 'prompt' };
      // Whoever moved to another port can't be found again by name: that is what its configured port is for.
      if (host.address.port !== port) world.move(host, { ip: host.address.ip, port });
    }
  }

  #sayMarkers(): void {
    for (const host of this.world.running()) this.#say(host, 0);
    const pairs = this.#pairs().filter(([sender, receiver]) => this.#areThere(sender, receiver));
    this.world.after(promptWithinMs, () => this.#expectPrompt(pairs));
    this.world.after(markerEveryMs, () => {
      if (!this.#converged) this.#sayMarkers();
    });
  }

  /** Pairs of processes, with how much the first has said so far. */
  #pairs(): Pair[] {
    const hosts = this.world.running();
    return hosts.flatMap((sender) =>
      hosts
        .filter((receiver) => receiver !== sender)
        .map((receiver) => [sender, receiver, this.world.judge.linesSaid(sender.id)] as const),
    );
  }

  #areThere(one: Host, other: Host): boolean {
    const { judge } = this.world;
    return judge.isThere(one.id, other.name) && judge.isThere(other.id, one.name);
  }

  /** Who was there then and is there now has all that was said by then. */
  #expectPrompt(pairs: readonly Pair[]): void {
    const late = this.#late(pairs);
    if (late !== undefined) throw new Violation(`stalled for ${promptWithinMs} ms: ${late}`);
  }

  #late(pairs: readonly Pair[]): string | undefined {
    const { judge } = this.world;
    for (const [sender, receiver, said] of pairs) {
      if (sender.closed || receiver.closed || !this.#areThere(sender, receiver)) continue;
      if (!judge.wasGiven(sender.id, receiver.id, said)) return judge.standing(sender.id, receiver.id);
    }
    return undefined;
  }

  #hasConverged(): boolean {
    return this.#laggard() === undefined;
  }

  /** A guest goes without a word, too. */
  get #hasDeaths(): boolean {
    return this.world.hasGuests || this.#plan.changes.some(({ type }) => type === 'restart');
  }

  /** Who has not yet got whose lines; undefined when all have all. */
  #laggard(): string | undefined {
    const { judge } = this.world;
    const hosts = this.world.running();
    if (hosts.length < this.#plan.hosts.length) return 'not all hosts run';
    for (const sender of hosts) {
      if (sender.wantsToSay) return `${sender.id} still waits to say its lines`;
      const keptBytes = sender.account?.logBytes ?? 0;
      // What was said to a process that died is kept until that one is given up.
      if (keptBytes > 0 && !this.#hasDeaths) return `${sender.id} still keeps ${keptBytes} B of its log`;
      for (const receiver of hosts) {
        if (sender !== receiver && !judge.hasAll(sender.id, receiver.id))
          return judge.standing(sender.id, receiver.id);
      }
    }
    return undefined;
  }

  /** Throws a `Violation` where one takes longer than loss alone can explain. */
  #sayLonelyLines(): void {
    const { world } = this;
    const random = new Random(this.#plan.seed, 0xa10e);
    world.note('the network loses a third');
    this.#impairAll((direction) => ({
      ...unimpaired,
      delayMs: 20,
      jitterMs: 5,
      lossIndexes: scattered(random, direction.counts().offered),
    }));
    for (let line = 0; line < lonelyLines; line++) {
      world.runUntil(world.nowMs + random.between(500, 14_000));
      const sender = random.pick(world.running());
      this.#say(sender, random.pick([0, 900]));
      const pairs = this.#pairs().filter(([from, to]) => from === sender && this.#areThere(from, to));
      const saidAtMs = world.nowMs;
      world.runUntil(saidAtMs + lonelyWithinMs, () => this.#late(pairs) === undefined);
      const late = this.#late(pairs);
      if (late !== undefined)
        throw new Violation(`a line said alone took over ${lonelyWithinMs} ms: ${late}`);
    }
    this.#impairAll(() => healed);
    // The last thing in each log is withheld from all but one: it must be settled all the same.
    if (this.#plan.endsUnseen) for (const host of world.running()) this.#say(host, 0, true);
    world.runUntil(world.nowMs + convergeWithinMs, () => this.#hasConverged());
    if (!this.#hasConverged()) throw new Violation(`not converged again: ${this.#laggard()}`);
  }

  /** All have all, so that everyone can leave with nothing undelivered. */
  #sayGoodbye(): void {
    const { world } = this;
    for (const host of world.running()) {
      host.feed({ type: 'command', command: { type: 'quit', drainTimeoutMs: 5_000 } });
    }
    world.runUntil(world.nowMs + 20_000);
    for (const host of world.running()) throw new Violation(`${host.id} did not close within 20 s of quit`);
  }

  /**
   * A configured peer is owed each line since the log began. A process that was started again is another peer, which can
   * be owed only what is still kept.
   */
  #isOwedFromStart(sender: string, receiver: string): boolean {
    const [senderName] = sender.split('#', 1);
    const [receiverName = '', incarnation] = receiver.split('#', 2);
    const configured = this.#plan.hosts.find(({ name }) => name === senderName)?.peers.includes(receiverName);
    return configured === true && incarnation === '1';
  }
}

/** Indexes from `first` on, no two of them in turn. */
function scattered(random: Random, first: number): readonly number[] {
  const indexes: number[] = [];
  for (let index = first; indexes.length < lossesListed; index += random.integer(2, 4)) indexes.push(index);
  return indexes;
}
