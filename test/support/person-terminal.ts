/**
 * A program in a pseudo-terminal on this machine, as a person has it: here, `docker attach`.
 *
 * Owns: the pseudo-terminal (by the system's own `script`).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { platform } from 'node:os';
import { Transcript, withoutEscapes } from './transcript.ts';

export class PersonTerminal implements AsyncDisposable {
  readonly screen: Transcript;
  readonly #script: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(command: readonly string[]) {
    this.screen = new Transcript(`the terminal that runs ${command.join(' ')}`);
    // A window has a size; the pseudo-terminal of a test has none unless it is given one.
    const inWindow = ['sh', '-c', 'stty rows 24 cols 80; exec "$@"', 'sh', ...command];
    const quoted = inWindow.map((word) => `'${word}'`).join(' ');
    const options =
      platform() === 'darwin'
        ? ['-q', '/dev/null', ...inWindow]
        : ['--quiet', '--flush', '--command', quoted, '/dev/null'];
    this.#script = spawn('script', options, { env: { ...process.env, TERM: 'xterm' } });
    this.#script.stdout?.setEncoding('utf8').on('data', (text: string) => this.screen.push(text));
    this.#ended = new Promise((resolve) => {
      this.#script.once('close', () => resolve());
    });
  }

  type(keys: string): void {
    this.#script.stdin?.write(keys);
  }

  /** Resolves when the text stands somewhere on the screen, colours aside; `after`: later than that text. */
  async shows(text: string, { after = '' }: { readonly after?: string } = {}): Promise<void> {
    const find = (): true | undefined => {
      const shown = withoutEscapes([...this.screen.lines, this.screen.partial].join('\n'));
      const from = shown.indexOf(after);
      return (from >= 0 && shown.includes(text, from)) || undefined;
    };
    await this.screen.until(`the screen to show ${JSON.stringify(text)}`, find);
  }

  /** Resolves when the program has ended. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#script.kill();
    await this.#ended;
  }
}
