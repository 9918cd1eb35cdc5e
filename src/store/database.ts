/**
 * One SQLite file that this process has for itself, at the layout that this version knows.
 *
 * Owns: opening, locking, the layout's version, and what each failure means to the user.
 */
import { DatabaseSync } from 'node:sqlite';
import { StateError, privateFile } from './directory.ts';

const databaseFile = 'tincan.sqlite';

/** What the tables below are; a file with a higher number was written by a newer tincan. */
const layoutVersion = 1;

const layout = `
  CREATE TABLE identity (private_key BLOB NOT NULL) STRICT;
  CREATE TABLE pins (name TEXT PRIMARY KEY, peer_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE typed_lines (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE chat_lines (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    sender TEXT NOT NULL,
    text TEXT NOT NULL,
    own INTEGER NOT NULL,
    private_with TEXT
  ) STRICT;
  PRAGMA user_version = ${layoutVersion};
`;

/**
 * Opens the database in this directory, and locks it until it is closed or the process ends, however it ends.
 *
 * @throws {StateError} if it can't be used, or another process has it.
 */
export function openDatabase(directory: string): DatabaseSync {
  const database = new DatabaseSync(privateFile(directory, databaseFile));
  try {
    // Exclusive: two nodes with one identity would be a danger to their peers. Set before WAL, so that no memory is shared.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('BEGIN EXCLUSIVE');
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version > layoutVersion) throw newer(directory);
    if (version === 0) database.exec(layout);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw error instanceof StateError ? error : stateErrorOf(error, directory);
  }
}

function newer(directory: string): StateError {
  return new StateError(
    'state-unusable',
    `the state in "${directory}" was written by a newer tincan; use that one, or give another --state`,
  );
}

function stateErrorOf(cause: unknown, directory: string): StateError {
  const code = Error.isError(cause) && 'errcode' in cause ? Number(cause.errcode) & 0xff : undefined;
  if (code === sqliteBusy) {
    return new StateError(
      'state-in-use',
      `another node is running with the state in "${directory}"; give each node its own --state`,
      cause,
    );
  }
  const reason = Error.isError(cause) ? cause.message : String(cause);
  return new StateError(
    'state-unusable',
    `the state in "${directory}" can not be read (${reason}); move ${databaseFile} away to start anew`,
    cause,
  );
}

/** https://www.sqlite.org/rescode.html */
const sqliteBusy = 5;
