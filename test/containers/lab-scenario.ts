/**
 * One scenario by hand: `npm run lab:scenario -- loss-20 --wire tincan --seed 7`.
 *
 * Owns: the command line. Exit code: 0 all passed, 1 one failed or was vacuous, 2 wrong use, 3 not supported here.
 */
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { RESULTS_DIRECTORY } from '../report/directory.ts';
import type { LabCase } from '../report/results.ts';
import { duration, linesInWords, lookOf, lookWords, verdictReasons } from '../report/words.ts';
import { cellsOf, finish } from './matrix.ts';
import { probe } from './probe.ts';
import { type Outcome, writeResults } from './results-file.ts';
import { SCENARIOS } from '../lab-model/scenarios/all.ts';

const USAGE = `usage: npm run lab:scenario -- SCENARIO [--wire tincan|plain|tcp] [--backend relay|netem|engine] [--seed N] [--json]

Without --wire: on each of them. Its report goes to ${shown(join(RESULTS_DIRECTORY, 'SCENARIO'))}; that of the whole matrix stays as it is.
--json: one JSON object a wire on stdout, for scripts.
Scenarios: ${SCENARIOS.map(({ id }) => id).join(', ')}`;

const EXIT_CODES: Readonly<Record<LabCase['verdict']['type'], number>> = {
  pass: 0,
  fail: 1,
  vacuous: 1,
  unsupported: 3,
};

interface Asked {
  readonly id: string;
  readonly wire: string | undefined;
  readonly backend: string | undefined;
  readonly seed: number | undefined;
  readonly json: boolean;
}

class UsageError extends Error {}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`lab:scenario: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function run(args: readonly string[]): Promise<number> {
  const asked = read(args);
  if (asked === 'help') {
    console.log(USAGE);
    return 0;
  }
  const startedAt = new Date();
  const found = await probe();
  const cells = cellsOf(found.capabilities)
    .filter(
      ({ scenario, wire, backend }) =>
        scenario.id === asked.id &&
        (asked.wire === undefined || wire === asked.wire) &&
        backend === (asked.backend ?? scenario.backend),
    )
    .map((cell) => ({ ...cell, seed: asked.seed ?? cell.seed }));
  if (cells.length === 0) throw new UsageError('this scenario has no such wire or backend');
  const outcomes: Outcome[] = [];
  for (const cell of cells) {
    console.error(`lab:scenario: playing ${asked.id} on ${cell.wire}, by ${cell.backend}, seed ${cell.seed}`);
    const finished = await finish(cell);
    outcomes.push({ cell, finished });
    if (!asked.json) console.log(`${inWords(finished.labCase).join('\n')}\n`);
  }
  const cases = outcomes.map(({ finished }) => finished.labCase);
  const report = await writeResults(join(RESULTS_DIRECTORY, asked.id), startedAt, found, outcomes);
  if (asked.json) for (const one of cases) console.log(JSON.stringify({ ...inFigures(one), report }));
  else console.log(`report: ${shown(report)}`);
  return Math.max(...cases.map(({ verdict }) => EXIT_CODES[verdict.type]));
}

/** The verdict, why, and what became of the lines. */
function inWords(labCase: LabCase): string[] {
  const { scenario, wire, backend, verdict, evidence } = labCase;
  const head = `${scenario} on ${wire}, by ${backend}: ${lookWords[lookOf(labCase)].word}`;
  const { flows = [], recoveries = [] } = evidence ?? {};
  const details = [
    ...verdictReasons(verdict),
    ...flows.map(
      ({ from, to, lineCounts: { said, heard } }) => `${from} to ${to}: ${said} said, ${heard} heard`,
    ),
    ...recoveries.map(({ after, what, tookMs }) => `after ${after}: ${what} in ${duration(tookMs)}`),
  ].map((line) => `  ${line}`);
  return [evidence === undefined ? head : `${head}. ${linesInWords(labCase)}`, ...details];
}

/** Without what fills pages: arrows, lines, transcripts. They are in the report. */
function inFigures({ evidence, ...labCase }: LabCase): object {
  if (evidence === undefined) return labCase;
  const { seed, replay, tookMs, flows, phases, recoveries } = evidence;
  const counts = flows.map(({ from, to, lineCounts, datagramCounts, kernelDrops }) => ({
    from,
    to,
    lineCounts,
    datagramCounts,
    kernelDrops,
  }));
  return { ...labCase, seed, replay, tookMs, flows: counts, phases, recoveries };
}

/** As the reader would type it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function read(args: readonly string[]): Asked | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  const [id = '', ...more] = positionals;
  if (id === '') throw new UsageError('which scenario?');
  if (more.length > 0) throw new UsageError(`one scenario at a time, not ${positionals.join(' ')}`);
  if (!SCENARIOS.some((scenario) => scenario.id === id))
    throw new UsageError(`no scenario is called "${id}"`);
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed <= 4_294_967_295)) {
    throw new UsageError(`--seed is a whole number from 0 to 4294967295, not ${String(values.seed)}`);
  }
  return { id, wire: values.wire, backend: values.backend, seed, json: values.json === true };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        wire: { type: 'string' },
        backend: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
