/**
 * Why an own address can't be had, in one line that says how to mend it.
 *
 * Owns: the wording for each of the system's error codes.
 */
import { type HostPort, formatHostPort } from '../kernel/address.ts';
import { SetupError } from '../kernel/errors.ts';
import { LookupError } from './resolver.ts';

export function setupErrorOf(cause: unknown, wanted: HostPort): SetupError {
  const at = formatHostPort(wanted);
  if (cause instanceof LookupError) {
    const message = `the name "${wanted.host}" has no address (${cause.message}); give one with --bind`;
    return new SetupError('bad-address', message, cause);
  }
  const systemCode = Error.isError(cause) && 'code' in cause ? String(cause.code) : 'unknown';
  switch (systemCode) {
    case 'EADDRINUSE':
      return new SetupError(
        'port-taken',
        `port ${wanted.port} is taken (${at}); give another with --bind`,
        cause,
      );
    case 'EADDRNOTAVAIL':
      return new SetupError(
        'bad-address',
        `${at} is not an address of this machine; give one with --bind`,
        cause,
      );
    case 'EACCES':
      return new SetupError(
        'not-allowed',
        `port ${wanted.port} needs privileges; give one above 1023 with --bind`,
        cause,
      );
    default:
      return new SetupError(
        'bad-address',
        `can not listen at ${at}: ${systemCode}; give another with --bind`,
        cause,
      );
  }
}
