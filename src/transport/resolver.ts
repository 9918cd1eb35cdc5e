/**
 * From a host name to its addresses: the hosts file, then the name servers, then whatever else the system knows.
 *
 * Owns: the order of the sources and of the addresses, and how long each source may take.
 *
 * Why not getaddrinfo(3) alone, which asks all of them: such a call can't be taken back, and a process can't end while it has
 * one under way, so a name server that keeps silent would keep the program (15 s were seen). So the system is asked last, and
 * by a process of its own, which can be killed. It knows what name servers don't: multicast DNS, search domains, and a name
 * server's own refusal (REFUSED, SERVFAIL) need not be the last word.
 */
import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { canonicalIp } from '../kernel/address.ts';

/** How often, and how long in ms at first (then longer), a name server is asked. Reason: nodes ask again by themselves. */
const serverTries = 2;
const serverTimeoutMs = 2_000;
/** How long the answer for one family waits for the other's, in ms (RFC 8305, section 3). */
const otherFamilyMs = 50;
/** How long the system may take, in ms. Reason: longer than its own patience with one name server (twice 5 s). */
const systemTimeoutMs = 12_000;

/** The addresses that a socket can reach. `any`: both families, IPv4 first where this machine has it. */
export type Family = 'any' | 'ipv4' | 'ipv6';

export interface Sources {
  /** Default: the system's. As `Resolver.setServers` takes them. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  /** Whether this machine has an IPv4 address to send from. */
  readonly hasIpv4?: boolean;
  /** A program that is given the host as its last argument, and writes what `systemScript` does. */
  readonly system?: readonly [program: string, ...args: string[]];
}

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
  const found: string[] = [];
  let reason = 'unknown';
  for (const ask of [askHostsFile, askServers, askSystem]) {
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

/** What a source knows, in its order, or the reason why it knows nothing. */
type Answer = readonly string[] | string;

async function askHostsFile(host: string, { hostsFile = hostsFileOfSystem() }: Sources): Promise<Answer> {
  return findInHosts(await readFile(hostsFile, 'utf8').catch(() => ''), host);
}

/** The addresses that a hosts(5) file gives for the name. @internal */
export function findInHosts(text: string, host: string): readonly string[] {
  const wanted = host.toLowerCase();
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/u, '').trim().split(/\s+/u);
    return names.some((name) => name.toLowerCase() === wanted) ? (canonicalIp(address) ?? []) : [];
  });
}

async function askServers(host: string, { servers }: Sources): Promise<Answer> {
  const resolver = new Resolver({ timeout: serverTimeoutMs, tries: serverTries });
  if (servers !== undefined) resolver.setServers(servers);
  const asked4 = resolver.resolve4(host).catch(reasonOf);
  const asked6 = resolver.resolve6(host).catch(reasonOf);
  const v4 = await asked4;
  const v6 = await (typeof v4 === 'string' ? asked6 : Promise.race([asked6, pause(otherFamilyMs, '')]));
  resolver.cancel();
  if (typeof v4 === 'string' && typeof v6 === 'string') return v4;
  return [v4, v6].flatMap((answer) => (typeof answer === 'string' ? [] : answer));
}

/** Ends with whoever has started it, even in the middle of its question. */
const systemScript = `
  process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();
  require('node:dns').lookup(process.argv[1], { all: true }, (error, found) => {
    const answer = error === null ? found.map(({ address }) => address) : error.code;
    process.stdout.write(JSON.stringify(answer), () => process.exit());
  });
`;

function askSystem(
  host: string,
  { system = [process.execPath, '-e', systemScript, '--'] }: Sources,
): Promise<Answer> {
  const [program, ...args] = system;
  const env = { ...process.env, NODE_OPTIONS: '' };
  return new Promise((resolve) => {
    const child = execFile(program, [...args, host], { env }, (error, stdout) => {
      clearTimeout(timer);
      if (error === null) resolve(readAnswer(stdout));
      else resolve(child.killed ? 'ETIMEOUT' : reasonOf(error));
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), systemTimeoutMs);
    // A process that is about to end does not wait for the answer.
    const held = [child, timer, child.stdin, child.stdout, child.stderr];
    for (const each of held) if (isHolding(each)) each.unref();
  });
}

/** Pipes are sockets, which can be let go; their type does not say so. */
function isHolding(value: unknown): value is { unref(): void } {
  return typeof value === 'object' && value !== null && 'unref' in value;
}

function readAnswer(stdout: string): Answer {
  const answer: unknown = JSON.parse(stdout);
  if (!Array.isArray(answer)) return String(answer);
  return answer.flatMap((ip) => canonicalIp(String(ip)) ?? []);
}

function reasonOf(error: unknown): string {
  return Error.isError(error) && 'code' in error ? String(error.code) : 'no answer';
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

function hostsFileOfSystem(): string {
  return process.platform === 'win32'
    ? `${process.env['SystemRoot']}\\System32\\drivers\\etc\\hosts`
    : '/etc/hosts';
}
