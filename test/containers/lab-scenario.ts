/**
 * One scenario by hand: `npm run lab:scenario -- loss-20 --wire tincan --seed 7`.
 *
 * Owns: the command line. Exit code: 0 all passed, 1 one failed or was vacuous, 2 wrong use, 3 not supported here.
 */
import { parseArgs } from 'node:util';
import { RESULTS_DIRECTORY } from '../report/directory.ts';
import type { LabCase } from '../report/results.ts';
import { cellsOf, finish } from './matrix.ts';
import { probe } from './probe.ts';
import { type Outcome, writeResults } from './results-file.ts';
import { SCENARIOS } from '../lab-model/scenarios/all.ts';

const USAGE = `usage: npm run lab:scenario -- SCENARIO [--wire tincan|plain|tcp] [--backend relay|netem|engine] [--seed N]

Without --wire: on each of them. The report goes to ${RESULTS_DIRECTORY}.
Scenarios: ${SCENARIOS.map(({ id }) => id).join(', ')}`;

const EXIT_CODES: Readonly<Record<LabCase['verdict']['type'], number>> = {
  pass: 0,
  fail: 1,
  vacuous: 1,
  unsupported: 3,
};

class UsageError extends Error {}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function run(args: readonly string[]): Promise<number> {
  const asked = read(args);
  const startedAt = new Date();
  const found = await probe();
  const all = cellsOf(found.capabilities).filter(
    ({ scenario, wire, backend }) =>
      scenario.id === asked.id &&
      (asked.wire === undefined || wire === asked.wire) &&
      backend === (asked.backend ?? scenario.backend),
  );
  if (all.length === 0) throw new UsageError('there is no such cell in the matrix');
  const outcomes: Outcome[] = [];
  for (const cell of all.map((one) => ({ ...one, seed: asked.seed ?? one.seed }))) {
    const finished = await finish(cell);
    outcomes.push({ cell, finished });
    tell(finished.labCase);
  }
  console.log(`report: ${await writeResults(RESULTS_DIRECTORY, startedAt, found, outcomes)}`);
  return Math.max(...outcomes.map(({ finished }) => EXIT_CODES[finished.labCase.verdict.type]));
}

function tell({ scenario, wire, backend, verdict, evidence }: LabCase): void {
  const why = verdict.type === 'pass' ? [] : verdict.type === 'fail' ? verdict.reasons : [verdict.reason];
  console.log(`${verdict.type.padEnd(11)} ${scenario} ${wire} ${backend}`);
  for (const line of why.flatMap((reason) => reason.split('\n'))) console.log(`  ${line}`);
  for (const { from, to, lineCounts, datagramCounts } of evidence?.flows ?? []) {
    console.log(`  ${from}>${to} lines ${JSON.stringify(lineCounts)}`);
    if (datagramCounts !== undefined)
      console.log(`  ${from}>${to} datagrams ${JSON.stringify(datagramCounts)}`);
  }
  for (const { after, what, tookMs } of evidence?.recoveries ?? [])
    console.log(`  after ${after}: ${what} in ${tookMs.toFixed(0)} ms`);
}

function read(args: readonly string[]): {
  readonly id: string;
  readonly wire: string | undefined;
  readonly backend: string | undefined;
  readonly seed: number | undefined;
} {
  const { values, positionals } = parse(args);
  const [id = '', ...more] = positionals;
  if (more.length > 0) throw new UsageError(`one scenario at a time, not ${positionals.join(' ')}`);
  if (!SCENARIOS.some((scenario) => scenario.id === id))
    throw new UsageError(`no scenario is called "${id}"`);
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed <= 4_294_967_295)) {
    throw new UsageError(`--seed is a whole number from 0 to 4294967295, not ${String(values.seed)}`);
  }
  return { id, wire: values.wire, backend: values.backend, seed };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { wire: { type: 'string' }, backend: { type: 'string' }, seed: { type: 'string' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
