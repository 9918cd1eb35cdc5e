/**
 * What a line must not do over all lives of those who keep their log.
 *
 * **Where no commit is ever lost** (a process is killed; or the power fails, with `--power-safe`) each line that was told to be
 * queued is given to everybody whom it is for, once and in order, and again only where it is marked.
 *
 * **Where the last commits may be lost** (the power fails without it, or an older copy of the directory is put in place) a node
 * is what it was at the last commit that is left: what was told after that counts for nobody there, and the same holds from that
 * commit on. In addition
 *
 * - a lost line is told: the status counts fewer lines said; one that is in the log all the same is given or told undelivered,
 * - two logs are never mixed: whoever was given a line gets only what was said after it, until it is told that a new log begins,
 * - a receipt is for the line that was given, never for another one of its number.
 *
 * Owns: these promises, and what each host was told in the lives that count.
 */
import type { Event } from '../../src/kernel/contract.ts';
import { type SingleEvent, singlesOf } from '../../src/kernel/runs.ts';
import { Violation } from './violation.ts';

export interface Line {
  readonly sender: string;
  /** Of all its sender's lines: what the status counts. */
  readonly number: number;
  readonly text: string;
  /** undefined: everybody. */
  readonly to: string | undefined;
  /** Whom it was given to, in whatever life. */
  readonly givenTo: Set<string>;
  /** To whom its sender was told that it will not come. */
  readonly givenUp: Set<string>;
  log: string;
  /** In that log, where each line is an entry. */
  seq: number;
  /** The one before it in the same log. */
  previous: Line | undefined;
}

/** What a host was told, up to some moment. */
export interface Mark {
  readonly queued: number;
  /** By sender: the lines that it was given. */
  readonly given: ReadonlyMap<string, readonly Line[]>;
  /** By receiver: the last line told to be delivered. */
  readonly delivered: ReadonlyMap<string, number>;
}

interface Host {
  readonly name: string;
  /** By number, from 1; those beyond what the status counts never came into the log. */
  readonly lines: (Line | undefined)[];
  queued: number;
  given: Map<string, readonly Line[]>;
  delivered: Map<string, number>;
  /** By sender: it was told that another log begins, or may have been when it was killed. */
  readonly renewed: Set<string>;
  /** It goes on from an older state, and may find that out. */
  isOlder: boolean;
}

type EventOf<Type extends Event['type']> = Extract<Event, { readonly type: Type }>;

export class LivesJudge {
  readonly #hosts = new Map<string, Host>();
  readonly #lines: Line[] = [];
  /** Commits may be lost. */
  readonly #losesCommits: boolean;
  /** The id of the log that a host has on disk. */
  readonly #logOf: (name: string) => string | undefined;

  constructor(names: readonly string[], losesCommits: boolean, logOf: (name: string) => string | undefined) {
    this.#losesCommits = losesCommits;
    this.#logOf = logOf;
    for (const name of names)
      this.#hosts.set(name, {
        name,
        lines: [],
        queued: 0,
        given: new Map(names.map((sender) => [sender, []])),
        delivered: new Map(),
        renewed: new Set(),
        isOlder: false,
      });
  }

  // ---- What happens --------------------------------------------------------------------------------------------------

  /** About to be said. */
  onSay({ sender, number, to }: Pick<Line, 'sender' | 'number' | 'to'>): Line {
    const text = `${sender} ${number} (${this.#lines.length})`;
    const [givenTo, givenUp] = [new Set<string>(), new Set<string>()];
    const line = { sender, number, text, to, givenTo, givenUp, log: '', seq: 0, previous: undefined };
    this.#lines.push(line);
    return line;
  }

  /** It is in the log of this id, if anywhere. */
  onSaid(line: Line, log: string): void {
    const { lines } = this.#host(line.sender);
    const before = lines[line.number - 1];
    line.log = log;
    line.previous = before?.log === log ? before : undefined;
    line.seq = (line.previous?.seq ?? 0) + 1;
    lines[line.number] = line;
  }

  onDeath(name: string): void {
    const { renewed, given } = this.#host(name);
    for (const sender of given.keys()) renewed.add(sender);
  }

  markOf(name: string): Mark {
    const { queued, given, delivered } = this.#host(name);
    return { queued, given: new Map(given), delivered: new Map(delivered) };
  }

  /** It goes on as it was then. */
  onLoss(name: string, { queued, given, delivered }: Mark): void {
    const host = this.#host(name);
    host.queued = queued;
    host.given = new Map(given);
    host.delivered = new Map(delivered);
    host.isOlder = true;
  }

  hear(name: string, event: Event): void {
    for (const single of singlesOf(event)) this.#hear(name, single);
  }

  #hear(name: string, event: SingleEvent): void {
    switch (event.type) {
      case 'message':
        return this.#onMessage(this.#host(name), event);
      case 'queued':
        this.#host(name).queued += 1;
        return;
      case 'status':
        return this.#onStatus(this.#host(name), event.said);
      case 'delivered':
        return this.#onDelivered(this.#host(name), event);
      case 'undelivered':
        return this.#onUndelivered(this.#host(name), event);
      case 'warning':
        return this.#onWarning(this.#host(name), event);
      default:
    }
  }

  /** What is still to come to whom. */
  missing(name: string, said: number): string | undefined {
    const lines = this.#host(name).lines.slice(1, said + 1);
    for (const other of this.#hosts.keys()) {
      const line =
        other === name ? undefined : lines.find((each) => each !== undefined && isDue(each, other));
      if (line !== undefined) return `${other} was never given "${line.text}"`;
    }
    return undefined;
  }

  // ---- What must hold ------------------------------------------------------------------------------------------------

  #onStatus(host: Host, said: number): void {
    if (said < host.queued)
      throw new Violation(`${host.name} was told that line ${host.queued} is queued; its log has ${said}`);
    host.queued = said;
  }

  #onMessage(host: Host, { from, text, again }: EventOf<'message'>): void {
    const line = this.#lines.find((each) => each.text === text);
    const fault = `${host.name} was given "${text}"`;
    if (line === undefined || line.sender !== from) throw new Violation(`${fault} from ${from}`);
    if (line.to !== undefined && line.to !== host.name) throw new Violation(`${fault}, which is not for it`);
    const given = host.given.get(from) ?? [];
    if (given.includes(line)) {
      if (again === undefined) throw new Violation(`${fault} twice, unmarked`);
      if (line.number <= (this.#host(from).delivered.get(host.name) ?? 0))
        throw new Violation(`${fault} again, which ${from} was told is delivered`);
      return;
    }
    this.#checkOrder(host, line, given.at(-1), fault);
    host.renewed.delete(from);
    line.givenTo.add(host.name);
    host.given.set(from, [...given, line]);
  }

  /** The line follows the last one that was given, or begins another log, and what is between them is not silently gone. */
  #checkOrder(host: Host, line: Line, last: Line | undefined, fault: string): void {
    let before = line.previous;
    for (; before !== undefined && before !== last; before = before.previous)
      if (isDue(before, host.name)) throw new Violation(`${fault} where "${before.text}" was next`);
    if (last === undefined || before === last) return;
    if (last.log === line.log)
      throw new Violation(`${fault} after "${last.text}", which is not before it in its log`);
    if (!host.renewed.has(line.sender))
      throw new Violation(`${fault} of another log than "${last.text}", untold`);
  }

  #onDelivered(host: Host, { seq, to }: EventOf<'delivered'>): void {
    const line = this.#lineAt(host, seq);
    if (!line.givenTo.has(to))
      throw new Violation(`${host.name} was told that ${to} has "${line.text}", which it was not given`);
    host.delivered.set(to, line.number);
  }

  #onUndelivered(host: Host, { seq, to, reason }: EventOf<'undelivered'>): void {
    const line = this.#lineAt(host, seq);
    if (!host.isOlder) throw new Violation(`${host.name} gave up "${line.text}": ${reason}`);
    line.givenUp.add(to ?? line.to ?? '');
  }

  #onWarning(host: Host, { code, message }: EventOf<'warning'>): void {
    if (code === 'unresolved') return;
    const others = [...this.#hosts.keys()].filter((name) => name !== host.name);
    const sender = others.find((name) => message.includes(name)) ?? '';
    if (!this.#isExpected(code, host, sender)) throw new Violation(`${host.name} is warned: ${message}`);
    if (code === 'new-session') host.renewed.add(sender);
  }

  #isExpected(code: string, host: Host, sender: string): boolean {
    switch (code) {
      case 'state-older':
        return host.isOlder;
      case 'new-session':
        return this.#hosts.get(sender)?.isOlder === true;
      case 'lines-missed':
        return this.#losesCommits;
      default:
        return false;
    }
  }

  /** In the log that the host has now. */
  #lineAt({ name, lines }: Host, seq: number): Line {
    const log = this.#logOf(name);
    const line = lines.findLast((each) => each !== undefined && each.log === log && each.seq === seq);
    if (line === undefined) throw new Violation(`${name} has no line ${seq} in its log`);
    return line;
  }

  #host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`there is no ${name}`);
    return host;
  }
}

/** Neither given nor told undelivered. */
function isDue({ to, givenTo, givenUp }: Line, receiver: string): boolean {
  return (to === undefined || to === receiver) && !givenTo.has(receiver) && !givenUp.has(receiver);
}
