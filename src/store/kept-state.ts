/**
 * What a node keeps, for whoever looks at it or changes it without being that node.
 *
 * Owns: that nothing is made where there is no state, and nothing is changed while a node uses it.
 */
import { existsSync } from 'node:fs';
import type { Changes, Kept } from '../kernel/kept.ts';
import { asStateError, hasNewestLayout, openDatabase, readDatabase } from './database.ts';
import { StateError } from './directory.ts';
import { Journal } from './journal.ts';
import { readKept } from './kept-rows.ts';

/**
 * While a node uses the state, and while none does.
 *
 * @throws {StateError} if there is no state there, or it can't be read.
 */
export function keptIn(directory: string): Kept | undefined {
  requireDirectory(directory);
  try {
    using database = readDatabase(directory);
    if (!hasNewestLayout(database)) throw olderLayout(directory);
    return readKept(database);
  } catch (error) {
    throw asStateError(error, directory);
  }
}

/** @throws {StateError} as `keptIn`, and if a node uses the state. */
export function changeKept(directory: string, change: (kept: Kept) => Changes | undefined): void {
  keptIn(directory);
  const { database, lock } = openDatabase(directory, () => {
    throw new StateError('state-unusable', `the state in "${directory}" has gone`);
  });
  try {
    // Whatever the bound on the history is, it is not this one's.
    using journal = new Journal(directory, Infinity, true);
    const kept = journal.load();
    const changes = kept && change(kept);
    if (changes !== undefined) journal.commit(changes);
  } catch (error) {
    throw asStateError(error, directory);
  } finally {
    database.close();
    lock.close();
  }
}

function olderLayout(directory: string): StateError {
  const message = `the state in "${directory}" is of an older tincan; start its node once, which takes it over`;
  return new StateError('state-unusable', message);
}

/** @throws {StateError} if there is none. */
export function requireDirectory(directory: string): void {
  if (existsSync(directory)) return;
  throw new StateError('state-unusable', `there is no state in "${directory}"; check --state`);
}
