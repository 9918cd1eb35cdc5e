/**
 * The kept lines of the chat for whoever only wants to read them, while a node uses the state or not.
 *
 * Owns: reading without making, changing or locking anything.
 */
import { ChatRows } from './chat-rows.ts';
import { asStateError, readDatabase } from './database.ts';
import type { ChatLine } from './histories.ts';
import { requireDirectory } from './kept-state.ts';

/**
 * All lines since then, oldest first.
 *
 * @throws {StateError} if there is no state there, or it can't be read.
 */
export function readPastChat(directory: string, sinceMs: number): readonly ChatLine[] {
  requireDirectory(directory);
  try {
    using database = readDatabase(directory);
    return new ChatRows(database, Infinity).last(Number.MAX_SAFE_INTEGER, sinceMs);
  } catch (error) {
    throw asStateError(error, directory);
  }
}
