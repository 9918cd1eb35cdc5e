/**
 * Datagrams that the kernel dropped before any program saw them.
 *
 * Owns: reading that count. Must not know: who asks. The count is of the whole network namespace since its start.
 */
import { readFileSync } from 'node:fs';

const UDP_COUNTERS = '/proc/net/snmp';

/** Datagrams that had no room in a receive buffer; undefined where the kernel does not tell. */
export function kernelDrops(): number | undefined {
  try {
    return receiveBufferErrors(readFileSync(UDP_COUNTERS, 'utf8'));
  } catch {
    return undefined;
  }
}

/** From the text of `/proc/net/snmp`: a line of names, and below it the line of their numbers. @internal */
export function receiveBufferErrors(snmp: string): number | undefined {
  const [names = [], numbers = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
    .map((line) => line.split(' '));
  const value = numbers[names.indexOf('RcvbufErrors')];
  return value === undefined ? undefined : Number(value);
}
