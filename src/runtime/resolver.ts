/**
 * From a host name to an address: the hosts file, then the name servers, then whatever else the system knows.
 *
 * Why not getaddrinfo(3) alone: such a call can't be taken back, and a process can't end while it has one under way, so a name
 * server that keeps silent would keep the program for as long as the system waits for it (15 s were seen). It is asked only
 * once a name server has answered that it does not know the name: for multicast DNS, search domains and the like.
 *
 * Owns: the order of the sources, and how long a name server may take.
 */
import { Resolver, lookup as askSystem } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** How often, and how long in ms at first (then longer), a name server is asked. Reason: cores ask again by themselves. */
const tries = 2;
const timeoutMs = 2_000;
/** What a name server says that knows no such name, or no such address of it. */
const unknownName = new Set(['ENOTFOUND', 'ENODATA']);

/** `any`: IPv4 first. */
export type Family = 'any' | 'ipv4';

export interface Sources {
  /** Default: the system's. As `Resolver.setServers` takes them. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
}

/** A numeric address of `host`; a numeric `host` is given back as it is. @throws with the `code` of the last source asked. */
export async function lookup(host: string, family: Family, sources: Sources = {}): Promise<string> {
  if (isIP(host) !== 0) return host;
  const { hostsFile = hostsFileOfSystem() } = sources;
  const listed = findInHosts(await readFile(hostsFile, 'utf8').catch(() => ''), host, family);
  if (listed !== undefined) return listed;
  try {
    return await askServers(host, family, sources.servers);
  } catch (error) {
    if (!isUnknownName(error)) throw error;
    return (await askSystem(host, { family: family === 'ipv4' ? 4 : 0 })).address;
  }
}

/** The first address that a hosts(5) file gives for the name. @internal */
export function findInHosts(text: string, host: string, family: Family): string | undefined {
  const wanted = host.toLowerCase();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/u, '').trim().split(/\s+/u);
    const fits = family === 'any' ? isIP(address) !== 0 : isIP(address) === 4;
    if (fits && names.some((name) => name.toLowerCase() === wanted)) return address;
  }
  return undefined;
}

async function askServers(
  host: string,
  family: Family,
  servers: readonly string[] | undefined,
): Promise<string> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: tries });
  if (servers !== undefined) resolver.setServers(servers);
  try {
    return first(await resolver.resolve4(host));
  } catch (error) {
    if (family === 'ipv4' || !isUnknownName(error)) throw error;
    return first(await resolver.resolve6(host));
  }
}

function first(addresses: readonly string[]): string {
  const [address] = addresses;
  if (address === undefined) throw Object.assign(new Error('no address'), { code: 'ENODATA' });
  return address;
}

function isUnknownName(error: unknown): boolean {
  return Error.isError(error) && 'code' in error && unknownName.has(String(error.code));
}

function hostsFileOfSystem(): string {
  return process.platform === 'win32'
    ? `${process.env['SystemRoot']}\\System32\\drivers\\etc\\hosts`
    : '/etc/hosts';
}
