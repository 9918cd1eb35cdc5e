/**
 * Who is at the other end of a TCP connection, and which of two connections of one pair stays.
 *
 * Owns: the two rules. TCP shows an address and a source port, nothing else; since a dialling node uses only source ports that
 * follow from its own listening port, that is enough to tell apart several nodes on one host. A dial from any other port would
 * look like a stranger's: both sides would keep two connections, and say each line on both.
 */
import type { Address } from '../../kernel/contract.ts';

/**
 * The distances from a node's listening port to the source ports that it dials from. Several: after a goodbye the kernel keeps a
 * port from the same peer for a minute, and another program may have it. Uneven, so that neighbours on one host have no port in common.
 */
const sourcePortShifts = [10_000, 11_370, 13_110, 15_490, 17_930, 19_270, 21_610, 23_850];

/** The source ports that a node which listens on `listenPort` dials from: the first of them that is free. */
export function sourcePorts(listenPort: number): readonly number[] {
  return sourcePortShifts.map((shift) => listenPort + (listenPort + shift <= 65_535 ? shift : -shift));
}

/** What the rules need of a configured peer. */
interface Candidate {
  /** The address on which the peer listens; undefined while its name has no address. */
  readonly listensAt: Address | undefined;
  readonly connected: boolean;
}

/**
 * The configured peer that dialled from `remote`: the one with that source port, the likeliest first, else the only one on that
 * host if it has no connection yet. On loopback the host says nothing, since every stranger there shares it.
 */
export function whoDialled<T extends Candidate>(remote: Address, peers: readonly T[]): T | undefined {
  const sameHost = peers.filter(({ listensAt }) => listensAt?.ip === remote.ip);
  for (const nth of sourcePortShifts.keys()) {
    const exact = sameHost.find(
      ({ listensAt }) => listensAt && sourcePorts(listensAt.port)[nth] === remote.port,
    );
    if (exact !== undefined) return exact;
  }
  const [only, ...others] = sameHost;
  if (only === undefined || others.length > 0 || only.connected || isLoopback(remote.ip)) return undefined;
  return only;
}

/**
 * True if of the two connections of a pair the newer stays. Both sides come to the same answer: the one that the
 * lower listening address dialled stays; two that the same side dialled mean that it has given the older one up.
 */
export function newerStays(pair: {
  readonly own: Address;
  readonly peer: Address;
  readonly olderDialledByUs: boolean;
  readonly newerDialledByUs: boolean;
}): boolean {
  if (pair.olderDialledByUs === pair.newerDialledByUs) return true;
  const ownIsLower = orderKey(pair.own) < orderKey(pair.peer);
  return pair.newerDialledByUs === ownIsLower;
}

function orderKey({ ip, port }: Address): string {
  return `${ip} ${port}`;
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}
