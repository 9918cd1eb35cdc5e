/**
 * What knows the addresses of a name: the hosts file, the name servers, and whatever else the system knows.
 *
 * Owns: their order, how each is asked, and how long it may take.
 */
import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { canonicalIp } from '../kernel/address.ts';

/** How often, and how long in ms at first (then longer), a name server is asked. Reason: nodes ask again by themselves. */
const serverTries = 2;
const serverTimeoutMs = 2_000;
/** How long the answer for one family waits for the other's, in ms (RFC 8305, section 3). */
const otherFamilyMs = 50;
/** How long the system may take, in ms. Reason: longer than its own patience with one name server (twice 5 s). */
const systemTimeoutMs = 12_000;

export interface Sources {
  /** Default: the system's. As `Resolver.setServers` takes them. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  /** Whether this machine has an IPv4 address to send from. */
  readonly hasIpv4?: boolean;
  /** A program that is given the host as its last argument, and writes what `systemScript` does. */
  readonly system?: readonly [program: string, ...args: string[]];
}

/** What a source knows, in its order, or the reason why it knows nothing. */
type Answer = readonly string[] | string;

/** In the order in which they are asked. */
export const allSources: readonly ((host: string, sources: Sources) => Promise<Answer>)[] = [
  askHostsFile,
  askServers,
  askSystem,
];

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

function hostsFileOfSystem(): string {
  return process.platform === 'win32'
    ? `${process.env['SystemRoot']}\\System32\\drivers\\etc\\hosts`
    : '/etc/hosts';
}
