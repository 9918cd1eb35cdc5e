/**
 * The networks that the rows are measured in: loopback, two namespaces with random loss between them, loopback through a relay,
 * and for TCP, which can't go through a relay, two namespaces with a link that does the same between them.
 *
 * Owns: what of them has to be made and taken away.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { unimpaired } from '../src/relay/model/impairment.ts';
import { freePorts } from '../test/support/ports.ts';
import type { PairContender, Place } from './contenders.ts';
import { type Hosts, sameHost } from './pair.ts';

export type Network =
  | { readonly type: 'loopback' }
  /** `lossRate`: of all packets that come in, on either side. */
  | { readonly type: 'namespaces'; readonly lossRate: number }
  /** What `tincan relay --faults` takes, both ways. */
  | { readonly type: 'relay'; readonly faults: RelayFaults };

interface RelayFaults {
  readonly delayMs: number;
  readonly lossRate: number;
  readonly bandwidthBitsPerSecond?: number;
}

/** As the relay has it where nothing else is said. */
const queueMaxBytes = unimpaired.queueMaxBytes;

export interface Between extends AsyncDisposable {
  readonly place: Place;
  readonly hosts: Hosts;
}

/** The network as this contender needs it. */
export async function open(network: Network, { transport }: PairContender): Promise<Between> {
  switch (network.type) {
    case 'loopback':
      return await openLoopback();
    case 'namespaces':
      return openNamespaces((namespaces) => openVeth(namespaces, network.lossRate));
    case 'relay':
      if (transport === 'udp') return await openRelay(network.faults);
      return await openLink(network.faults);
    default:
      return network satisfies never;
  }
}

export async function openLoopback(): Promise<Between> {
  const [senderPort = 0, receiverPort = 0] = await freePorts(2);
  const place: Place = {
    senderPort,
    receiverPort,
    senderSeenAt: { host: '127.0.0.1', port: senderPort },
    receiverSeenAt: { host: '127.0.0.1', port: receiverPort },
  };
  return { place, hosts: sameHost, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function openRelay(faults: RelayFaults): Promise<Between> {
  const { place } = await openLoopback();
  const [port = 0] = await freePorts(1);
  const program = fileURLToPath(new URL('../src/launch.mjs', import.meta.url));
  const between = `--between alice=127.0.0.1:${place.senderPort} --between bob=127.0.0.1:${place.receiverPort}`;
  const relay = spawn(
    process.execPath,
    [
      program,
      'relay',
      ...`${between} --bind 127.0.0.1:${port} --seed 1 --faults`.split(' '),
      JSON.stringify({ both: faults }),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await once(relay.stdout, 'data');
  relay.stdout.resume();
  const seenAt = { host: '127.0.0.1', port };
  return {
    place: { ...place, senderSeenAt: seenAt, receiverSeenAt: seenAt },
    hosts: sameHost,
    [Symbol.asyncDispose]: () => ended(relay),
  };
}

async function ended(program: ChildProcess): Promise<void> {
  program.stdin?.end();
  await once(program, 'exit');
}

type Namespaces = readonly [left: string, right: string];

async function openLink({ delayMs, lossRate, bandwidthBitsPerSecond = 0 }: RelayFaults): Promise<Between> {
  const program = fileURLToPath(new URL('peers/link.py', import.meta.url));
  const devices: Namespaces = [`tcb${process.pid}a`, `tcb${process.pid}b`];
  const options = [delayMs, lossRate, bandwidthBitsPerSecond, queueMaxBytes].map(String);
  const link = spawn('python3', [program, ...devices, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([once(link.stdout, 'data'), once(link, 'exit')]);
  if (link.exitCode !== null)
    throw new Error('a link for TCP can not be made: that needs root and /dev/net/tun');
  const between = openNamespaces((namespaces) => {
    for (const [index, namespace] of namespaces.entries())
      ip(`link set ${devices[index]} netns ${namespace} name wire`);
  });
  return {
    ...between,
    async [Symbol.asyncDispose]() {
      await ended(link);
      await between[Symbol.asyncDispose]();
    },
  };
}

function ip(command: string): void {
  execFileSync('ip', command.split(' '));
}

/** Two namespaces, in each of which `wire` has made the device `wire`. */
function openNamespaces(wire: (namespaces: Namespaces) => void): Between {
  const [left, right]: Namespaces = [`tincan-bench-${process.pid}-a`, `tincan-bench-${process.pid}-b`];
  const close = (): void => {
    for (const name of [left, right]) spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
  };
  try {
    for (const name of [left, right]) ip(`netns add ${name}`);
    wire([left, right]);
    for (const [name, address] of [
      [left, '10.77.0.1/24'],
      [right, '10.77.0.2/24'],
    ]) {
      ip(`-n ${name} address add ${address} dev wire`);
      ip(`-n ${name} link set wire up`);
      ip(`-n ${name} link set lo up`);
    }
  } catch (error) {
    close();
    throw new Error('two network namespaces can not be made: that needs root, ip and iptables', {
      cause: error,
    });
  }
  return {
    place: {
      senderPort: 5000,
      receiverPort: 5000,
      senderSeenAt: { host: '10.77.0.1', port: 5000 },
      receiverSeenAt: { host: '10.77.0.2', port: 5000 },
    },
    hosts: { sender: ['ip', 'netns', 'exec', left], receiver: ['ip', 'netns', 'exec', right] },
    [Symbol.asyncDispose]: () => Promise.resolve(close()),
  };
}

function openVeth([left, right]: Namespaces, lossRate: number): void {
  ip(`-n ${left} link add wire type veth peer name wire netns ${right}`);
  const loses = `-A INPUT -i wire -m statistic --mode random --probability ${lossRate} -j DROP`;
  if (lossRate > 0) for (const name of [left, right]) ip(`netns exec ${name} iptables ${loses}`);
}
