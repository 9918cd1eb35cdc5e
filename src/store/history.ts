/**
 * What a terminal remembers, on disk: the same as in memory, and written down as it comes.
 *
 * Owns: that the rows kept are the lines remembered.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ChatHistory, ChatLine, TypedLines } from './histories.ts';
import { ChatHistoryInMemory, TypedLinesInMemory } from './in-memory.ts';

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
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;

  constructor(database: DatabaseSync, keep: Keep) {
    this.#database = database;
    this.#keep = keep;
    this.#insert = database.prepare(
      'INSERT INTO chat_lines (at, sender, text, own, private_with) VALUES (?, ?, ?, ?, ?)',
    );
    this.#trim = database.prepare(trimmed('chat_lines'));
    this.#memory.add(database.prepare('SELECT * FROM chat_lines ORDER BY id').all().map(chatLine));
  }

  last(lines: number): readonly ChatLine[] {
    return this.#memory.last(lines);
  }

  add(lines: readonly ChatLine[]): void {
    this.#memory.add(lines);
    const remembered = this.#memory.last(Infinity);
    this.#keep(() => {
      this.#database.exec('BEGIN');
      try {
        // Of a flood, only what is still remembered after it.
        for (const line of lines.slice(-remembered.length)) {
          const { at, from, text, own, privateWith = null } = line;
          this.#insert.run(at, from, text, own ? 1 : 0, privateWith);
        }
        this.#trim.run(remembered.length);
        this.#database.exec('COMMIT');
      } catch (error) {
        this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }
}

/** Only the newest `?` rows stay. */
function trimmed(table: string): string {
  return `DELETE FROM ${table} WHERE id <= (SELECT max(id) FROM ${table}) - ?`;
}

function chatLine(row: Readonly<Record<string, unknown>>): ChatLine {
  const { at, sender, text, own, private_with: privateWith } = row;
  return {
    at: Number(at),
    from: String(sender),
    text: String(text),
    own: own === 1,
    privateWith: typeof privateWith === 'string' ? privateWith : undefined,
  };
}
