/**
 * One SQLite file that this process has for itself, at the layout that this version knows. It is open
 * twice: for what a terminal remembers (`store.ts`), and for the node's log (`journal.ts`).
 *
 * Owns: opening, locking, the layout's version, and what each failure means to the user.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StateError, privateFile } from './directory.ts';

const databaseFile = 'tincan.sqlite';

/** Held as long as a node uses the directory: two nodes with one identity would be a danger to their peers. */
const lockFile = 'tincan.lock';

/**
 * From no layout to the first, from the first to the second, and so on. What is here is never changed: files in each of these
 * layouts are out there. A file with a higher number than there are steps was written by a newer tincan.
 */
const migrations = [
  `
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
  ) STRICT;`,
  // What kernel/kept.ts says. One row: the log. A peer without a public key is known no more.
  `
  CREATE TABLE log (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id BLOB NOT NULL,
    head INTEGER NOT NULL,
    lines_said INTEGER NOT NULL,
    name TEXT NOT NULL
  ) STRICT;
  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    type TEXT NOT NULL CHECK (type IN ('line', 'name')),
    bytes BLOB NOT NULL,
    ref TEXT,
    only_to TEXT,
    said_as INTEGER
  ) STRICT;
  CREATE TABLE peers (
    peer_id TEXT PRIMARY KEY,
    public_key BLOB,
    name TEXT,
    ip TEXT,
    port INTEGER,
    settled_through INTEGER NOT NULL,
    log_id BLOB NOT NULL,
    head INTEGER NOT NULL,
    given INTEGER NOT NULL,
    taken INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE targets (
    position INTEGER PRIMARY KEY,
    label TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    owed_from INTEGER NOT NULL,
    peer_id TEXT
  ) STRICT;`,
  // Many lines that were said at once are one entry.
  `
  ALTER TABLE entries RENAME TO former_entries;
  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    type TEXT NOT NULL CHECK (type IN ('line', 'name', 'run')),
    count INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    ref TEXT,
    only_to TEXT,
    said_as INTEGER
  ) STRICT;
  INSERT INTO entries SELECT seq, type, 1, bytes, ref, only_to, said_as FROM former_entries;
  DROP TABLE former_entries;`,
  // What a peer may have heard of the own log; NULL: all of it.
  'ALTER TABLE peers ADD COLUMN told_through INTEGER;',
  // Lines of one that were said at once are one row, each but the last with a line feed after it.
  'ALTER TABLE chat_lines ADD COLUMN count INTEGER NOT NULL DEFAULT 1;',
  // Lines that were given up, until the face has written that they were.
  `
  CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    ref TEXT,
    receiver TEXT,
    reason TEXT NOT NULL
  ) STRICT;`,
] as const;

/** How long one thread waits for the other's write, in ms: a write takes some ten microseconds, a checkpoint longer. */
const busyTimeoutMs = 2_000;

export interface OpenDatabase {
  readonly database: DatabaseSync;
  /** Keeps other processes out until it is closed. */
  readonly lock: DatabaseSync;
  /** The node's private key. */
  readonly identity: Uint8Array;
}

/**
 * Opens the database in this directory, and locks the directory until both are closed or the process ends, however it ends. A
 * new one starts with the key that `generate` gives.
 *
 * @throws {StateError} if it can't be used, or another process has it.
 */
export function openDatabase(directory: string, generate: () => Uint8Array): OpenDatabase {
  const lock = lockDirectory(directory);
  try {
    return { ...openLocked(directory, generate), lock };
  } catch (error) {
    lock.close();
    throw asStateError(error, directory);
  }
}

function openLocked(directory: string, generate: () => Uint8Array): Omit<OpenDatabase, 'lock'> {
  const { path, isNew } = privateFile(directory, databaseFile);
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    if (!isNew) requireSound(database, directory);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN EXCLUSIVE');
    migrate(database);
    if (isNew) database.prepare('INSERT INTO identity VALUES (?)').run(generate());
    database.exec('COMMIT');
    // Whoever pins the key must find it again, even if the power fails now.
    if (isNew) database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return { database, identity: readIdentity(database, directory) };
  } catch (error) {
    database.close();
    // Left behind, it would be refused as damaged.
    if (isNew) rmSync(path, { force: true });
    throw error;
  }
}

/** A second connection, for another thread of the process that has opened the database. */
export function joinDatabase(directory: string): DatabaseSync {
  const { path } = privateFile(directory, databaseFile);
  return new DatabaseSync(path, { timeout: busyTimeoutMs });
}

/** A connection that changes nothing, beside those of a node or without one. @throws {StateError} if there is no sound state. */
export function readDatabase(directory: string): DatabaseSync {
  const database = new DatabaseSync(join(directory, databaseFile), {
    readOnly: true,
    timeout: busyTimeoutMs,
  });
  try {
    requireSound(database, directory);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** All of it is written, or nothing. @throws what `write` throws, or why it can't be written. */
export function transaction(database: DatabaseSync, write: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    write();
    database.exec('COMMIT');
  } catch (error) {
    // A full disk may have ended the transaction by itself.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function lockDirectory(directory: string): DatabaseSync {
  const lock = new DatabaseSync(privateFile(directory, lockFile).path);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw asStateError(error, directory);
  }
}

function migrate(database: DatabaseSync): void {
  const missing = migrations.slice(versionOf(database));
  for (const step of missing) database.exec(step);
  if (missing.length > 0) database.exec(`PRAGMA user_version = ${migrations.length}`);
}

/** Whether the layout is the newest: who only reads can't migrate it. */
export function hasNewestLayout(database: DatabaseSync): boolean {
  return versionOf(database) === migrations.length;
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** A fault inside the file must not be met by the first chat line that touches it. A few ms a megabyte. */
function requireSound(database: DatabaseSync, directory: string): void {
  const version = versionOf(database);
  if (version > migrations.length) {
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
