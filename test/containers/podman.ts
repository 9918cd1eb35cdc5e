/**
 * Podman beside Docker: with a network namespace, images, volumes and secrets of its own, so that the two do not meet (Docker's
 * firewall stops what crosses Podman's internal networks), and nothing of it is left.
 *
 * Owns: these, and their removal.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PersonTerminal } from '../support/person-terminal.ts';
import { untilTrue } from '../support/wait.ts';
import { CHECKOUT } from './compose-lab.ts';
import { NODE_IMAGE } from './engine.ts';

const run = promisify(execFile);

/** What alice.yaml, bob.yaml and compose.yaml call the image. */
const IMAGE = 'tincan-node';

/**
 * As the machine may be one in a sandbox: limits of open files and processes that a sandbox allows; runc, which runs on each
 * kernel that Docker runs on; locks in files, so that a Podman of the person's own has its own.
 */
const SETTINGS = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=1024:1024"]
[engine]
runtime = "runc"
lock_type = "file"
`;

export class Podman implements AsyncDisposable {
  readonly #directory: string;
  readonly #namespace: string;
  #service: ChildProcess | undefined;

  private constructor(directory: string, namespace: string) {
    this.#directory = directory;
    this.#namespace = namespace;
  }

  /** With the image of a node. Resolves to a reason where this machine does not permit it. */
  static async start(): Promise<Podman | string> {
    if (spawnSync('podman', ['--version']).error !== undefined)
      return 'there is no Podman; docker/podman.sh gets it';
    const namespace = `tincan-podman-${process.pid}`;
    const { status, stderr } = spawnSync('ip', ['netns', 'add', namespace], { encoding: 'utf8' });
    if (status !== 0) return `a network namespace can not be made: ${stderr ?? 'there is no ip'}`;
    const directory = mkdtempSync(join(tmpdir(), 'tincan-podman-'));
    const podman = new Podman(directory, namespace);
    try {
      for (const each of ['tmp', 'networks']) mkdirSync(join(directory, each));
      writeFileSync(join(directory, 'containers.conf'), SETTINGS);
      await run('ip', ['-netns', namespace, 'link', 'set', 'lo', 'up']);
      const tar = join(directory, 'image.tar');
      await run('docker', ['save', '--output', tar, NODE_IMAGE]);
      await podman.run('load', '--quiet', '--input', tar);
      await podman.run('tag', NODE_IMAGE, IMAGE);
      return podman;
    } catch (error) {
      await podman[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** `podman …`; resolves to what it says. */
  async run(...words: readonly string[]): Promise<string> {
    const [program = '', ...args] = this.#command(words);
    const { stdout } = await run(program, args, { cwd: CHECKOUT, env: this.#environment });
    return stdout.trim();
  }

  /** `podman attach` in a window, whose end is not the node's. */
  attach(container: string): PersonTerminal {
    const variables = Object.entries(this.#environment).map(([name, value]) => `${name}=${value}`);
    return new PersonTerminal([
      'env',
      ...variables,
      ...this.#command(['attach', '--sig-proxy=false', container]),
    ]);
  }

  /** `docker compose …`, of which `podman compose` is another name, against this Podman. */
  async compose(...words: readonly string[]): Promise<string> {
    const socket = join(this.#directory, 'sock');
    if (this.#service === undefined) {
      const [program = '', ...args] = this.#command(['system', 'service', '--time=0', `unix://${socket}`]);
      this.#service = spawn(program, args, {
        env: { ...process.env, ...this.#environment },
        stdio: 'ignore',
      });
      await untilTrue('the service of Podman to listen', () => existsSync(socket));
    }
    const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, TINCAN_IMAGES: '' };
    const { stdout } = await run('docker', ['compose', ...words], { cwd: CHECKOUT, env });
    return stdout;
  }

  get #environment(): Readonly<Record<string, string>> {
    return {
      PATH: process.env['PATH'] ?? '',
      CONTAINERS_CONF: join(this.#directory, 'containers.conf'),
      TERM: 'xterm',
    };
  }

  #command(words: readonly string[]): readonly string[] {
    const at = (part: string): string => join(this.#directory, part);
    const own = ['--root', at('root'), '--runroot', at('run'), '--tmpdir', at('tmp')];
    const networks = ['--network-config-dir', at('networks')];
    return ['nsenter', `--net=/run/netns/${this.#namespace}`, 'podman', ...own, ...networks, ...words];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#service?.kill();
    await this.run('pod', 'rm', '--all', '--force', '--time', '0').catch(() => {});
    await this.run('rm', '--all', '--force', '--time', '0').catch(() => {});
    await run('ip', ['netns', 'delete', this.#namespace]);
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts.filter((each) => each.startsWith(`${this.#directory}/`)).toReversed())
      await run('umount', [mount]);
    rmSync(this.#directory, { recursive: true });
  }
}
