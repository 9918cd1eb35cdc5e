/**
 * Each row of the bench: a piece of work, the network it is done on, and who does it.
 *
 * Owns: the list.
 */
import type { Contender } from './contenders.ts';
import { type Figures, measureGoodput, measureLatency, measurePipe } from './measures.ts';
import { type Network, open } from './networks.ts';

/** What is done in a row: lines through a pipe, lines at a chat's pace, or as much as goes within a time. */
export type Work =
  | { readonly type: 'pipe'; readonly lines: number; readonly lineBytes: number }
  | { readonly type: 'latency'; readonly lines: number; readonly everyMs: number }
  | { readonly type: 'goodput'; readonly seconds: number };

export interface Row {
  readonly name: string;
  readonly says: string;
  readonly work: Work;
  readonly network: Network;
  readonly contenders: readonly string[];
}

const loopback: Network = { type: 'loopback' };
const everybody = [
  'tincan',
  'tincan-tcp',
  'tincan-plain',
  'tutorial',
  'naive-node',
  'udx-native',
  'socat-udp',
  'ncat-tcp',
];

export const rows: readonly Row[] = [
  {
    name: 'pipe-60',
    says: '1,000,000 lines of 60 bytes, from stdin to the peer’s stdout',
    work: { type: 'pipe', lines: 1_000_000, lineBytes: 60 },
    network: loopback,
    contenders: everybody,
  },
  {
    name: 'pipe-1000',
    says: '100,000 lines of 1,000 bytes',
    work: { type: 'pipe', lines: 100_000, lineBytes: 1_000 },
    network: loopback,
    contenders: everybody,
  },
  {
    name: 'pipe-60000',
    says: '2,000 lines of 60,000 bytes',
    work: { type: 'pipe', lines: 2_000, lineBytes: 60_000 },
    network: loopback,
    contenders: everybody,
  },
  {
    name: 'latency',
    says: 'one line every 4 ms, from the sender’s stdin to the peer’s stdout',
    work: { type: 'latency', lines: 1_500, everyMs: 4 },
    network: loopback,
    contenders: ['tincan', 'tutorial', 'naive-node', 'udx-native', 'socat-udp'],
  },
  ...[0, 0.05, 0.2].map((lossRate): Row => {
    const percent = lossRate * 100;
    return {
      name: `loss-${percent}`,
      says: `goodput between two namespaces that lose ${percent} % at random, each way`,
      work: { type: 'goodput', seconds: 6 },
      network: { type: 'namespaces', lossRate },
      contenders: ['tincan', 'udx-native', 'ncat-tcp'],
    };
  }),
  ...[0, 10, 50].flatMap((delayMs) => [0, 0.05, 0.2].map((lossRate) => relayRow(delayMs, lossRate))),
];

function relayRow(delayMs: number, lossRate: number): Row {
  const percent = lossRate * 100;
  return {
    name: `relay-${delayMs}ms-${percent}`,
    says: `goodput through the relay: ${delayMs} ms one way, ${percent} % lost each way`,
    work: { type: 'goodput', seconds: 8 },
    network: { type: 'relay', faults: { delayMs, lossRate } },
    contenders: ['tincan', 'udx-native'],
  };
}

/** One run of one contender. */
export async function run({ work, network }: Row, contender: Contender): Promise<Figures> {
  await using between = await open(network);
  const { place, hosts } = between;
  switch (work.type) {
    case 'pipe':
      return await measurePipe(contender, place, hosts, work);
    case 'latency':
      return await measureLatency(contender, place, hosts, work);
    case 'goodput':
      return await measureGoodput(contender, place, hosts, work);
    default:
      return work satisfies never;
  }
}
