/**
 * What is measured of nodes beside the lines that a pair passes on: a room of many, a flood of forged datagrams, doing nothing, the
 * start.
 *
 * Owns: how each of these is brought about and ended.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../test/support/ports.ts';
import { type PairContender, tincanNode } from './contenders.ts';
import { type Figures, quantile } from './figures.ts';
import { Heard, chat, inputFile, isPartOf, silenceMaxMs } from './measures.ts';
import type { Between } from './networks.ts';
import { End, Pair, until } from './pair.ts';

/** How long the members of a room may take to find each other, ms. */
const gatherTimeoutMs = 120_000;

/** One member says `lines` lines of 60 bytes as fast as they go. What all members together work for each line that one of them hears. */
export async function measureRoom({
  members,
  lines,
}: {
  readonly members: number;
  readonly lines: number;
}): Promise<Figures> {
  const input = await inputFile(lines, 60);
  const expected = readFileSync(input);
  const ports = await freePorts(members);
  const peer = `127.0.0.1:${ports[0]}`;
  const node = (index: number): readonly string[] =>
    tincanNode(
      `--name member-${index} --bind 127.0.0.1:${ports[index]}${index === 0 ? '' : ` --peer ${peer}`} --stay`,
    );
  await using ends = new Ends();
  const speaker = ends.start(node(0), `exec cat '${input}'`);
  // Each of the others knows the speaker alone: the members introduce each other.
  const others = Array.from({ length: members - 1 }, (_, index) => ends.start(node(index + 1), 'true'));
  const haveMet = (): boolean =>
    ends.all.every(({ stderr }) => (stderr.match(/^joined: /gm) ?? []).length >= members - 1);
  await until(haveMet, `a room of ${members}`, ends.all, gatherTimeoutMs);
  const heard = others.map((end) => new Heard(end, isPartOf(expected)));
  const workedBefore = ends.processorMicroseconds;
  const startedAt = performance.now();
  speaker.begin();
  const lastAt = (): number => Math.max(...heard.map((each) => each.lastAt));
  while (heard.some(({ bytes }) => bytes < expected.length)) {
    if (performance.now() - lastAt() > silenceMaxMs) break;
    await sleep(10);
  }
  const worked = ends.processorMicroseconds - workedBefore;
  if (!heard.every(({ isEqual, bytes }) => isEqual && bytes === expected.length))
    throw new Error(`a room of ${members} lost or changed something\n${speaker.stderr}`);
  return {
    processorMicrosecondsPerDelivery: worked / (lines * (members - 1)),
    deliveriesPerSecond: (lines * (members - 1) * 1_000) / (lastAt() - startedAt),
  };
}

/** A chat's latency without and with forged datagrams, which come to the receiver for `seconds`. */
export async function measureFlood(
  contender: PairContender,
  { place, hosts }: Between,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Figures> {
  const everyMs = 4;
  const lines = (seconds * 1_000) / everyMs;
  await using pair = await Pair.meet(contender, place, hosts);
  // Cold code is not what is compared here.
  await chat(pair, lines / 2, everyMs);
  const quiet = await chat(pair, lines, everyMs);
  const program = fileURLToPath(new URL('peers/flood.mjs', import.meta.url));
  const command = [program, place.receiverPort, perSecond, seconds + 1].map(String);
  const flood = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  let sent = '';
  flood.stdout.on('data', (bytes) => (sent += String(bytes)));
  await sleep(500);
  const flooded = await chat(pair, lines, everyMs);
  if (flood.exitCode === null) await once(flood, 'exit');
  if ([...quiet, ...flooded].includes(undefined))
    throw new Error(`${contender.name} lost a line in the flood`);
  const [quietP99, floodedP99] = [quiet, flooded].map((took) =>
    quantile(
      took.filter((each) => each !== undefined),
      0.99,
    ),
  );
  return {
    floodedP99Microseconds: floodedP99 ?? Number.NaN,
    quietP99Microseconds: quietP99 ?? Number.NaN,
    forgedPerSecond: Number(sent) / (seconds + 1),
  };
}

/** What two ends take that have met and say nothing; of both the mean. */
export async function measureIdle(
  contender: PairContender,
  { place, hosts }: Between,
  { seconds }: { readonly seconds: number },
): Promise<Figures> {
  await using pair = await Pair.meet(contender, place, hosts);
  const ends = [pair.sender, pair.receiver];
  const worked = (): number => ends.reduce((sum, end) => sum + end.processorMicroseconds, 0) / 2;
  await sleep(2_000);
  const before = worked();
  await sleep(seconds * 1_000);
  return {
    processorPercent: (worked() - before) / seconds / 1e4,
    residentMegabytes: ends.reduce((sum, end) => sum + end.residentMegabytes, 0) / 2,
  };
}

/** What is started: `node`, a program of one line, or a node of tincan. */
export type Started = 'node -e' | 'tincan';

/** From the start until `ready` is written: of a container, where Docker and the image are there, else of a process. */
export async function measureStart(started: Started): Promise<Figures> {
  const image = nodeImage();
  const oneLine = ['-e', 'console.error("ready")'];
  const options = ['--bind', '127.0.0.1:0', '--format', 'raw', '--stay'];
  const name = `tincan-bench-${process.pid}`;
  const inContainer = ['docker', 'run', '--rm', '--name', name, '--network', 'none', '--interactive'];
  const [program = '', ...rest] =
    image === undefined
      ? started === 'tincan'
        ? [process.execPath, fileURLToPath(new URL('../src/main.ts', import.meta.url)), ...options]
        : [process.execPath, ...oneLine]
      : started === 'tincan'
        ? [...inContainer, image, ...options]
        : [...inContainer, '--entrypoint', 'node', image, ...oneLine];
  const startedAt = performance.now();
  const child = spawn(program, rest, { stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  const isReady = new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (bytes) => {
      stderr += String(bytes);
      if (/^ready/m.test(stderr)) resolve(performance.now());
    });
    child.once('exit', () => reject(new Error(`${started} was never ready: ${stderr}`)));
  });
  const readyAt = await isReady;
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { milliseconds: readyAt - startedAt };
}

function nodeImage(): string | undefined {
  const image = `${process.env['TINCAN_IMAGES'] ?? 'tincan'}-node`;
  try {
    execFileSync('docker', ['image', 'inspect', image], { stdio: 'ignore' });
    return image;
  } catch {
    return undefined;
  }
}

/** Those that were started, until all of them end. */
class Ends implements AsyncDisposable {
  readonly all: End[] = [];

  start(command: readonly string[], input: string): End {
    const end = new End(command, input);
    this.all.push(end);
    return end;
  }

  get processorMicroseconds(): number {
    return this.all.reduce((sum, end) => sum + (end.hasExited ? 0 : end.processorMicroseconds), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((end) => end.end()));
  }
}
