/**
 * A testcontainers container whose stdin, stdout and stderr are ours: what testcontainers itself has no call for.
 *
 * Owns: attaching before the start (attached later, the first lines are missed), the end of input, the exit code.
 */
import { PassThrough, type Duplex } from 'node:stream';
import { GenericContainer, type WaitStrategy } from 'testcontainers';
import { docker } from './engine.ts';
import { Transcript } from '../support/transcript.ts';

/** A network that a container is on, and what it is called there. */
export interface Attachment {
  readonly network: string;
  readonly aliases: readonly string[];
}

export interface StdioOptions {
  readonly image: string;
  /** Its host name. */
  readonly name: string;
  /** Empty: it has the loopback interface alone. */
  readonly networks: readonly Attachment[];
  readonly labels: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  /** Files that are there when the program starts: path → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Volumes by the path where the program finds them. */
  readonly volumes?: Readonly<Record<string, string>>;
  /** Memory in bytes; a program that takes more is killed. */
  readonly memoryBytes?: number;
  /** Rights beyond those of a plain container, such as `NET_ADMIN`. */
  readonly capabilities?: readonly string[];
  /** The id of a container whose network interfaces this one sees and uses, instead of its own. */
  readonly insideNetworkOf?: string;
}

export class StdioContainer extends GenericContainer {
  readonly stdout: Transcript;
  readonly stderr: Transcript;
  /** Resolves to the exit code. */
  exited: Promise<number> = Promise.reject(new Error('not created yet'));
  readonly #tty: boolean;
  readonly #networks: readonly Attachment[];
  #stdio: Duplex | undefined;
  /** Resolves when all that the program printed has been read. */
  ended: Promise<void> = Promise.resolve();

  constructor(options: StdioOptions) {
    super(options.image);
    this.stdout = new Transcript(`${options.name} stdout`);
    this.stderr = new Transcript(`${options.name} stderr`);
    this.#tty = options.tty === true;
    this.#networks = options.networks;
    this.exited.catch(() => {});
    Object.assign(this.createOpts, {
      OpenStdin: true,
      // The end of our input is the end of the container's.
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: this.#tty,
    });
    this.#joinNetwork(options);
    // A killed test run leaves nothing: its end closes stdin, the program ends, and the engine removes the container.
    this.hostConfig.AutoRemove = true;
    // Whatever it prints is read here; the engine need not write it to a file as well.
    this.hostConfig.LogConfig = { Type: 'none', Config: {} };
    this.withAutoRemove(false);
    this.withCommand([...options.command]);
    this.withEnvironment({ ...options.environment });
    this.withLabels({ ...options.labels });
    this.withCopyContentToContainer(
      Object.entries(options.files ?? {}).map(([target, content]) => ({ target, content, mode: 0o444 })),
    );
    if (options.capabilities !== undefined) this.withAddedCapabilities(...options.capabilities);
    this.hostConfig.Mounts = Object.entries(options.volumes ?? {}).map(([path, volume]) => ({
      Type: 'volume',
      Source: volume,
      Target: path,
    }));
    if (options.memoryBytes !== undefined) this.hostConfig.Memory = options.memoryBytes;
    if (options.entrypoint !== undefined) this.withEntrypoint([...options.entrypoint]);
    // Whoever waits, waits for what the program says.
    this.withWaitStrategy(alreadyReady);
  }

  #joinNetwork({ name, networks, insideNetworkOf }: StdioOptions): void {
    if (insideNetworkOf !== undefined) {
      this.withNetworkMode(`container:${insideNetworkOf}`);
      return;
    }
    const [first] = networks;
    if (first === undefined) {
      this.withNetworkMode('none');
      return;
    }
    this.withNetworkMode(first.network);
    Object.assign(this.createOpts, {
      Hostname: name,
      // Not `withNetworkAliases`, which would join the default bridge as well.
      NetworkingConfig: { EndpointsConfig: { [first.network]: { Aliases: first.aliases } } },
    });
  }

  protected override async containerCreated(id: string): Promise<void> {
    const container = docker.getContainer(id);
    const exit: Promise<{ StatusCode: number }> = container.wait({ condition: 'next-exit' });
    this.exited = exit.then(({ StatusCode: code }) => code);
    this.exited.catch(() => {});
    // Older engines take one network at the creation; the others are joined before the start.
    for (const attachment of this.#networks.slice(1)) await joinNetwork(id, attachment);
    const stdio = await attachTo(
      id,
      this.#tty,
      (text) => this.stdout.push(text),
      (text) => this.stderr.push(text),
    );
    this.ended = new Promise((resolve) => {
      // What was read last is still on its way to the transcripts.
      stdio.once('close', () => setImmediate(resolve));
    });
    this.#stdio = stdio;
  }

  /** Resolves when the engine has taken the text. */
  async write(text: string): Promise<void> {
    const stdio = this.#stdio;
    if (stdio === undefined) throw new Error('written to before the start');
    await new Promise<void>((resolve, reject) => {
      stdio.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }

  endInput(): void {
    this.#stdio?.end();
  }

  hangUp(): void {
    this.#stdio?.destroy();
  }
}

/** Attaches to a container's stdio as `docker attach` does; the stream that is returned is its stdin. */
export async function attachTo(
  id: string,
  tty: boolean,
  onStdout: (text: string) => void,
  onStderr: (text: string) => void = () => {},
): Promise<Duplex> {
  const stdio = await docker
    .getContainer(id)
    .attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
  const out = new PassThrough().setEncoding('utf8').on('data', onStdout);
  const error = new PassThrough().setEncoding('utf8').on('data', onStderr);
  // A terminal has one stream for everything; without one, the engine frames the two.
  if (tty) stdio.pipe(out);
  else docker.modem.demuxStream(stdio, out, error);
  stdio.on('error', () => {});
  if (!isDuplex(stdio)) throw new Error('the engine gave a stream that can only be read');
  return stdio;
}

/** An alias lasts as long as the membership: whoever leaves and comes back must give it again. */
export async function joinNetwork(id: string, { network, aliases }: Attachment): Promise<void> {
  await docker.getNetwork(network).connect({ Container: id, EndpointConfig: { Aliases: [...aliases] } });
}

function isDuplex(stream: NodeJS.ReadWriteStream): stream is Duplex {
  return 'destroy' in stream;
}

const alreadyReady: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => alreadyReady,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};
