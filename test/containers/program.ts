/**
 * A program in a container, with our hands on its stdio.
 *
 * Owns: what a person or the engine can do to any program. Must not know: what the program is.
 */
import type { StartedTestContainer } from 'testcontainers';
import { removeContainer } from './cleanup.ts';
import { docker } from './engine.ts';
import { StdioContainer, type StdioOptions } from './stdio-container.ts';
import type { Transcript } from './transcript.ts';

export class Program {
  readonly name: string;
  readonly container: StdioContainer;
  readonly #started: StartedTestContainer;

  protected constructor(name: string, container: StdioContainer, started: StartedTestContainer) {
    this.name = name;
    this.container = container;
    this.#started = started;
  }

  static async start(options: StdioOptions): Promise<Program> {
    const container = new StdioContainer(options);
    return new Program(options.name, container, await container.start());
  }

  get id(): string {
    return this.#started.getId();
  }

  /** Its address on the lab's network. */
  async ip(): Promise<string> {
    const { NetworkSettings: settings } = await docker.getContainer(this.id).inspect();
    const [address] = Object.values(settings.Networks).map(({ IPAddress: ip }) => ip);
    if (address === undefined || address === '') throw new Error(`${this.name} has no address`);
    return address;
  }

  get stdout(): Transcript {
    return this.container.stdout;
  }

  get stderr(): Transcript {
    return this.container.stderr;
  }

  /** Resolves when a line of stdout matches. */
  async prints(pattern: RegExp): Promise<string> {
    const { stdout, stderr } = this;
    const find = (): string | undefined =>
      [...stdout.lines, stdout.partial].find((line) => pattern.test(line));
    return stdout.until(`${this.name} to print ${pattern}`, find, [stderr]);
  }

  /** Ends its input and resolves to its exit code. */
  async endInput(): Promise<number> {
    this.container.endInput();
    return this.exitCode();
  }

  /** Resolves when it has ended; rejects with what it said last if that takes too long. */
  async exitCode(): Promise<number> {
    let code: number | undefined;
    void this.container.exited.then(
      (exitCode) => {
        code = exitCode;
        return this.stdout.poke();
      },
      () => {},
    );
    const exited = this.stdout.until(`${this.name} to end`, () => code, [this.stderr]);
    return exited;
  }

  /** SIGTERM, then the exit code. */
  async stop(): Promise<number> {
    await docker.getContainer(this.id).kill({ signal: 'SIGTERM' });
    return this.exitCode();
  }

  /** Gone at once, whatever state it is in. */
  async kill(): Promise<void> {
    this.container.hangUp();
    await removeContainer(this.id);
  }
}
