/**
 * The set-up questions of the tutorial, for a person who starts the program at a terminal without naming a peer.
 *
 * Owns: their wording, order and defaults. What makes a port or a host valid is passed in as a check.
 */
import type { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import type { FaceInput } from '../face.ts';
import { renewRawMode } from './keyboard.ts';
import * as sanitize from '../words/sanitize.ts';

export interface SetUp {
  /** undefined: it was not asked for. */
  readonly ownPort: string | undefined;
  /** undefined: wait for somebody. */
  readonly peer: { readonly host: string; readonly port: string } | undefined;
}

/** Each says in one line why an answer won't do; undefined: it will. @internal */
export interface SetUpChecks {
  readonly ownPort: Check;
  readonly peerHost: Check;
  readonly peerPort: Check;
}

export interface SetUpOptions {
  readonly checks: SetUpChecks;
  /** What Enter alone means where a port is asked for. */
  readonly defaultPort: string;
  /** False: the own address was given. */
  readonly asksOwnPort: boolean;
  /** Emits `SIGCONT` when a stopped process goes on: `process`. */
  readonly signals: EventEmitter;
}

/**
 * Asks for own port, peer address and peer port. Resolves to undefined if the person leaves instead (Ctrl-C, Ctrl-D).
 * Afterwards nothing reads `input`, so that a face can.
 */
export async function askSetUp(
  input: FaceInput,
  output: Writable,
  options: SetUpOptions,
): Promise<SetUp | undefined> {
  const readline = createInterface({ input, output, terminal: true, historySize: 0 });
  const onContinued = (): void => {
    renewRawMode(input);
    readline.prompt(true);
  };
  options.signals.on('SIGCONT', onContinued);
  // The iterator keeps lines that come before their question, so that answers can be typed ahead or pasted.
  const answers = readline[Symbol.asyncIterator]();
  const ask: Ask = async (question, check) => {
    readline.setPrompt(question);
    readline.prompt();
    const next = await answers.next();
    if (next.done === true) return undefined;
    const answer = next.value.trim();
    const complaint = check(answer);
    if (complaint === undefined) return answer;
    output.write(`${sanitize.line(complaint)}\n`);
    return ask(question, check);
  };
  try {
    return await askAll(ask, options);
  } finally {
    options.signals.off('SIGCONT', onContinued);
    readline.close();
  }
}

type Check = (answer: string) => string | undefined;
type Ask = (question: string, check: Check) => Promise<string | undefined>;

async function askAll(
  ask: Ask,
  { checks, defaultPort, asksOwnPort }: SetUpOptions,
): Promise<SetUp | undefined> {
  const askPort = async (which: string, check: Check): Promise<string | undefined> => {
    const port = await ask(`${which} [${defaultPort}]: `, (answer) => check(answer || defaultPort));
    return port === '' ? defaultPort : port;
  };

  const ownPort = asksOwnPort ? await askPort('Own port', checks.ownPort) : undefined;
  if (asksOwnPort && ownPort === undefined) return undefined;

  const host = await ask('Peer address [none: wait for somebody]: ', (answer) =>
    answer === '' ? undefined : checks.peerHost(answer),
  );
  if (host === undefined) return undefined;
  if (host === '') return { ownPort, peer: undefined };

  const port = await askPort('Peer port', checks.peerPort);
  return port === undefined ? undefined : { ownPort, peer: { host, port } };
}
