/**
 * One SQLite file that this process has for itself, at the layout that this version knows.
 *
 * Owns: opening, locking, the layout's version, and what each failure means to the user.
 */
import { rmSync } from 'node:fs';
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

export interface OpenDatabase {
  readonly database: DatabaseSync;
  /** The node's private key. */
  readonly identity: Uint8Array;
}

/**
 * Opens the database in this directory, and locks it until it is closed or the process ends, however it ends. A new one
 * starts with the key that `generate` gives.
 *
 * @throws {StateError} if it can't be used, or another process has it.
 */
export function openDatabase(directory: string, generate: () => Uint8Array): OpenDatabase {
  const { path, isNew } = privateFile(directory, databaseFile);
  const database = new DatabaseSync(path);
  try {
    // Exclusive: two nodes with one identity would be a danger to their peers. Set before WAL, so that no memory is shared.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    if (!isNew) requireSound(database, directory);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('BEGIN EXCLUSIVE');
    if (isNew) {
      database.exec(layout);
      database.prepare('INSERT INTO identity VALUES (?)').run(generate());
    }
    database.exec('COMMIT');
    // Whoever pins the key must find it again, even if the power fails now.
    if (isNew) database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return { database, identity: readIdentity(database, directory) };
  } catch (error) {
    database.close();
    // Left behind, it would be refused as damaged.
    if (isNew) rmSync(path, { force: true });
    throw asStateError(error, directory);
  }
}

/** A fault inside the file must not be met by the first chat line that touches it. A few ms a megabyte. */
function requireSound(database: DatabaseSync, directory: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > layoutVersion) {
    const mend = 'use that one, or give another --state';
    throw new StateError(
      'state-unusable',
      `the state in "${directory}" was written by a newer tincan; ${mend}`,
    );
  }
  // A file of ours has its layout from the start, so this one was emptied, or is another program's.
  if (version === 0) throw unreadable(directory, 'it is empty, or not of tincan');
  const fault = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (fault !== 'ok') throw unreadable(directory, String(fault));
}

function readIdentity(database: DatabaseSync, directory: string): Uint8Array {
  const key = database.prepare('SELECT private_key FROM identity').get()?.['private_key'];
  if (!(key instanceof Uint8Array)) throw unreadable(directory, 'it has no private key');
  if (key.length !== privateKeyBytes) throw unreadable(directory, `its private key has ${key.length} bytes`);
  return key;
}

/** What SQLite's complaint means to the user; any other error as it is. */
export function asStateError(cause: unknown, directory: string): unknown {
  if (!Error.isError(cause) || !('errcode' in cause)) return cause;
  const reason = cause.message;
  switch (Number(cause.errcode) & 0xff) {
    case sqliteBusy:
      return new StateError(
        'state-in-use',
        `another node is running with the state in "${directory}"; give each node its own --state`,
        cause,
      );
    case sqliteFull:
    case sqliteIoError:
    case sqliteReadOnly:
    case sqliteCanNotOpen:
      return new StateError(
        'state-unusable',
        `can not keep state in "${directory}" (${reason}); check that disk, or give another --state`,
        cause,
      );
    default:
      return unreadable(directory, reason, cause);
  }
}

function unreadable(directory: string, reason: string, cause?: unknown): StateError {
  return new StateError(
    'state-unusable',
    `the state in "${directory}" can not be read (${oneLine(reason)}); move ${databaseFile} away to start anew`,
    cause,
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ');
}

/** X25519. */
const privateKeyBytes = 32;

/** https://www.sqlite.org/rescode.html */
const sqliteBusy = 5;
const sqliteReadOnly = 8;
const sqliteIoError = 10;
const sqliteFull = 13;
const sqliteCanNotOpen = 14;
