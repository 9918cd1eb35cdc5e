/**
 * What this machine can do, found out by trying, and the versions of what runs here.
 *
 * Owns: the questions.
 */
import { readFileSync } from 'node:fs';
import type { Capability, Run } from '../report/results.ts';
import { labels } from './cleanup.ts';
import { docker, INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { Program } from './program.ts';

export interface Probe {
  readonly versions: Run['versions'];
  readonly capabilities: readonly Capability[];
}

export async function probe(): Promise<Probe> {
  const [engine, netem, values] = await Promise.all([docker.info(), askNetem(), askNode()]);
  const { version: tincan }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  const kernel: string = engine.KernelVersion;
  return {
    versions: {
      tincan,
      node: values.node,
      engine: `${String(engine.ServerVersion)} (${String(engine.OperatingSystem)}, ${String(engine.Architecture)})`,
      kernel,
    },
    capabilities: [
      netem,
      { name: 'net.core.rmem_max', available: values.rmemMax !== '', detail: values.rmemMax },
      { name: 'processors', available: true, detail: String(engine.NCPU) },
      { name: 'memory', available: true, detail: `${Math.round(Number(engine.MemTotal) / 1_048_576)} MiB` },
    ],
  };
}

async function askNetem(): Promise<Capability> {
  // As a scenario would use it; in a network namespace that nobody else is in.
  const question = 'tc qdisc add dev lo root netem loss 0% 2>&1 && echo works';
  const lines = await answers(INTEROP_IMAGE, question, ['NET_ADMIN']);
  const available = lines.includes('works');
  return { name: 'netem', available, detail: available ? 'tc accepts it' : lines.join(' ') };
}

async function askNode(): Promise<{ readonly node: string; readonly rmemMax: string }> {
  const question = 'node --version; cat /proc/sys/net/core/rmem_max 2>/dev/null || echo';
  const [node = '', rmemMax = ''] = await answers(NODE_IMAGE, question, []);
  return { node, rmemMax };
}

/** What a shell says to these commands, in a container of its own. */
async function answers(image: string, script: string, capabilities: readonly string[]): Promise<string[]> {
  const program = await Program.start({
    image,
    name: 'probe',
    networks: [],
    labels: labels(),
    entrypoint: ['sh', '-c', script],
    command: [],
    capabilities,
  });
  try {
    await program.exitCode();
    return program.stdout.lines.filter((line) => line !== '');
  } finally {
    await program.kill();
  }
}
