/**
 * `npm run bench`: tincan beside what people would pick instead, on this machine, in the same run.
 *
 *   npm run bench                          six minutes: the rows and contenders that matter most, five runs each
 *   npm run bench -- --all                 each row with all its contenders
 *   npm run bench -- ROW…                  these rows with all their contenders; `relay` stands for all rows that begin so
 *   npm run bench -- --runs N              so many runs
 *   npm run bench -- --only NAME           this contender (repeat for more)
 *   npm run bench -- --publish             puts the table into bench/README.md, and the charts into bench/plots
 *   npm run bench -- --smoke               a minute: only that it works, and that nothing was lost
 *
 * Owns: the command line, the order of the runs, and what is written: the table, `bench/results.json`, the charts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figures, type Result, rounded, tableOf } from './figures.ts';
import { chartSvg, groupOf } from './plots.ts';
import { type Row, type Work, presentIn, rows, run } from './rows.ts';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    publish: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});

/** Between these, the page has what was measured last. */
const [begin, end] = ['<!-- measured: begin -->', '<!-- measured: end -->'];

interface Task {
  readonly row: Row;
  readonly contenders: readonly string[];
}

const tasks = chooseTasks().filter(({ contenders }) => contenders.length > 0);
if (tasks.length === 0) {
  process.stderr.write(`bench: no such row; there are ${rows.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const environment = {
  date: new Date().toISOString(),
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  node: process.version,
  kernel: release(),
  processor: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`,
  loadAverage: Number((loadavg()[0] ?? 0).toFixed(1)),
};
process.stderr.write(`bench: ${Object.values(environment).join(', ')}\n`);

const runs = Number(options.runs ?? (options.smoke ? 1 : 5));
const totalRuns = runs * tasks.reduce((sum, { contenders }) => sum + contenders.length, 0);
let runsDone = 0;
const results: Result[] = [];
for (const task of tasks) results.push(...(await runTask(task)));
const table = tableOf(results);
process.stdout.write(table);
if (!options.smoke) write('results.json', `${JSON.stringify({ environment, results }, undefined, 2)}\n`);
if (options.publish) publish();
const failed = results.flatMap(({ failures }) => failures);
for (const failure of failed) process.stderr.write(`bench: ${failure}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

function chooseTasks(): readonly Task[] {
  const isWanted = ({ name }: Row): boolean =>
    wanted.length === 0 || wanted.some((word) => name === word || name.startsWith(`${word}-`));
  const isBrief = !options.all && wanted.length === 0;
  return rows
    .filter((row) => (options.smoke ? isInSmoke(row) : isWanted(row)))
    .map((row) => {
      const own = row.contenders.filter((name) => name.startsWith('tincan'));
      const names = options.smoke ? own : isBrief ? row.brief : row.contenders;
      const chosen =
        options.only.length === 0 ? names : row.contenders.filter((name) => options.only.includes(name));
      return { row: options.smoke ? shortened(row) : row, contenders: presentIn(row, chosen) };
    });
}

/** All contenders in turn, and again: what else the machine does strikes all of them alike. */
async function runTask({ row, contenders }: Task): Promise<readonly Result[]> {
  const found = contenders.map((contender) => ({
    contender,
    runs: [] as Figures[],
    failures: [] as string[],
  }));
  for (let index = 1; index <= runs; index += 1) {
    for (const { contender, runs: figures, failures } of found) {
      runsDone += 1;
      process.stderr.write(`bench: ${runsDone}/${totalRuns} ${row.name} ${contender} … `);
      try {
        const measured = await run(row, contender);
        figures.push(measured);
        process.stderr.write(`${shown(measured)}\n`);
      } catch (error) {
        failures.push(`${row.name} ${contender}: ${Error.isError(error) ? error.message : String(error)}`);
        process.stderr.write('failed\n');
      }
    }
  }
  return found.map((rest) => ({ row: row.name, says: row.says, ...rest }));
}

function isInSmoke({ name }: Row): boolean {
  return ['pipe-60', 'pipe-60000', 'latency', 'relay-10ms-5', 'room-8', 'flood', 'idle', 'start'].includes(
    name,
  );
}

function shortened(row: Row): Row {
  return { ...row, says: `${row.says} (less of it)`, work: shortWork(row.work) };
}

function shortWork(work: Work): Work {
  switch (work.type) {
    case 'pipe':
    case 'latency':
    case 'room':
      return { ...work, lines: work.lines / 10 };
    case 'goodput':
      return { ...work, seconds: 3 };
    case 'flood':
    case 'idle':
      return { ...work, seconds: 1 };
    case 'start':
      return work;
    default:
      return work satisfies never;
  }
}

function shown(figures: Figures): string {
  return Object.entries(figures)
    .slice(0, 3)
    .map(([name, value]) => `${name} ${rounded(value)}`)
    .join(', ');
}

// ---- What is published -----------------------------------------------------------------------------------------------

function publish(): void {
  const charts = Map.groupBy(
    tasks.map(({ row }) => row),
    ({ chart }) => chart,
  );
  const names: string[] = [];
  mkdirSync(new URL('plots/', import.meta.url), { recursive: true });
  for (const [chart, ofChart] of charts) {
    const [first] = ofChart;
    if (first === undefined) continue;
    const groups = ofChart.map((row) =>
      groupOf(
        results.filter((result) => result.row === row.name),
        row.measure,
      ),
    );
    write(`plots/${chart}.svg`, chartSvg(groups, first.measure));
    names.push(chart);
  }
  const { date, ...machine } = environment;
  const pictures = names
    .map((name) => `![${name}: a bar for each contender](plots/${name}.svg)\n`)
    .join('\n');
  const said = `${date.slice(0, 10)}, commit ${Object.values(machine).join(', ')} (load average); ${runs} runs each.`;
  const page = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`bench/README.md has no ${begin} before ${end}`);
  write(
    'README.md',
    `${page.slice(0, before + begin.length)}\n\n${said}\n\n${pictures}\n${table}\n${page.slice(after)}`,
  );
  execFileSync('oxfmt', ['bench/README.md'], { cwd: new URL('../', import.meta.url), stdio: 'ignore' });
}

function write(path: string, content: string): void {
  writeFileSync(new URL(path, import.meta.url), content);
}
