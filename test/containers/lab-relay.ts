/**
 * The relay between two nodes of a lab: `tincan relay` in a container on both of their networks.
 *
 *     await lab.relay.impair('both', { lossRate: 0.2 });
 *     await lab.relay.blackhole('alice>bob', 5_000);   // resolves when it has ended
 *     await lab.relay.heal();
 *
 * Owns: the relay's commands, and waiting for its answers. Its protocol is in src/relay/README.md.
 */
import type { StartedTestContainer } from 'testcontainers';
import type {
  DirectionName,
  FaultPlan,
  Faults,
  RelayCounts,
  RelayEvent,
  Timed,
  VerdictLine,
} from '../lab-model/events.ts';
import { JsonLines } from './json-lines.ts';
import { Program } from './program.ts';
import type { StdioContainer, StdioOptions } from './stdio-container.ts';
import { START_DEADLINE_MS } from '../support/transcript.ts';

/** Where the relay writes what crosses it, in its container. */
const CAPTURE_FILE = '/tmp/crossed.pcapng';

interface RelayCommand {
  readonly type: 'impair' | 'heal' | 'counts' | 'quit';
  readonly direction?: 'both' | DirectionName;
  readonly faults?: Faults;
}

export interface RelayOptions {
  readonly seed: number;
  /** From the first datagram on. */
  readonly faults?: FaultPlan;
}

/** The words after `tincan`, for a relay between ends that it knows by these host names; both use the port of its own address. */
export function relayCommand(
  between: readonly { readonly name: string; readonly host: string }[],
  bind: string,
  { seed, faults }: RelayOptions,
): string[] {
  return [
    'relay',
    ...between.flatMap(({ name, host }) => [
      '--between',
      `${name}=${host}${bind.slice(bind.lastIndexOf(':'))}`,
    ]),
    '--bind',
    bind,
    '--seed',
    String(seed),
    '--verdicts',
    '-',
    '--pcapng',
    CAPTURE_FILE,
    ...(faults === undefined ? [] : ['--faults', JSON.stringify(faults)]),
  ];
}

export class LabRelay extends Program {
  readonly told: JsonLines<RelayEvent>;
  #refs = 0;

  constructor(options: StdioOptions, container: StdioContainer, started: StartedTestContainer) {
    super(options, container, started);
    this.told = new JsonLines(container.stdout);
  }

  async ready(): Promise<void> {
    await this.#first('the relay to be ready', ({ type }) => type === 'ready', 0, START_DEADLINE_MS);
  }

  /** Resolves when it knows where that node is. */
  async knows(name: string): Promise<void> {
    const isIt = (event: RelayEvent): boolean => event.type === 'address' && event.name === name;
    await this.#first(`the relay to know where ${name} is`, isIt, 0, START_DEADLINE_MS);
  }

  /** Sets these faults from the next datagram on; the others stay. */
  async impair(direction: 'both' | DirectionName, faults: Faults): Promise<void> {
    await this.#ask({ type: 'impair', direction, faults }, 'faults');
  }

  async heal(): Promise<void> {
    await this.#ask({ type: 'heal' }, 'faults');
  }

  /** Nothing passes for so long; resolves when that is over. */
  async blackhole(direction: 'both' | DirectionName, forMs: number): Promise<void> {
    const from = this.told.events.length;
    await this.impair(direction, { blackholes: [{ fromMs: 0, untilMs: forMs }] });
    const open = new Set(direction === 'both' ? this.directions : [direction]);
    const ends = (event: RelayEvent): boolean => {
      if (event.type === 'blackhole-ended') open.delete(event.direction);
      return open.size === 0;
    };
    await this.#first('the blackhole to end', ends, from, forMs + 15_000);
  }

  /** What it has decided so far on the datagrams of that direction, by index. */
  verdicts(direction: DirectionName): readonly VerdictLine[] {
    return this.told.events.flatMap(({ event }) =>
      event.type === 'verdict' && event.direction === direction ? [event] : [],
    );
  }

  /** Resolves when so many datagrams have come in that direction. */
  async crossed(direction: DirectionName, datagrams: number): Promise<void> {
    const isIt = (event: RelayEvent): boolean =>
      event.type === 'verdict' && event.direction === direction && event.index >= datagrams - 1;
    await this.#first(`${datagrams} datagrams ${direction} to reach the relay`, isIt);
  }

  async counts(): Promise<RelayCounts> {
    return this.#ask({ type: 'counts' }, 'counts');
  }

  /** Resolves when nothing is on its way through it any more. Only where no more is sent. */
  async drained(): Promise<void> {
    let onTheWay = 0;
    const isEmpty = ({ event }: Timed<RelayEvent>): void => {
      if (event.type === 'verdict' && event.fate === 'passed') onTheWay += event.duplicated ? 2 : 1;
      if (event.type === 'departed') onTheWay -= 1;
    };
    let seen = 0;
    const look = (): true | undefined => {
      const { events } = this.told;
      events.slice(seen).forEach(isEmpty);
      seen = events.length;
      return onTheWay === 0 || undefined;
    };
    await this.stdout.until('all datagrams to have left the relay', look, [this.stderr]);
  }

  /** All that has crossed it, as a pcapng file with each verdict as its packet's comment. */
  async capture(): Promise<Buffer> {
    return this.exec(['cat', CAPTURE_FILE]);
  }

  /** Ends it; resolves to its last counts. */
  async quits(): Promise<RelayCounts> {
    const counts = await this.#ask({ type: 'quit' }, 'closed');
    await this.exitCode();
    return counts;
  }

  get directions(): readonly DirectionName[] {
    const [first] = this.told.events;
    return first?.event.type === 'ready' ? first.event.directions : [];
  }

  async #ask(command: RelayCommand, answer: 'faults'): Promise<void>;
  async #ask(command: RelayCommand, answer: 'counts' | 'closed'): Promise<RelayCounts>;
  async #ask(command: RelayCommand, answer: string): Promise<RelayCounts | void> {
    this.#refs += 1;
    const ref = this.#refs;
    const from = this.told.events.length;
    await this.container.write(`${JSON.stringify({ ...command, ref })}\n`);
    const look = (event: RelayEvent): RelayEvent | undefined =>
      'ref' in event && event.ref === ref ? event : undefined;
    const context = [this.stderr];
    const answered = await this.told.first(`the relay to answer ${command.type}`, look, { from, context });
    if (answered.type === 'error') throw new Error(`the relay refused ${command.type}: ${answered.message}`);
    if (answered.type === 'counts' || answered.type === 'closed') return answered;
    if (answered.type !== answer) throw new Error(`the relay answered ${command.type} with ${answered.type}`);
  }

  async #first(
    awaited: string,
    isIt: (event: RelayEvent) => boolean,
    from = 0,
    deadlineMs?: number,
  ): Promise<void> {
    const look = (event: RelayEvent): true | undefined => isIt(event) || undefined;
    const context = [this.stderr];
    await this.told.first(
      awaited,
      look,
      deadlineMs === undefined ? { from, context } : { from, context, deadlineMs },
    );
  }
}
