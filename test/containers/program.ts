/**
 * A program in a container, with our hands on its stdio and on its container.
 *
 * Owns: what a person or the engine can do to any program.
 */
import { PassThrough } from 'node:stream';
import type { StartedTestContainer } from 'testcontainers';
import { removeContainer } from './cleanup.ts';
import { docker } from './engine.ts';
import { StdioContainer, joinNetwork, type Attachment, type StdioOptions } from './stdio-container.ts';
import type { Transcript } from '../support/transcript.ts';

const PAUSE_ATTEMPTS_MAX = 5;

export class Program {
  readonly name: string;
  readonly container: StdioContainer;
  readonly networks: readonly Attachment[];
  readonly #started: StartedTestContainer;

  constructor(options: StdioOptions, container: StdioContainer, started: StartedTestContainer) {
    this.name = options.name;
    this.networks = options.networks;
    this.container = container;
    this.#started = started;
  }

  static async start<P extends Program>(
    this: new (options: StdioOptions, container: StdioContainer, started: StartedTestContainer) => P,
    options: StdioOptions,
  ): Promise<P> {
    const container = new StdioContainer(options);
    return new this(options, container, await container.start());
  }

  get id(): string {
    return this.#started.getId();
  }

  /** Its address on the first of its networks. */
  async ip(): Promise<string> {
    const { NetworkSettings: settings } = await docker.getContainer(this.id).inspect();
    const addresses = Object.values(settings.Networks).map(({ IPAddress: ip }) => ip);
    const first = addresses.find((ip) => ip !== '');
    if (first === undefined) throw new Error(`${this.name} has no address`);
    return first;
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

  /** Gone at once, whatever state it is in, and what it printed last with it; resolves when the engine has removed it. */
  async kill(): Promise<void> {
    this.container.hangUp();
    await removeContainer(this.id);
  }

  /** SIGKILL from without, as the kernel kills who takes too much memory; resolves when all that it printed is read. */
  async crash(): Promise<void> {
    await docker.getContainer(this.id).kill({ signal: 'SIGKILL' });
    await this.exitCode();
    await this.container.ended;
    await removeContainer(this.id);
  }

  /** Not one of its instructions runs until `resume`; what is sent to it waits in the kernel. */
  async pause(): Promise<void> {
    const container = docker.getContainer(this.id);
    for (let attempt = 1; ; attempt++) {
      try {
        await container.pause();
        return;
      } catch (error) {
        // The engine gives up when the kernel takes long to freeze everything, which on a busy machine it may.
        if (attempt === PAUSE_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async resume(): Promise<void> {
    await docker.getContainer(this.id).unpause();
  }

  /** Pulls the cable: it has no network interface on its networks any more, and its names there are gone. */
  async disconnect(): Promise<void> {
    await Promise.all(
      this.networks.map(({ network }) =>
        docker.getNetwork(network).disconnect({ Container: this.id, Force: true }),
      ),
    );
  }

  /** Puts it back under its names. The engine gives it the lowest address that is free: its old one, if nobody took it. */
  async reconnect(): Promise<void> {
    for (const attachment of this.networks) await joinNetwork(this.id, attachment);
  }

  /** What a command that runs in its container prints, byte for byte. @throws when the command fails. */
  async exec(command: readonly string[]): Promise<Buffer> {
    const exec = await docker
      .getContainer(this.id)
      .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({ hijack: true, stdin: false });
    const stdout = collect();
    const stderr = collect();
    docker.modem.demuxStream(stream, stdout.stream, stderr.stream);
    await new Promise<void>((resolve, reject) => {
      stream.once('end', resolve).once('error', reject);
    });
    const { ExitCode: code } = await exec.inspect();
    if (code !== 0) throw new Error(`${command.join(' ')} in ${this.name}: ${stderr.bytes().toString()}`);
    return stdout.bytes();
  }
}

function collect(): { readonly stream: PassThrough; readonly bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, bytes: () => Buffer.concat(chunks) };
}
