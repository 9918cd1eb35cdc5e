/**
 * What a terminal remembers, on disk: the same as in memory, and written down as it comes.
 *
 * Owns: that the rows kept are the lines remembered.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ChatHistory, ChatLine, TypedLines } from './histories.ts';
import type { ChatRows } from './chat-rows.ts';
import { transaction } from './database.ts';
import { ChatHistoryInMemory, TypedLinesInMemory } from './in-memory.ts';
import { chatHistoryMaxLines } from './limits.ts';

/** Runs a write, whatever becomes of it: none of these methods throws. */
export type Keep = (write: () => void) => void;

export class StoredTypedLines implements TypedLines {
  readonly #memory = new TypedLinesInMemory();
  readonly #keep: Keep;
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;

  constructor(database: DatabaseSync, keep: Keep) {
    this.#keep = keep;
    this.#insert = database.prepare('INSERT INTO typed_lines (text) VALUES (?)');
    this.#trim = database.prepare(trimmed('typed_lines'));
    const rows = database.prepare('SELECT text FROM typed_lines ORDER BY id').all();
    for (const { text } of rows) this.#memory.add(String(text));
  }

  load(): readonly string[] {
    return this.#memory.load();
  }

  add(text: string): void {
    this.#memory.add(text);
    this.#keep(() => {
      this.#insert.run(text);
      this.#trim.run(this.load().length);
    });
  }
}

export class StoredChatHistory implements ChatHistory {
  readonly #memory = new ChatHistoryInMemory();
  readonly #database: DatabaseSync;
  readonly #keep: Keep;
  readonly #rows: ChatRows;

  constructor(database: DatabaseSync, rows: ChatRows, keep: Keep) {
    this.#database = database;
    this.#keep = keep;
    this.#rows = rows;
    this.#memory.add(rows.last(chatHistoryMaxLines));
  }

  last(lines: number): readonly ChatLine[] {
    return this.#memory.last(lines);
  }

  add(lines: readonly ChatLine[]): void {
    this.#memory.add(lines);
    this.#keep(() => transaction(this.#database, () => this.#rows.add(lines)));
  }
}

/** Only the newest `?` rows stay. */
function trimmed(table: string): string {
  return `DELETE FROM ${table} WHERE id <= (SELECT max(id) FROM ${table}) - ?`;
}
