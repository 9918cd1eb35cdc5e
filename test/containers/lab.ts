/**
 * The lab: nodes in containers of their own on a network of their own, driven over their stdio.
 *
 *     await using lab = await Lab.start({ nodes: ['alice', 'bob'] });
 *     const { alice, bob } = lab.nodes;
 *     await alice.says('hi');
 *     await bob.hears('alice', 'hi');
 *
 * Owns: networks, containers and their removal; what a person would do and see at a node's stdio.
 * Must not know: what a particular test is about.
 */
import { randomUUID } from 'node:crypto';
import type { StartedTestContainer } from 'testcontainers';
import { labels, removeContainer, removeNetwork } from './cleanup.ts';
import { NODE_IMAGE, docker } from './engine.ts';
import { StdioContainer, type StdioOptions } from './stdio-container.ts';
import { DEADLINE_MS, type Transcript, withoutEscapes } from './transcript.ts';

/** Where every node of a lab listens, in its own container. */
export const NODE_PORT = 5000;
/** Where a room key is put in a container. */
const ROOM_KEY_FILE = '/tmp/room.key';

export type Wire = 'tincan' | 'plain' | 'tcp';

export interface LabOptions<Name extends string> {
  /** Each becomes a container with that host name; each has all the others as peers. */
  readonly nodes: readonly Name[];
  /** Default: the program's. */
  readonly wire?: Wire;
  /** The terminal face on a terminal, instead of the text face on pipes. */
  readonly tty?: boolean;
  /** The room key of every node, in a file as compose would give it. */
  readonly roomKey?: string;
  /** More options for every node. */
  readonly options?: readonly string[];
}

/** How one node differs from the others of its lab. */
export interface NodeChanges extends Pick<StdioOptions, 'entrypoint' | 'memoryBytes' | 'tty'> {
  readonly peers?: readonly string[];
  readonly roomKey?: string;
  readonly options?: readonly string[];
}

export class Lab<Name extends string> implements AsyncDisposable {
  readonly nodes: Readonly<Record<Name, LabNode>>;
  readonly #network: string;
  readonly #options: LabOptions<Name>;
  readonly #started: Set<Program>;

  private constructor(
    network: string,
    options: LabOptions<Name>,
    nodes: Record<Name, LabNode>,
    started: Set<Program>,
  ) {
    this.#network = network;
    this.#options = options;
    this.nodes = nodes;
    this.#started = started;
  }

  /** Resolves when every node has said `ready`. */
  static async start<Name extends string>(options: LabOptions<Name>): Promise<Lab<Name>> {
    const network = `tincan-test-${randomUUID().slice(0, 8)}`;
    // Through the engine's own call: testcontainers can't make a network without a way out.
    await docker.createNetwork({ Name: network, Driver: 'bridge', Internal: true, Labels: labels() });
    const started = new Set<Program>();
    try {
      const nodes: Partial<Record<Name, LabNode>> = {};
      await Promise.all(
        options.nodes.map(async (name) => {
          nodes[name] = await startNode(nodeOptions(name, network, options), started);
        }),
      );
      if (!isWhole(nodes, options.nodes)) throw new Error('a node is missing');
      return new Lab(network, options, nodes, started);
    } catch (error) {
      await dismantle(network, started);
      throw error;
    }
  }

  /** Starts another program beside the nodes: one that we did not write, or one more node. */
  async run(program: Omit<StdioOptions, 'network' | 'labels'>): Promise<Program> {
    const started = await Program.start({ ...program, network: this.#network, labels: labels() });
    this.#started.add(started);
    return started;
  }

  /** Starts one more node, which differs from the others in `changes`. */
  async join(name: string, changes: NodeChanges): Promise<LabNode> {
    return startNode(nodeOptions(name, this.#network, this.#options, changes), this.#started);
  }

  /** Stops a node with SIGTERM, as `docker stop` does, and starts it anew under its name. */
  async restart(name: Name): Promise<LabNode> {
    await this.nodes[name].stop();
    return startNode(nodeOptions(name, this.#network, this.#options), this.#started);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await dismantle(this.#network, this.#started);
  }
}

/** Registered before it is ready, so that a node that never is gets removed too. */
async function startNode(options: StdioOptions, started: Set<Program>): Promise<LabNode> {
  const node = await LabNode.start(options);
  started.add(node);
  await node.ready();
  return node;
}

async function dismantle(network: string, programs: Iterable<Program>): Promise<void> {
  await Promise.all([...programs].map((program) => program.kill()));
  await removeNetwork(network);
}

/** A program in a container, with our hands on its stdio. */
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

/** One tincan node. */
export class LabNode extends Program {
  /** Indexes of heard lines that an expectation has used up: each line answers for one expectation. */
  readonly #used = new Set<number>();
  readonly #isTty: boolean;

  private constructor(options: StdioOptions, container: StdioContainer, started: StartedTestContainer) {
    super(options.name, container, started);
    this.#isTty = options.tty === true;
  }

  static override async start(options: StdioOptions): Promise<LabNode> {
    const container = new StdioContainer(options);
    return new LabNode(options, container, await container.start());
  }

  /** Resolves when the node has said `ready`. */
  async ready(): Promise<void> {
    const where = this.#isTty ? this.stdout : this.stderr;
    const find = (): true | undefined => where.lines.some((line) => isReady(line, this.name)) || undefined;
    await where.until(`${this.name} to be ready`, find, [this.stdout, this.stderr]);
  }

  async says(text: string): Promise<void> {
    // On a terminal, Enter is a carriage return.
    await this.container.write(this.#isTty ? `${text}\r` : `${text}\n`);
  }

  /** Resolves when a line from that peer is there that no earlier call has waited for. */
  async hears(from: string, text: string): Promise<void> {
    const heard = (): true | undefined => {
      const index = this.stdout.lines.findIndex(
        (line, at) => !this.#used.has(at) && this.#isMessage(line, from, text),
      );
      if (index < 0) return undefined;
      this.#used.add(index);
      return true;
    };
    await this.stdout.until(`${this.name} to hear "${from}: ${text}"`, heard, [this.stderr]);
  }

  /** Resolves when at least so many lines from that peer have come, to all of them in order of arrival. */
  async hearsLines(from: string, count: number, deadlineMs = DEADLINE_MS): Promise<readonly string[]> {
    const heard = (): readonly string[] | undefined => {
      const texts = this.heard(from);
      return texts.length >= count ? texts : undefined;
    };
    const awaited = `${this.name} to hear ${count} lines from ${from}`;
    try {
      return await this.stdout.until(awaited, heard, [this.stderr], deadlineMs);
    } catch (cause) {
      throw new Error(`${awaited}: it has heard ${this.heard(from).length}`, { cause });
    }
  }

  /** The texts that it has heard from that peer so far. */
  heard(from: string): readonly string[] {
    const prefix = `${from}: `;
    return this.stdout.lines
      .filter((line) => line.startsWith(prefix))
      .map((line) => line.slice(prefix.length));
  }

  /** Everything that it has heard, with the label. */
  get heardFromAll(): readonly string[] {
    return this.stdout.lines;
  }

  /** Resolves when stderr has a matching line: news that is not a line of chat. */
  async notes(pattern: RegExp): Promise<string> {
    const find = (): string | undefined => this.stderr.lines.find((line) => pattern.test(line));
    return this.stderr.until(`${this.name} to note ${pattern}`, find, [this.stdout]);
  }

  #isMessage(line: string, from: string, text: string): boolean {
    const message = `${from}: ${text}`;
    // On a terminal a time stamp and colours may stand around it.
    return this.#isTty ? withoutEscapes(line).endsWith(message) : line === message;
  }
}

function isReady(line: string, name: string): boolean {
  return withoutEscapes(line).includes(`ready ${name} `);
}

function nodeOptions(
  name: string,
  network: string,
  lab: LabOptions<string>,
  { roomKey = lab.roomKey, ...changes }: NodeChanges = {},
): StdioOptions {
  const others = changes.peers ?? lab.nodes.filter((other) => other !== name);
  return {
    image: NODE_IMAGE,
    name,
    network,
    labels: labels(),
    tty: changes.tty ?? lab.tty ?? false,
    command: changes.options ?? lab.options ?? [],
    environment: {
      TERM: 'xterm',
      TINCAN_NAME: name,
      TINCAN_PEERS: others.map((other) => `${other}=${other}:${NODE_PORT}`).join(','),
      ...(lab.wire === undefined ? {} : { TINCAN_WIRE: lab.wire }),
      ...(roomKey === undefined ? {} : { TINCAN_ROOM_KEY_FILE: ROOM_KEY_FILE }),
    },
    ...(roomKey === undefined ? {} : { files: { [ROOM_KEY_FILE]: roomKey } }),
    ...(changes.entrypoint === undefined ? {} : { entrypoint: changes.entrypoint }),
    ...(changes.memoryBytes === undefined ? {} : { memoryBytes: changes.memoryBytes }),
  };
}

function isWhole<Name extends string>(
  nodes: Partial<Record<Name, LabNode>>,
  names: readonly Name[],
): nodes is Record<Name, LabNode> {
  return names.every((name) => nodes[name] !== undefined);
}
