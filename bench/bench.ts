/**
 * `npm run bench`: tincan beside what people would pick instead, on this machine, in the same run.
 *
 *   npm run bench                          all rows, five runs each
 *   npm run bench -- ROW…                  these rows; `relay` or `relay-10ms` stands for all rows that begin so
 *   npm run bench -- --runs N              so many runs
 *   npm run bench -- --only NAME           this contender (repeat for more)
 *   npm run bench -- --smoke               a minute: only that it works, and that nothing was lost
 *
 * Owns: the command line, the order of the runs, the table and `bench/results.json`.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { type Contender, contenders } from './contenders.ts';
import { type Figures, quantile } from './measures.ts';
import { type Row, type Work, rows, run } from './rows.ts';

interface Result {
  readonly row: string;
  readonly says: string;
  readonly contender: string;
  readonly runs: readonly Figures[];
  /** Why a run gave no figures. */
  readonly failures: readonly string[];
}

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: [] },
    smoke: { type: 'boolean', default: false },
  },
});

const chosen = options.smoke
  ? rows
      .filter(({ network }) => network.type !== 'namespaces')
      .filter(isInSmoke)
      .map(shortened)
  : rows.filter(
      ({ name }) =>
        wanted.length === 0 || wanted.some((word) => name === word || name.startsWith(`${word}-`)),
    );
if (chosen.length === 0) {
  process.stderr.write(`bench: no such row; there are ${rows.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const environment = {
  date: new Date().toISOString(),
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  node: process.version,
  kernel: release(),
  processor: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`,
  loadAverage: loadavg()[0] ?? 0,
};
process.stderr.write(`bench: ${Object.values(environment).join(', ')}\n`);

const results: Result[] = [];
for (const row of chosen) results.push(...(await runRow(row, options.smoke ? 1 : Number(options.runs))));
process.stdout.write(table(results));
if (!options.smoke)
  writeFileSync(
    new URL('results.json', import.meta.url),
    `${JSON.stringify({ environment, results }, undefined, 2)}\n`,
  );
const failed = results.flatMap(({ failures }) => failures);
for (const failure of failed) process.stderr.write(`bench: ${failure}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** All contenders in turn, and again: what else the machine does strikes all of them alike. */
async function runRow(row: Row, runs: number): Promise<readonly Result[]> {
  const present = contenders.filter((contender) => takesPart(row, contender));
  const found = present.map((contender) => ({ contender, runs: [] as Figures[], failures: [] as string[] }));
  for (let index = 1; index <= runs; index += 1) {
    for (const { contender, runs: figures, failures } of found) {
      process.stderr.write(`bench: ${row.name} ${index}/${runs} ${contender.name} … `);
      try {
        const measured = await run(row, contender);
        figures.push(measured);
        process.stderr.write(`${shown(Object.entries(measured).slice(0, 3))}\n`);
      } catch (error) {
        failures.push(
          `${row.name} ${contender.name}: ${Error.isError(error) ? error.message : String(error)}`,
        );
        process.stderr.write('failed\n');
      }
    }
  }
  return found.map(({ contender, ...rest }) => ({
    row: row.name,
    says: row.says,
    contender: contender.name,
    ...rest,
  }));
}

function takesPart(row: Row, contender: Contender): boolean {
  const { only } = options;
  if (!row.contenders.includes(contender.name)) return false;
  if (
    only.length > 0 ? !only.includes(contender.name) : options.smoke && !contender.name.startsWith('tincan')
  )
    return false;
  const missing = contender.missing?.();
  if (missing !== undefined) process.stderr.write(`bench: without ${contender.name}: ${missing}\n`);
  return missing === undefined;
}

function isInSmoke({ name }: Row): boolean {
  return ['pipe-60', 'pipe-60000', 'latency', 'relay-10ms-5'].includes(name);
}

function shortened(row: Row): Row {
  const work: Work =
    row.work.type === 'goodput' ? { ...row.work, seconds: 3 } : { ...row.work, lines: row.work.lines / 10 };
  return { ...row, says: `${row.says} (a tenth of it)`, work };
}

function table(all: readonly Result[]): string {
  let text = '';
  let heading = '';
  for (const { row, says, contender, runs } of all) {
    const names = Object.keys(runs[0] ?? {});
    if (row !== heading)
      text += `\n${row}: ${says}\n\n| contender | ${names.join(' | ')} |\n|${' --- |'.repeat(names.length + 1)}\n`;
    heading = row;
    const cells = names.map((name) => spread(runs.map((figures) => figures[name] ?? Number.NaN)));
    text += `| ${contender} | ${cells.join(' | ')} |\n`;
  }
  return text;
}

/** Median, and the least and the most. */
function spread(values: readonly number[]): string {
  const [low, middle, high] = [0, 0.5, 1].map((share) => rounded(quantile(values, share)));
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

function shown(figures: readonly (readonly [string, number])[]): string {
  return figures.map(([name, value]) => `${name} ${rounded(value)}`).join(', ');
}

function rounded(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
