/** The real program in a real pseudo-terminal, under a shell that stops it and lets it go on. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { PersonTerminal } from '../../support/person-terminal.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
/** Leaves behind which process the program is, and in which terminal. */
const TRACKED = 'echo $$ $(tty) >"$1"; shift; exec "$@"';

class Shell implements AsyncDisposable {
  readonly terminal = new PersonTerminal(['sh', '-i']);
  readonly #directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  readonly #file = join(this.#directory, 'process');

  run(args: string): void {
    this.terminal.type(`PS1='shell''> ' XDG_RUNTIME_DIR=${this.#directory}; export XDG_RUNTIME_DIR\n`);
    this.terminal.type(`sh -c '${TRACKED}' sh ${this.#file} ${process.execPath} ${MAIN} ${args}\n`);
  }

  get #tracked(): { readonly pid: number; readonly tty: string } {
    const [pid, tty = ''] = readFileSync(this.#file, 'utf8').trim().split(' ');
    return { pid: Number(pid), tty };
  }

  /** Whether the program gets each key, and writes what is seen of them. */
  get isRaw(): boolean {
    return execFileSync('stty', ['-F', this.#tracked.tty, '-a'], { encoding: 'utf8' }).includes('-icanon');
  }

  /** Stops the program, sets the terminal as shells with a line editor of their own do, and lets the program go on. */
  async stopAndGoOn(signal: NodeJS.Signals): Promise<void> {
    process.kill(this.#tracked.pid, signal);
    await this.terminal.shows('shell> ');
    this.terminal.type('stty sane; echo "cook""ed"; fg\n');
    await this.terminal.shows('cooked');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminal[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true });
  }
}

test.each(['SIGTSTP', 'SIGSTOP'] as const)(
  'after %s and fg the keyboard is the program`s again, and prompt and draft stand as before',
  async (signal) => {
    await using shell = new Shell();
    const { terminal } = shell;
    shell.run('--name alice --bind 127.0.0.1:0 --peer bob=127.0.0.1:9');
    await terminal.shows('ready alice');
    terminal.type('the dra');
    await terminal.shows('alice> the dra');
    expect(shell.isRaw).toBe(true);

    await shell.stopAndGoOn(signal);
    await terminal.shows('ready alice', { after: 'cooked' });
    await terminal.shows('alice> the dra', { after: 'cooked' });
    expect(shell.isRaw).toBe(true);
    terminal.type('ft');
    await terminal.shows('alice> the draft');

    terminal.type('\u0003\u0003');
    await terminal.shows('shell> ', { after: 'alice> the draft' });
    terminal.type('exit\n');
    await terminal.ended();
  },
);

test('after SIGSTOP and fg a question stands as before, with what was answered so far', async () => {
  await using shell = new Shell();
  const { terminal } = shell;
  shell.run('--name alice');
  await terminal.shows('Own port [5000]: ');
  terminal.type('60');
  await terminal.shows('Own port [5000]: 60');

  await shell.stopAndGoOn('SIGSTOP');
  await terminal.shows('Own port [5000]: 60', { after: 'cooked' });
  expect(shell.isRaw).toBe(true);
  terminal.type('x\r');
  await terminal.shows('"60x" is not a port', { after: 'cooked' });
  terminal.type('\u0003');
  await terminal.shows('shell> ', { after: '"60x" is not a port' });
  terminal.type('exit\n');
  await terminal.ended();
});
