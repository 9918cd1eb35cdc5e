/** Owns: the one way to say "this cannot be". */

/** Our own bug. Never caught: it ends the process with exit code 1. @internal */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Stops the process where `condition` does not hold: going on would risk the user's lines. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}
