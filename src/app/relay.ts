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
import { greeting } from '../relay/report/text.ts';
import { openFile, openSocket, readFaultPlan } from './relay-set-up.ts';
import { refuseDirectory } from './stdin.ts';
import { type Outlet, Writer } from '../relay/report/writer.ts';

interface CaptureSetUp {
  readonly config: RelayConfig;
  readonly directions: readonly DirectionName[];
  readonly seed: number;
  readonly startedAtMs: number;
  readonly tell: (event: Event) => void;
}

function openCapture(outlet: Outlet, { config, directions, seed, startedAtMs, tell }: CaptureSetUp): Capture {
  const { pcapngMaxMegabytes: max = Infinity } = config;
  return new Capture({
    outlet,
    directions,
    seed,
    shownTime: (atMs) => wallTime(startedAtMs + atMs),
    maxBytes: max * 1_000_000,
    onFull: () =>
      tell({
        type: 'warning',
        code: 'capture-full',
        message: `the capture is full (${max} MB, --pcapng-max): what crosses now is only counted, as uncaptured`,
      }),
  });
}

/** `docker attach` sets the window's size: that is how a person shows up. One who drags a window's corner does not, again and again. */
function greetNewcomers(greet: () => void): void {
  let greetedAtMs = -Infinity;
  process.on('SIGWINCH', () => {
    if (clock() - greetedAtMs < greetingSpacingMs) return;
    greetedAtMs = clock();
    greet();
  });
}

const greetingSpacingMs = 2_000;

const LEAVE_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** The last count is told when the files have ended: what they did not take is in it. */
async function endOutputs(files: readonly Writer[], stdout: Writer, tellLast: () => void): Promise<void> {
  const endings = await Promise.all(files.map((writer) => writer.end()));
  tellLast();
  endings.push(await stdout.end());
  // An ordinary exit would wait for the thread that writes to a reader that has stalled.
  if (endings.includes('stalled')) process.kill(process.pid, 'SIGKILL');
}

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
  const ended = Promise.withResolvers<Event>();
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
    onSendFailed: (error) => {
      driver.onSendFailed(error);
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
  const prompt = isatty(0) && isatty(1) ? 'relay> ' : '';
  const tell = (event: Event): void => driver.emit(event);
  const capture = pcapng && openCapture(pcapng, { config, directions, seed, startedAtMs, tell });
  const reporter = new Reporter({ stdout, verdicts, capture, format, hostCounts, prompt });
  const tellsCrossings = () => verdicts !== undefined || capture !== undefined || reporter.isWatched;
  const relay = new Relay({ between, seed, startedAtMs, tellsCrossings, random: Math.random });
  const driver = new Driver<UdpInput, UdpOutput, Command, Event>(relay, transport, (events) => {
    const last = events.at(-1);
    reporter.tell(last?.type === 'closed' ? events.slice(0, -1) : events);
    if (last?.type === 'closed') ended.resolve(last);
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
    nothing: () => reporter.greet(''),
    endOfInput: config.stay ? () => {} : leave,
  });
  for (const signal of LEAVE_SIGNALS) process.on(signal, leave);
  if (prompt !== '') greetNewcomers(() => reporter.greet(`between ${first} and ${second}\n${greeting}`));

  const closed = await ended.promise;
  closeConsole();
  driver.stop();
  await transport.close();
  const files = [verdicts, pcapng]
    .filter((writer) => writer !== undefined)
    .filter((writer) => writer !== stdout);
  await endOutputs(files, stdout, () => reporter.tell([closed]));
  return hasFailedStream ? exitCodes.streamFailed : exitCodes.ok;
}
