/**
 * From a host name to its addresses: the hosts file, then the name servers, then whatever else the system knows.
 *
 * Owns: the order of the addresses, and which of them can be reached.
 *
 * Why not getaddrinfo(3) alone, which asks all of them: such a call can't be taken back, and a process can't end while it has
 * one under way, so a name server that keeps silent would keep the program (15 s were seen). So the system is asked last, and
 * by a process of its own, which can be killed. It knows what name servers don't: multicast DNS, search domains, and a name
 * server's own refusal (REFUSED, SERVFAIL) need not be the last word.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonicalIp } from '../kernel/address.ts';
import type { Sources } from './sources.ts';

/** The addresses that a socket can reach. `any`: both families, IPv4 first where this machine has it. */
export type Family = 'any' | 'ipv4' | 'ipv6';

/** A name without an address that can be reached: `message` is the reason, short enough for brackets. */
export class LookupError extends Error {
  readonly code = 'no-address';
}

/**
 * The addresses of `host` that can be reached, at least one, in the order in which they are to be tried.
 *
 * @throws {LookupError} if there is none.
 */
export async function addressesOf(
  host: string,
  family: Family,
  sources: Sources = {},
): Promise<readonly string[]> {
  const numeric = isIP(host) === 0 ? undefined : canonicalIp(withItsZone(host));
  if (numeric !== undefined)
    return reachable([numeric], family) ?? unreachable(family, (has) => `it is ${has}`);
  // Loaded only where there is a name: a start takes less.
  const { allSources } = await import('./sources.ts');
  const found: string[] = [];
  let reason = 'unknown';
  for (const ask of allSources) {
    const answer = await ask(host, sources);
    if (typeof answer === 'string') {
      reason = answer;
      continue;
    }
    const placed = answer.filter((ip) => !isLinkLocal(ip) || ip.includes('%'));
    const ips = reachable(placed, family, sources.hasIpv4);
    if (ips !== undefined) return ips;
    if (placed.length === 0) reason = zoneMissing;
    found.push(...placed);
  }
  if (found.length > 0) return unreachable(family, (has) => `it has ${has} addresses alone`);
  throw new LookupError(reason);
}

/**
 * IPv4 first, but last what leads nowhere: to IPv4 from a machine that has none, as a wire without answers would never try the
 * next address. Undefined: none of them can be reached.
 */
function reachable(
  ips: readonly string[],
  family: Family,
  hasIpv4 = hasIpv4Address(),
): readonly string[] | undefined {
  const v4 = family === 'ipv6' ? [] : ips.filter((ip) => !ip.includes(':'));
  const v6 = family === 'ipv4' ? [] : ips.filter((ip) => ip.includes(':'));
  const first = v4.filter((ip) => hasIpv4 || ip.startsWith('127.'));
  const all = [...new Set([...first, ...v6, ...v4])];
  return all.length > 0 ? all : undefined;
}

function hasIpv4Address(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return all.some(({ family, internal }) => family === 'IPv4' && !internal);
}

function unreachable(family: Family, what: (has: string) => string): never {
  const [has, bound] = family === 'ipv4' ? ['IPv6', 'IPv4'] : ['IPv4', 'IPv6'];
  throw new LookupError(`${what(has)}, and this node is bound to ${bound}`);
}

const zoneMissing = 'a link-local address needs its interface, as in fe80::1%eth0';

/** `fe80::/10`: each interface has such addresses of its own. */
function isLinkLocal(ip: string): boolean {
  return /^fe[89ab]/iu.test(ip);
}

/**
 * With a zone as sockets report it: by the name of its interface (`fe80::1%eth0`) even where its number was given (`fe80::1%4`),
 * and none where an address needs none.
 */
function withItsZone(ip: string): string {
  const [address = '', zone = ''] = ip.split('%');
  if (!isLinkLocal(ip)) return address;
  if (zone === '') throw new LookupError(zoneMissing);
  if (process.platform === 'win32') return ip;
  for (const [name, addresses = []] of Object.entries(networkInterfaces()))
    for (const each of addresses)
      if (each.family === 'IPv6' && each.scopeid > 0 && [name, String(each.scopeid)].includes(zone))
        return `${address}%${name}`;
  throw new LookupError(`this machine has no link-local address on "${zone}"`);
}
