/**
 * The lines of the chat, as rows: whoever writes them, they are bounded, and the oldest is forgotten first.
 *
 * Owns: the table and its bounds.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type ChatLine, type ChatRun, linesOfRun } from './histories.ts';
import { chatRowsMaxLength } from './limits.ts';

type Row = Readonly<Record<string, unknown>>;

export class ChatRows {
  readonly #maxLines: number;
  readonly #maxLength: number;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #dropOldest: StatementSync;
  #lines: number;
  /** Characters of all of them. */
  #length: number;

  constructor(database: DatabaseSync, maxLines: number, maxLength = chatRowsMaxLength) {
    this.#maxLines = maxLines;
    this.#maxLength = maxLength;
    this.#select = database.prepare(
      'SELECT * FROM (SELECT * FROM chat_lines WHERE at >= ? ORDER BY id DESC LIMIT ?) ORDER BY id',
    );
    this.#insert = database.prepare(
      'INSERT INTO chat_lines (at, sender, text, own, private_with, count) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#dropOldest = database.prepare(
      'DELETE FROM chat_lines WHERE id = (SELECT min(id) FROM chat_lines) AND count <= ? RETURNING sender, text, count',
    );
    const sums = database
      .prepare('SELECT total(count) AS lines, total(length(sender) + length(text)) AS length FROM chat_lines')
      .get();
    this.#lines = Number(sums?.['lines']);
    this.#length = Number(sums?.['length']);
  }

  /** The newest `lines` of them since then, oldest first. */
  last(lines: number, sinceMs = 0): readonly ChatLine[] {
    const found = this.#select.all(sinceMs, lines).flatMap((row) => linesOfRun(readRun(row)));
    return found.slice(-lines);
  }

  /** To be called in a transaction: thousands of lines may come at once. */
  add(runs: readonly ChatRun[]): void {
    for (const { at, from, text, own, privateWith = null, count = 1 } of runs) {
      this.#insert.run(at, from, text, own ? 1 : 0, privateWith, count);
      this.#lines += count;
      this.#length += from.length + text.length;
    }
    // A run goes as a whole, so there may be as many lines more as the oldest one has.
    while (this.#lines > this.#maxLines && this.#forgetOldest(this.#lines - this.#maxLines));
    while (this.#length > this.#maxLength) if (!this.#forgetOldest(Infinity)) this.#length = 0;
  }

  /** Whether it had so many lines at most. */
  #forgetOldest(maxLines: number): boolean {
    const row = this.#dropOldest.get(maxLines);
    if (row === undefined) return false;
    this.#lines -= Number(row['count']);
    this.#length -= String(row['sender']).length + String(row['text']).length;
    return true;
  }
}

function readRun(row: Row): ChatRun {
  const { at, sender, text, own, private_with: privateWith, count } = row;
  return {
    at: Number(at),
    from: String(sender),
    text: String(text),
    own: own === 1,
    count: Number(count),
    privateWith: typeof privateWith === 'string' ? privateWith : undefined,
  };
}
