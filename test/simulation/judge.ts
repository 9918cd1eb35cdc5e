/**
 * The promise, as something that can be broken: what every host has said, been given, taken and been told, and the
 * rules that these must keep at every step.
 *
 * Owns: the ledgers and the safety rules. Each breach is thrown as a `Violation` at the step in which it happens.
 * Must not know: how lines travel. It sees only commands and events, as a face does.
 */
import type { Event } from '../../src/contract.ts';

/** A rule was broken: the protocol's bug, or the simulator's. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** One process of a host, named `alice#1`. */
type ProcessId = string;

interface Log {
  readonly texts: string[];
  readonly refs: string[];
  /** The highest line that was `queued`. */
  queued: number;
  readonly sent: Set<number>;
  /** By the receiver's peer id: the lines delivered, which follow each other without a gap. */
  readonly delivered: Map<string, Span>;
  readonly undelivered: Map<string, Set<number>>;
  /** By the receiver's name: the lines that were queued while it was there. These it is owed for sure. */
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
  readonly peerId: string;
}

/** Who owes whom from the first line on. */
export type OwedFromStart = (sender: ProcessId, receiver: ProcessId) => boolean;

export class Judge {
  readonly #logs = new Map<ProcessId, Log>();
  /** By receiver, then by sender. */
  readonly #following = new Map<ProcessId, Map<ProcessId, Following>>();
  /** By receiver and peer id: whose it is. */
  readonly #senders = new Map<string, ProcessId>();
  /** By process and peer id: the name given with it. */
  readonly #names = new Map<string, string>();
  /** Process and peer id, of those who have joined and not left. */
  readonly #there = new Set<string>();
  readonly #owedFromStart: OwedFromStart;
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

  said(process: ProcessId, text: string): void {
    const log = this.#log(process);
    log.texts.push(text);
    log.refs.push(String(log.texts.length));
  }

  linesSaid(process: ProcessId): number {
    return this.#logs.get(process)?.texts.length ?? 0;
  }

  taken(receiver: ProcessId, peerId: string, seq: number): void {
    const sender = this.#senders.get(`${receiver} ${peerId}`);
    const following = sender === undefined ? undefined : this.#following.get(receiver)?.get(sender);
    if (following !== undefined) following.taken = Math.max(following.taken, seq);
  }

  heard(process: ProcessId, event: Event): void {
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
        if (!isHostName(event.name)) throw new Violation(`${process} let in a stranger called ${event.name}`);
        return this.#joined(process, event);
      case 'refused':
        throw new Violation(`${process} was refused a line with ${event.code}: ${event.message}`);
      case 'error':
        throw new Violation(`${process} gave up with ${event.code}: ${event.message}`);
      case 'warning':
        // There are none but honest hosts here, and whom else could an authentic packet come from?
        if (event.code === 'protocol-violation') throw new Violation(`${process} warns: ${event.message}`);
        this.warnings.set(event.code, (this.warnings.get(event.code) ?? 0) + 1);
        return;
      case 'peer-left':
        this.#there.delete(`${process} ${event.peerId}`);
        return;
      case 'closed':
        return this.#checkNoSilentLoss(process);
      case 'ready':
      case 'renamed':
      case 'peer-renamed':
      case 'trace':
      case 'status':
        return;
    }
  }

  /** Whether the receiver has been given the sender's whole log, and the sender knows that it was taken. */
  hasAll(sender: ProcessId, receiver: ProcessId): boolean {
    const log = this.#logs.get(sender);
    if (log === undefined || log.texts.length === 0) return true;
    const following = this.#following.get(receiver)?.get(sender);
    if (following === undefined || following.last !== log.texts.length) return false;
    if (log.queued !== log.texts.length) return false;
    return this.#highestDelivered(log, sender, nameOf(receiver)) === log.texts.length;
  }

  /** A description of where a pair of processes stands, for a failure. */
  standing(sender: ProcessId, receiver: ProcessId): string {
    const log = this.#log(sender);
    const following = this.#following.get(receiver)?.get(sender);
    const given = following === undefined ? 'nothing' : `${following.first}–${following.last}`;
    const delivered = this.#highestDelivered(log, sender, nameOf(receiver));
    return (
      `${sender} said ${log.texts.length} lines (${log.queued} queued), ${receiver} was given ${given} ` +
      `and took up to ${following?.taken ?? 0}, ${sender} knows of ${delivered} delivered`
    );
  }

  /** The last line of this sender that the receiver was given. */
  lastGiven(sender: ProcessId, receiver: ProcessId): number {
    return this.#following.get(receiver)?.get(sender)?.last ?? 0;
  }

  /** Whether a peer of this name is there, by this process's word. */
  isThere(process: ProcessId, name: string): boolean {
    for (const key of this.#there) {
      if (key.startsWith(`${process} `) && this.#names.get(key) === name) return true;
    }
    return false;
  }

  /** Whether somebody who is there has not yet been delivered a line of this process. */
  owes(process: ProcessId): boolean {
    const log = this.#logs.get(process);
    if (log === undefined) return false;
    for (const key of this.#there) {
      const [owner, peerId = ''] = key.split(' ');
      if (owner === process && (log.delivered.get(peerId)?.last ?? 0) < log.texts.length) return true;
    }
    return false;
  }

  #joined(process: ProcessId, { name, peerId }: Extract<Event, { type: 'peer-joined' }>): void {
    const key = `${process} ${peerId}`;
    if (this.#there.has(key)) throw new Violation(`${process} was told twice that ${name} is there`);
    this.#there.add(key);
    this.#names.set(key, name);
  }

  /** The promise itself: at the end, each line that somebody was owed is delivered or reported. */
  #checkNoSilentLoss(process: ProcessId): void {
    const log = this.#log(process);
    for (const [name, seqs] of log.owed) {
      const spans = [...log.delivered].filter(([id]) => this.#names.get(`${process} ${id}`) === name);
      for (const seq of seqs) {
        const delivered = spans.some(([, { first, last }]) => first <= seq && seq <= last);
        if (!delivered && log.undelivered.get(name)?.has(seq) !== true) {
          throw new Violation(`${process} closed and never said what became of line ${seq} to ${name}`);
        }
      }
    }
  }

  #queued(process: ProcessId, event: Extract<Event, { type: 'queued' }>): void {
    const log = this.#log(process);
    log.queued++;
    if (event.seq !== log.queued) {
      throw new Violation(`${process} queued line ${event.seq} where line ${log.queued} was next`);
    }
    if (event.ref !== log.refs[event.seq - 1]) {
      throw new Violation(`${process} queued line ${event.seq} with the ref ${String(event.ref)} of another`);
    }
    for (const key of this.#there) {
      if (!key.startsWith(`${process} `)) continue;
      const name = this.#names.get(key) ?? '';
      const owed = log.owed.get(name);
      if (owed === undefined) log.owed.set(name, [event.seq]);
      else owed.push(event.seq);
    }
  }

  #sent(process: ProcessId, event: Extract<Event, { type: 'sent' }>): void {
    const log = this.#log(process);
    if (event.seq > log.queued) throw new Violation(`${process} sent line ${event.seq} before it was queued`);
    if (log.sent.has(event.seq)) throw new Violation(`${process} said twice that line ${event.seq} is sent`);
    log.sent.add(event.seq);
  }

  #message(receiver: ProcessId, event: Extract<Event, { type: 'message' }>): void {
    this.messages++;
    const { from, peerId, seq, text } = event;
    const [mark = '', ordinal] = text.split(':', 2);
    const sender = `${from}#${mark.slice(1)}`;
    const log = this.#logs.get(sender);
    if (log === undefined || mark.charAt(0) !== from.charAt(0)) {
      throw new Violation(
        `${receiver} was given a line that nobody of the name ${from} said: ${excerpt(text)}`,
      );
    }
    if (String(seq) !== ordinal) {
      throw new Violation(`${receiver} was given line ${String(ordinal)} of ${sender} as line ${seq}`);
    }
    if (log.texts[seq - 1] !== text) {
      throw new Violation(
        `${receiver} was given line ${seq} of ${sender} with another text: ${excerpt(text)}`,
      );
    }
    this.#follow(receiver, sender, peerId, seq);
  }

  #follow(receiver: ProcessId, sender: ProcessId, peerId: string, seq: number): void {
    const all = this.#following.get(receiver) ?? new Map<ProcessId, Following>();
    this.#following.set(receiver, all);
    const following = all.get(sender);
    if (following === undefined) {
      if (seq !== 1 && this.#owedFromStart(sender, receiver)) {
        throw new Violation(`${receiver} was owed all lines of ${sender}, but was first given line ${seq}`);
      }
      all.set(sender, { first: seq, last: seq, taken: 0, peerId });
      this.#senders.set(`${receiver} ${peerId}`, sender);
      return;
    }
    if (following.peerId !== peerId) {
      throw new Violation(`${receiver} was given lines of ${sender} under two peer ids`);
    }
    if (seq <= following.last) throw new Violation(`${receiver} was given line ${seq} of ${sender} twice`);
    if (seq !== following.last + 1) {
      throw new Violation(
        `${receiver} was given line ${seq} of ${sender} right after line ${following.last}`,
      );
    }
    following.last = seq;
  }

  #delivered(sender: ProcessId, event: Extract<Event, { type: 'delivered' }>): void {
    const log = this.#log(sender);
    const { seq, to, peerId, ref } = event;
    if (seq > log.queued) throw new Violation(`${sender} had line ${seq} delivered before it was queued`);
    if (ref !== log.refs[seq - 1])
      throw new Violation(`${sender} had line ${seq} delivered under another ref`);
    const span = log.delivered.get(peerId);
    if (span === undefined) log.delivered.set(peerId, { first: seq, last: seq });
    else if (seq <= span.last) throw new Violation(`${sender} was told twice that ${to} has line ${seq}`);
    else if (seq > span.last + 1)
      throw new Violation(`${sender} was never told that ${to} has line ${span.last + 1}`);
    else span.last = seq;
    this.#names.set(`${sender} ${peerId}`, to);
    let taken = false;
    for (const [receiver, all] of this.#following) {
      if (nameOf(receiver) === to && (all.get(sender)?.taken ?? 0) >= seq) taken = true;
    }
    if (!taken) {
      throw new Violation(`${sender} was told that ${to} has line ${seq}, which no program there has taken`);
    }
    // Where two have had this name, one may have got the line and the other not.
    if (log.undelivered.get(to)?.has(seq) === true && this.#peersCalled(sender, to) === 1) {
      throw new Violation(`${sender} was told both that ${to} has line ${seq} and that it will not get it`);
    }
  }

  #peersCalled(process: ProcessId, name: string): number {
    let count = 0;
    for (const [key, known] of this.#names) if (known === name && key.startsWith(`${process} `)) count++;
    return count;
  }

  #undelivered(sender: ProcessId, event: Extract<Event, { type: 'undelivered' }>): void {
    const log = this.#log(sender);
    const to = event.to ?? 'nobody';
    const seqs = log.undelivered.get(to) ?? new Set<number>();
    log.undelivered.set(to, seqs);
    if (event.seq > log.queued)
      throw new Violation(`${sender} gave up line ${event.seq}, which it never queued`);
    seqs.add(event.seq);
  }

  #highestDelivered(log: Log, sender: ProcessId, to: string): number {
    let highest = 0;
    for (const [peerId, { last }] of log.delivered) {
      if (this.#names.get(`${sender} ${peerId}`) === to) highest = Math.max(highest, last);
    }
    return highest;
  }

  #log(process: ProcessId): Log {
    const known = this.#logs.get(process);
    if (known !== undefined) return known;
    const log: Log = {
      texts: [],
      refs: [],
      queued: 0,
      sent: new Set(),
      delivered: new Map(),
      undelivered: new Map(),
      owed: new Map(),
    };
    this.#logs.set(process, log);
    return log;
  }
}

export function nameOf(process: ProcessId): string {
  return process.split('#', 1)[0] ?? process;
}

export const hostNames: readonly string[] = ['alice', 'bob', 'carol', 'dave', 'erin'];

function isHostName(name: string): boolean {
  return hostNames.includes(name);
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
