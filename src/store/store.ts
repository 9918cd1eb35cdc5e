/**
 * What a node keeps between two runs (`--state`): who it is, which key each name had, what was typed and said.
 *
 * Owns: what is kept besides log and offsets (`journal.ts`), and what becomes of a write that fails.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { ChatHistory, TypedLines } from './histories.ts';
import { ChatRows } from './chat-rows.ts';
import { type OpenDatabase, asStateError, openDatabase } from './database.ts';
import { StoredChatHistory, StoredTypedLines } from './history.ts';
import { ChatHistoryInMemory } from './in-memory.ts';
import { chatHistoryMaxLines, chatRowsDefault, pinsMax } from './limits.ts';
import { ReportRows } from './report-rows.ts';

export class Store implements Disposable {
  /** The node's private key. */
  readonly identity: Uint8Array;
  readonly typedLines: TypedLines;
  readonly chatHistory: ChatHistory;
  readonly #database: DatabaseSync;
  readonly #lock: DatabaseSync;
  readonly #chatRows: ChatRows;
  readonly #reportRows: ReportRows;
  readonly #pins: Map<string, string>;
  #problem: string | undefined;
  #failed = false;

  /**
   * The first time, the node's private key is what `generate` gives.
   *
   * @throws {StateError} if the directory can't be used, or another process uses it.
   */
  static open(directory: string, generate: () => Uint8Array, historyLimit = chatRowsDefault): Store {
    const opened = openDatabase(directory, generate);
    try {
      return new Store(opened, historyLimit);
    } catch (error) {
      opened.database.close();
      opened.lock.close();
      throw asStateError(error, directory);
    }
  }

  private constructor({ database, lock, identity }: OpenDatabase, historyLimit: number) {
    this.identity = identity;
    this.#database = database;
    this.#lock = lock;
    this.#pins = readPins(database);
    const keep = (write: () => void): void => this.#keep(write);
    this.typedLines = new StoredTypedLines(database, keep);
    this.#chatRows = new ChatRows(database, historyLimit);
    this.#reportRows = new ReportRows(database);
    this.chatHistory = new StoredChatHistory(database, this.#chatRows, keep);
  }

  /** The chat as it was kept, where the network keeps what comes (`journal.ts`). */
  recallChat(): ChatHistory {
    const history = new ChatHistoryInMemory();
    history.add(this.#chatRows.last(chatHistoryMaxLines));
    return history;
  }

  /** Name → fingerprint of the key that it had last, on wire `tincan`. */
  get pins(): ReadonlyMap<string, string> {
    return this.#pins;
  }

  /** This key has come with this name. The next run has it in `pins`. */
  pin(name: string, peerId: string): void {
    if (this.#pins.get(name) === peerId) return;
    if (!this.#pins.has(name) && this.#pins.size >= pinsMax) return;
    this.#pins.set(name, peerId);
    this.#keep(() => {
      this.#database.prepare('INSERT OR REPLACE INTO pins VALUES (?, ?)').run(name, peerId);
    });
  }

  /** The face has written so many more reports of undelivered lines, in their order: no next life tells these again. */
  reportsTold(count: number): void {
    this.#keep(() => this.#reportRows.dropOldest(count));
  }

  /** Why something could not be kept (the disk is full …), told once. */
  takeProblem(): string | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  [Symbol.dispose](): void {
    this.#database.close();
    this.#lock.close();
  }

  /** A chat goes on without its memory. */
  #keep(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!this.#failed) this.#problem = Error.isError(error) ? error.message : String(error);
      this.#failed = true;
    }
  }
}

function readPins(database: DatabaseSync): Map<string, string> {
  const rows = database.prepare('SELECT name, peer_id FROM pins').all();
  return new Map(rows.map(({ name, peer_id: peerId }) => [String(name), String(peerId)]));
}
