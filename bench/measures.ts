/**
 * What is measured of a pair: a whole input through a pipe, the latency at a chat's pace, the goodput within a time.
 *
 * Owns: the inputs, the clock, and the judgement whether all of it arrived.
 */
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PairContender } from './contenders.ts';
import { type Figures, quantile } from './figures.ts';
import { areNumberedLines, endlessLines } from './lines.ts';
import type { Between } from './networks.ts';
import { type End, Pair } from './pair.ts';

/** So long without a byte is the end, ms: of a reliable contender something is missing then. */
export const silenceMaxMs = 10_000;
/** Of an unreliable contender, so much silence after its sender has ended is the end, ms. */
const quietMs = 1_000;

/** `lines` lines of `lineBytes` bytes, LF included, through stdin, network and stdout. */
export async function measurePipe(
  contender: PairContender,
  { place, hosts }: Between,
  { lines, lineBytes }: { readonly lines: number; readonly lineBytes: number },
): Promise<Figures> {
  const input = await inputFile(lines, lineBytes);
  const expected = readFileSync(input);
  await using pair = await Pair.meet(contender, place, hosts, `exec cat '${input}'`);
  const heard = new Heard(pair.receiver, isPartOf(expected), contender.greeting);
  const startedAt = performance.now();
  pair.sender.begin();
  const patienceMs = (): number => (!contender.isReliable && pair.sender.hasExited ? quietMs : silenceMaxMs);
  while (heard.bytes < expected.length && performance.now() - heard.lastAt < patienceMs()) await sleep(10);
  pair.receiver.measure();
  pair.sender.measure();
  if (contender.isReliable && !(heard.isEqual && heard.bytes === expected.length))
    throw new Error(
      `${contender.name} lost or changed something: ${heard.bytes} of ${expected.length} bytes heard\n${pair.sender.stderr}`,
    );
  const seconds = (heard.lastAt - startedAt) / 1_000;
  return {
    linesPerSecond: heard.bytes / lineBytes / seconds,
    megabytesPerSecond: heard.bytes / 1e6 / seconds,
    deliveredPercent: (100 * heard.bytes) / expected.length,
    senderProcessorSeconds: pair.sender.usage.processorSeconds,
    receiverProcessorSeconds: pair.receiver.usage.processorSeconds,
    senderPeakMegabytes: pair.sender.usage.peakMegabytes,
    receiverPeakMegabytes: pair.receiver.usage.peakMegabytes,
  };
}

/** One line every `everyMs`, from the write to the sender's stdin to the read from the receiver's stdout. */
export async function measureLatency(
  contender: PairContender,
  { place, hosts }: Between,
  { lines, everyMs }: { readonly lines: number; readonly everyMs: number },
): Promise<Figures> {
  const coldLines = Math.min(500, lines / 2);
  await using pair = await Pair.meet(contender, place, hosts);
  const tookUs = await chat(pair, lines, everyMs);
  const taken = tookUs.filter((took) => took !== undefined);
  if (contender.isReliable && taken.length < lines)
    throw new Error(`${contender.name} delivered ${taken.length} of ${lines} lines`);
  const cold = tookUs.slice(0, coldLines).filter((took) => took !== undefined);
  const warm = tookUs.slice(coldLines).filter((took) => took !== undefined);
  return {
    warmP50Microseconds: quantile(warm, 0.5),
    warmP99Microseconds: quantile(warm, 0.99),
    coldP50Microseconds: quantile(cold, 0.5),
    deliveredPercent: (100 * taken.length) / lines,
  };
}

/** Says lines at a pace. How long each took, µs; undefined for those that have not come. */
export async function chat(
  pair: Pair,
  lines: number,
  everyMs: number,
): Promise<readonly (number | undefined)[]> {
  const { stdin } = pair.sender.process;
  const { stdout } = pair.receiver.process;
  const saidAt: number[] = [];
  const tookUs = Array.from<number | undefined>({ length: lines });
  let rest = '';
  const hear = (bytes: Buffer): void => {
    const now = performance.now();
    const heard = (rest + String(bytes)).split('\n');
    rest = heard.pop() ?? '';
    for (const line of heard) {
      const index = /^line (\d+) /.exec(line)?.[1];
      if (index !== undefined) tookUs[Number(index)] = (now - (saidAt[Number(index)] ?? Number.NaN)) * 1_000;
    }
  };
  stdout?.on('data', hear);
  const startedAt = performance.now();
  for (let index = 0; index < lines; index += 1) {
    const waitMs = startedAt + index * everyMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    saidAt.push(performance.now());
    stdin?.write(`line ${index} of what a person might well say in a chat\n`);
  }
  await sleep(quietMs);
  stdout?.off('data', hear);
  return tookUs;
}

/** What arrives of an endless input of lines of 1,000 bytes within `seconds`. */
export async function measureGoodput(
  contender: PairContender,
  { place, hosts }: Between,
  { seconds }: { readonly seconds: number },
): Promise<Figures> {
  await using pair = await Pair.meet(contender, place, hosts, endlessLines);
  const heard = new Heard(pair.receiver, areNumberedLines, contender.greeting);
  pair.sender.begin();
  await sleep(seconds * 1_000);
  if (!heard.isEqual)
    throw new Error(`${contender.name} lost or changed something before byte ${heard.bytes}`);
  return {
    megabitsPerSecond: (heard.bytes * 8) / 1e6 / seconds,
    longestSilenceMs: Math.max(heard.longestSilenceMs, performance.now() - heard.lastAt),
  };
}

/** What comes out of a receiver. */
export class Heard {
  bytes = 0;
  lastAt = performance.now();
  longestSilenceMs = 0;
  /** Whether each byte so far was the one that had to come. */
  isEqual = true;

  /** `isNext`: whether these bytes stand at that place of the input. `greeting`: comes before the input. */
  constructor(receiver: End, isNext: (bytes: Buffer, at: number) => boolean, greeting = '') {
    let greetingBytes = greeting.length;
    receiver.process.stdout?.on('data', (chunk: Buffer) => {
      const bytes = chunk.subarray(Math.min(greetingBytes, chunk.length));
      greetingBytes -= chunk.length - bytes.length;
      if (bytes.length === 0) return;
      const now = performance.now();
      this.longestSilenceMs = Math.max(this.longestSilenceMs, now - this.lastAt);
      this.lastAt = now;
      this.isEqual &&= isNext(bytes, this.bytes);
      this.bytes += bytes.length;
    });
  }
}

export function isPartOf(expected: Buffer): (bytes: Buffer, at: number) => boolean {
  return (bytes, at) => expected.subarray(at, at + bytes.length).equals(bytes);
}

const inputs = mkdtempSync(join(tmpdir(), 'tincan-bench-'));
process.once('exit', () => rmSync(inputs, { recursive: true, force: true }));

/** Numbered lines, so that one that is missing, doubled or out of place shows. */
export async function inputFile(lines: number, lineBytes: number): Promise<string> {
  const path = join(inputs, `${lines}x${lineBytes}`);
  if (existsSync(path)) return path;
  const file = createWriteStream(path);
  const filler = 'all work and no play makes jack a dull boy, '.repeat(Math.ceil(lineBytes / 40));
  for (let index = 0; index < lines; index += 1) {
    const line = `${index} ${filler}`.slice(0, lineBytes - 1);
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return path;
}
