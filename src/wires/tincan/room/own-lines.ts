/**
 * Own lines and names from the moment they are given: each is answered once, in their order, and goes into the log as soon
 * as that has room.
 *
 * Owns: what can't be said, what waits, what the node is called, which lines are not in packets yet.
 */
import type { Command, Event, LineRun, PeerId, Ref } from '../../../kernel/contract.ts';
import { nameProblem } from '../../../kernel/name.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { lineMaxBytes } from '../../../kernel/limits.ts';
import { lineEnds } from '../../../kernel/runs.ts';
import { logStartBytes, logTurnMaxMs, pieceCostBytes, waitingSaysMaxBytes } from '../limits.ts';
import type { Outputs } from '../../../kernel/io.ts';
import type { Log, LogContent, LogLine, LogRun } from '../log.ts';
import type { Peer } from '../peer/peer.ts';
import type { Roster } from './roster.ts';
import { utf8Encode } from '../../../kernel/text.ts';
import { logWaits, notRenamed } from '../trace/warnings.ts';

type Say = Extract<Command, { readonly type: 'say' }>;
type Refused = Extract<Event, { readonly type: 'refused' }>;

const closing = ['closing', 'the node is about to stop'] as const;
const noRoom = { code: 'closing', message: 'the node stopped before this line had room' } as const;
const logFull = ['log-full', 'too many lines wait for peers to catch up; say it again later'] as const;

/** What is not answered yet. */
type Waiting =
  | {
      readonly type: 'line';
      readonly ref: Ref | undefined;
      readonly bytes: Uint8Array;
      readonly to: PeerId | undefined;
      /** The line that was said before, where what it was owed is owed to another key now. */
      readonly copyOf?: LogLine;
    }
  | LogRun
  /** Told in its turn. */
  | Refused
  | { readonly type: 'name'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly type: 'name-again' };

type WaitingLine = Extract<Waiting, { readonly type: 'line' }>;

export interface OwnLinesParts {
  /** What the node is called at first. */
  readonly name: string;
  readonly log: Log;
  readonly roster: Roster;
  readonly outputs: Outputs;
}

export class OwnLines {
  readonly #parts: OwnLinesParts;
  #name: string;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Lines that are not in packets yet for each peer that is there. */
  #unsent: { readonly seq: number; readonly count: number; readonly ref: Ref | undefined }[] = [];
  /** The peer that was found last to hold these lines up. */
  #slowest: Peer | undefined = undefined;
  #isClosing = false;
  /** When the log was last found full, and the last of its oldest entries then. */
  #fullAt: { readonly since: number; readonly seq: number } | undefined;
  /** Whom the full log waits for was told. */
  #isWaitTold = false;

  constructor(parts: OwnLinesParts) {
    this.#parts = parts;
    this.#name = parts.name;
  }

  /** What the node is called now. */
  get name(): string {
    return this.#name;
  }

  get anyWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** When `release` is wanted: those who do not take what the full log holds have had their time. */
  get deadline(): number | undefined {
    return this.#fullAt === undefined || !this.anyWaiting ? undefined : this.#fullAt.since + logTurnMaxMs;
  }

  /** Each say after this is refused. */
  close(): void {
    this.#isClosing = true;
  }

  add(say: Say): void {
    this.#wait(this.#check(say));
  }

  addRun(run: LineRun): void {
    const { bytes, count } = run;
    if (!this.#isClosing && this.#hasRoomFor(bytes.length)) {
      return this.#wait({ type: 'run', bytes, ends: lineEnds(run) });
    }
    const [code, message] = this.#isClosing ? closing : logFull;
    this.#wait({ type: 'refused', ref: undefined, code, message, count });
  }

  /** Goes into the log among the lines, so that everybody hears it between the same two. */
  rename(name: string): void {
    const problem = this.#isClosing ? 'closing' : nameProblem(name);
    const bytes = utf8Encode(name);
    if (problem !== undefined || bytes === undefined) {
      return this.#parts.outputs.event(notRenamed(this.#name, problem ?? 'invisible'));
    }
    if (!this.#hasRoomFor(bytes.length + pieceCostBytes)) {
      return this.#parts.outputs.event(notRenamed(this.#name, 'log-full'));
    }
    this.#wait({ type: 'name', name, bytes });
  }

  /** Somebody was greeted under an earlier name of this node: the log tells the present name again, to all. */
  repeatName(): void {
    if (!this.#waiting.some(({ type }) => type === 'name-again')) this.#wait({ type: 'name-again' });
  }

  /** Lines that waited for another key go to this peer, and are known by the numbers that they had. */
  sayAgain(lines: readonly LogLine[], to: PeerId): void {
    for (const entry of lines) {
      const { bytes, ref, copyOf = entry } = entry;
      this.#wait({ type: 'line', bytes, ref, to, copyOf });
    }
  }

  /** Settled entries leave the log, and what waited for their room comes in. */
  release(now: number): void {
    const { log, roster } = this.#parts;
    log.releaseThrough(roster.settledThrough);
    let answered = 0;
    for (const waiting of this.#waiting) {
      if (!this.#answer(waiting, now)) break;
      this.#waitingBytes -= costOf(waiting);
      answered += 1;
    }
    if (answered > 0) this.#waiting.splice(0, answered);
  }

  /** A line is sent once it has been put into packets for each peer that is there. */
  reportSent(): void {
    const { log, roster, outputs } = this.#parts;
    const [next] = this.#unsent;
    const last = this.#slowest;
    const holdsUp = last?.joined === true && roster.peers.get(last.id) === last;
    if (next === undefined || (holdsUp && last.outgoing.sentThrough < next.seq)) return;
    let through = log.head;
    for (const peer of roster.peers.values()) {
      if (!peer.joined || peer.outgoing.sentThrough >= through) continue;
      this.#slowest = peer;
      through = peer.outgoing.sentThrough;
    }
    let sent = 0;
    for (const { seq, count, ref } of this.#unsent) {
      if (seq + count - 1 > through) break;
      outputs.event({ type: 'sent', ref, seq, ...(count > 1 && { count }) });
      sent += 1;
    }
    if (sent > 0) this.#unsent.splice(0, sent);
  }

  /** The end: what waits is refused. */
  refuseAll(): void {
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.type === 'name') this.#parts.outputs.event(notRenamed(this.#name, 'closing'));
      if (waiting.type === 'line') this.#giveUp(waiting, noRoom.code, noRoom.message);
      if (waiting.type === 'refused') this.#parts.outputs.event(waiting);
      if (waiting.type === 'run') {
        const count = waiting.ends.length;
        this.#parts.outputs.event({ type: 'refused', ref: undefined, count, ...noRoom });
      }
    }
  }

  #check({ text, ref, to }: Say): Waiting {
    const refused = (code: string, message: string): Refused => ({ type: 'refused', ref, code, message });
    const bytes = utf8Encode(text);
    if (bytes === undefined) return refused('not-unicode', 'a line with half a surrogate pair has no UTF-8');
    if (bytes.length > lineMaxBytes) {
      return refused(
        'line-too-long',
        `a line has at most ${lineMaxBytes} bytes; this one has ${bytes.length}`,
      );
    }
    if (this.#isClosing) return refused(...closing);
    if (!this.#hasRoomFor(bytes.length)) return refused(...logFull);
    return { type: 'line', ref, bytes, to };
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#waitingBytes + bytes <= waitingSaysMaxBytes;
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waitingBytes += costOf(waiting);
  }

  /** false: it has to wait for room. */
  #answer(waiting: Waiting, now: number): boolean {
    switch (waiting.type) {
      case 'refused':
        this.#parts.outputs.event(waiting);
        return true;
      case 'line':
        if (!this.#makeRoomFor(waiting, now)) return false;
        this.#append(waiting);
        return true;
      case 'run':
        if (!this.#makeRoomFor(waiting, now)) return false;
        this.#appendRun(waiting);
        return true;
      case 'name':
        if (!this.#makeRoomFor(waiting, now)) return false;
        if (waiting.name !== this.#name) this.#appendName(waiting.bytes);
        this.#name = waiting.name;
        this.#parts.outputs.event({ type: 'renamed', name: waiting.name });
        return true;
      case 'name-again': {
        const bytes = utf8Encode(this.#name);
        invariant(bytes !== undefined, 'an own name has UTF-8');
        if (!this.#makeRoomFor({ type: 'name', bytes }, now)) return false;
        this.#appendName(bytes);
        return true;
      }
      default:
        return waiting satisfies never;
    }
  }

  #makeRoomFor(content: LogContent, now: number): boolean {
    const { log, roster } = this.#parts;
    while (!log.hasRoomFor(content)) {
      if (!roster.forgetSlowest(now) && !this.#giveUpLaggards(now)) return false;
      log.releaseThrough(roster.settledThrough);
    }
    return true;
  }

  /**
   * The log is full. The oldest that it held when that began must have been taken in time: whoever has not is not waited for. That is
   * as much in each log, so that a slow reader need not read faster where the log is large for another one.
   */
  #giveUpLaggards(now: number): boolean {
    const { log, roster, outputs } = this.#parts;
    const full = this.#fullAt;
    const isSettled = full === undefined || roster.settledThrough >= full.seq;
    if (!isSettled && now < full.since + logTurnMaxMs) return false;
    this.#fullAt = { since: now, seq: log.lastWithin(logStartBytes) };
    this.#isWaitTold &&= !isSettled;
    if (isSettled) return false;
    if (roster.giveUpLaggards(full.seq, full.since, now)) return true;
    const awaited = roster.awaitedFor(full.seq);
    if (awaited.length > 0 && !this.#isWaitTold) outputs.event(logWaits(awaited));
    this.#isWaitTold ||= awaited.length > 0;
    return false;
  }

  #append(line: WaitingLine): void {
    const { bytes, ref, to, copyOf } = line;
    const { log, roster, outputs } = this.#parts;
    if (to !== undefined && !roster.peers.has(to)) {
      return this.#giveUp(line, 'no-such-peer', 'nobody is known by the id that this line is for');
    }
    const entry = log.append({ type: 'line', bytes, ref, to, ...(copyOf === undefined ? {} : { copyOf }) });
    if (copyOf !== undefined) return;
    outputs.event({ type: 'queued', ref, seq: entry.seq });
    this.#awaitSent(entry.seq, 1, ref);
  }

  #appendRun(run: LogRun): void {
    const { log, outputs } = this.#parts;
    const count = run.ends.length;
    const { seq } = log.append(run);
    outputs.event({ type: 'queued', ref: undefined, seq, count });
    this.#awaitSent(seq, count, undefined);
  }

  #awaitSent(seq: number, count: number, ref: Ref | undefined): void {
    const { log, roster } = this.#parts;
    if (roster.peers.size > 0 || roster.targets.length > 0) {
      this.#unsent.push({ seq, count, ref });
      return;
    }
    for (let next = seq; next < seq + count; next += 1) {
      const line = log.single(next);
      if (line.type === 'line') roster.report(line, undefined, 'nobody is here');
    }
    log.releaseThrough(log.head);
  }

  /** A line that has no number yet is refused; one that has was queued before, and is undelivered. */
  #giveUp({ ref, copyOf }: WaitingLine, code: string, message: string): void {
    if (copyOf === undefined) this.#parts.outputs.event({ type: 'refused', ref, code, message });
    else this.#parts.roster.report(copyOf, undefined, message);
  }

  #appendName(bytes: Uint8Array): void {
    const { log, roster } = this.#parts;
    log.append({ type: 'name', bytes });
    log.releaseThrough(roster.settledThrough);
  }
}

/** What is charged for it while it waits, bytes. An empty line costs nothing: the window of the face that says it bounds those. */
function costOf(waiting: Waiting): number {
  if (waiting.type === 'line' || waiting.type === 'run') return waiting.bytes.length;
  return waiting.type === 'name' ? waiting.bytes.length + pieceCostBytes : 0;
}
