/**
 * The node's own lines and names, numbered 1, 2, 3 … under a random id: what every peer follows by one number.
 *
 * Owns: numbering, keeping each entry until nobody is owed it any more, and what of an entry a follower gets to see.
 */
import type { PeerId, Ref } from '../../kernel/contract.ts';
import type { Kept, KeptEntry } from '../../kernel/kept.ts';
import type { LineKind } from './codec/frames.ts';
import { invariant } from '../../kernel/invariant.ts';
import { logMaxBytes, pieceCostBytes } from './limits.ts';

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
  | { readonly type: 'name'; readonly bytes: Uint8Array };

export type LogEntry = LogContent & Numbered;
export type LogLine = Extract<LogContent, { readonly type: 'line' }> & Numbered;

interface Numbered {
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
    for (const { bytes } of kept.entries) this.#costBytes += costOf(bytes);
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
  hasRoomFor(bytes: Uint8Array): boolean {
    return this.#costBytes + costOf(bytes) <= logMaxBytes;
  }

  append<Content extends LogContent>(content: Content): Content & Numbered {
    invariant(this.hasRoomFor(content.bytes), 'a full log takes no entry');
    this.#head += 1;
    const entry = { ...content, seq: this.#head, isUndelivered: false };
    this.#entries.push(entry);
    this.#costBytes += costOf(content.bytes);
    if (content.type === 'line' && content.copyOf === undefined) this.#linesSaid += 1;
    return entry;
  }

  /** A kept entry. */
  entry(seq: number): LogEntry {
    const entry = this.#entries[seq - this.firstKept];
    invariant(entry !== undefined && entry.seq === seq, 'an entry that is owed is kept');
    return entry;
  }

  /** Those kept after `seq`, oldest first. */
  entriesAfter(seq: number): readonly LogEntry[] {
    return this.#entries.slice(Math.max(0, seq + 1 - this.firstKept));
  }

  /** What a kept entry is to this follower. */
  kindFor(seq: number, follower: PeerId): LineKind {
    const entry = this.entry(seq);
    if (entry.type === 'name') return 'name';
    if (entry.to === undefined) return 'room';
    return entry.to === follower ? 'private' : 'withheld';
  }

  /** What this follower gets to see of a kept entry. */
  bytesFor(seq: number, follower: PeerId): Uint8Array {
    return this.kindFor(seq, follower) === 'withheld' ? nothing : this.entry(seq).bytes;
  }

  /** How many lines for this follower there are after `seq`; `follower` undefined: for whoever it may be. */
  countLines(seq: number, follower: PeerId | undefined): number {
    let count = 0;
    for (let next = seq + 1; next <= this.#head; next += 1)
      if (isLineFor(this.entry(next), follower)) count += 1;
    return count;
  }

  /** Whether there is one. */
  hasLine(seq: number, follower: PeerId | undefined): boolean {
    for (let next = seq + 1; next <= this.#head; next += 1)
      if (isLineFor(this.entry(next), follower)) return true;
    return false;
  }

  /** Nobody is owed the entries up to `seq` any more. Gives them, oldest first. */
  releaseThrough(seq: number): readonly LogEntry[] {
    const count = Math.max(0, Math.min(seq, this.#head) - this.firstKept + 1);
    if (count === 0) return [];
    const released = this.#entries.splice(0, count);
    for (const entry of released) this.#costBytes -= costOf(entry.bytes);
    invariant(this.#costBytes >= 0, 'a log gives back what it took');
    return released;
  }

  /** Number of the oldest kept entry; one more than the head where there is none. */
  get firstKept(): number {
    return this.#head - this.#entries.length + 1;
  }
}

/** Whether this follower is owed the entry as a line: what `delivered` and `undelivered` are about. */
export function isLineFor(entry: LogEntry, follower: PeerId | undefined): entry is LogLine {
  return entry.type === 'line' && (entry.to === undefined || entry.to === follower);
}

function costOf(bytes: Uint8Array): number {
  return bytes.length + pieceCostBytes;
}

function restored(kept: KeptEntry): LogEntry {
  if (kept.type === 'name') return { ...kept, isUndelivered: false };
  const { as, ...line } = { ...kept, isUndelivered: false };
  return as === undefined ? line : { ...line, copyOf: { ...line, to: undefined, seq: as } };
}
