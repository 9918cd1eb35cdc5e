/** Owns: what stdin can't be. */
import { fstatSync } from 'node:fs';
import { UsageError } from '../kernel/errors.ts';

/** Node would take a directory for an empty input. @throws {UsageError} */
export function refuseDirectory(): void {
  if (fstatSync(process.stdin.fd).isDirectory())
    throw new UsageError(
      'stdin is a directory, so there is nothing to read; give a file, a pipe or /dev/null',
    );
}
