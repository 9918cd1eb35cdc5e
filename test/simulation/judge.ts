/**
 * The promise, as something that can be broken: what every host has said, been given, taken and been told, and the
 * rules that these must keep at every step.
 *
 * Owns: the ledgers and the safety rules. Each breach is thrown as a `Violation` at the step in which it happens. It sees only
 * commands and events, as a face does.
 */
import type { PeerId } from '../../src/kernel/contract.ts';
import type { SingleEvent } from '../../src/kernel/runs.ts';
import { Ledger } from './ledger.ts';
import { Violation } from './violation.ts';

export { Violation } from './violation.ts';

/** One process of a host, named `alice#1`. */
type ProcessId = string;

/** Lines by their ordinals, everywhere here. */
interface Log {
  readonly ledger: Ledger;
  readonly sent: Set<number>;
  /** By the receiver's peer id: the lines delivered, none for it left out between them. */
  readonly delivered: Map<PeerId, Span>;
  readonly undelivered: Map<string, Set<number>>;
  /** By the receiver's host: the lines for it that were queued while it was there. These it is owed for sure. */
  readonly owed: Map<string, number[]>;
}

interface Span {
  readonly first: number;
  last: number;
}

/** What one process has been given of one log. */
interface Following {
  readonly first: number;
  last: number;
  taken: number;
}

/** Who owes whom from the first line on. */
export type OwedFromStart = (sender: ProcessId, receiver: ProcessId) => boolean;

export class Judge {
  readonly #logs = new Map<ProcessId, Log>();
  /** By receiver, then by sender. */
  readonly #following = new Map<ProcessId, Map<ProcessId, Following>>();
  /** By receiver and peer id: whose it is. */
  readonly #senders = new Map<string, ProcessId>();
  /** By process: the peers that it has met, with the names last given with them. */
  readonly #names = new Map<ProcessId, Map<PeerId, string>>();
  /** By peer id: whose it is, and the other way round. */
  readonly #processes = new Map<PeerId, ProcessId>();
  readonly #ids = new Map<ProcessId, PeerId>();
  /** By process: the peers that have joined and not left. */
  readonly #there = new Map<ProcessId, Set<PeerId>>();
  readonly #owedFromStart: OwedFromStart;
  /** Members that lie, by peer id, with their names: what they say, and what is said of them, is not judged. */
  readonly #liars = new Map<PeerId, string>();
  readonly warnings = new Map<string, number>();
  messages = 0;

  constructor(owedFromStart: OwedFromStart) {
    this.#owedFromStart = owedFromStart;
  }

  /** What that process says as its next line. It names its line, in few bytes, so that a receiver's can be told apart. */
  static text(process: ProcessId, ordinal: number, filler: string): string {
    const [name = '', incarnation] = process.split('#', 2);
    return `${name.charAt(0)}${incarnation}:${ordinal}:${filler}`;
  }

  /** A process starts, with this key. */
  started(process: ProcessId, id: PeerId): void {
    this.#processes.set(id, process);
    this.#ids.set(process, id);
  }

  /** That member keeps to nothing: what it says, and what is said of it, is not judged, but for the lines that it does not get. */
  distrust(id: PeerId, name: string): void {
    this.#liars.set(id, name);
    this.#processes.set(id, `${name}#1`);
  }

  /** `ref`: its line's ordinal, or undefined where it is said in a run. */
  said(process: ProcessId, text: string, to: PeerId | undefined, ref: string | undefined): void {
    this.#log(process).ledger.say(text, to, ref);
  }

  /** The process was told to be called so from here on. */
  toldName(process: ProcessId, name: string): void {
    this.#log(process).ledger.rename(name);
  }

  linesSaid(process: ProcessId): number {
    return this.#log(process).ledger.said;
  }

  taken(receiver: ProcessId, peerId: string, seq: number): void {
    const sender = this.#senders.get(`${receiver} ${peerId}`);
    const following = sender === undefined ? undefined : this.#following.get(receiver)?.get(sender);
    if (sender === undefined || following === undefined) return;
    following.taken = Math.max(following.taken, this.#log(sender).ledger.ordinal(seq, 'was taken'));
  }

  heard(process: ProcessId, event: SingleEvent): void {
    if (this.#isOfLiar(event)) return;
    switch (event.type) {
      case 'queued':
        return this.#queued(process, event);
      case 'sent':
        return this.#sent(process, event);
      case 'message':
        return this.#message(process, event);
      case 'delivered':
        return this.#delivered(process, event);
      case 'undelivered':
        return this.#undelivered(process, event);
      case 'peer-joined':
        return this.#joined(process, event);
      case 'peer-renamed':
        return this.#named(process, event);
      case 'renamed':
        return this.#log(process).ledger.renamed(event.name);
      case 'refused':
        return this.#log(process).ledger.refused(event.code, event.message, event.ref);
      case 'error':
        throw new Violation(`${process} gave up with ${event.code}: ${event.message}`);
      case 'warning':
        // There are none but honest hosts here, and whom else could an authentic packet come from?
        if (['protocol-violation', 'not-renamed', 'key-in-use'].includes(event.code)) {
          throw new Violation(`${process} warns: ${event.message}`);
        }
        this.warnings.set(event.code, (this.warnings.get(event.code) ?? 0) + 1);
        return;
      case 'peer-left':
        this.#thereFor(process).delete(event.peerId);
        return;
      case 'closed':
        this.#checkNoSilentLoss(process);
        return this.#checkCount(process, event.undelivered);
      case 'ready':
      case 'pinned':
      case 'forgotten':
      case 'trace':
      case 'status':
        return;
    }
  }

  #isOfLiar(event: SingleEvent): boolean {
    if (this.#liars.size === 0) return false;
    const names = [...this.#liars.values()];
    if (event.type === 'warning') return names.some((name) => event.message.includes(name));
    return 'peerId' in event && event.peerId !== undefined && this.#liars.has(event.peerId);
  }

  /** Whether the receiver has been given all that the sender said to it, knows its name, and the sender knows that it was taken. */
  hasAll(sender: ProcessId, receiver: ProcessId): boolean {
    const { ledger } = this.#log(sender);
    if (!ledger.isAnswered) return false;
    if (this.#nameKnown(sender, receiver) !== ledger.newestName) return false;
    const last = ledger.lastFor(this.#idOf(receiver));
    return last === 0 || (this.#given(sender, receiver) === last && this.#known(sender, receiver) === last);
  }

  /** A description of where a pair of processes stands, for a failure. */
  standing(sender: ProcessId, receiver: ProcessId): string {
    const { ledger } = this.#log(sender);
    const following = this.#following.get(receiver)?.get(sender);
    const given = following === undefined ? 'nothing' : `${following.first}–${following.last}`;
    return (
      `${sender} said ${ledger.said} lines (${ledger.isAnswered ? 'all' : 'not all'} answered), ` +
      `${receiver} was given ${given} of those up to ${ledger.lastFor(this.#idOf(receiver))} and took up to ` +
      `${following?.taken ?? 0}, ${sender} knows of ${this.#known(sender, receiver)} delivered; ` +
      `it is called ${ledger.newestName}, and known as ${this.#nameKnown(sender, receiver) ?? 'nobody'}`
    );
  }

  /** Whether the receiver was given the last of the first `said` lines of this sender that is for it. */
  wasGiven(sender: ProcessId, receiver: ProcessId, said: number): boolean {
    return this.#given(sender, receiver) >= this.#log(sender).ledger.lastFor(this.#idOf(receiver), said);
  }

  /** Whether a peer of this host is there, by this process's word. */
  isThere(process: ProcessId, host: string): boolean {
    return [...this.#thereFor(process)].some((id) => this.#hostOf(id) === host);
  }

  /** Whether somebody who is there has not yet been delivered a line of this process. */
  owes(process: ProcessId): boolean {
    const { ledger, delivered } = this.#log(process);
    return [...this.#thereFor(process)].some((id) => (delivered.get(id)?.last ?? 0) < ledger.lastFor(id));
  }

  #joined(process: ProcessId, event: Extract<SingleEvent, { type: 'peer-joined' }>): void {
    const there = this.#thereFor(process);
    if (there.has(event.peerId)) throw new Violation(`${process} was told twice that ${event.name} is there`);
    there.add(event.peerId);
    this.#named(process, event);
  }

  #named(process: ProcessId, { name, peerId }: { readonly name: string; readonly peerId: PeerId }): void {
    if (hostOf(name) !== this.#hostOf(peerId)) {
      throw new Violation(`${process} knows a stranger by the name ${name}`);
    }
    const names = this.#names.get(process) ?? new Map<PeerId, string>();
    this.#names.set(process, names);
    names.set(peerId, name);
  }

  /** The promise itself: at the end, each line that somebody was owed is delivered or reported. */
  #checkNoSilentLoss(process: ProcessId): void {
    const log = this.#log(process);
    for (const [name, lines] of log.owed) {
      const spans = [...log.delivered].filter(([id]) => this.#hostOf(id) === name);
      for (const line of lines) {
        const delivered = spans.some(([, { first, last }]) => first <= line && line <= last);
        if (!delivered && log.undelivered.get(name)?.has(line) !== true) {
          throw new Violation(`${process} closed and never said what became of line ${line} to ${name}`);
        }
      }
    }
  }

  #queued(process: ProcessId, event: Extract<SingleEvent, { type: 'queued' }>): void {
    const { ledger, owed } = this.#log(process);
    const line = ledger.queued(event.seq, event.ref);
    for (const id of this.#thereFor(process)) {
      if (!ledger.isFor(line, id)) continue;
      const name = this.#hostOf(id);
      const lines = owed.get(name);
      if (lines === undefined) owed.set(name, [line]);
      else lines.push(line);
    }
  }

  #sent(process: ProcessId, event: Extract<SingleEvent, { type: 'sent' }>): void {
    const { ledger, sent } = this.#log(process);
    const line = ledger.ordinal(event.seq, 'was sent');
    if (sent.has(line)) throw new Violation(`${process} said twice that line ${line} is sent`);
    sent.add(line);
  }

  #message(receiver: ProcessId, event: Extract<SingleEvent, { type: 'message' }>): void {
    this.messages++;
    const { from, peerId, seq, text } = event;
    const sender = this.#processes.get(peerId);
    if (sender === undefined || hostOf(from) !== this.#hostOf(peerId)) {
      throw new Violation(`${receiver} was given a line of a stranger called ${from}: ${excerpt(text)}`);
    }
    const { ledger } = this.#log(sender);
    const line = ledger.ordinal(seq, `was given to ${receiver}`);
    if (ledger.text(line) !== text) {
      throw new Violation(
        `${receiver} was given line ${line} of ${sender} with another text: ${excerpt(text)}`,
      );
    }
    if (!ledger.isFor(line, this.#idOf(receiver))) {
      throw new Violation(`${receiver} was given line ${line} of ${sender}, which was for another`);
    }
    if (ledger.isPrivate(line) !== (event.private === true)) {
      throw new Violation(`${receiver} was told wrongly for whom line ${line} of ${sender} was`);
    }
    if (!ledger.mayBear(line, from)) {
      throw new Violation(`${receiver} was given line ${line} of ${sender} under the older name ${from}`);
    }
    this.#follow(receiver, sender, peerId, line);
  }

  #follow(receiver: ProcessId, sender: ProcessId, peerId: PeerId, line: number): void {
    const { ledger } = this.#log(sender);
    const all = this.#following.get(receiver) ?? new Map<ProcessId, Following>();
    this.#following.set(receiver, all);
    const following = all.get(sender);
    if (following === undefined) {
      const isFirst = line === ledger.nextFor(this.#idOf(receiver), 0);
      if (!isFirst && this.#owedFromStart(sender, receiver)) {
        throw new Violation(`${receiver} was owed all lines of ${sender}, but was first given line ${line}`);
      }
      all.set(sender, { first: line, last: line, taken: 0 });
      this.#senders.set(`${receiver} ${peerId}`, sender);
      return;
    }
    if (line <= following.last) throw new Violation(`${receiver} was given line ${line} of ${sender} twice`);
    if (line !== ledger.nextFor(this.#idOf(receiver), following.last)) {
      throw new Violation(
        `${receiver} was given line ${line} of ${sender} right after line ${following.last}`,
      );
    }
    following.last = line;
  }

  #delivered(sender: ProcessId, event: Extract<SingleEvent, { type: 'delivered' }>): void {
    const log = this.#log(sender);
    const { to, peerId, ref } = event;
    const line = log.ledger.ordinal(event.seq, 'was delivered');
    if (ref !== log.ledger.ref(line))
      throw new Violation(`${sender} had line ${line} delivered under another ref`);
    if (!log.ledger.isFor(line, peerId)) {
      throw new Violation(`${sender} was told that ${to} has line ${line}, which was for another`);
    }
    const span = log.delivered.get(peerId);
    if (span === undefined) log.delivered.set(peerId, { first: line, last: line });
    else if (line <= span.last) throw new Violation(`${sender} was told twice that ${to} has line ${line}`);
    else if (line !== log.ledger.nextFor(peerId, span.last))
      throw new Violation(`${sender} was never told what became of a line to ${to} after line ${span.last}`);
    else span.last = line;
    this.#named(sender, { name: to, peerId });
    const receiver = this.#processes.get(peerId) ?? '';
    if ((this.#following.get(receiver)?.get(sender)?.taken ?? 0) < line) {
      throw new Violation(`${sender} was told that ${to} has line ${line}, which no program there has taken`);
    }
    // Where two have had this name, one may have got the line and the other not.
    if (log.undelivered.get(hostOf(to))?.has(line) === true && this.#peersOf(sender, hostOf(to)) === 1) {
      throw new Violation(`${sender} was told both that ${to} has line ${line} and that it will not get it`);
    }
  }

  #peersOf(process: ProcessId, host: string): number {
    return [...(this.#names.get(process)?.keys() ?? [])].filter((id) => this.#hostOf(id) === host).length;
  }

  #undelivered(sender: ProcessId, event: Extract<SingleEvent, { type: 'undelivered' }>): void {
    const { ledger, undelivered } = this.#log(sender);
    const line = ledger.ordinal(event.seq, 'was given up');
    const to = hostOf(event.to ?? 'nobody');
    const addressee = ledger.addressee(line);
    if (addressee !== undefined && this.#hostOf(addressee) !== to) {
      throw new Violation(`${sender} gave up line ${line} to ${to}, whom it was not for`);
    }
    const lines = undelivered.get(to) ?? new Set<number>();
    undelivered.set(to, lines);
    lines.add(line);
  }

  /** The last word counts each line once, however many peers did not get it. */
  #checkCount(process: ProcessId, told: number): void {
    const lines = new Set([...this.#log(process).undelivered.values()].flatMap((it) => [...it]));
    if (lines.size === told) return;
    throw new Violation(`${process} closed with ${told} lines undelivered, and has told of ${lines.size}`);
  }

  /** The last line of the sender that the receiver was given. */
  #given(sender: ProcessId, receiver: ProcessId): number {
    return this.#following.get(receiver)?.get(sender)?.last ?? 0;
  }

  /** The last one that the sender knows the receiver to have. */
  #known(sender: ProcessId, receiver: ProcessId): number {
    return this.#log(sender).delivered.get(this.#idOf(receiver))?.last ?? 0;
  }

  #idOf(process: ProcessId): PeerId {
    const id = this.#ids.get(process);
    if (id === undefined) throw new Error(`${process} was never started`);
    return id;
  }

  #hostOf(id: PeerId): string {
    return nameOf(this.#processes.get(id) ?? '');
  }

  #nameKnown(sender: ProcessId, receiver: ProcessId): string | undefined {
    return this.#names.get(receiver)?.get(this.#idOf(sender));
  }

  #thereFor(process: ProcessId): Set<PeerId> {
    const there = this.#there.get(process) ?? new Set<PeerId>();
    this.#there.set(process, there);
    return there;
  }

  #log(process: ProcessId): Log {
    const known = this.#logs.get(process);
    if (known !== undefined) return known;
    const log: Log = {
      ledger: new Ledger(process, nameOf(process)),
      sent: new Set(),
      delivered: new Map(),
      undelivered: new Map(),
      owed: new Map(),
    };
    this.#logs.set(process, log);
    return log;
  }
}

function nameOf(process: ProcessId): string {
  return process.split('#', 1)[0] ?? process;
}

export const hostNames: readonly string[] = ['alice', 'bob', 'carol', 'dave', 'erin'];

/** `alice` is called `alice~1`, `alice~2` … when it has been renamed. */
function hostOf(name: string): string {
  return name.split('~', 1)[0] ?? name;
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
