/**
 * The real program as a child process on loopback, driven over stdio.
 *
 * Owns: its start, its transcripts, its end.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Transcript } from './transcript.ts';

/** Where the launcher keeps compiled code, too: a start takes a third of the time with it. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Which `node` runs it; default: the one that runs this test. */
  readonly node?: string;
  readonly script?: string;
  /** A directory for status sockets, shared by those who are to see each other; default: one of its own. */
  readonly runtimeDirectory?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Program {
  readonly stdout: Transcript;
  readonly stderr: Transcript;
  readonly runtimeDirectory: string;
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ownDirectory: boolean;
  #exit: Exit | undefined;

  constructor(name: string, args: readonly string[], options: StartOptions = {}) {
    this.stdout = new Transcript(`${name} stdout`);
    this.stderr = new Transcript(`${name} stderr`);
    this.#ownDirectory = options.runtimeDirectory === undefined;
    this.runtimeDirectory = options.runtimeDirectory ?? mkdtempSync(join(tmpdir(), 'tincan-test-'));
    this.process = spawn(options.node ?? process.execPath, [options.script ?? MAIN, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Nothing of this machine's environment but where programs are.
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        XDG_RUNTIME_DIR: this.runtimeDirectory,
        ...options.env,
      },
    });
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => this.stdout.push(text));
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => this.stderr.push(text));
    // It may have gone before it has read everything: what it says and its exit code tell.
    this.process.stdin.on('error', () => {});
    this.process.on('close', (code, signal) => {
      this.#exit = { code, signal };
      // Wakes whoever waits for the exit.
      this.stderr.push('');
    });
  }

  say(...lines: readonly string[]): void {
    this.process.stdin.write(lines.map((line) => `${line}\n`).join(''));
  }

  endInput(): void {
    this.process.stdin.end();
  }

  hears(line: string | RegExp): Promise<void> {
    return this.#until(this.stdout, line);
  }

  tells(line: string | RegExp): Promise<void> {
    return this.#until(this.stderr, line);
  }

  /** The port that it listens on, from the `ready` line of the text and raw faces. */
  readyPort(): Promise<number> {
    return this.stderr.until(
      'the ready line',
      () => {
        const port = this.stderr.lines.map((line) => /^ready .*:(\d+) \w+$/.exec(line)?.[1]).find(Boolean);
        return port === undefined ? undefined : Number(port);
      },
      [this.stdout],
    );
  }

  /** Resolves when it has exited and all that it wrote is read. */
  exit(): Promise<Exit> {
    return this.stderr.until('the exit', () => this.#exit, [this.stdout]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === undefined) this.process.kill('SIGKILL');
    // A reader that was stalled on purpose would hold the end of the streams back.
    this.process.stdout.resume();
    await this.exit();
    if (this.#ownDirectory) rmSync(this.runtimeDirectory, { recursive: true, force: true });
  }

  async #until(transcript: Transcript, wanted: string | RegExp): Promise<void> {
    await transcript.until(
      `the line ${String(wanted)}`,
      () =>
        transcript.lines.some((line) => (typeof wanted === 'string' ? line === wanted : wanted.test(line)))
          ? true
          : undefined,
      [this.stdout, this.stderr],
    );
  }
}
