/**
 * The relay's core: two nodes, an impaired direction each way, and what may change while it runs.
 *
 * Owns: which node a datagram comes from and where the other one is, when what leaves, and the answers to commands. It is
 * turned like the core of a wire: inputs and the time go in, outputs and the next deadline come out.
 */
import type { Address } from '../../kernel/contract.ts';
import type { Input, Output } from '../../kernel/io.ts';
import { sameAddress } from '../../kernel/address.ts';
import { PeerLookup } from '../../wires/common/peer-lookup.ts';
import { ImpairedDirection } from './direction.ts';
import { isOpenAt, unimpaired, type Blackhole, type Impairment } from './impairment.ts';
import { silenceBeforeLookupMs } from './limits.ts';
import type { Command, DirectionCounts, DirectionFaults, DirectionName, Event } from './messages.ts';

export type RelayInput =
  | Exclude<Input, { type: 'command' }>
  | { readonly type: 'command'; readonly command: Command };

export type RelayOutput =
  | Exclude<Output, { type: 'event' }>
  | { readonly type: 'event'; readonly event: Event };

/** A node to stand between: what it is called, and where it listens. */
interface End {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface RelayOptions {
  readonly between: readonly [End, End];
  readonly seed: number;
  /** On the clock of `handle`'s `now`. */
  readonly startedAtMs: number;
  /** Tell each datagram as it enters and leaves (`verdict` and `departed`), not only their counts. */
  readonly tellsCrossings: () => boolean;
  /** Uniform in [0, 1): spreads the tries of failed lookups. */
  readonly random: () => number;
}

export class Relay {
  readonly #startedAtMs: number;
  readonly #tellsCrossings: () => boolean;
  readonly #ends: readonly [Node, Node];
  readonly #ways: readonly [Way, Way];
  readonly #outputs: RelayOutput[] = [];
  #strangers = 0;
  #closed = false;

  constructor({ between: [first, second], seed, startedAtMs, tellsCrossings, random }: RelayOptions) {
    this.#startedAtMs = startedAtMs;
    this.#tellsCrossings = tellsCrossings;
    const ends: readonly [Node, Node] = [new Node(first, random), new Node(second, random)];
    this.#ends = ends;
    this.#ways = [new Way(ends[0], ends[1], seed, 0), new Way(ends[1], ends[0], seed, 1)];
  }

  handle(input: RelayInput, now: number): void {
    if (this.#closed) return;
    // Whatever happens now happens after what was due before it.
    this.#departDue(now);
    switch (input.type) {
      case 'datagram':
        this.#receive(input.from, input.bytes, now);
        break;
      case 'command':
        this.#obey(input.command, now);
        break;
      case 'resolved':
        for (const end of this.#ends)
          if (end.handleResolved(input.host, input.ip, now)) this.#tellAddress(end, now);
        break;
      case 'unresolved':
        for (const end of this.#ends) this.#warnUnresolved(end, input.host, input.reason, now);
        break;
      case 'timeout':
        break;
      default:
        input satisfies never;
    }
    if (this.#closed) return;
    this.#departDue(now);
    this.#tellBlackholes(now);
    for (const { lookup } of this.#ends) {
      const question = lookup.poll(now);
      if (question !== undefined) this.#outputs.push(question);
    }
  }

  drain(): readonly RelayOutput[] {
    return this.#outputs.splice(0);
  }

  deadline(): number | undefined {
    if (this.#closed) return undefined;
    const deadlines = [
      ...this.#ends.map(({ lookup }) => lookup.deadline()),
      ...this.#ways.map((way) => way.deadline()),
    ];
    const earliestMs = Math.min(...deadlines.map((deadlineMs) => deadlineMs ?? Infinity));
    return earliestMs === Infinity ? undefined : earliestMs;
  }

  // --- Datagrams

  #receive(from: Address, bytes: Uint8Array, now: number): void {
    const sender = this.#senderAt(from, now);
    if (sender === undefined) {
      this.#strangers += 1;
      // The sender may be one of the nodes, at a new address.
      for (const { lookup } of this.#ends) lookup.askSoon(now);
      return;
    }
    sender.heardAtMs = now;
    const way = this.#ways[0].from === sender ? this.#ways[0] : this.#ways[1];
    const verdict = way.direction.offer(bytes, { from, enteredAtMs: now }, now);
    if (!this.#tellsCrossings()) return;
    const crossing = { direction: way.name, atMs: now - this.#startedAtMs, from, to: way.to.address, bytes };
    this.#tell({ type: 'verdict', crossing, verdict });
  }

  #senderAt(from: Address, now: number): Node | undefined {
    const [first, second] = this.#ends;
    if (first.isAt(from)) return first;
    if (second.isAt(from)) return second;
    // Another port of its address is still the same node, where the address alone says which one.
    const isFirst = first.address?.ip === from.ip;
    const isSecond = second.address?.ip === from.ip;
    if (isFirst === isSecond) return undefined;
    const sender = isFirst ? first : second;
    // While the node speaks from its own port, another one is another program: it gets nothing that is meant for the node.
    if (now - sender.heardAtMs < silenceBeforeLookupMs) return undefined;
    sender.address = from;
    this.#tellAddress(sender, now);
    return sender;
  }

  #departDue(now: number): void {
    for (const way of this.#ways) {
      for (const { verdict, copy, bytes, context } of way.direction.depart(now)) {
        const { address: to, lookup, heardAtMs } = way.to;
        lookup.refresh(now, silenceBeforeLookupMs, heardAtMs);
        if (to === undefined) way.unaddressed += 1;
        else this.#outputs.push({ type: 'datagram', to, bytes });
        if (!this.#tellsCrossings()) continue;
        const crossing = {
          direction: way.name,
          atMs: now - this.#startedAtMs,
          from: context.from,
          to,
          bytes,
        };
        this.#tell({ type: 'departed', crossing, verdict, copy, afterMs: now - context.enteredAtMs });
      }
    }
  }

  // --- Commands

  #obey(command: Command, now: number): void {
    const { ref } = command;
    const atMs = now - this.#startedAtMs;
    switch (command.type) {
      case 'impair': {
        const { directions, faults, timesFrom } = command;
        const blackholes =
          faults.blackholes && shifted(faults.blackholes, timesFrom === 'start' ? this.#startedAtMs : now);
        const changes = blackholes === undefined ? faults : { ...faults, blackholes };
        this.#impair(directions, (impairment) => ({ ...impairment, ...changes }));
        this.#tell({ type: 'faults', ref, atMs, directions: this.#faults(now) });
        break;
      }
      case 'heal':
        this.#impair(command.directions, () => unimpaired);
        this.#tell({ type: 'faults', ref, atMs, directions: this.#faults(now) });
        break;
      case 'faults':
        this.#tell({ type: 'faults', ref, atMs, directions: this.#faults(now) });
        break;
      case 'counts':
        this.#tell({ type: 'counts', ref, atMs, counts: this.#counts() });
        break;
      case 'quit':
        this.#closed = true;
        this.#tell({ type: 'closed', ref, atMs, counts: this.#counts() });
        break;
      default:
        command satisfies never;
    }
  }

  #impair(directions: readonly DirectionName[], change: (before: Impairment) => Impairment): void {
    for (const way of this.#ways) {
      if (!directions.includes(way.name)) continue;
      way.direction.impair(change(way.direction.impairment));
      way.nextEdgeMs = -Infinity;
    }
  }

  #faults(now: number): Record<DirectionName, DirectionFaults> {
    return this.#byDirection(({ direction }) => ({
      fromIndex: direction.counts().offered,
      faults: {
        ...direction.impairment,
        blackholes: shifted(
          direction.impairment.blackholes.filter(({ untilMs }) => untilMs > now),
          -this.#startedAtMs,
        ),
      },
    }));
  }

  #counts(): { directions: Record<DirectionName, DirectionCounts>; strangers: number } {
    const directions = this.#byDirection(({ direction, unaddressed }) => ({
      ...direction.counts(),
      unaddressed,
    }));
    return { directions, strangers: this.#strangers };
  }

  #byDirection<T>(describe: (way: Way) => T): Record<DirectionName, T> {
    const [first, second] = this.#ways;
    return { [first.name]: describe(first), [second.name]: describe(second) };
  }

  // --- News

  #tellBlackholes(now: number): void {
    for (const way of this.#ways) {
      if (now < way.nextEdgeMs) continue;
      const { blackholes } = way.direction.impairment;
      const edgesMs = blackholes.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]);
      way.nextEdgeMs = edgesMs
        .filter((edgeMs) => edgeMs > now)
        .reduce((left, right) => Math.min(left, right), Infinity);
      const inBlackhole = blackholes.some((blackhole) => isOpenAt(blackhole, now));
      if (inBlackhole === way.inBlackhole) continue;
      way.inBlackhole = inBlackhole;
      const type = inBlackhole ? 'blackhole-began' : 'blackhole-ended';
      this.#tell({ type, atMs: now - this.#startedAtMs, direction: way.name });
    }
  }

  #tellAddress({ name, address }: Node, now: number): void {
    if (address !== undefined) this.#tell({ type: 'address', atMs: now - this.#startedAtMs, name, address });
  }

  #warnUnresolved({ name, lookup }: Node, host: string, reason: string, now: number): void {
    if (lookup.handleUnresolved(host, reason, now) === undefined) return;
    const message = `${name}: the name "${host}" has no address (${reason}); trying again`;
    this.#tell({ type: 'warning', code: 'unresolved', message });
  }

  #tell(event: Event): void {
    this.#outputs.push({ type: 'event', event });
  }
}

/** One of the two nodes, as the relay knows it. */
class Node {
  readonly name: string;
  readonly lookup: PeerLookup;
  /** The address at which the node was heard last, or to which its name leads. */
  address: Address | undefined;
  heardAtMs = -Infinity;

  constructor({ name, host, port }: End, random: () => number) {
    this.name = name;
    this.lookup = new PeerLookup({ label: name, host, port }, random);
  }

  isAt(address: Address): boolean {
    return this.address !== undefined && sameAddress(this.address, address);
  }

  /** True if it is somewhere else than was known. */
  handleResolved(host: string, ip: string, now: number): boolean {
    if (!this.lookup.handleResolved(host, ip, now)) return false;
    // The port that it was heard at stays, as long as its address does.
    if (this.address?.ip === ip) return false;
    this.address = this.lookup.address;
    return true;
  }
}

/** What is known of a datagram on its way. */
interface Entered {
  readonly from: Address;
  readonly enteredAtMs: number;
}

/** One direction, and where it leads. */
class Way {
  readonly name: DirectionName;
  readonly from: Node;
  readonly to: Node;
  readonly direction: ImpairedDirection<Entered>;
  unaddressed = 0;
  inBlackhole = false;
  /** When a blackhole begins or ends next. */
  nextEdgeMs = Infinity;

  constructor(from: Node, to: Node, seed: number, number: number) {
    this.name = `${from.name}>${to.name}`;
    this.from = from;
    this.to = to;
    this.direction = new ImpairedDirection(seed, number);
  }

  deadline(): number {
    return Math.min(this.direction.deadline() ?? Infinity, this.nextEdgeMs);
  }
}

function shifted(blackholes: readonly Blackhole[], byMs: number): readonly Blackhole[] {
  return blackholes.map(({ fromMs, untilMs }) => ({ fromMs: fromMs + byMs, untilMs: untilMs + byMs }));
}
