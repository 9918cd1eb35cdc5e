/**
 * What a node keeps between two runs (`--state`): who it is, which key each name had, what was typed and said.
 *
 * Owns: what is kept, and what becomes of a write that fails. Its own log and offsets are not kept: lines that are owed when
 * the process ends are reported undelivered.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { ChatHistory, TypedLines } from './histories.ts';
import { type OpenDatabase, asStateError, openDatabase } from './database.ts';
import { StoredChatHistory, StoredTypedLines } from './history.ts';
import { pinsMax } from './limits.ts';

export class Store implements Disposable {
  /** The node's private key. */
  readonly identity: Uint8Array;
  readonly typedLines: TypedLines;
  readonly chatHistory: ChatHistory;
  readonly #database: DatabaseSync;
  readonly #pins: Map<string, string>;
  #problem: string | undefined;
  #failed = false;

  /**
   * The first time, the node's private key is what `generate` gives.
   *
   * @throws {StateError} if the directory can't be used, or another process uses it.
   */
  static open(directory: string, generate: () => Uint8Array): Store {
    const opened = openDatabase(directory, generate);
    try {
      return new Store(opened);
    } catch (error) {
      opened.database.close();
      throw asStateError(error, directory);
    }
  }

  private constructor({ database, identity }: OpenDatabase) {
    this.identity = identity;
    this.#database = database;
    this.#pins = readPins(database);
    const keep = (write: () => void): void => this.#keep(write);
    this.typedLines = new StoredTypedLines(database, keep);
    this.chatHistory = new StoredChatHistory(database, keep);
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

  /** Why something could not be kept (the disk is full …), told once. */
  takeProblem(): string | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  [Symbol.dispose](): void {
    this.#database.close();
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
