/**
 * An own address as the user wrote it: a name may have several, and not all of them need be this machine's.
 *
 * Owns: which of them is taken.
 */
import type { HostPort } from '../kernel/address.ts';
import { addressesOf } from './resolver.ts';
import { setupErrorOf } from './setup-error.ts';

/**
 * Opens at the first of the host's addresses that this machine has, in the order in which peers are tried.
 *
 * @throws {SetupError} if none can be had.
 */
export async function openAtFirst<T>(wanted: HostPort, open: (ip: string) => Promise<T>): Promise<T> {
  try {
    const [first = wanted.host, ...others] = await addressesOf(wanted.host, 'any');
    return await openAtOneOf(first, others, open);
  } catch (cause) {
    throw setupErrorOf(cause, wanted);
  }
}

async function openAtOneOf<T>(
  ip: string,
  others: readonly string[],
  open: (ip: string) => Promise<T>,
): Promise<T> {
  try {
    return await open(ip);
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined || !isElsewhere(error)) throw error;
    return openAtOneOf(next, rest, open);
  }
}

/** The address is another machine's, or of a family that this machine has not. */
function isElsewhere(error: unknown): boolean {
  const code = Error.isError(error) && 'code' in error ? error.code : undefined;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}
