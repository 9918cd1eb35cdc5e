/**
 * The kept lines of the chat for whoever only wants to read them, while a node uses the state or not.
 *
 * Owns: reading without making, changing or locking anything.
 */
import { existsSync } from 'node:fs';
import { ChatRows } from './chat-rows.ts';
import { asStateError, readDatabase } from './database.ts';
import { StateError } from './directory.ts';
import type { ChatLine } from './histories.ts';

/**
 * All lines since then, oldest first.
 *
 * @throws {StateError} if there is no state there, or it can't be read.
 */
export function readPastChat(directory: string, sinceMs: number): readonly ChatLine[] {
  if (!existsSync(directory))
    throw new StateError('state-unusable', `there is no state in "${directory}"; check --state`);
  try {
    using database = readDatabase(directory);
    return new ChatRows(database, Infinity).last(Number.MAX_SAFE_INTEGER, sinceMs);
  } catch (error) {
    throw asStateError(error, directory);
  }
}
