/**
 * The simulator's command line: replays one seed with its space-time diagram, runs a campaign over many, with or without a
 * liar, prints digests, or the table of KCP's link or of fairness.
 *
 * Owns: flags, progress, exit codes (0: held, 1: a promise was broken, 2: usage).
 */
import { parseArgs } from 'node:util';
import { attackerName } from './attacker.ts';
import { runCrowd } from './crowd.ts';
import { digestOf } from './digest.ts';
import { fairnessQueuesMs, fairnessTable, runFairness } from './fairness.ts';
import { kcpLinkTable, runKcpLink } from './kcp-link.ts';
import { type LieKind, lieKinds } from './liar.ts';
import { runWithLiar } from './liars.ts';
import { planWords } from './plan-words.ts';
import { planFrom } from './plan.ts';
import { type Outcome, runSeed } from './run.ts';
import { legend, SpaceTime } from './space-time.ts';
import { tincan } from './tincan.ts';
import type { CoreFactory } from './world.ts';

const usage = `npm run simulate -- --seed N [--at MS] [--lines N]   replay one run and draw it: from its beginning, or from that time
                                                     on; of a run that breaks a promise, the last rows (--lines 0: all)
npm run simulate -- --seeds N [--from N]             run a campaign of N seeds
npm run simulate -- --liars N [--from N]             the same with a member who lies about everything, in each run
npm run simulate -- --crowd N [--from N] [--size N]  a room of 64, or so many, whose members come, go, die and come back
npm run simulate -- --digests N [--from N]           a line a seed: seed, digest of all that its nodes say, held or
                                                     broken, steps; the same before and after a refactoring
npm run simulate -- --kcp-link                       KCP's test link, 20 seeds
npm run simulate -- --fairness                       a bottleneck shared with a CUBIC-like flow`;

/** How a failure is replayed; printed by the campaign and by the tests. */
export function replayLine(seed: number, hasLiar = false): string {
  return `npm run simulate -- ${hasLiar ? `--liars 1 --from ${seed}` : `--seed ${seed}`}`;
}

type Job =
  | { readonly type: 'help' }
  | {
      readonly type: 'seed';
      readonly seed: number;
      readonly atMs: number | undefined;
      readonly lines: number;
    }
  | { readonly type: 'crowd'; readonly count: number; readonly from: number; readonly size: number }
  | { readonly type: 'digests'; readonly count: number; readonly from: number }
  | { readonly type: 'campaign'; readonly count: number; readonly from: number; readonly hasLiar: boolean }
  | { readonly type: 'kcp-link' }
  | { readonly type: 'fairness' };

const linesDefault = '120';
const crowdSizeDefault = '64';
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
      return replay(job);
    case 'campaign':
      return campaign(job);
    case 'crowd':
      return crowds(job);
    case 'digests':
      for (const line of digestLines(job.count, job.from, tincan)) process.stdout.write(`${line}\n`);
      return 0;
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
      at: { type: 'string' },
      lines: { type: 'string' },
      liars: { type: 'string' },
      crowd: { type: 'string' },
      size: { type: 'string' },
      digests: { type: 'string' },
      'kcp-link': { type: 'boolean' },
      fairness: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return { type: 'help' };
  const { seed, seeds, liars, crowd, digests, 'kcp-link': kcpLink, fairness } = values;
  const modes = [seed, seeds, liars, crowd, digests, kcpLink, fairness];
  if (modes.filter((mode) => mode !== undefined).length !== 1) {
    throw new Error(
      'one of --seed N, --seeds N, --liars N, --crowd N, --digests N, --kcp-link and --fairness is needed (see --help)',
    );
  }
  const count = seeds ?? liars ?? crowd ?? digests;
  if (values.from !== undefined && count === undefined)
    throw new Error('--from goes with --seeds, --liars, --crowd or --digests');
  if (values.size !== undefined && crowd === undefined) throw new Error('--size goes with --crowd');
  for (const flag of ['at', 'lines'] as const) {
    if (values[flag] !== undefined && seed === undefined) throw new Error(`--${flag} goes with --seed`);
  }
  if (seed !== undefined) {
    return {
      type: 'seed',
      seed: wholeNumber('--seed', seed),
      atMs: values.at === undefined ? undefined : wholeNumber('--at', values.at),
      lines: wholeNumber('--lines', values.lines ?? linesDefault),
    };
  }
  const from = wholeNumber('--from', values.from ?? '1');
  if (seeds !== undefined)
    return { type: 'campaign', count: wholeNumber('--seeds', seeds), from, hasLiar: false };
  if (liars !== undefined)
    return { type: 'campaign', count: wholeNumber('--liars', liars), from, hasLiar: true };
  if (crowd !== undefined) {
    const size = wholeNumber('--size', values.size ?? crowdSizeDefault);
    return { type: 'crowd', count: wholeNumber('--crowd', crowd), from, size };
  }
  if (digests !== undefined) return { type: 'digests', count: wholeNumber('--digests', digests), from };
  return fairness === true ? { type: 'fairness' } : { type: 'kcp-link' };
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 0xffff_ffff) {
    throw new Error(`${flag} takes a whole number from 0 to 4294967295, not ${JSON.stringify(text)}`);
  }
  return number;
}

function replay({ seed, atMs, lines }: Extract<Job, { type: 'seed' }>): number {
  const { text, outcome } = drawRun(seed, tincan, atMs, lines);
  process.stdout.write(`${text}\n`);
  return outcome.type === 'held' ? 0 : 1;
}

/** What `--seed` prints. Where nobody asks for a time: from the beginning, or the last rows before a promise is broken. */
export function drawRun(
  seed: number,
  factory: CoreFactory,
  atMs: number | undefined,
  rowsMax: number,
): { readonly text: string; readonly outcome: Outcome } {
  const plan = planFrom(seed);
  const strikes = plan.changes.some(({ type }) => type === 'attack');
  const names = [...plan.hosts.map(({ name }) => name), ...(strikes ? [attackerName] : [])];
  let diagram: SpaceTime | undefined;
  const outcome = runSeed(seed, factory, (world) => {
    diagram = new SpaceTime(world, names);
  });
  const isEndShown = atMs === undefined && outcome.type === 'broken';
  const rows = diagram?.text(
    isEndShown ? { type: 'last', rowsMax } : { type: 'from', atMs: atMs ?? 0, rowsMax },
  );
  const { steps, messages, virtualMs, convergedInMs } = outcome.figures;
  const sums = `${steps} steps, ${messages} messages, ${(virtualMs / 1_000).toFixed(1)} s of virtual time`;
  const end =
    outcome.type === 'broken'
      ? `BROKEN at ${outcome.atMs.toFixed(3)} ms: ${outcome.reason}`
      : `held: all had all ${((convergedInMs ?? 0) / 1_000).toFixed(1)} s after the network had healed`;
  return { text: `${planWords(plan)}\n\n${legend}\n\n${rows}\n\nseed ${seed}: ${sums}\n${end}`, outcome };
}

/** What `--digests` prints: as long as these lines stay the same, so do the bytes and events of every node. */
export function* digestLines(count: number, from: number, factory: CoreFactory): Generator<string> {
  for (let seed = from; seed < from + count; seed++) {
    const { digest, outcome } = digestOf(seed, factory);
    yield `${seed} ${digest} ${outcome.type} ${outcome.figures.steps}`;
  }
}

function crowds({ count, from, size }: Extract<Job, { type: 'crowd' }>): number {
  let broken = 0;
  for (let seed = from; seed < from + count; seed++) {
    try {
      const { lives, given, datagrams } = runCrowd(seed, size);
      process.stderr.write(
        `seed ${seed}: ${size} members, ${lives} lives, ${given} lines given, ${datagrams} datagrams\n`,
      );
    } catch (error) {
      broken += 1;
      const again = `npm run simulate -- --crowd 1 --from ${seed} --size ${size}`;
      process.stdout.write(
        `seed ${seed} BROKEN: ${Error.isError(error) ? error.message : String(error)}\n  ${again}\n`,
      );
    }
  }
  return broken > 0 ? 1 : 0;
}

function campaign({ count, from, hasLiar }: Extract<Job, { type: 'campaign' }>): number {
  const startedAtMs = performance.now();
  let reportedAtMs = startedAtMs;
  let broken = 0;
  let steps = 0;
  let worstConvergedMs = 0;
  const lies = new Map<LieKind, number>();
  for (let done = 1; done <= count; done++) {
    const seed = from + done - 1;
    const { outcome, told } = hasLiar
      ? runWithLiar(seed, tincan)
      : { outcome: runSeed(seed, tincan), told: [] };
    for (const [kind, packets] of told) lies.set(kind, (lies.get(kind) ?? 0) + packets);
    steps += outcome.figures.steps;
    worstConvergedMs = Math.max(worstConvergedMs, outcome.figures.convergedInMs ?? 0);
    if (outcome.type === 'broken' && ++broken <= brokenShownMax) {
      process.stdout.write(
        `seed ${seed} BROKEN at ${outcome.atMs.toFixed(0)} ms: ${outcome.reason}\n  ${replayLine(seed, hasLiar)}\n`,
      );
    }
    const nowMs = performance.now();
    if (nowMs - reportedAtMs >= progressEveryMs || done === count) {
      reportedAtMs = nowMs;
      const rate = done / ((nowMs - startedAtMs) / 1_000);
      process.stderr.write(`${done} of ${count} seeds, ${rate.toFixed(1)} a second, ${broken} broken\n`);
    }
  }
  if (hasLiar) {
    const told = lieKinds.map((kind) => `${kind} ${lies.get(kind) ?? 0}`).join(', ');
    process.stdout.write(`packets of the liar, by what they lied about: ${told}\n`);
  }
  const worst = `slowest to converge ${(worstConvergedMs / 1_000).toFixed(1)} s`;
  process.stdout.write(`${count} seeds from ${from}: ${broken} broken; ${steps} steps; ${worst}\n`);
  return broken > 0 ? 1 : 0;
}
