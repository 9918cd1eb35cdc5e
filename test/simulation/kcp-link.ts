/**
 * KCP's own test link (its `test.cpp`): one way 30 to 62 ms, first in first out, 5 % loss each way; every 20 ms one
 * message of 8 bytes, which the other side echoes. Measured is the time from saying a message to hearing its echo, all
 * in order, and what it costs in packets.
 *
 * Owns: the set-up and the figures.
 */
import type { Event } from '../../src/kernel/contract.ts';
import { unimpaired } from '../../src/relay/model/impairment.ts';
import type { Host } from './host.ts';
import { Judge } from './judge.ts';
import { World, type CoreFactory } from './world.ts';

export interface KcpLinkFigures {
  readonly seed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Datagrams that the client sent, for 1,000 messages. */
  readonly clientPackets: number;
}

/** KCP's fast mode on this link, measured with its own test program: what there is to beat. */
const kcpFastMode = { p99Ms: 331, clientPackets: 1_341 } as const;
/** What is promised for this wire. */
export const kcpLinkBounds = { p99Ms: 180, clientPackets: 1_050 } as const;

const messages = 1_000;
const everyMs = 20;
const link = { ...unimpaired, delayMs: 30, jitterMs: 32, fifo: true, lossRate: 0.05 };
/** As on a real machine: Node's timers fire about this late. */
const timerLatenessMs = 1.1;
const handshakeMaxMs = 60_000;
const drainMaxMs = 30_000;
const port = 5_000;

export function runKcpLink(seed: number, factory: CoreFactory): KcpLinkFigures {
  const world = new World(seed, factory);
  world.network.impair('alice', 'bob', link);
  world.network.impair('bob', 'alice', link);
  const start = (name: string, ip: string, peers: readonly string[]): Host =>
    world.start({
      name,
      address: { ip, port },
      peers: peers.map((peer) => ({ label: peer, host: `${peer}.test`, port })),
      roomKey: undefined,
      timerLatenessMs,
    });
  const bob = start('bob', '10.0.0.2', []);
  const alice = start('alice', '10.0.0.1', ['bob']);

  let joined = 0;
  let sentByAlice = 0;
  const saidAtMs: number[] = [];
  const roundTripsMs: number[] = [];
  world.network.tap((crossing) => {
    if (crossing.type === 'sent' && crossing.from === 'alice') sentByAlice++;
  });
  world.watch({
    event(host: Host, event: Event) {
      if (event.type === 'peer-joined') joined++;
      if (event.type !== 'message') return;
      const echoed = roundTripsMs.length;
      if (host === bob) bob.say(messageText(bob, event.seq));
      else roundTripsMs.push(world.nowMs - (saidAtMs[echoed] ?? 0));
    },
    protocol() {},
    note() {},
  });
  world.runUntil(world.nowMs + handshakeMaxMs, () => joined === 2);
  const sentBefore = sentByAlice;
  for (let index = 0; index < messages; index++) {
    world.after(index * everyMs, () => {
      saidAtMs.push(world.nowMs);
      alice.say(messageText(alice, index + 1));
    });
  }
  world.runUntil(world.nowMs + messages * everyMs + drainMaxMs, () => roundTripsMs.length === messages);
  if (roundTripsMs.length !== messages) throw new Error(`only ${roundTripsMs.length} echoes came back`);
  const sorted = roundTripsMs.toSorted((a, b) => a - b);
  return {
    seed,
    p50Ms: sorted[messages * 0.5] ?? Infinity,
    p99Ms: sorted[messages * 0.99] ?? Infinity,
    maxMs: sorted[messages - 1] ?? Infinity,
    clientPackets: sentByAlice - sentBefore,
  };
}

/** Eight bytes. */
function messageText(host: Host, ordinal: number): string {
  return Judge.text(host.id, ordinal, '').padEnd(8, '.');
}

export function kcpLinkTable(rows: readonly KcpLinkFigures[]): string {
  const line = (seed: string, p50: string, p99: string, max: string, packets: string): string =>
    `${seed.padStart(10)}${p50.padStart(9)}${p99.padStart(9)}${max.padStart(9)}${packets.padStart(10)}`;
  const ms = (value: number): string => value.toFixed(0);
  const worst = (pick: (row: KcpLinkFigures) => number): number => Math.max(...rows.map(pick));
  return [
    `KCP's test link: U(30, 62) ms one way, 5 % loss each way, 8 B every ${everyMs} ms, echoed, ${messages} messages`,
    line('seed', 'p50 ms', 'p99 ms', 'max ms', 'packets'),
    ...rows.map((row) =>
      line(`${row.seed}`, ms(row.p50Ms), ms(row.p99Ms), ms(row.maxMs), `${row.clientPackets}`),
    ),
    line(
      'worst',
      ms(worst((row) => row.p50Ms)),
      ms(worst((row) => row.p99Ms)),
      ms(worst((row) => row.maxMs)),
      `${worst((row) => row.clientPackets)}`,
    ),
    line('bound', '', `${kcpLinkBounds.p99Ms}`, '', `${kcpLinkBounds.clientPackets}`),
    line('KCP fast', '', `${kcpFastMode.p99Ms}`, '', `${kcpFastMode.clientPackets}`),
  ].join('\n');
}
