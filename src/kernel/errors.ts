/**
 * Faults of whoever uses the program: thrown where they are found, told in one line by whoever started it.
 *
 * Owns: the two classes. A peer's fault is never thrown (it is a value with a code); a bug of ours is `invariant`'s.
 */

/** The caller's fault: `message` is the one line that says what is wrong and how to mend it. Exit code 2. */
export class UsageError extends Error {
  readonly code = 'usage';
}

/** The caller's fault. `code` is for scripts, `message` for people. */
export class SetupError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
