/**
 * A disk of a test's own, as small as it likes: a tmpfs in a mount namespace, which ends with the process that holds it. Root alone
 * can make one.
 *
 * Owns: the namespace, and programs that run in it.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Program } from './program.ts';
import { Transcript } from './transcript.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Why this machine can't; undefined: it can. */
export function whyNoDisk(): string | undefined {
  const { status, stderr, error } = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

export class SmallDisk implements AsyncDisposable {
  readonly #holder: ChildProcessByStdio<Writable, Readable, null>;
  readonly #path: string;

  private constructor(path: string, holder: ChildProcessByStdio<Writable, Readable, null>) {
    this.#path = path;
    this.#holder = holder;
  }

  /** Mounts it at this directory, for the programs that `run` starts. */
  static async mount(path: string, size: string): Promise<SmallDisk> {
    const script = 'mount -t tmpfs -o "size=$1,mode=700" tincan-test "$0" && echo mounted && exec cat';
    const holder = spawn('unshare', ['--mount', 'sh', '-c', script, path, size], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const said = new Transcript('the disk');
    holder.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text));
    await said.until('the disk to be mounted', () => said.lines.includes('mounted') || undefined, []);
    return new SmallDisk(path, holder);
  }

  /** As `mount -o remount` takes them: `size=8m`, `ro`. */
  remount(options: string): void {
    const { status, stderr } = spawnSync(
      'nsenter',
      [this.#namespace, 'mount', '-o', `remount,${options}`, this.#path],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`the disk can not be remounted: ${stderr}`);
  }

  run(name: string, args: readonly string[]): Program {
    return new Program(name, [process.execPath, MAIN, ...args], {
      node: 'nsenter',
      script: this.#namespace,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOver = new Promise((resolve) => void this.#holder.once('close', resolve));
    this.#holder.stdin.end();
    await isOver;
  }

  get #namespace(): string {
    return `--mount=/proc/${this.#holder.pid}/ns/mnt`;
  }
}
