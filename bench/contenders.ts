/**
 * Who is measured: tincan, and what people would pick instead.
 *
 * Owns: how the two ends of each are started, and what each promises.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Figures } from './figures.ts';
import { measureIperf, measureSockperf } from './limits.ts';

/** Where the two ends are, and where each finds the other: there itself, or at a relay. */
export interface Place {
  readonly senderPort: number;
  readonly receiverPort: number;
  readonly senderSeenAt: { readonly host: string; readonly port: number };
  readonly receiverSeenAt: { readonly host: string; readonly port: number };
}

export type Contender = PairContender | OwnContender;

interface Named {
  readonly name: string;
  /** Why it can't take part on this machine, and what helps; undefined: it can. */
  missing?(): string | undefined;
}

/** Two ends, which pass on lines from a stdin to a stdout. */
export interface PairContender extends Named {
  readonly type: 'pair';
  /** It promises that each byte arrives, in order: one that does not is a failed run. */
  readonly isReliable: boolean;
  readonly transport: 'udp' | 'tcp';
  receiver(place: Place): readonly string[];
  sender(place: Place): readonly string[];
  /** What each end writes to stderr once it knows the other; undefined: a bound port is all there is to see. */
  readonly metOnStderr?: RegExp;
  /** What the receiver writes to stdout before the first line. */
  readonly greeting?: string;
}

/** A program that measures by itself. */
interface OwnContender extends Named {
  readonly type: 'own';
  measure(port: number): Promise<Figures>;
}

const cache = inBench('.cache');
const udxVersion = '1.21.3';
const udxPackage = `${cache}/node_modules/udx-native`;

export const contenders: readonly Contender[] = [
  tincan('tincan', 'tincan', /^joined: /m),
  tincan('tincan-state', 'tincan', /^joined: /m, () => ` --state ${newState()}`),
  tincan('tincan-power-safe', 'tincan', /^joined: /m, () => ` --power-safe --state ${newState()}`),
  tincan('tincan-tcp', 'tcp', /^joined: /m),
  tincan('tincan-plain', 'plain', /^ready /m),
  {
    type: 'pair',
    name: 'tutorial',
    isReliable: false,
    transport: 'udp',
    greeting: 'ready\n',
    receiver: ({ receiverPort, senderSeenAt }) => tutorial(receiverPort, senderSeenAt),
    sender: ({ senderPort, receiverSeenAt }) => tutorial(senderPort, receiverSeenAt),
    missing: () => missingProgram('python3', 'python3'),
  },
  {
    type: 'pair',
    name: 'naive-node',
    isReliable: false,
    transport: 'udp',
    receiver: ({ receiverPort, senderSeenAt }) => naiveNode(receiverPort, senderSeenAt),
    sender: ({ senderPort, receiverSeenAt }) => naiveNode(senderPort, receiverSeenAt),
  },
  {
    type: 'pair',
    name: 'udx-native',
    isReliable: true,
    transport: 'udp',
    receiver: ({ receiverPort, senderSeenAt }) => udx('receive', receiverPort, senderSeenAt),
    sender: ({ senderPort, receiverSeenAt }) => udx('send', senderPort, receiverSeenAt),
    missing: installUdx,
  },
  {
    type: 'pair',
    name: 'socat-udp',
    isReliable: false,
    transport: 'udp',
    receiver: ({ receiverPort }) => words(`socat -u UDP4-RECV:${receiverPort} STDOUT`),
    sender: ({ senderPort, receiverSeenAt: { host, port } }) =>
      words(`socat -u STDIN UDP4-SENDTO:${host}:${port},bind=:${senderPort}`),
    missing: () => missingProgram('socat', 'socat'),
  },
  ncat(),
  tcp('cubic'),
  tcp('bbr'),
  {
    type: 'own',
    name: 'iperf3-udp',
    measure: measureIperf,
    missing: () => missingProgram('iperf3', 'iperf3'),
  },
  {
    type: 'own',
    name: 'sockperf',
    measure: measureSockperf,
    missing: () => missingProgram('sockperf', 'sockperf'),
  },
];

/** TCP of the kernel, under the congestion control that this machine has chosen. */
function ncat(): PairContender {
  return {
    type: 'pair',
    name: 'ncat-tcp',
    isReliable: true,
    transport: 'tcp',
    receiver: ({ receiverPort }) => words(`ncat --listen --recv-only 0.0.0.0 ${receiverPort}`),
    sender: ({ receiverSeenAt: { host, port } }) => words(`ncat --send-only ${host} ${port}`),
    missing: () => missingProgram('ncat', 'ncat'),
  };
}

/** The same under this one: it is a matter of the sender's socket alone. */
function tcp(congestion: 'cubic' | 'bbr'): Contender {
  const base = ncat();
  // IPPROTO_TCP and TCP_CONGESTION, as Linux numbers them.
  const option = `setsockopt-string=6:13:${congestion}`;
  return {
    ...base,
    name: `tcp-${congestion}`,
    sender: ({ receiverSeenAt: { host, port } }) => words(`socat -u STDIN TCP4:${host}:${port},${option}`),
    missing: () => base.missing?.() ?? missingProgram('socat', 'socat') ?? missingCongestion(congestion),
  };
}

function missingCongestion(name: string): string | undefined {
  const known = readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8').split(/\s+/);
  return known.includes(name) ? undefined : `this kernel has no ${name}`;
}

/** `more`: further options of each end, with a space before them. */
function tincan(
  name: string,
  wire: 'tincan' | 'tcp' | 'plain',
  metOnStderr: RegExp,
  more: () => string = () => '',
): Contender {
  const end = (ownName: string, ownPort: number, { host, port }: Place['senderSeenAt']): readonly string[] =>
    tincanNode(`--name ${ownName} --bind 0.0.0.0:${ownPort} --peer ${host}:${port} --wire ${wire}${more()}`);
  return {
    type: 'pair',
    name,
    isReliable: wire !== 'plain',
    transport: wire === 'tcp' ? 'tcp' : 'udp',
    metOnStderr,
    receiver: ({ receiverPort, senderSeenAt }) => [...end('bob', receiverPort, senderSeenAt), '--stay'],
    sender: ({ senderPort, receiverSeenAt }) => end('alice', senderPort, receiverSeenAt),
  };
}

/** A node that says what its stdin says, and says what it hears to stdout. */
export function tincanNode(options: string): readonly string[] {
  const program = inBench('../src/launch.mjs');
  return [process.execPath, program, ...words(`${options} --format raw --drain-timeout 60`)];
}

const states: string[] = [];
process.once('exit', () => {
  for (const directory of states) rmSync(directory, { recursive: true, force: true });
});

/** A directory of its own for each end of each run, on the disk that the project is on, and gone with this program. */
function newState(): string {
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(`${cache}/state-`);
  states.push(directory);
  return directory;
}

function tutorial(ownPort: number, peer: Place['senderSeenAt']): readonly string[] {
  const program = inBench('../test/containers/tutorial.py');
  return ['python3', program, String(ownPort), peer.host, String(peer.port)];
}

function naiveNode(ownPort: number, peer: Place['senderSeenAt']): readonly string[] {
  return [process.execPath, inBench('peers/naive-node.mjs'), String(ownPort), peer.host, String(peer.port)];
}

function udx(role: 'send' | 'receive', ownPort: number, peer: Place['senderSeenAt']): readonly string[] {
  const program = inBench('peers/udx.mjs');
  return [process.execPath, program, udxPackage, role, String(ownPort), peer.host, String(peer.port)];
}

/** Into a folder of the bench's own: nothing else in this project needs it. */
function installUdx(): string | undefined {
  if (existsSync(`${udxPackage}/package.json`)) return undefined;
  if (process.env['TINCAN_SETUP'] === 'no') return `TINCAN_SETUP=no forbids installing udx-native`;
  mkdirSync(cache, { recursive: true });
  process.stderr.write(`bench: installing udx-native ${udxVersion} into bench/.cache\n`);
  const options = ['--prefix', cache, '--no-audit', '--no-fund', '--no-package-lock', '--silent'];
  try {
    execFileSync('npm', ['install', ...options, `udx-native@${udxVersion}`], { stdio: ['ignore', 2, 2] });
  } catch {
    return `npm can't install udx-native ${udxVersion}`;
  }
  return undefined;
}

function missingProgram(program: string, debianPackage: string): string | undefined {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `${program} is missing; on Debian or Ubuntu: apt-get install ${debianPackage}`;
  }
}

function words(text: string): readonly string[] {
  return text.split(' ');
}

function inBench(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
