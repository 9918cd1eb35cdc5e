/**
 * `tincan relay`: the core on a real socket, clock and stdio.
 *
 * Owns: which part is joined to which, signals, the order of the end.
 */
import { randomInt } from 'node:crypto';
import { isatty } from 'node:tty';
import type { RelayConfig } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { clock, wallTime } from '../runtime/clock.ts';
import { Driver } from '../runtime/driver.ts';
import type { UdpInput, UdpOutput } from '../transport/udp.ts';
import { Capture } from '../relay/report/capture.ts';
import { openConsole } from '../relay/control/console.ts';
import { kernelDrops } from '../relay/report/kernel-drops.ts';
import type { Command, DirectionName, Event } from '../relay/model/messages.ts';
import { Relay } from '../relay/model/relay.ts';
import { Reporter, jsonFormat, textFormat } from '../relay/report/reporter.ts';
import { openFile, openSocket, readFaultPlan } from './relay-set-up.ts';
import { refuseDirectory } from './stdin.ts';
import { Writer } from '../relay/report/writer.ts';

const LEAVE_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Resolves to the exit code, once the relay was told to end.
 *
 * @throws {UsageError} if the set-up is wrong.
 */
export async function startRelay(config: RelayConfig): Promise<number> {
  refuseDirectory();
  const { between, seed = randomInt(2 ** 32) } = config;
  const [{ name: first }, { name: second }] = between;
  const directions: readonly DirectionName[] = [`${first}>${second}`, `${second}>${first}`];
  const plan = readFaultPlan(config.faults, directions);
  const ended = Promise.withResolvers<void>();
  const leave = (): void => driver.commands([{ type: 'quit' }]);
  let hasFailedStream = false;
  const fail = (message: string): void => {
    hasFailedStream = true;
    process.stderr.write(`tincan: ${message}\n`);
  };
  // A stderr that fails can't be told of, and ends nothing.
  process.stderr.on('error', () => {});
  const stdout = Writer.toStdout(({ message }) => {
    fail(`can't write to stdout, so this relay leaves: ${message}`);
    leave();
  });
  let sendErrors = 0;
  const transport = await openSocket(config.bind, {
    onInput: (input) => driver.input(input),
    onSendFailed: () => {
      sendErrors += 1;
    },
  });
  // After the socket: a port that is taken must not cost an older run its files.
  const warn = (message: string): void => {
    hasFailedStream = true;
    driver.emit({ type: 'warning', code: 'write-failed', message });
  };
  const verdicts = config.verdicts === '-' ? stdout : openFile('--verdicts', config.verdicts, warn);
  const pcapng = openFile('--pcapng', config.pcapng, warn);
  const hostCounts = () => ({ kernelDrops: kernelDrops(), sendErrors });
  const startedAtMs = clock();
  const format = isatty(1) ? textFormat : jsonFormat;
  const capture = pcapng && new Capture(pcapng, directions, seed, (atMs) => wallTime(startedAtMs + atMs));
  const reporter = new Reporter({ stdout, verdicts, capture, format, hostCounts });
  const tellsCrossings = verdicts !== undefined || capture !== undefined;
  const relay = new Relay({ between, seed, startedAtMs, tellsCrossings, random: Math.random });
  const driver = new Driver<UdpInput, UdpOutput, Command, Event>(relay, transport, (events) => {
    reporter.tell(events);
    if (events.at(-1)?.type === 'closed') ended.resolve();
  });

  const { address } = transport;
  driver.emit({ type: 'ready', address, between: [first, second], directions, seed, startedAt: startedAtMs });
  // The plan is in force before the first datagram can come: nothing has been awaited since the socket is open.
  driver.commands(plan);
  const closeConsole = openConsole(process.stdin, {
    directions,
    stdout,
    command: (command) => driver.commands([command]),
    tell: (event) => driver.emit(event),
    failed: ({ message }) => fail(`can't read stdin: ${message}`),
    endOfInput: config.stay ? () => {} : leave,
  });
  for (const signal of LEAVE_SIGNALS) process.on(signal, leave);

  await ended.promise;
  closeConsole();
  driver.stop();
  const writers = [stdout, verdicts, pcapng].map((writer) => writer?.end());
  const endings = await Promise.all([transport.close(), ...writers]);
  // An ordinary exit would wait for the thread that writes to a reader that has stalled.
  if (endings.includes('stalled')) process.kill(process.pid, 'SIGKILL');
  return hasFailedStream ? exitCodes.streamFailed : exitCodes.ok;
}
