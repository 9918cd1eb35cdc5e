/**
 * The directory of `--state`: it holds a private key and what was said, so it is this user's alone.
 *
 * Owns: making the directory and the files in it, and refusing those that others can look into.
 */
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';

/** The caller's fault: `message` is one line that says what is wrong with the state and how to mend it. */
export class StateError extends Error {
  readonly code: 'state-unusable' | 'state-in-use';

  constructor(code: StateError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export interface PrivateFile {
  readonly path: string;
  /** Whether the file was made just now. */
  readonly isNew: boolean;
}

/**
 * A file of ours in the directory, which is made if it is missing (mode 0700), as is the file (mode 0600).
 *
 * @throws {StateError} if it can't be made, or is not private.
 */
export function privateFile(directory: string, name: string): PrivateFile {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    requirePrivate('directory', directory, statSync(directory));
    const path = join(directory, name);
    const isNew = created(path);
    requireOrdinary(path, lstatSync(path));
    // SQLite would open what can only be read, and lock nothing.
    accessSync(path, constants.W_OK);
    return { path, isNew };
  } catch (cause) {
    if (cause instanceof StateError) throw cause;
    const reason = Error.isError(cause) && 'code' in cause ? String(cause.code) : 'unusable';
    throw unusable(`can not keep state in "${directory}" (${reason}); check --state`, cause);
  }
}

/** False: something of this name is there already. */
function created(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if (Error.isError(error) && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Behind a link, or under a second name, others could reach the file although the directory is private. */
function requireOrdinary(path: string, stats: Stats): void {
  if (!stats.isFile())
    throw unusable(`the state file "${path}" is no ordinary file; put a copy of it in its place`);
  if (stats.nlink > 1)
    throw unusable(`the state file "${path}" has a second name elsewhere; put a copy of it in its place`);
  requirePrivate('file', path, stats);
}

/** Nothing is made private here: that could lock others out of what they share on purpose, such as /tmp. */
function requirePrivate(what: 'directory' | 'file', path: string, { mode, uid }: Stats): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  if (uid !== user)
    throw unusable(`the state ${what} "${path}" belongs to another user; give one of your own with --state`);
  if ((mode & 0o077) !== 0) {
    const mend = what === 'directory' ? 'chmod 700' : 'chmod 600';
    throw unusable(`the state ${what} "${path}" is open to others; make it yours alone: ${mend}`);
  }
}

function unusable(message: string, cause?: unknown): StateError {
  return new StateError('state-unusable', message, cause);
}
