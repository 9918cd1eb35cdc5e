/**
 * The set-up questions of the tutorial, for a person who starts the program at a terminal without naming a peer.
 *
 * Owns: their wording, order and defaults. What makes a port or a host valid is passed in as a check.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as sanitize from '../words/sanitize.ts';

export interface SetUp {
  readonly ownPort: string;
  /** undefined: wait for somebody. */
  readonly peer: { readonly host: string; readonly port: string } | undefined;
}

/** Each says in one line why an answer won't do; undefined: it will. */
export interface SetUpChecks {
  readonly ownPort: Check;
  readonly peerHost: Check;
  readonly peerPort: Check;
}

/**
 * Asks for own port, peer address and peer port. Resolves to undefined if the person leaves instead (Ctrl-C, Ctrl-D).
 * Afterwards nothing reads `input`, so that a face can.
 */
export async function askSetUp(
  input: Readable,
  output: Writable,
  checks: SetUpChecks,
  defaultPort: string,
): Promise<SetUp | undefined> {
  const readline = createInterface({ input, output, terminal: true, historySize: 0 });
  // It keeps lines that come before their question, so that answers can be typed ahead or pasted.
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
    return await askAll(ask, checks, defaultPort);
  } finally {
    readline.close();
  }
}

type Check = (answer: string) => string | undefined;
type Ask = (question: string, check: Check) => Promise<string | undefined>;

async function askAll(ask: Ask, checks: SetUpChecks, defaultPort: string): Promise<SetUp | undefined> {
  const port = (check: Check) => (answer: string) => check(answer === '' ? defaultPort : answer);

  const ownPort = await ask(`Own port [${defaultPort}]: `, port(checks.ownPort));
  if (ownPort === undefined) return undefined;

  const host = await ask('Peer address [none: wait for somebody]: ', (answer) =>
    answer === '' ? undefined : checks.peerHost(answer),
  );
  if (host === undefined) return undefined;
  if (host === '') return { ownPort: ownPort || defaultPort, peer: undefined };

  const peerPort = await ask(`Peer port [${defaultPort}]: `, port(checks.peerPort));
  if (peerPort === undefined) return undefined;
  return { ownPort: ownPort || defaultPort, peer: { host, port: peerPort || defaultPort } };
}
