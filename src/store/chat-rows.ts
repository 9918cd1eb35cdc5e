/**
 * The lines of the chat, as rows: whoever writes them, they are bounded, and the oldest is forgotten first.
 *
 * Owns: the table and its bounds.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ChatLine } from './histories.ts';
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
      'INSERT INTO chat_lines (at, sender, text, own, private_with) VALUES (?, ?, ?, ?, ?)',
    );
    this.#dropOldest = database.prepare(
      'DELETE FROM chat_lines WHERE id = (SELECT min(id) FROM chat_lines) RETURNING sender, text',
    );
    const sums = database
      .prepare('SELECT count(*) AS lines, total(length(sender) + length(text)) AS length FROM chat_lines')
      .get();
    this.#lines = Number(sums?.['lines']);
    this.#length = Number(sums?.['length']);
  }

  /** The newest `lines` of them since then, oldest first. */
  last(lines: number, sinceMs = 0): readonly ChatLine[] {
    return this.#select.all(sinceMs, lines).map(readLine);
  }

  /** To be called in a transaction: thousands of lines may come at once. */
  add(lines: readonly ChatLine[]): void {
    // Of a flood, only what is still remembered after it.
    for (const { at, from, text, own, privateWith = null } of lines.slice(-this.#maxLines)) {
      this.#insert.run(at, from, text, own ? 1 : 0, privateWith);
      this.#lines += 1;
      this.#length += from.length + text.length;
    }
    while (this.#lines > this.#maxLines || this.#length > this.#maxLength) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const row = this.#dropOldest.get();
    this.#lines = row === undefined ? 0 : this.#lines - 1;
    this.#length -= String(row?.['sender']).length + String(row?.['text']).length;
    if (this.#lines === 0) this.#length = 0;
  }
}

function readLine(row: Row): ChatLine {
  const { at, sender, text, own, private_with: privateWith } = row;
  return {
    at: Number(at),
    from: String(sender),
    text: String(text),
    own: own === 1,
    privateWith: typeof privateWith === 'string' ? privateWith : undefined,
  };
}
