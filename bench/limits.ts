/**
 * What the machine can do at most: datagrams without any program's work, and round trips of single ones.
 *
 * Owns: how `iperf3` and `sockperf` are run, and what is taken from what they write.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Figures } from './figures.ts';

const execute = promisify(execFile);
const seconds = '2';

/** Datagrams of 1,000 bytes over loopback, as fast as they go. */
export async function measureIperf(port: number): Promise<Figures> {
  await using server = startServer('iperf3', ['--server', '--one-off', '--port', String(port)]);
  await server.ready;
  const options = ['--udp', '--bandwidth', '0', '--length', '1000', '--time', seconds, '--json'];
  const { stdout } = await execute('iperf3', ['--client', '127.0.0.1', '--port', String(port), ...options]);
  return figuresOfIperf(stdout);
}

/** Round trips of 60 bytes over loopback at a chat's pace. */
export async function measureSockperf(port: number): Promise<Figures> {
  const where = ['-i', '127.0.0.1', '-p', String(port)];
  await using server = startServer('sockperf', ['server', ...where]);
  await server.ready;
  const options = ['--mps', '250', '--reply-every', '1', '-t', seconds, '-m', '60'];
  const { stdout } = await execute('sockperf', ['under-load', ...where, ...options]);
  return figuresOfSockperf(stdout);
}

/** @throws {Error} if this is not what `iperf3 --udp --json` writes. */
export function figuresOfIperf(json: string): Figures {
  const { end, error } = JSON.parse(json);
  const { bytes, packets, lost_packets: lost, seconds: took } = end?.sum_received ?? {};
  if (![bytes, packets, lost, took].every(Number.isFinite))
    throw new Error(`iperf3 gave no figures: ${error ?? json}`);
  const deliveredPercent = (100 * (packets - lost)) / packets;
  return {
    megabytesPerSecond: bytes / 1e6 / took,
    linesPerSecond: (packets - lost) / took,
    deliveredPercent,
  };
}

/** One way. @throws {Error} if this is not what `sockperf under-load` writes. */
export function figuresOfSockperf(text: string): Figures {
  const percentile = (share: string): number =>
    Number(new RegExp(`percentile ${share} = +([\\d.]+)`).exec(text)?.[1] ?? Number.NaN);
  const [p50, p99] = [percentile('50.000'), percentile('99.000')];
  if (Number.isNaN(p50) || Number.isNaN(p99)) throw new Error(`sockperf gave no percentiles: ${text}`);
  return { warmP50Microseconds: p50, warmP99Microseconds: p99 };
}

function startServer(
  program: string,
  options: readonly string[],
): AsyncDisposable & { readonly ready: Promise<unknown> } {
  const server = spawn(program, options, { stdio: 'ignore' });
  return {
    // Neither says when it listens.
    ready: sleep(500),
    async [Symbol.asyncDispose]() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGKILL');
      await once(server, 'exit');
    },
  };
}
