/**
 * The node's own lines and names, numbered 1, 2, 3 … under a random id: what every peer follows by one number.
 *
 * Owns: numbering, keeping each entry until nobody is owed it any more, and what of an entry a follower gets to see.
 */
import type { PeerId, Ref } from '../../kernel/contract.ts';
import type { Kept, KeptEntry } from '../../kernel/kept.ts';
import type { LineKind } from './codec/frames.ts';
import { invariant } from '../../kernel/invariant.ts';
import { lineEnds } from '../../kernel/runs.ts';
import { creditBytes, logStartBytes, pieceCostBytes } from './limits.ts';

/** What goes into the log. */
export type LogContent =
  | {
      readonly type: 'line';
      readonly bytes: Uint8Array;
      /** What the one who said it calls it. */
      readonly ref: Ref | undefined;
      /** The one whom it is for; undefined: everybody. */
      readonly to: PeerId | undefined;
      /** The line as it was said first, where this is another key's turn to get it. */
      readonly copyOf?: LogLine;
    }
  /** The node's new name, for every line after it. */
  | { readonly type: 'name'; readonly bytes: Uint8Array }
  | LogRun;

/** Lines for everybody that were said at once: one entry, as long as the same becomes of all of them. */
export interface LogRun {
  readonly type: 'run';
  /** Each line ended by a line feed. */
  readonly bytes: Uint8Array;
  /** Where each line ends, its line feed included. */
  readonly ends: readonly number[] | Uint32Array;
}

export type LogEntry = LogContent & Numbered;
export type LogLine = Extract<LogEntry, { readonly type: 'line' }>;
export type SaidRun = Extract<LogEntry, { readonly type: 'run' }>;
export type LogName = Extract<LogEntry, { readonly type: 'name' }>;

/** An entry, or so many lines of a run from `seq` on. */
export interface LogSlice {
  readonly entry: LogEntry;
  readonly seq: number;
  readonly count: number;
}

interface Numbered {
  /** Of a run: its first line's. */
  readonly seq: number;
  /** Told as undelivered to somebody: what is counted at the end are lines, not peers. */
  isUndelivered: boolean;
}

const nothing = new Uint8Array(0);

export class Log {
  readonly id: Uint8Array;
  #entries: LogEntry[] = [];
  #head = 0;
  #costBytes = 0;
  #linesSaid = 0;
  #maxBytes = logStartBytes;

  /** `id`: random, `logIdBytes` long, and not all zero, which means "no log" on the wire. `kept`: of that log, by an earlier life. */
  constructor(id: Uint8Array, kept?: Kept) {
    invariant(
      id.some((byte) => byte !== 0),
      'a log has an id',
    );
    this.id = id;
    if (kept === undefined) return;
    this.#entries = kept.entries.map((entry) => restored(entry));
    this.#head = kept.log.head;
    this.#linesSaid = kept.log.linesSaid;
    for (const entry of this.#entries) this.#costBytes += costOf(entry);
  }

  /** Number of the last entry; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  get linesSaid(): number {
    return this.#linesSaid;
  }

  /** What the kept entries cost, bytes. */
  get costBytes(): number {
    return this.#costBytes;
  }

  /** Whether one more entry of this size may be kept. One always may where none is: a line is smaller than the log. */
  hasRoomFor(content: LogContent): boolean {
    return this.#costBytes + costOf(content) <= this.#maxBytes;
  }

  /** A follower may have so much under way: the log holds as much more, until all is settled. */
  onCredit(bytes: number): void {
    this.#maxBytes = Math.max(this.#maxBytes, logStartBytes + bytes - creditBytes);
  }

  append<Content extends LogContent>(content: Content): Content & Numbered {
    invariant(this.hasRoomFor(content), 'a full log takes no entry');
    const entry = { ...content, seq: this.#head + 1, isUndelivered: false };
    this.#entries.push(entry);
    this.#head += countOf(entry);
    this.#costBytes += costOf(content);
    if (content.type === 'run') this.#linesSaid += content.ends.length;
    if (content.type === 'line' && content.copyOf === undefined) this.#linesSaid += 1;
    return entry;
  }

  /** The kept entry of this number: a run, if its line is among those of one. */
  entry(seq: number): LogEntry {
    const entry = this.#entries[this.#indexOf(seq)];
    invariant(
      entry !== undefined && entry.seq <= seq && seq <= lastSeqOf(entry),
      'an entry that is owed is kept',
    );
    return entry;
  }

  /** The kept entry of this number alone, as something becomes of it that does not become of others: a run is taken apart. */
  single(seq: number): LogLine | LogName {
    const entry = this.entry(seq);
    if (entry.type !== 'run') return entry;
    const index = this.#indexOf(seq);
    const lines = [...entry.ends].map((_, line): LogLine => {
      const bytes = lineOfRun(entry, entry.seq + line);
      return {
        type: 'line',
        bytes,
        ref: undefined,
        to: undefined,
        seq: entry.seq + line,
        isUndelivered: false,
      };
    });
    this.#entries.splice(index, 1, ...lines);
    return this.single(seq);
  }

  /** Those kept after `seq`, oldest first; of a run, the lines after it. */
  slicesAfter(seq: number, through = this.#head): readonly LogSlice[] {
    const slices: LogSlice[] = [];
    let next = Math.max(seq + 1, this.firstKept);
    for (let index = this.#indexOf(next); next <= through; index += 1) {
      const entry = this.#entries[index];
      invariant(entry !== undefined, 'a log has no holes');
      const count = Math.min(lastSeqOf(entry), through) - next + 1;
      slices.push({ entry, seq: next, count });
      next += count;
    }
    return slices;
  }

  /** How many lines for this follower there are after `seq`; `follower` undefined: for whoever it may be. */
  countLines(seq: number, follower: PeerId | undefined): number {
    let lines = 0;
    for (const { entry, count } of this.slicesAfter(seq)) if (isLineFor(entry, follower)) lines += count;
    return lines;
  }

  /** Whether there is one. */
  hasLine(seq: number, follower: PeerId | undefined): boolean {
    for (let index = this.#entries.length - 1; index >= 0; index -= 1) {
      const entry = this.#entries[index];
      if (entry === undefined || lastSeqOf(entry) <= seq) return false;
      if (isLineFor(entry, follower)) return true;
    }
    return false;
  }

  /** The last of the oldest entries that together cost no more than that. */
  lastWithin(bytes: number): number {
    let rest = bytes;
    const beyond = this.#entries.find((entry) => (rest -= costOf(entry)) < 0);
    return beyond === undefined ? this.#head : beyond.seq - 1;
  }

  /** Nobody is owed the entries up to `seq` any more. A run goes as one. */
  releaseThrough(seq: number): void {
    let count = 0;
    for (const entry of this.#entries) {
      if (lastSeqOf(entry) > seq) break;
      this.#costBytes -= costOf(entry);
      count += 1;
    }
    this.#entries.splice(0, count);
    invariant(this.#costBytes >= 0, 'a log gives back what it took');
    if (this.#entries.length === 0) this.#maxBytes = logStartBytes;
  }

  /** Number of the oldest kept entry; one more than the head where there is none. */
  get firstKept(): number {
    return this.#entries[0]?.seq ?? this.#head + 1;
  }

  /** Of the entry with this number. An entry has at least one number, so that none stands further behind than by numbers. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = Math.min(this.#entries.length - 1, seq - this.firstKept);
    if (this.#entries[high]?.seq === seq) return high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#entries[middle]?.seq ?? Infinity) <= seq) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** What the entry is to this follower. */
export function kindFor(entry: LogEntry, follower: PeerId): LineKind {
  if (entry.type === 'name') return 'name';
  if (entry.type === 'run' || entry.to === undefined) return 'room';
  return entry.to === follower ? 'private' : 'withheld';
}

/** What this follower gets to see of the entry; of a run, of the line `seq`. */
export function bytesFor(entry: LogEntry, seq: number, follower: PeerId): Uint8Array {
  if (entry.type === 'run') return lineOfRun(entry, seq);
  return kindFor(entry, follower) === 'withheld' ? nothing : entry.bytes;
}

/** The lines of a run from `from` to before `to`, counted from 0, each with its line feed. */
export function runBytes(run: LogRun, from: number, to: number): Uint8Array {
  return run.bytes.subarray(startOf(run, from), startOf(run, to));
}

/** The line of this number, without its line feed. */
function lineOfRun(run: SaidRun, seq: number): Uint8Array {
  return runBytes(run, seq - run.seq, seq - run.seq + 1).subarray(0, -1);
}

/** Where a line of a run starts, counted from 0; of one more than the last, where the run ends. */
export function startOf({ ends }: LogRun, line: number): number {
  return ends[line - 1] ?? 0;
}

/** Whether this follower is owed the entry as a line, or lines: what `delivered` and `undelivered` are about. */
export function isLineFor(entry: LogEntry, follower: PeerId | undefined): boolean {
  return entry.type === 'run' || (entry.type === 'line' && (entry.to === undefined || entry.to === follower));
}

function countOf(entry: LogContent): number {
  return entry.type === 'run' ? entry.ends.length : 1;
}

export function lastSeqOf(entry: LogEntry): number {
  return entry.seq + countOf(entry) - 1;
}

/** A run costs what its lines do. */
function costOf(content: LogContent): number {
  const count = countOf(content);
  return content.bytes.length - (content.type === 'run' ? count : 0) + count * pieceCostBytes;
}

function restored(kept: KeptEntry): LogEntry {
  if (kept.type === 'run') {
    const { type, seq, bytes } = kept;
    return { type, seq, bytes, ends: lineEnds(kept), isUndelivered: false };
  }
  if (kept.type === 'name') return { ...kept, isUndelivered: false };
  const { as, ...line } = { ...kept, isUndelivered: false };
  return as === undefined ? line : { ...line, copyOf: { ...line, to: undefined, seq: as } };
}
