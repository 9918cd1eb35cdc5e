/**
 * The directory of `--state`: it holds a private key and what was said, so it is this user's alone.
 *
 * Owns: making it, and refusing one that others can look into.
 */
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The caller's fault: `message` is one line that says what is wrong with the state and how to mend it. */
export class StateError extends Error {
  readonly code: 'state-unusable' | 'state-in-use';

  constructor(code: StateError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * The path of a file of ours in the directory, which is made if it is missing (mode 0700), as is the file (mode 0600).
 *
 * @throws {StateError} if it can't be made, or is not private.
 */
export function privateFile(directory: string, name: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    requirePrivate(directory);
    const path = join(directory, name);
    closeSync(openSync(path, 'a', 0o600));
    return path;
  } catch (cause) {
    if (cause instanceof StateError) throw cause;
    const reason = Error.isError(cause) && 'code' in cause ? String(cause.code) : 'unusable';
    throw new StateError(
      'state-unusable',
      `can not keep state in "${directory}" (${reason}); check --state`,
      cause,
    );
  }
}

/** It is not made private here: that could lock others out of a directory which they share on purpose, such as /tmp. */
function requirePrivate(directory: string): void {
  const { mode, uid } = statSync(directory);
  const owner = process.getuid?.();
  if (owner !== undefined && uid !== owner) {
    throw new StateError(
      'state-unusable',
      `the state directory "${directory}" belongs to another user; give one of your own with --state`,
    );
  }
  if ((mode & 0o077) !== 0 && owner !== undefined) {
    throw new StateError(
      'state-unusable',
      `the state directory "${directory}" is open to others; make it yours alone: chmod 700`,
    );
  }
}
