/**
 * The two ends of a contender as processes: started, known to have met, told when to begin, read, and ended.
 *
 * Owns: the processes, and what the operating system says of them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PairContender, Place } from './contenders.ts';

/** What both ends are started with in front: a network namespace's `ip netns exec …`, or nothing. */
export interface Hosts {
  readonly sender: readonly string[];
  readonly receiver: readonly string[];
}

export const sameHost: Hosts = { sender: [], receiver: [] };

/** How long two ends may take to meet, ms. */
const meetTimeoutMs = 20_000;

/** What one process has used, as the kernel counts it. */
interface Usage {
  readonly processorSeconds: number;
  readonly peakMegabytes: number;
}

export class End {
  readonly process: ChildProcess;
  usage: Usage = { processorSeconds: 0, peakMegabytes: 0 };
  stderr = '';
  #hasExited = false;
  readonly #poll: NodeJS.Timeout;

  /** `input`: a shell command whose output becomes stdin once `begin` is called; undefined: stdin is written by hand. */
  constructor(command: readonly string[], input: string | undefined) {
    // Standard input is a true pipe then, as in a shell, and the process that is known here is the program itself.
    const gate = `exec "$@" < <(read -r _ <&3 && ${input ?? ''}) 3<&-`;
    this.process =
      input === undefined
        ? spawn('env', command, { stdio: 'pipe' })
        : spawn('bash', ['-c', gate, 'bash', ...command], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    this.process.stderr?.on('data', (bytes) => {
      this.stderr += String(bytes);
    });
    this.process.once('exit', () => {
      this.#hasExited = true;
    });
    this.#poll = setInterval(() => this.measure(), 100);
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** Lets the input go. */
  begin(): void {
    const gate = this.process.stdio[3];
    if (gate instanceof Duplex) gate.end('go\n');
  }

  /** Keeps what the kernel says, as long as there is a process to ask about. */
  measure(): void {
    const { pid } = this.process;
    if (pid === undefined || this.#hasExited) return;
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      const ticks = Number(fields[11]) + Number(fields[12]);
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (peak === undefined) return;
      this.usage = { processorSeconds: ticks / 100, peakMegabytes: Number(peak) / 1024 };
    } catch {
      // It has ended between two looks.
    }
  }

  /** Processor time of all its threads so far, as exactly as the kernel counts it. */
  get processorMicroseconds(): number {
    const spent = globSync(`/proc/${this.process.pid}/task/*/schedstat`).map((file) =>
      Number(readFileSync(file, 'utf8').split(' ')[0]),
    );
    return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1_000;
  }

  get residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
  }

  isBound(transport: 'udp' | 'tcp', port: number): boolean {
    const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
    const tables = [transport, `${transport}6`].map((name) => `/proc/${this.process.pid}/net/${name}`);
    try {
      return tables.some((table) => readFileSync(table, 'utf8').includes(suffix));
    } catch {
      return false;
    }
  }

  async end(): Promise<void> {
    clearInterval(this.#poll);
    // Whatever waits for the input to be let go has nothing to wait for.
    this.process.stdio[3]?.destroy();
    if (this.#hasExited) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

export class Pair implements AsyncDisposable {
  readonly sender: End;
  readonly receiver: End;
  readonly #contender: PairContender;

  private constructor(contender: PairContender, sender: End, receiver: End) {
    this.#contender = contender;
    this.sender = sender;
    this.receiver = receiver;
  }

  /** Both ends, once they have met. @throws {Error} with what they said if they don't. */
  static async meet(contender: PairContender, place: Place, hosts: Hosts, input?: string): Promise<Pair> {
    // Its gate is never opened: this input stays empty and open.
    const receiver = new End([...hosts.receiver, ...contender.receiver(place)], 'true');
    await until(() => receiver.isBound(contender.transport, place.receiverPort), contender.name, [receiver]);
    const sender = new End([...hosts.sender, ...contender.sender(place)], input);
    const pair = new Pair(contender, sender, receiver);
    await until(() => pair.#haveMet(), contender.name, [sender, receiver]);
    // Those that have no way to tell get time to start.
    await sleep(contender.metOnStderr === undefined ? 500 : 100);
    return pair;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.sender.end(), this.receiver.end()]);
  }

  #haveMet(): boolean {
    const { metOnStderr } = this.#contender;
    if (metOnStderr === undefined) return true;
    return metOnStderr.test(this.sender.stderr) && metOnStderr.test(this.receiver.stderr);
  }
}

/** @throws {Error} with what the ends said if they don't come to this. They have ended then. */
export async function until(
  condition: () => boolean,
  name: string,
  ends: readonly End[],
  timeoutMs = meetTimeoutMs,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline || ends.some((end) => end.hasExited)) {
      for (const end of ends) await end.end();
      throw new Error(`the ends of ${name} did not meet:\n${ends.map((end) => end.stderr).join('')}`);
    }
    await sleep(20);
  }
}
