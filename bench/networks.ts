/**
 * The networks that the rows are measured in: loopback, two namespaces with random loss between them, loopback through a relay.
 *
 * Owns: what of them has to be made and taken away.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../test/support/ports.ts';
import type { Place } from './contenders.ts';
import { type Hosts, sameHost } from './pair.ts';

export type Network =
  | { readonly type: 'loopback' }
  /** `lossRate`: of all packets that come in, on either side. */
  | { readonly type: 'namespaces'; readonly lossRate: number }
  /** `faults`: what `tincan relay --faults` takes, both ways. */
  | { readonly type: 'relay'; readonly faults: Readonly<Record<string, number>> };

export interface Between extends AsyncDisposable {
  readonly place: Place;
  readonly hosts: Hosts;
}

export function open(network: Network): Promise<Between> {
  switch (network.type) {
    case 'loopback':
      return openLoopback();
    case 'namespaces':
      return Promise.resolve(openNamespaces(network.lossRate));
    case 'relay':
      return openRelay(network.faults);
    default:
      return network satisfies never;
  }
}

async function openLoopback(): Promise<Between> {
  const [senderPort = 0, receiverPort = 0] = await freePorts(2);
  const place: Place = {
    senderPort,
    receiverPort,
    senderSeenAt: { host: '127.0.0.1', port: senderPort },
    receiverSeenAt: { host: '127.0.0.1', port: receiverPort },
  };
  return { place, hosts: sameHost, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function openRelay(faults: Readonly<Record<string, number>>): Promise<Between> {
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

async function ended(relay: ChildProcess): Promise<void> {
  relay.stdin?.end();
  await once(relay, 'exit');
}

function openNamespaces(lossRate: number): Between {
  const [left, right] = [`tincan-bench-${process.pid}-a`, `tincan-bench-${process.pid}-b`];
  const ip = (command: string): void => {
    execFileSync('ip', command.split(' '));
  };
  const close = (): void => {
    for (const name of [left, right]) spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
  };
  try {
    for (const name of [left, right]) ip(`netns add ${name}`);
    ip(`-n ${left} link add wire type veth peer name wire netns ${right}`);
    for (const [name, address] of [
      [left, '10.77.0.1/24'],
      [right, '10.77.0.2/24'],
    ]) {
      ip(`-n ${name} address add ${address} dev wire`);
      ip(`-n ${name} link set wire up`);
      ip(`-n ${name} link set lo up`);
      if (lossRate > 0)
        ip(
          `netns exec ${name} iptables -A INPUT -i wire -m statistic --mode random --probability ${lossRate} -j DROP`,
        );
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
