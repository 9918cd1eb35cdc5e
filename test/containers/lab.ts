/**
 * The lab: programs in containers of their own, with one string between them, driven over their stdio.
 *
 *     await using lab = await Lab.start({ nodes: ['alice', 'bob'] });
 *     const { alice, bob } = lab.nodes;
 *     await alice.says('hi');
 *     await bob.hears('alice', 'hi');
 *
 * The string can be a bad one. Then each end has a network of its own, and the relay is on both, under the other end's
 * name: to alice it is bob, to bob it is alice, and neither has to know.
 *
 *     await using lab = await Lab.start({ nodes: ['alice', 'bob'], relay: { seed: 7, faults: { both: { lossRate: 0.2 } } } });
 *     await lab.relay.blackhole('alice>bob', 5_000);
 *
 * Any program can be an end, not only a node: `between` names the ends, `run` starts the programs. For scripts, nodes speak
 * JSON (`Lab.script`). What the engine can do to a program (pause, kill, pull the cable) is in `program.ts`.
 *
 * Owns: networks, containers and their removal; who is called what on which network.
 */
import { randomUUID } from 'node:crypto';
import { labels, removeNetwork, removeVolume } from './cleanup.ts';
import { NODE_IMAGE, docker } from './engine.ts';
import { placeWithoutIpv4 } from './ipv6-place.ts';
import { LabNode } from './lab-node.ts';
import { LabRelay, relayCommand, type RelayOptions } from './lab-relay.ts';
import { Program } from './program.ts';
import { ScriptedNode } from './scripted-node.ts';
import type { Attachment, StdioOptions } from './stdio-container.ts';

/** Where every node of a lab listens, in its own container. */
const NODE_PORT = 5000;
/** Where the image has a directory for a volume. */
const STATE_DIRECTORY = '/state';
/** Where a room key is put in a container. */
const ROOM_KEY_FILE = '/tmp/room.key';

export type Wire = 'tincan' | 'plain' | 'tcp';

export interface LabOptions<Name extends string> {
  /** Each becomes a container with that host name; each has all the others as peers. */
  readonly nodes: readonly Name[];
  /** Default: the program's. */
  readonly wire?: Wire;
  /** What is on the networks besides IPv4, or in its place; then all bind to `[::]`. Default: nothing. */
  readonly ipv6?: 'too' | 'alone';
  /** Networks that also lead out of the engine: its firewall lets no IPv4 multicast through internal ones. Default: internal. */
  readonly leadsOut?: boolean;
  /** The terminal face on a terminal, instead of the text face on pipes. */
  readonly tty?: boolean;
  /** The room key of every node, in a file as compose would give it. */
  readonly roomKey?: string;
  /** Each node has a volume for its state, which stays as long as the lab: whoever starts anew under its name goes on from there. */
  readonly keepsState?: boolean;
  /** More options for every node. */
  readonly options?: readonly string[];
  /** Puts the relay between two ends. Only UDP crosses it. */
  readonly relay?: RelayOptions & {
    /** Default: the two nodes. */
    readonly between?: readonly [string, string];
    /** Where both ends listen, and where each of them reaches the other; default: where nodes do. */
    readonly port?: number;
  };
}

/** How one node differs from the others of its lab. */
export interface NodeChanges extends Pick<StdioOptions, 'entrypoint' | 'files' | 'memoryBytes' | 'tty'> {
  readonly peers?: readonly string[];
  readonly roomKey?: string;
  readonly options?: readonly string[];
}

/** Another program of a lab. */
export type ProgramOptions = Omit<StdioOptions, 'networks' | 'labels'>;

/** Where a program is. */
type Place = Pick<StdioOptions, 'networks' | 'insideNetworkOf'>;

interface Startable extends Program {
  ready(): Promise<void>;
}

/** How the lab starts a node: with which face, and what stands at it. */
type Starter<Node> = (options: StdioOptions) => Promise<Node>;

export class Lab<Name extends string, Node extends Startable = LabNode> implements AsyncDisposable {
  readonly #options: LabOptions<Name>;
  readonly #starter: Starter<Node>;
  readonly #id = randomUUID().slice(0, 8);
  readonly #networks = new Set<string>();
  readonly #volumes = new Set<string>();
  readonly #started = new Set<Program>();
  readonly #ends: readonly string[];
  readonly #strings: readonly string[];
  #nodes: Readonly<Record<Name, Node>> | undefined;
  #relay: LabRelay | undefined;

  private constructor(options: LabOptions<Name>, starter: Starter<Node>) {
    this.#options = options;
    this.#starter = starter;
    this.#ends = options.relay === undefined ? [] : (options.relay.between ?? options.nodes);
    const id = this.#id;
    // Without a relay there is one network, and everybody is on it.
    this.#strings =
      this.#ends.length === 0 ? [`tincan-test-${id}`] : this.#ends.map((end) => `tincan-test-${id}-${end}`);
  }

  /** With a person's face on every node. Resolves when every node has said `ready`. */
  static async start<Name extends string>(options: LabOptions<Name>): Promise<Lab<Name>> {
    return Lab.#open(new Lab<Name>(options, (node) => LabNode.start(node)));
  }

  /** With the JSON face on every node. */
  static async script<Name extends string>(options: LabOptions<Name>): Promise<Lab<Name, ScriptedNode>> {
    const json = { ...options, options: [...(options.options ?? []), '--format', 'json'] };
    return Lab.#open(new Lab<Name, ScriptedNode>(json, (node) => ScriptedNode.start(node)));
  }

  static async #open<Name extends string, Node extends Startable>(
    lab: Lab<Name, Node>,
  ): Promise<Lab<Name, Node>> {
    try {
      await lab.#set();
      return lab;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #set(): Promise<void> {
    await Promise.all(this.#strings.map((name) => this.#createNetwork(name)));
    if (this.#options.relay !== undefined) await this.startRelay();
    const { nodes: names } = this.#options;
    const nodes: Partial<Record<Name, Node>> = {};
    const starts = names.map(async (name) => {
      nodes[name] = await this.startNode(name);
    });
    // Where one fails, the others are waited for all the same: what is still starting could not be removed.
    await Promise.allSettled(starts);
    await Promise.all(starts);
    if (!isWhole(nodes, names)) throw new Error('a node is missing');
    this.#nodes = nodes;
    const standing = this.#ends.filter((end) => Object.hasOwn(nodes, end));
    await Promise.all(standing.map((end) => this.relay.knows(end)));
  }

  get nodes(): Readonly<Record<Name, Node>> {
    if (this.#nodes === undefined) throw new Error('the lab is not up yet');
    return this.#nodes;
  }

  /** The one that stands between now. */
  get relay(): LabRelay {
    if (this.#relay === undefined) throw new Error('this lab has no relay');
    return this.#relay;
  }

  /** Starts another program beside the nodes: one that we did not write. */
  async run(program: ProgramOptions): Promise<Program> {
    const networks = this.#attachments(program.name);
    const started = await Program.start({ ...program, networks, labels: labels() });
    this.#started.add(started);
    return started;
  }

  /** Starts one more node, which differs from the others in `changes`. */
  async join(name: string, changes: NodeChanges): Promise<Node> {
    return this.startNode(name, changes);
  }

  /** Stops a node with SIGTERM, as `docker stop` does, and starts it anew under its name. */
  async restart(name: Name): Promise<Node> {
    await this.nodes[name].stop();
    return this.startNode(name);
  }

  /** Starts a node under that name, where none is or none is any more. Resolves when it has said `ready`. */
  async startNode(name: string, changes: NodeChanges = {}): Promise<Node> {
    const place = await this.#placeAt(name, this.#attachments(name));
    const options = nodeOptions(name, place, this.#options, changes);
    const keeps = this.#options.keepsState === true;
    const node = await this.#starter(keeps ? withState(options, await this.#createVolume(name)) : options);
    // Registered before it is ready, so that a node that never is gets removed too.
    this.#started.add(node);
    await node.ready();
    return node;
  }

  /** Starts a relay, where none is or none is any more. Resolves when it has said `ready`. */
  async startRelay(): Promise<LabRelay> {
    const { relay: options } = this.#options;
    if (options === undefined) throw new Error('this lab has no relay');
    const port = options.port ?? NODE_PORT;
    const [first = '', second = ''] = this.#ends;
    const networks = this.#strings.map((network, at) => ({ network, aliases: [at === 0 ? second : first] }));
    const relay = await LabRelay.start({
      image: NODE_IMAGE,
      name: 'relay',
      labels: labels(),
      ...(await this.#placeAt('relay', networks)),
      command: relayCommand(
        this.#ends.map((name) => ({ name, host: ownName(name) })),
        `${this.#options.ipv6 === undefined ? '0.0.0.0' : '[::]'}:${port}`,
        options,
      ),
    });
    this.#started.add(relay);
    await relay.ready();
    this.#relay = relay;
    return relay;
  }

  /**
   * Takes a node off the network and brings it back at another address, under the same names. Its old address belongs to
   * somebody else by then. Resolves to the two addresses.
   */
  async readdress(node: Program): Promise<{ readonly was: string; readonly is: string }> {
    const was = await node.ip();
    await node.disconnect();
    // The engine gives out the lowest address that is free: whoever comes next gets this one.
    await this.run({ image: NODE_IMAGE, name: 'squatter', entrypoint: ['cat'], command: [] });
    await node.reconnect();
    const is = await node.ip();
    if (is === was) throw new Error(`${node.name} came back at ${is}, the address that it had`);
    return { was, is };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#started].map((program) => program.kill()));
    await Promise.all([...this.#networks].map((id) => removeNetwork(id)));
    await Promise.all([...this.#volumes].map((volume) => removeVolume(volume)));
  }

  async #createNetwork(name: string): Promise<void> {
    // Through the engine's own call: testcontainers can't make a network without a way out.
    const { id } = await docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      Internal: this.#options.leadsOut !== true,
      Labels: labels(),
      ...(this.#options.ipv6 && { EnableIPv6: true, IPAM: { Config: [{ Subnet: uniqueLocalSubnet() }] } }),
    });
    this.#networks.add(id);
  }

  async #placeAt(name: string, networks: readonly Attachment[]): Promise<Place> {
    if (this.#options.ipv6 !== 'alone') return { networks };
    const place = await placeWithoutIpv4(name, networks);
    this.#started.add(place);
    return { networks: [], insideNetworkOf: place.id };
  }

  /** The node's; the engine makes it once, and gives it the owner and the mode of the image's directory. */
  async #createVolume(node: string): Promise<string> {
    const volume = `tincan-test-${this.#id}-${node}-state`;
    await docker.createVolume({ Name: volume, Labels: labels() });
    this.#volumes.add(volume);
    return volume;
  }

  /** An end of a relayed string is on its own side, with a name that is the relay's on neither. */
  #attachments(name: string): readonly Attachment[] {
    const end = this.#ends.indexOf(name);
    const network = this.#strings[Math.max(end, 0)];
    if (network === undefined) throw new Error('the lab has no network');
    return [{ network, aliases: end < 0 ? [name] : [name, ownName(name)] }];
  }
}

/** On the relay's two networks a node's plain name means the node on the one, and the relay on the other. */
function ownName(end: string): string {
  return `can-${end}`;
}

/** Of addresses that nobody routes (RFC 4193), drawn anew for each network. */
function uniqueLocalSubnet(): string {
  const [a = '', b = '', c = ''] = randomUUID().replaceAll('-', '').match(/.{4}/gu) ?? [];
  return `fd${a.slice(2)}:${b}:${c}::/64`;
}

function nodeOptions(
  name: string,
  place: Place,
  lab: LabOptions<string>,
  { roomKey = lab.roomKey, ...changes }: NodeChanges = {},
): StdioOptions {
  const others = changes.peers ?? lab.nodes.filter((other) => other !== name);
  return {
    image: NODE_IMAGE,
    name,
    ...place,
    labels: labels(),
    tty: changes.tty ?? lab.tty ?? false,
    command: changes.options ?? lab.options ?? [],
    environment: {
      TERM: 'xterm',
      TINCAN_NAME: name,
      // Without a state one that is killed comes back with another key.
      TINCAN_ACCEPT_CHANGED_KEYS: '1',
      TINCAN_PEERS: others.map((other) => `${other}=${other}:${NODE_PORT}`).join(','),
      ...(lab.wire === undefined ? {} : { TINCAN_WIRE: lab.wire }),
      ...(lab.ipv6 === undefined ? {} : { TINCAN_BIND: `[::]:${NODE_PORT}` }),
      ...(roomKey === undefined ? {} : { TINCAN_ROOM_KEY_FILE: ROOM_KEY_FILE }),
    },
    files: { ...changes.files, ...(roomKey === undefined ? {} : { [ROOM_KEY_FILE]: roomKey }) },
    ...(changes.entrypoint === undefined ? {} : { entrypoint: changes.entrypoint }),
    ...(changes.memoryBytes === undefined ? {} : { memoryBytes: changes.memoryBytes }),
  };
}

function withState(options: StdioOptions, volume: string): StdioOptions {
  const { TINCAN_ACCEPT_CHANGED_KEYS: _, ...environment } = options.environment ?? {};
  return {
    ...options,
    volumes: { [STATE_DIRECTORY]: volume },
    environment: { ...environment, TINCAN_STATE: STATE_DIRECTORY },
  };
}

function isWhole<Name extends string, Node>(
  nodes: Partial<Record<Name, Node>>,
  names: readonly Name[],
): nodes is Record<Name, Node> {
  return names.every((name) => nodes[name] !== undefined);
}
