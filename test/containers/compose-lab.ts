/**
 * The shipped compose.yaml, as a person brings it up and attaches to it.
 *
 * Owns: a project of its own, so that a lab that a person has up on this machine is not touched.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { docker } from './engine.ts';
import { PersonTerminal } from '../support/person-terminal.ts';

const run = promisify(execFile);
export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

export class ComposeLab {
  readonly project: string;
  readonly #profiles: readonly string[];

  /** `name` sets it apart from the other labs of this run. */
  constructor(name: string, profiles: readonly string[] = []) {
    this.project = `tincan-${name}-${process.pid}`;
    this.#profiles = profiles.flatMap((profile) => ['--profile', profile]);
  }

  /** What a command needs to mean this lab and no other. */
  get environment(): Readonly<Record<string, string | undefined>> {
    return {
      ...process.env,
      COMPOSE_PROJECT_NAME: this.project,
      TINCAN_LAB_PREFIX: `${this.project}-`,
    };
  }

  /** `docker compose …`; resolves to what it says. */
  async compose(...words: readonly string[]): Promise<string> {
    const { stdout } = await run('docker', ['compose', ...this.#profiles, ...words], {
      cwd: CHECKOUT,
      env: this.environment,
    });
    return stdout;
  }

  /** Resolves when all is up, and healthy where that can be asked. */
  async up(): Promise<void> {
    await this.compose('up', '--detach', '--wait', '--no-build');
  }

  /** Without `--volumes`, what the nodes keep stays. */
  async down(...words: readonly string[]): Promise<void> {
    await this.compose('down', '--timeout', '3', ...words);
  }

  /** All that a service has said, as `docker logs` tells it. */
  async logs(service: string): Promise<string> {
    const { stdout } = await run('docker', ['logs', this.container(service)]);
    return stdout;
  }

  container(service: string): string {
    return `${this.project}-${service}`;
  }

  /** `docker attach` in a window. */
  attach(service: string): PersonTerminal {
    return new PersonTerminal(['docker', 'attach', this.container(service)]);
  }

  /** Names of its containers, networks and volumes that are there. */
  async left(): Promise<string[]> {
    const filters = { label: [`com.docker.compose.project=${this.project}`] };
    // An image that compose has built bears the project's label, and so does each container made from it, by anybody.
    const ofCompose = { label: [...filters.label, 'com.docker.compose.container-number'] };
    const containers = await docker.listContainers({ all: true, filters: ofCompose });
    const networks = await docker.listNetworks({ filters });
    const { Volumes: volumes } = await docker.listVolumes({ filters });
    const names = [...networks, ...volumes].map(({ Name: name }) => name);
    return [...containers.map(({ Names: all }) => all.join()), ...names];
  }
}
