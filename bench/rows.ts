/**
 * Each row of the bench: a piece of work, the network it is done on, who does it, and which figure of it counts.
 *
 * Owns: the list.
 */
import { type Contender, contenders } from './contenders.ts';
import type { Figures } from './figures.ts';
import { measureGoodput, measureLatency, measurePipe } from './measures.ts';
import { type Network, open, openLoopback } from './networks.ts';
import { type Started, measureFlood, measureIdle, measureRoom, measureStart } from './nodes.ts';
import type { Measure } from './plots.ts';

/** What is done in a row. */
export type Work =
  /** Lines through a pipe, lines at a chat's pace, as much as goes within a time. */
  | { readonly type: 'pipe'; readonly lines: number; readonly lineBytes: number }
  | { readonly type: 'latency'; readonly lines: number; readonly everyMs: number }
  | { readonly type: 'goodput'; readonly seconds: number }
  | { readonly type: 'room'; readonly members: number; readonly lines: number }
  | { readonly type: 'flood'; readonly perSecond: number; readonly seconds: number }
  | { readonly type: 'idle'; readonly seconds: number }
  | { readonly type: 'start' };

export interface Row {
  readonly name: string;
  readonly says: string;
  /** Rows of one chart are shown together. */
  readonly chart: string;
  readonly measure: Measure;
  readonly work: Work;
  readonly network: Network;
  readonly contenders: readonly string[];
  /** Those that are measured where the bench is to take a few minutes. */
  readonly brief: readonly string[];
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
  'iperf3-udp',
];
/** What a killed process, or a power cut, too, must not take. */
const withState = ['tincan-state', 'tincan-power-safe'];
const lineRate: Measure = { figure: 'linesPerSecond', unit: 'lines/s', better: 'more' };
const byteRate: Measure = { figure: 'megabytesPerSecond', unit: 'MB/s', better: 'more' };
const goodput: Measure = { figure: 'megabitsPerSecond', unit: 'Mbit/s', better: 'more' };
const chatPace: Measure = { figure: 'warmP50Microseconds', unit: 'µs', better: 'less' };

/**
 * In each room a member hears the same number of lines: what V8 takes until its code is compiled, some 70 ms a member, would otherwise
 * weigh more in a large room than in a small one.
 */
const roomLines = 300_000;

const briefOf: Readonly<Record<number, readonly string[]>> = {
  60: ['tincan', 'tutorial', 'udx-native'],
  1_000: ['tincan', 'udx-native'],
};

export const rows: readonly Row[] = [
  {
    ...pipeRow(60, '1,000,000 lines of 60 bytes, from stdin to the peer’s stdout', 1_000_000, lineRate),
    // A datagram each is no limit for lines that share datagrams.
    contenders: [...everybody.filter((name) => name !== 'iperf3-udp'), ...withState],
  },
  pipeRow(1_000, '100,000 lines of 1,000 bytes', 100_000, byteRate),
  {
    ...pipeRow(60_000, '2,000 lines of 60,000 bytes', 2_000, byteRate),
    contenders: everybody.filter((name) => name !== 'iperf3-udp'),
  },
  {
    name: 'latency',
    says: 'one line every 4 ms, from the sender’s stdin to the peer’s stdout: half of the lines take less',
    chart: 'latency',
    measure: chatPace,
    work: { type: 'latency', lines: 1_000, everyMs: 4 },
    network: loopback,
    contenders: ['tincan', 'tutorial', 'naive-node', 'udx-native', 'socat-udp', 'sockperf'],
    brief: ['tincan', 'tutorial'],
  },
  ...[0, 0.05, 0.2].map((lossRate) => lossRow(lossRate)),
  ...[0, 10, 50].flatMap((delayMs) => [0, 0.05, 0.2].map((lossRate) => relayRow(delayMs, lossRate))),
  {
    ...relayRow(10, 0.05),
    name: 'relay-20mbit-5',
    says: 'goodput through the relay: 20 Mbit/s at most, 10 ms one way, 5 % lost each way',
    chart: 'relay-20mbit',
    network: { type: 'relay', faults: { delayMs: 10, lossRate: 0.05, bandwidthBitsPerSecond: 20_000_000 } },
    brief: ['tincan'],
  },
  roomRow(2),
  roomRow(8),
  roomRow(32),
  {
    name: 'flood',
    says: 'one line every 4 ms beside 50,000 forged datagrams a second: 99 % of the lines take less',
    chart: 'flood',
    measure: { figure: 'floodedP99Microseconds', unit: 'µs', better: 'less', beside: 'quietP99Microseconds' },
    work: { type: 'flood', perSecond: 50_000, seconds: 3 },
    network: loopback,
    contenders: ['tincan'],
    brief: ['tincan'],
  },
  {
    name: 'idle',
    says: 'two nodes that have met and say nothing: the share of a core that each takes',
    chart: 'idle',
    measure: { figure: 'processorPercent', unit: '% of a core', better: 'less' },
    work: { type: 'idle', seconds: 16 },
    network: loopback,
    contenders: ['tincan', 'naive-node'],
    brief: [],
  },
  {
    name: 'start',
    says: 'from the start of a container, or of a process where there is no Docker, until “ready” is written',
    chart: 'start',
    measure: { figure: 'milliseconds', unit: 'ms', better: 'less' },
    work: { type: 'start' },
    network: loopback,
    contenders: ['tincan', 'node -e'],
    brief: ['tincan', 'node -e'],
  },
];

function pipeRow(lineBytes: number, says: string, lines: number, measure: Measure): Row {
  return {
    name: `pipe-${lineBytes}`,
    says,
    chart: `pipe-${lineBytes}`,
    measure,
    work: { type: 'pipe', lines, lineBytes },
    network: loopback,
    contenders: everybody,
    brief: briefOf[lineBytes] ?? [],
  };
}

function lossRow(lossRate: number): Row {
  const percent = lossRate * 100;
  return {
    name: `loss-${percent}`,
    says: `goodput between two namespaces that lose ${percent} % at random, each way`,
    chart: 'loss',
    measure: goodput,
    work: { type: 'goodput', seconds: 5 },
    network: { type: 'namespaces', lossRate },
    contenders: ['tincan', 'udx-native', 'tcp-cubic', 'tcp-bbr'],
    brief: lossRate === 0.2 ? ['tincan'] : [],
  };
}

function relayRow(delayMs: number, lossRate: number): Row {
  const percent = lossRate * 100;
  return {
    name: `relay-${delayMs}ms-${percent}`,
    says: `goodput through the relay: ${delayMs} ms one way, ${percent} % lost each way`,
    chart: `relay-${delayMs}ms`,
    measure: goodput,
    work: { type: 'goodput', seconds: 5 },
    network: { type: 'relay', faults: { delayMs, lossRate } },
    contenders: ['tincan', 'udx-native', 'tcp-cubic', 'tcp-bbr'],
    brief: delayMs === 10 && lossRate === 0.05 ? ['tincan', 'udx-native'] : [],
  };
}

function roomRow(members: number): Row {
  const unit = 'µs for each line that one member hears';
  return {
    name: `room-${members}`,
    says: `processor time of all ${members} members of a room in which one says ${roomLines.toLocaleString('en')} lines of 60 bytes`,
    chart: 'room',
    measure: { figure: 'processorMicrosecondsPerDelivery', unit, better: 'less' },
    work: { type: 'room', members, lines: roomLines },
    network: loopback,
    contenders: ['tincan'],
    brief: members === 32 ? [] : ['tincan'],
  };
}

/** The contenders of a row that this machine has, as they are called here. */
export function presentIn(row: Row, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    if (!row.contenders.includes(name)) return false;
    const missing = contenders.find((contender) => contender.name === name)?.missing?.();
    if (missing !== undefined) process.stderr.write(`bench: without ${name}: ${missing}\n`);
    return missing === undefined;
  });
}

/** One run of one contender. */
export async function run({ work, network }: Row, name: string): Promise<Figures> {
  switch (work.type) {
    case 'room':
      return await measureRoom(work);
    case 'start':
      return await measureStart(startedOf(name));
    default:
  }
  const contender = contenderOf(name);
  if (contender.type === 'own') {
    await using between = await openLoopback();
    return await contender.measure(between.place.receiverPort);
  }
  await using between = await open(network, contender);
  switch (work.type) {
    case 'pipe':
      return await measurePipe(contender, between, work);
    case 'latency':
      return await measureLatency(contender, between, work);
    case 'goodput':
      return await measureGoodput(contender, between, work);
    case 'flood':
      return await measureFlood(contender, between, work);
    case 'idle':
      return await measureIdle(contender, between, work);
    default:
      return work satisfies never;
  }
}

function contenderOf(name: string): Contender {
  const contender = contenders.find((each) => each.name === name);
  if (contender === undefined) throw new Error(`there is no contender ${name}`);
  return contender;
}

function startedOf(name: string): Started {
  return name === 'tincan' ? 'tincan' : 'node -e';
}
