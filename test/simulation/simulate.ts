/**
 * The simulator's command line: replays one seed with its space-time diagram, runs a campaign over many, or prints the
 * table of KCP's link or of fairness.
 *
 * Owns: flags, progress, exit codes (0: held, 1: a promise was broken, 2: usage). Must not know: how a run is made.
 */
import { parseArgs } from 'node:util';
import { fairnessQueuesMs, fairnessTable, runFairness } from './fairness.ts';
import { kcpLinkTable, runKcpLink } from './kcp-link.ts';
import { planFrom, type Plan } from './plan.ts';
import { runSeed } from './run.ts';
import { SpaceTime } from './space-time.ts';
import { tincan } from './tincan.ts';

const usage = `npm run simulate -- --seed N [--lines N]     replay one run, print the last lines of its space-time diagram
npm run simulate -- --seeds N [--from N]     run a campaign of N seeds
npm run simulate -- --kcp-link               KCP's test link, 20 seeds
npm run simulate -- --fairness               a bottleneck shared with a CUBIC-like flow`;

/** How a failure is replayed; printed by the campaign and by the tests. */
export function replayLine(seed: number): string {
  return `npm run simulate -- --seed ${seed}`;
}

type Job =
  | { readonly type: 'help' }
  | { readonly type: 'seed'; readonly seed: number; readonly lines: number }
  | { readonly type: 'campaign'; readonly count: number; readonly from: number }
  | { readonly type: 'kcp-link' }
  | { readonly type: 'fairness' };

const linesDefault = 300;
const tableSeeds = 20;
const fairnessSeeds = 5;
const progressEveryMs = 2_000;
const brokenShownMax = 20;

if (import.meta.main) process.exitCode = main(process.argv.slice(2));

function main(flags: string[]): number {
  let job: Job;
  try {
    job = parseJob(flags);
  } catch (error) {
    process.stderr.write(`simulate: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  switch (job.type) {
    case 'help':
      process.stdout.write(`${usage}\n`);
      return 0;
    case 'seed':
      return replay(job.seed, job.lines);
    case 'campaign':
      return campaign(job.count, job.from);
    case 'kcp-link': {
      const rows = Array.from({ length: tableSeeds }, (_, index) => runKcpLink(index + 1, tincan));
      process.stdout.write(`${kcpLinkTable(rows)}\n`);
      return 0;
    }
    case 'fairness': {
      const seeds = Array.from({ length: fairnessSeeds }, (_, index) => index + 1);
      const rows = fairnessQueuesMs.flatMap((queueMs) =>
        seeds.map((seed) => runFairness(seed, queueMs, tincan)),
      );
      process.stdout.write(`${fairnessTable(rows)}\n`);
      return 0;
    }
  }
}

/** Throws an error whose message is one line for the person at the keyboard. */
export function parseJob(flags: readonly string[]): Job {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      from: { type: 'string' },
      lines: { type: 'string' },
      'kcp-link': { type: 'boolean' },
      fairness: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return { type: 'help' };
  const modes = [values.seed, values.seeds, values['kcp-link'], values.fairness].filter(
    (mode) => mode !== undefined,
  );
  if (modes.length !== 1)
    throw new Error('one of --seed N, --seeds N, --kcp-link and --fairness is needed (see --help)');
  if (values.from !== undefined && values.seeds === undefined) throw new Error('--from goes with --seeds');
  if (values.lines !== undefined && values.seed === undefined) throw new Error('--lines goes with --seed');
  if (values.seed !== undefined) {
    const lines = values.lines === undefined ? linesDefault : wholeNumber('--lines', values.lines);
    return { type: 'seed', seed: wholeNumber('--seed', values.seed), lines };
  }
  if (values.seeds !== undefined) {
    const from = values.from === undefined ? 1 : wholeNumber('--from', values.from);
    return { type: 'campaign', count: wholeNumber('--seeds', values.seeds), from };
  }
  return values.fairness === true ? { type: 'fairness' } : { type: 'kcp-link' };
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 0xffff_ffff) {
    throw new Error(`${flag} takes a whole number from 0 to 4294967295, not ${JSON.stringify(text)}`);
  }
  return number;
}

function replay(seed: number, lines: number): number {
  const plan = planFrom(seed);
  let diagram: SpaceTime | undefined;
  const names = plan.hosts.map(({ name }) => name);
  const outcome = runSeed(seed, tincan, (world) => {
    diagram = new SpaceTime(world, names, lines);
  });
  const { steps, messages, virtualMs, convergedInMs } = outcome.figures;
  process.stdout.write(`${planText(plan)}\n\n${diagram?.text() ?? ''}\n\n`);
  process.stdout.write(
    `seed ${seed}: ${steps} steps, ${messages} messages, ${(virtualMs / 1_000).toFixed(1)} s of virtual time\n`,
  );
  if (outcome.type === 'broken') {
    process.stdout.write(`BROKEN at ${outcome.atMs.toFixed(3)} ms: ${outcome.reason}\n`);
    return 1;
  }
  process.stdout.write(`held; all had all ${((convergedInMs ?? 0) / 1_000).toFixed(1)} s after healing\n`);
  return 0;
}

function planText(plan: Plan): string {
  const hosts = plan.hosts.map(({ name, peers, startsAtMs }) => {
    const from = startsAtMs > 0 ? ` from ${startsAtMs.toFixed(0)} ms` : '';
    return `${name} (seeks ${peers.join(', ') || 'nobody'}${from})`;
  });
  const room = plan.inRoom ? 'a room with a key' : 'an open room';
  return `${hosts.join('; ')}; in ${room}; the network heals at ${plan.faultsEndMs.toFixed(0)} ms`;
}

function campaign(count: number, from: number): number {
  const startedAtMs = performance.now();
  let reportedAtMs = startedAtMs;
  let broken = 0;
  let steps = 0;
  let worstConvergedMs = 0;
  for (let done = 1; done <= count; done++) {
    const seed = from + done - 1;
    const outcome = runSeed(seed, tincan);
    steps += outcome.figures.steps;
    worstConvergedMs = Math.max(worstConvergedMs, outcome.figures.convergedInMs ?? 0);
    if (outcome.type === 'broken' && ++broken <= brokenShownMax) {
      process.stdout.write(
        `seed ${seed} BROKEN at ${outcome.atMs.toFixed(0)} ms: ${outcome.reason}\n  ${replayLine(seed)}\n`,
      );
    }
    const nowMs = performance.now();
    if (nowMs - reportedAtMs >= progressEveryMs || done === count) {
      reportedAtMs = nowMs;
      const rate = done / ((nowMs - startedAtMs) / 1_000);
      process.stderr.write(`${done} of ${count} seeds, ${rate.toFixed(1)} a second, ${broken} broken\n`);
    }
  }
  const worst = `slowest to converge ${(worstConvergedMs / 1_000).toFixed(1)} s`;
  process.stdout.write(`${count} seeds from ${from}: ${broken} broken; ${steps} steps; ${worst}\n`);
  return broken > 0 ? 1 : 0;
}
