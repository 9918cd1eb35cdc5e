/** The demo as a person runs it: the shipped compose.yaml, `docker attach`, detach, attach again, down. */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PeerId, PeerStatus, Status } from '../../src/kernel/contract.ts';
import { removeNetwork } from './cleanup.ts';
import { ComposeLab } from './compose-lab.ts';
import { NODE_IMAGE, docker } from './engine.ts';
import { describeWithImages } from './suite.ts';
import { readPage, samplesOf } from '../support/pages.ts';
import { PersonTerminal } from '../support/person-terminal.ts';
import { withoutEscapes } from '../support/transcript.ts';
import { until } from '../support/wait.ts';

type OwnWord = Pick<Status, 'name' | 'peers'>;

const run = promisify(execFile);
/** Eight nodes ask each other in turn, each time by a program that has to start. */
const CROWD_MS = 150_000;

/** What attaching draws, in any case: the window's size is news to the node. */
const PROMPT = '> ';
const DETACH_KEYS = '\u0010\u0011';

await describeWithImages('docker compose', [NODE_IMAGE], () => {
  const lab = new ComposeLab('demo');
  // One lab for all: what is tested is what a person does in it, one thing after the other.
  beforeAll(() => lab.up());
  afterAll(async () => {
    await lab.down('--volumes');
    expect(await lab.left()).toEqual([]);
  });

  test('the log of a node that nobody attached to is plain lines', async () => {
    await using alice = lab.attach('alice');
    await alice.shows(PROMPT);
    alice.type('for the log\r');
    await using log = new PersonTerminal(['docker', 'logs', '--follow', lab.container('bob')]);
    await log.shows('alice: for the log');
    const logged = await lab.logs('bob');
    // Colours may stand in a line; what moves the cursor or clears would garble the log.
    expect(logged.match(CURSOR_MOVES)).toBeNull();
  });

  test('two healthy nodes chat through docker attach, detached and attached again', async () => {
    expect(await healthOf([lab.container('alice'), lab.container('bob')])).toEqual(['healthy', 'healthy']);
    await using alice = lab.attach('alice');
    await using bob = lab.attach('bob');
    await Promise.all([alice.shows(PROMPT), bob.shows(PROMPT)]);
    alice.type('hi bob, alice here\r');
    await bob.shows('alice: hi bob, alice here');
    bob.type('hi alice, loud and clear\r');
    await alice.shows('bob: hi alice, loud and clear');

    bob.type(DETACH_KEYS);
    await bob.ended();
    alice.type('are you still there?\r');

    // Detached is not gone: the node hears it meanwhile, and a second window shows what comes from now on.
    await using bobAgain = lab.attach('bob');
    await bobAgain.shows(PROMPT);
    alice.type('and now?\r');
    await bobAgain.shows('alice: and now?');
    bobAgain.type('back at the window\r');
    await alice.shows('bob: back at the window');
    expect(withoutEscapes(await lab.logs('bob'))).toContain('alice: are you still there?');
  });

  test('a node that restarts is healthy again and goes on chatting', async () => {
    await using alice = lab.attach('alice');
    await alice.shows(PROMPT);
    await lab.compose('restart', '--timeout', '3', 'bob');
    await lab.up();
    await using bob = lab.attach('bob');
    await bob.shows(PROMPT);
    bob.type('new start\r');
    await alice.shows('bob: new start');
    alice.type('same string\r');
    await bob.shows('alice: same string');
  });

  test('one more node joins by the command of docker/README.md, and alice introduces it to bob', async () => {
    const lines = samplesOf(readPage('docker/README.md')).flatMap((sample) => sample.lines);
    const words = lines.filter((line) => line.startsWith('docker run ')).flatMap((line) => line.split(' '));
    const here = words.map((word) =>
      word.replace('tincan_string', `${lab.project}_string`).replace('tincan-node', NODE_IMAGE),
    );
    await using erin = new PersonTerminal(here);
    await erin.shows('joined: bob at');
    erin.type('/quit\r');
    await erin.ended();
  });

  test('a node whose container was removed and made anew is the same peer, and nobody is alarmed', async () => {
    const before = await peerOf('alice');
    await lab.down();
    await lab.up();
    expect(await peerOf('alice')).toEqual(before);
    expect(await lab.logs('alice')).not.toContain('!!');
  });

  test('after a kill of all containers docker compose up brings back who was there, what is owed arrives, and the chat goes on', async () => {
    const before = await peerOf('alice');
    await lab.compose('kill', 'bob');
    {
      await using alice = lab.attach('alice');
      await alice.shows(PROMPT);
      alice.type('owed over two kills\r');
      await until('the line to be kept', async () => {
        const isOwed = (await statusOf('alice')).includes('"linesOwed":1');
        return isOwed || undefined;
      });
    }
    await lab.compose('kill');
    await lab.up();
    await using log = new PersonTerminal(['docker', 'logs', '--follow', lab.container('bob')]);
    await log.shows('alice: owed over two kills');
    expect(await peerOf('alice')).toEqual(before);
    await using bob = lab.attach('bob');
    await bob.shows(PROMPT);
    bob.type('and on it goes\r');
    await using heard = new PersonTerminal(['docker', 'logs', '--follow', lab.container('alice')]);
    await heard.shows('bob: and on it goes');
    for (const name of ['alice', 'bob']) expect(await lab.logs(name)).not.toContain('!!');
  });

  test('docker compose down --volumes forgets who each node was, on both sides, so that nobody is alarmed either', async () => {
    const before = await peerOf('alice');
    await lab.down('--volumes');
    expect(await lab.left()).toEqual([]);
    await lab.up();
    const after = await peerOf('alice');
    expect(after.name).toBe(before.name);
    expect(after.peerId).not.toBe(before.peerId);
    expect(await lab.logs('alice')).not.toContain('!!');
  });

  test('nothing that listens on this machine can be reached from a node', async () => {
    await using ears = await HostEars.open();
    // Else the test proves nothing: from an internal network as it is by default, the same attempt gets through.
    const ordinary = await docker.createNetwork({ Name: `${lab.project}-ordinary`, Internal: true });
    const { id } = ordinary;
    try {
      const { IPAM: ipam } = await docker.getNetwork(id).inspect();
      const addresses = [
        ...ownAddresses(),
        ...(await gatewaysOf(lab.project)),
        String(ipam?.Config?.[0]?.['Gateway']),
      ];
      await docker.getNetwork(id).connect({ Container: lab.container('alice') });
      expect(await ears.hear(lab, addresses)).toEqual(['tcp', 'udp']);
      await docker.getNetwork(id).disconnect({ Container: lab.container('alice') });
      expect(await ears.hear(lab, addresses)).toEqual([]);
    } finally {
      await docker
        .getNetwork(id)
        .disconnect({ Container: lab.container('alice') })
        .catch(() => {});
      await removeNetwork(id);
    }
  });

  /** The one peer of a node, once the two know each other. */
  async function statusOf(service: string): Promise<string> {
    return lab.compose('exec', '--no-TTY', service, 'node', '/app/bundle/main.cjs', 'status', '--json');
  }

  async function peerOf(
    service: string,
  ): Promise<{ readonly name: string; readonly peerId: PeerId | undefined }> {
    await using window = lab.attach(service);
    await window.shows('joined: ');
    const { peers }: Pick<Status, 'peers'> = JSON.parse(await statusOf(service));
    const [peer] = peers;
    if (peer === undefined || peers.length > 1) throw new Error(`${service} knows ${peers.length} peers`);
    return { name: peer.name, peerId: peer.peerId };
  }
});

/** What this machine hears on a TCP and a UDP port of its own, at all of its addresses. */
class HostEars implements AsyncDisposable {
  readonly #tcp = createServer((socket) => socket.end('heard'));
  readonly #udp = createSocket('udp4', (_, { port, address }) => this.#udp.send('heard', port, address));

  static async open(): Promise<HostEars> {
    const ears = new HostEars();
    ears.#tcp.listen(0, '0.0.0.0');
    ears.#udp.bind(0, '0.0.0.0');
    await Promise.all([once(ears.#tcp, 'listening'), once(ears.#udp, 'listening')]);
    return ears;
  }

  /** Over which of the two alice gets an answer, if she tries these addresses. */
  async hear(lab: ComposeLab, addresses: readonly string[]): Promise<readonly string[]> {
    const address = this.#tcp.address();
    const tcp = typeof address === 'object' ? address?.port : undefined;
    const asked = JSON.stringify({ addresses, tcp, udp: this.#udp.address().port });
    const said = await lab.compose('exec', '--no-TTY', 'alice', 'node', '--eval', KNOCK, asked);
    return JSON.parse(said);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#udp.close();
    this.#tcp.close();
    await once(this.#tcp, 'close');
  }
}

/** Says on which of `tcp` and `udp` any of the addresses answered within a second. */
const KNOCK = `
  const { addresses, tcp, udp } = JSON.parse(process.argv[1]);
  const heard = new Set();
  const socket = require('dgram').createSocket('udp4').on('message', () => heard.add('udp')).on('error', () => {});
  for (const host of addresses) {
    socket.send('knock', udp, host, () => {});
    require('net').connect(tcp, host).on('data', () => heard.add('tcp')).on('error', () => {});
  }
  setTimeout(() => { console.log(JSON.stringify([...heard].sort())); process.exit(); }, 1000);
`;

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

/** The addresses on the lab's networks that the engine keeps for this machine. */
async function gatewaysOf(project: string): Promise<readonly string[]> {
  const networks = await docker.listNetworks({
    filters: { label: [`com.docker.compose.project=${project}`] },
  });
  return networks.flatMap(({ IPAM: ipam }) => ipam?.Config?.[0]?.['Gateway'] ?? []);
}

/** Control sequences other than colours (those end in `m`). */
const CURSOR_MOVES = new RegExp(String.raw`\u001B\[[0-9;?]*[A-LN-Za-ln-z]`, 'u');

async function healthOf(containers: readonly string[]): Promise<(string | undefined)[]> {
  return Promise.all(
    containers.map(async (name) => (await docker.getContainer(name).inspect()).State.Health?.Status),
  );
}

await describeWithImages('a crowd of any size', [NODE_IMAGE], () => {
  const lab = new ComposeLab('members', ['members']);
  beforeAll(() => lab.compose('up', '--detach', '--no-build', '--scale', 'member=6'), CROWD_MS);
  afterAll(async () => {
    await lab.down('--volumes');
    expect(await lab.left()).toEqual([]);
  });

  test(
    'eight nodes, six of them with names by their containers, all hear each other in order, and know a restarted one by its name',
    async () => {
      const nodes = (await lab.compose('ps', '--format', '{{.Name}}')).trim().split('\n');
      const met = await untilAll(nodes, ({ peers }) => peers.filter(isOpen).length === 7);
      const names = met.map(({ name }) => name);
      expect(names.filter((name) => /^[a-z]+-[a-z]+-[0-9a-f]{4}$/.test(name))).toHaveLength(6);
      expect(new Set(names).size).toBe(8);

      for (const node of nodes) await sayThere(node, ['first', 'second', 'third']);
      const heard = await untilAll(nodes, ({ peers }) =>
        peers.every(({ linesReceived }) => linesReceived >= 3),
      );
      for (const [index, { peers }] of heard.entries()) {
        const others = names.filter((_, other) => other !== index).toSorted();
        const received = peers.map(({ name, linesReceived }) => `${name} ${linesReceived}`);
        expect(received.toSorted()).toEqual(others.map((name) => `${name} 3`));
        const log = withoutEscapes(await logOf(nodes[index] ?? ''));
        for (const other of others) {
          const [first = 0, second = 0, third = 0] = ['first', 'second', 'third'].map((text) =>
            log.indexOf(`${other}: ${text}`),
          );
          expect(first >= 0 && first < second && second < third).toBe(true);
        }
      }

      const member = nodes.find((node) => node.includes('member')) ?? '';
      await run('docker', ['restart', '--time', '3', member]);
      await untilAll([member, lab.container('alice')], ({ name, peers }) => {
        const known = peers.filter(isOpen).map(({ name: its }) => its);
        return [name, ...known].toSorted().join() === names.toSorted().join();
      });
    },
    CROWD_MS,
  );
});

/** What the nodes say of themselves and their peers, once that is so of each. */
function untilAll(
  nodes: readonly string[],
  holds: (status: OwnWord) => boolean,
): Promise<readonly OwnWord[]> {
  let seen: readonly OwnWord[] = [];
  const look = async (): Promise<readonly OwnWord[] | undefined> => {
    seen = await ownWordsOf(nodes);
    return seen.every((status) => holds(status)) ? seen : undefined;
  };
  return until('each node to say so', look, () => seenWords(seen), CROWD_MS / 3);
}

function seenWords(seen: readonly OwnWord[]): string {
  const words = ({ name, peers }: OwnWord): string =>
    `${name}: ${peers.map((peer) => `${peer.name} ${peer.state} ${peer.linesReceived}`).join(', ')}`;
  return seen.map((each) => words(each)).join('\n');
}

function isOpen({ state }: PeerStatus): boolean {
  return state === 'open';
}

async function ownWordsOf(nodes: readonly string[]): Promise<readonly OwnWord[]> {
  const all: OwnWord[] = [];
  for (const node of nodes) {
    // There may be none yet.
    const asked = await run('docker', [
      'exec',
      node,
      'node',
      '/app/bundle/main.cjs',
      'status',
      '--json',
    ]).catch(() => undefined);
    all.push(asked === undefined ? { name: '', peers: [] } : JSON.parse(asked.stdout));
  }
  return all;
}

/** All that a container has written. */
async function logOf(node: string): Promise<string> {
  const { stdout } = await run('docker', ['logs', node]);
  return stdout;
}

/** As a person does it: attach, type, see it, and go. */
async function sayThere(node: string, lines: readonly string[]): Promise<void> {
  await using window = new PersonTerminal(['docker', 'attach', node]);
  await window.shows(PROMPT);
  for (const line of lines) {
    // Unlike any other node's: what is typed before the line is there would count as one pasted text with it.
    window.type(`${line} of ${node}\r`);
    await window.shows(`: ${line} of ${node}`);
  }
}
