/**
 * `npm run lab:report`: the results of the fault lab as a page to read; where there are none yet, it runs the lab first.
 *
 * Owns: the command line. Exit code: 0 every case that ran passed, 1 one failed or was vacuous, 2 wrong use or bad results.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, mkdir, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RESULTS_DIRECTORY, files, readResults, writeReport } from './directory.ts';
import { BadResultsError, type Results } from './results.ts';
import { PictureError, takeSamples } from './samples.ts';
import { enumeration, quantity } from './words.ts';

const usage = `usage: npm run lab:report [-- --results FILE | --run] [--out DIR] [--screenshot]

Makes ${files.page}, ${files.junit} and ${files.results} in DIR (default: ${shown(RESULTS_DIRECTORY)}).
Without --results: from DIR/${files.results}; where that is missing, or with --run, it runs every scenario first.
--screenshot: also takes the pictures for the README.`;

const checkout = fileURLToPath(new URL('../..', import.meta.url));

class UsageError extends Error {}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof BadResultsError || error instanceof PictureError))
    throw error;
  console.error(`lab:report: ${error.message}`);
  if (error instanceof UsageError) console.error(`\n${usage}`);
  process.exitCode = 2;
}

async function main(args: readonly string[]): Promise<number> {
  const options = read(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  await checkDirectory(options.out);
  const file = options.results ?? join(options.out, files.results);
  if (options.results === undefined && (options.run || !existsSync(file))) {
    if (!(await setUp())) return 2;
    // A run that leaves no results must not be taken for the run before.
    await rm(file, { force: true });
    await runScenarios(options.out);
  }
  const results = await readResults(file);
  say(`${shown(file)}: ${quantity(results.cases.length, 'case')}, begun ${results.run.startedAt}`);
  const page = await writeReport(options.out, results, dirname(file));
  if (options.screenshot) for (const sample of await takeSamples(page)) say(`picture: ${shown(sample)}`);
  console.log(`${shown(page)}: ${summary(results)}`);
  return results.cases.some(({ verdict }) => verdict.type === 'fail' || verdict.type === 'vacuous') ? 1 : 0;
}

/** Some minutes of work must not end in a directory that can't be written to. */
async function checkDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`--out must be a directory that can be written to; ${shown(directory)} is none`, {
      cause,
    });
  }
}

/** What the scenarios need: an engine and two images. It says itself what is missing. */
async function setUp(): Promise<boolean> {
  return (await command(join(checkout, 'docker/setup.sh'), ['engine', 'base', 'node', 'interop'])) === 0;
}

/** The container suite of the scenarios leaves its results in the directory. A failing case is for the report to tell. */
async function runScenarios(directory: string): Promise<void> {
  say('running every scenario in containers; this takes some minutes');
  const scenarios = [
    'run',
    '--silent',
    'test:containers',
    '--',
    '--testPathPatterns',
    'test/containers/scenarios',
  ];
  await command('npm', scenarios, { TINCAN_LAB_RESULTS: directory });
}

/** Resolves to the exit code. What the command prints is progress, no result: it goes to stderr. */
async function command(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  const child = spawn(name, [...args], {
    cwd: checkout,
    env: { ...process.env, ...environment },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  return new Promise((ended, failed) => {
    child.on('close', ended);
    child.on('error', failed);
  });
}

function summary({ cases }: Results): string {
  const counts = Map.groupBy(cases, ({ verdict }) => verdict.type);
  return enumeration([...counts].map(([type, some]) => `${some.length} ${type}`));
}

function say(text: string): void {
  console.error(`lab:report: ${text}`);
}

/** As the reader would type it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function read(args: readonly string[]): {
  readonly results: string | undefined;
  readonly out: string;
  readonly run: boolean;
  readonly screenshot: boolean;
  readonly help: boolean;
} {
  const { results, out, run = false, screenshot = false, help = false } = parse(args);
  if (run && results !== undefined) throw new UsageError('--run and --results exclude each other');
  return {
    results: results === undefined ? undefined : resolve(results),
    out: out === undefined ? RESULTS_DIRECTORY : resolve(out),
    run,
    screenshot,
    help,
  };
}

function parse(args: readonly string[]): {
  readonly results?: string | undefined;
  readonly out?: string | undefined;
  readonly run?: boolean | undefined;
  readonly screenshot?: boolean | undefined;
  readonly help?: boolean | undefined;
} {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        results: { type: 'string' },
        out: { type: 'string' },
        run: { type: 'boolean' },
        screenshot: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
