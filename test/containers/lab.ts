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
import { labels, removeNetwork } from './cleanup.ts';
import { NODE_IMAGE, docker } from './engine.ts';
import { LabNode } from './lab-node.ts';
import { Program } from './program.ts';
import type { StdioOptions } from './stdio-container.ts';

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
