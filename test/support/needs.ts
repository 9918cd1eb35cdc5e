/**
 * A suite that needs something which not every machine has: run where it can be, and never quietly not.
 *
 * Owns: what becomes of a suite that can't run: skipped with the reason in its name; in CI a failure, since a suite that
 * never runs proves nothing.
 */
import { describe, test } from '@jest/globals';

/** `lack`: what is missing here and how to get it; undefined: nothing. */
export function describeUnless(lack: string | undefined, name: string, suite: () => void): void {
  if (lack === undefined) {
    describe(name, suite);
  } else if (process.env['CI'] === 'true') {
    test(`${name}: this machine can run it`, () => {
      throw new Error(lack);
    });
  } else {
    // Not a disabled test: it runs wherever it can, and says here why it can't.
    describe.skip(`${name} (skipped: ${lack})`, suite);
  }
}
