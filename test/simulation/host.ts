/**
 * One simulated machine: a core, the clock and timers that drive it, a person who says lines and a program that takes
 * the lines of others.
 *
 * Owns: everything between the world and one core, with the ways in which a real driver is late, is paused, or finds that the
 * clock has leapt.
 */
import type { Address, Event, PeerId } from '../../src/kernel/contract.ts';
import { type SingleEvent, singlesOf } from '../../src/kernel/runs.ts';
import type { DatagramCore, Input } from '../../src/kernel/io.ts';
import { pieceCostBytes } from '../../src/wires/tincan/limits.ts';
import type { NodeAccount } from '../../src/wires/tincan/node.ts';
import type { Sleeper, VirtualTime } from '../support/virtual-time.ts';
import type { Station } from './network.ts';
import { Violation } from './violation.ts';

/** How the receiving program takes its messages. */
export type Reader =
  /** All that is there, after a moment. */
  | { readonly type: 'prompt' }
  /** One message each `everyMs`. */
  | { readonly type: 'slow'; readonly everyMs: number }
  | { readonly type: 'stopped' };

/** A protocol, and what it says that it keeps, if it does. */
export type JudgedCore = DatagramCore & { readonly account?: NodeAccount };

/** What a host tells the world about; the world hands it to judge and trace. */
export interface HostListener {
  datagram(host: Host, to: Address, bytes: Uint8Array): void;
  event(host: Host, event: SingleEvent): void;
  resolve(host: Host, name: string): void;
  /** Before the core is told. */
  taken(host: Host, peerId: string, seq: number): void;
  said(host: Host, text: string, to: PeerId | undefined, ref: string | undefined): void;
  /** Before the core is told. */
  renamed(host: Host, name: string): void;
}

/** The hop between the network thread and the program that reads. */
const promptReaderMs = 0.2;
/** What waits in the kernel while the program does not run; beyond it, the kernel drops. */
const kernelBufferMaxBytes = 212_992;
/** Bytes said and not yet `queued`, as the contract asks of a caller. */
const sayWindowBytes = 262_144;
/** Lines of one run at most, as in the pipe's face. */
const runMaxLines = 4_096;
const runMaxBytes = 65_536;

export interface HostSettings {
  readonly name: string;
  /** Counts from 1; a restart makes the next one. */
  readonly incarnation: number;
  readonly address: Address;
  /** How late its timers fire. */
  readonly timerLatenessMs: number;
  readonly clockAheadMs: number;
  /** Lines for everybody are said in runs, as a pipe does it, and not one by one. */
  readonly saysRuns?: boolean;
  /** How long one turn of its event loop takes: what follows from the datagrams of a turn is done once, at its end. */
  readonly turnMs?: number;
}

/** What the person at this host wants to do, in turn. */
type Utterance = UnspokenLine | { readonly type: 'name'; readonly name: string };

export interface UnspokenLine {
  readonly type: 'line';
  readonly text: string;
  /** To one of those who are there, if anybody is. */
  readonly isPrivate: boolean;
}

/** What a program takes. */
type Takeable = Extract<SingleEvent, { type: 'message' | 'peer-renamed' }> & { readonly seq: number };

export class Host implements Station, Sleeper {
  readonly name: string;
  readonly incarnation: number;
  readonly #core: JudgedCore;
  readonly #listener: HostListener;
  readonly #timerLatenessMs: number;
  readonly #saysRuns: boolean;
  readonly #turnMs: number;
  address: Address;
  reader: Reader = { type: 'prompt' };
  closed = false;

  readonly #time: VirtualTime;
  #clockAheadMs: number;
  #resumesAtMs = 0;
  #takesAtMs = 0;
  /** The end of the turn that has brought datagrams; undefined: none has. */
  #settlesAtMs: number | undefined;
  #spokenRefs = 0;
  #unansweredBytes = 0;
  readonly #unspoken: Utterance[] = [];
  /** The peers that are there, by its own core's word. */
  readonly #there = new Set<PeerId>();
  #renames = 0;
  readonly #unanswered: { readonly bytes: number; readonly count: number }[] = [];
  readonly #untaken: Takeable[] = [];
  #untakenBytes = 0;
  readonly #kernelBuffer: Input[] = [];
  #kernelBufferBytes = 0;

  constructor(settings: HostSettings, core: JudgedCore, listener: HostListener, time: VirtualTime) {
    this.name = settings.name;
    this.incarnation = settings.incarnation;
    this.address = settings.address;
    this.#timerLatenessMs = settings.timerLatenessMs;
    this.#clockAheadMs = settings.clockAheadMs;
    this.#saysRuns = settings.saysRuns ?? false;
    this.#turnMs = settings.turnMs ?? 0;
    this.#core = core;
    this.#listener = listener;
    this.#time = time;
  }

  /** Tells one process of a name from the next. */
  get id(): string {
    return `${this.name}#${this.incarnation}`;
  }

  get clockAheadMs(): number {
    return this.#clockAheadMs;
  }

  get wantsToSay(): boolean {
    return this.#unspoken.length > 0 || this.#unansweredBytes > 0;
  }

  get unspokenLines(): number {
    return this.#unspoken.length;
  }

  get coreDeadline(): number | undefined {
    return this.#core.deadline();
  }

  get account(): NodeAccount | undefined {
    return this.#core.account;
  }

  /** What the program has been given and not taken, by the cost that the protocol counts. */
  get untakenBytes(): number {
    return this.#untakenBytes;
  }

  receive(bytes: Uint8Array, from: Address): void {
    this.feed({ type: 'datagram', from, bytes, ...(this.#turnMs > 0 && { more: true }) });
  }

  say(text: string): void {
    this.sayAll([{ type: 'line', text, isPrivate: false }]);
  }

  sayAll(lines: readonly UnspokenLine[]): void {
    this.#unspoken.push(...lines);
    this.#speak();
  }

  /** Is called `alice~1`, `alice~2` … from now on. */
  rename(): void {
    this.#renames++;
    this.#unspoken.push({ type: 'name', name: `${this.name}~${this.#renames}` });
    this.#speak();
  }

  feed(input: Input): void {
    if (this.closed) return;
    if (this.#time.nowMs < this.#resumesAtMs) {
      this.#buffer(input);
      return;
    }
    this.#core.handle(input, this.#time.nowMs + this.#clockAheadMs);
    if ('more' in input) this.#settlesAtMs ??= this.#time.nowMs + this.#turnMs;
    else this.#settlesAtMs = undefined;
    for (const output of this.#core.drain()) {
      switch (output.type) {
        case 'datagram':
          this.#listener.datagram(this, output.to, output.bytes);
          break;
        case 'resolve':
          this.#listener.resolve(this, output.host);
          break;
        case 'event':
          this.#onAnswer(output.event);
          for (const event of singlesOf(output.event)) this.#hear(event);
          break;
      }
    }
  }

  /** The process doesn't run for this long, as under SIGSTOP; then it finds its clock advanced. */
  pause(durationMs: number): void {
    this.#resumesAtMs = this.#time.nowMs + durationMs;
  }

  /** A paused process runs again. */
  resume(): void {
    this.#resumesAtMs = Math.min(this.#resumesAtMs, this.#time.nowMs);
  }

  /** The clock leaps ahead. It never goes back: the driver sees to that. */
  leap(byMs: number): void {
    this.#clockAheadMs += byMs;
  }

  /** When this host has something to do by itself next, in the world's time. */
  nextMs(): number | undefined {
    if (this.closed) return undefined;
    if (this.#time.nowMs < this.#resumesAtMs) return this.#resumesAtMs;
    if (this.#kernelBuffer.length > 0 || this.#maySpeak()) return this.#time.nowMs;
    const timerMs = this.#settlesAtMs ?? this.#timerMs();
    const readerMs = this.#untaken.length > 0 && this.reader.type !== 'stopped' ? this.#takesAtMs : Infinity;
    const earliestMs = Math.min(timerMs, readerMs);
    return earliestMs === Infinity ? undefined : Math.max(earliestMs, this.#time.nowMs);
  }

  /** Does what is due. */
  wake(): void {
    if (this.closed || this.#time.nowMs < this.#resumesAtMs) return;
    for (const input of this.#kernelBuffer.splice(0)) this.feed(input);
    this.#kernelBufferBytes = 0;
    if ((this.#settlesAtMs ?? this.#timerMs()) <= this.#time.nowMs) this.feed({ type: 'timeout' });
    if (this.#untaken.length > 0 && this.#takesAtMs <= this.#time.nowMs) this.#take();
    this.#speak();
  }

  /** When the timer that is set for the core's deadline fires. */
  #timerMs(): number {
    const deadline = this.#core.deadline();
    return deadline === undefined ? Infinity : deadline - this.#clockAheadMs + this.#timerLatenessMs;
  }

  #buffer(input: Input): void {
    const size = input.type === 'datagram' ? input.bytes.length : 0;
    if (this.#kernelBufferBytes + size > kernelBufferMaxBytes) return;
    this.#kernelBufferBytes += size;
    this.#kernelBuffer.push(input);
  }

  /** One answer for each say, and for each run as a whole. */
  #onAnswer(event: Event): void {
    if (event.type !== 'queued' && event.type !== 'refused') return;
    const said = this.#unanswered.shift();
    if (said?.count !== (event.count ?? 1))
      throw new Violation(`${this.id} was answered ${event.count} lines, and had said ${said?.count}`);
    this.#unansweredBytes -= said.bytes;
  }

  #hear(event: SingleEvent): void {
    switch (event.type) {
      case 'message':
        this.#toTake(event);
        break;
      case 'peer-renamed':
        if (event.seq !== undefined) this.#toTake({ ...event, seq: event.seq });
        break;
      case 'peer-joined':
        this.#there.add(event.peerId);
        break;
      case 'peer-left':
        this.#there.delete(event.peerId);
        break;
      case 'closed':
        this.closed = true;
        break;
      default:
        break;
    }
    this.#listener.event(this, event);
  }

  #toTake(event: Takeable): void {
    if (this.#untaken.length === 0) this.#takesAtMs = this.#time.nowMs + this.#readerPauseMs();
    this.#untaken.push(event);
    this.#untakenBytes += costOf(event);
  }

  #readerPauseMs(): number {
    return this.reader.type === 'slow' ? this.reader.everyMs : promptReaderMs;
  }

  /** `taken` is cumulative: a prompt program answers for a whole batch with one, for each peer in it. */
  #take(): void {
    if (this.reader.type === 'stopped') return;
    const count = this.reader.type === 'slow' ? 1 : this.#untaken.length;
    const latest = new Map<PeerId, number>();
    for (const event of this.#untaken.splice(0, count)) {
      latest.set(event.peerId, event.seq);
      this.#untakenBytes -= costOf(event);
      if (event.type === 'message') this.#listener.taken(this, event.peerId, event.seq);
    }
    this.#takesAtMs = this.#time.nowMs + this.#readerPauseMs();
    for (const [peerId, seq] of latest) {
      this.feed({ type: 'command', command: { type: 'taken', peerId, seq } });
    }
  }

  #maySpeak(): boolean {
    return this.#unspoken.length > 0 && this.#unansweredBytes < sayWindowBytes;
  }

  #speak(): void {
    if (this.#time.nowMs < this.#resumesAtMs || this.closed) return;
    while (this.#maySpeak()) {
      const run = this.#nextRun();
      const utterance = run.length > 0 ? undefined : this.#unspoken.shift();
      if (run.length > 0) this.#sayRunNow(run);
      if (utterance?.type === 'line') this.#sayNow(utterance.text, utterance.isPrivate);
      if (utterance?.type === 'name') this.#renameNow(utterance.name);
    }
  }

  /** What a run can carry of that which is to be said next. */
  #nextRun(): readonly string[] {
    const texts: string[] = [];
    let bytes = 0;
    for (const utterance of this.#saysRuns ? this.#unspoken : []) {
      if (utterance.type !== 'line' || utterance.isPrivate || utterance.text.includes('\n')) break;
      if (texts.length >= runMaxLines || bytes >= runMaxBytes) break;
      texts.push(utterance.text);
      bytes += Buffer.byteLength(utterance.text) + 1;
    }
    this.#unspoken.splice(0, texts.length);
    return texts;
  }

  #sayRunNow(texts: readonly string[]): void {
    const bytes = new Uint8Array(Buffer.from(texts.map((text) => `${text}\n`).join('')));
    this.#unanswered.push({ bytes: bytes.length, count: texts.length });
    this.#unansweredBytes += bytes.length;
    this.#spokenRefs += texts.length;
    for (const text of texts) this.#listener.said(this, text, undefined, undefined);
    this.feed({ type: 'command', command: { type: 'say-lines', bytes, count: texts.length } });
  }

  #renameNow(name: string): void {
    this.#listener.renamed(this, name);
    this.feed({ type: 'command', command: { type: 'rename', name } });
  }

  #sayNow(text: string, isPrivate: boolean): void {
    this.#unanswered.push({ bytes: text.length + 1, count: 1 });
    this.#unansweredBytes += text.length + 1;
    this.#spokenRefs++;
    const to = isPrivate ? [...this.#there][this.#spokenRefs % this.#there.size] : undefined;
    const ref = String(this.#spokenRefs);
    this.#listener.said(this, text, to, ref);
    const say = { type: 'say', text, ref } as const;
    this.feed({ type: 'command', command: to === undefined ? say : { ...say, to } });
  }
}

function costOf(event: Takeable): number {
  return Buffer.byteLength(event.type === 'message' ? event.text : event.name) + pieceCostBytes;
}
