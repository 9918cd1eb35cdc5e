/**
 * One side of a conversation whose processes are killed: a node in JSON, life after life on one state directory, a script that
 * says numbered lines, and everything that its stdout ever said.
 *
 * Owns: the processes of one side, where the script goes on in a new life, and the messages that came out.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Program } from '../support/program.ts';

export interface Message {
  readonly peerId: string;
  readonly seq: number;
  readonly text: string;
  readonly again: boolean;
  /** Of this side. */
  readonly life: number;
}

export interface SideOptions {
  readonly name: string;
  readonly port: number;
  readonly peerPort: number;
  readonly directory: string;
  /** Lines that the script says in all lives together. */
  readonly lines: number;
}

/** Longest that a node may take to do what it should do, in ms: only ever used up by a failure. */
const deadlineMs = 60_000;

const statusEveryMs = 20;

interface JsonEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

export class Side {
  readonly name: string;
  readonly messages: Message[] = [];
  /** Warnings, errors and lines given up, in words. */
  readonly complaints: string[] = [];
  lives = 0;
  readonly #options: SideOptions;
  #program: Program | undefined;
  /** Lines of this life's stdout that were looked at. */
  #read = 0;
  /** The newest status of this life. */
  #status: { readonly said: number; readonly owed: number } | undefined;

  constructor(options: SideOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Distinct lines that have come out. */
  get received(): number {
    return new Set(this.messages.map(({ seq }) => seq)).size;
  }

  /** The next life: its script asks where the log ends, and says the rest as fast as it can. */
  async start(): Promise<void> {
    const { name, port, peerPort, directory, lines } = this.#options;
    this.lives += 1;
    this.#read = 0;
    this.#status = undefined;
    const addresses = ['--bind', `127.0.0.1:${port}`, '--peer', `127.0.0.1:${peerPort}`];
    const state = ['--state', join(directory, name)];
    this.#program = new Program(name, ['--name', name, '--format', 'json', ...addresses, ...state]);
    const { said } = await this.#askStatus();
    const rest = Array.from({ length: lines - said }, (_, index) => said + index + 1);
    this.#program.say(
      ...rest.map((line) => JSON.stringify({ type: 'say', ref: line, text: `${name} ${line}` })),
    );
  }

  /** In this moment, whatever the process is doing. */
  async kill(): Promise<void> {
    this.#program?.process.kill('SIGKILL');
    await this.#ended();
  }

  /** Says goodbye. Resolves to the exit code. */
  async quit(): Promise<number | null> {
    this.#program?.endInput();
    return this.#ended();
  }

  async hasReceived(count: number): Promise<void> {
    await this.#until(`${count} lines at ${this.name}`, () => (this.received >= count ? true : undefined));
  }

  /** Until the peer is known to have taken all lines: a status is the only word of it that a killed process can't take along. */
  async owesNothing(): Promise<void> {
    const endsMs = performance.now() + deadlineMs;
    for (;;) {
      const { owed } = await this.#askStatus();
      if (owed === 0) return;
      if (performance.now() > endsMs) throw new Error(`${this.name} still owes ${owed} lines`);
      await pause(statusEveryMs);
    }
  }

  async #askStatus(): Promise<{ readonly said: number; readonly owed: number }> {
    this.#status = undefined;
    this.#program?.say('{"type":"status"}');
    return this.#until(`the status of ${this.name}`, () => this.#status);
  }

  async #ended(): Promise<number | null> {
    const program = this.#program;
    if (program === undefined) return null;
    const { code } = await program.exit();
    this.#look();
    this.#program = undefined;
    await program[Symbol.asyncDispose]();
    if (code !== null && code !== 0) this.complaints.push(`exit code ${code}: ${program.stderr.tail()}`);
    return code;
  }

  async #until<T>(awaited: string, find: () => T | undefined): Promise<T> {
    const program = this.#program;
    if (program === undefined) throw new Error(`${this.name} does not run`);
    const look = (): T | undefined => {
      this.#look();
      return find();
    };
    return program.stdout.until(awaited, look, [program.stderr], deadlineMs);
  }

  #look(): void {
    const lines = this.#program?.stdout.lines ?? [];
    for (; this.#read < lines.length; this.#read += 1) {
      const event: JsonEvent = JSON.parse(lines[this.#read] ?? '');
      this.#hear(event);
    }
  }

  #hear(event: JsonEvent): void {
    switch (event.type) {
      case 'message':
        this.messages.push({
          peerId: String(event['peerId']),
          seq: Number(event['seq']),
          text: String(event['text']),
          again: event['again'] === true,
          life: this.lives,
        });
        return;
      case 'status':
        this.#status = { said: Number(event['said']), owed: owedIn(event) };
        return;
      case 'warning':
      case 'error':
      case 'undelivered':
      case 'refused':
        this.complaints.push(JSON.stringify(event));
    }
  }
}

function owedIn({ peers }: JsonEvent): number {
  const list: readonly { readonly figures?: { readonly linesOwed?: number } }[] = Array.isArray(peers)
    ? peers
    : [];
  return list.reduce((sum, { figures }) => sum + (figures?.linesOwed ?? 0), 0);
}
