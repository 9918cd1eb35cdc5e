/** What the README shows is what there is; its samples are run as they stand there. Those with containers: `containers/readme.test.ts`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { allOptions } from '../src/app/config.ts';
import { helpText } from '../src/app/help.ts';
import { setupErrorOf } from '../src/transport/setup-error.ts';
import { COMMAND_HELP } from '../src/ui/terminal/commands.ts';
import { describe as inWords } from '../src/ui/words/describe.ts';
import { unresolved } from '../src/wires/tincan/trace/warnings.ts';
import { SCENARIOS } from './lab-model/scenarios/all.ts';
import { CHECKOUT, codeIn, readPage, samplesOf, tableUnder } from './support/pages.ts';
import { freePorts } from './support/ports.ts';
import { Program } from './support/program.ts';
import { Transcript } from './support/transcript.ts';

const README = readPage('README.md');
const LINES_MAX = 260;

let files = '';
beforeAll(() => {
  files = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterAll(() => {
  rmSync(files, { recursive: true, force: true });
});

test('the README is short, and has what its two readers need in their order', () => {
  expect(README.split('\n').length - 1).toBeLessThanOrEqual(LINES_MAX);
  const headings = [...README.matchAll(/^## (.+)$/gmu)].map(([, heading]) => heading);
  expect(headings).toEqual([
    'Try it',
    'Break it',
    'Script it',
    'Test your own program',
    'Options',
    'Exit codes',
    'Troubleshooting',
    'How it works, and how to change it',
  ]);
  const [, contents = ''] = README.split('**Contents:**');
  for (const heading of headings)
    expect(contents.split('\n\n')[0]?.replaceAll('\n', ' ')).toContain(`[${heading}](`);
});

test('each shell sample of the README is run by a test, or is a script of package.json', () => {
  const others = shellSamples()
    .flat()
    .filter(
      (line) => ![...RUN_HERE, ...RUN_IN_CONTAINERS].some((start) => `${line} `.startsWith(`${start} `)),
    );
  expect(others.map((line) => line.split(' -- ')[0])).toEqual(['npm run lab:scenario', 'npm run lab:report']);
});

/** How the lines begin that are run below, and those that `containers/readme.test.ts` runs. */
const RUN_HERE = ['npm start', 'npx tincan', 'cat README.md | npx tincan'];
const RUN_IN_CONTAINERS = [
  'npm run lab',
  'docker compose',
  'docker attach',
  'TINCAN_WIRE=plain docker compose',
];

function shellSamples(): readonly (readonly string[])[] {
  return samplesOf(README)
    .filter(({ language }) => language === 'sh')
    .map(({ lines }) => lines);
}

function sampleWith(start: string): readonly string[] {
  const sample = shellSamples().find(([line]) => line?.startsWith(start));
  if (sample === undefined) throw new Error(`no sample of the README starts with ${start}`);
  return sample;
}

/**
 * A line of a sample in a shell of its own, in the checkout. The README's ports may be taken here and its files be
 * somebody's: they are others.
 */
class Shell implements AsyncDisposable {
  readonly stdout: Transcript;
  readonly stderr: Transcript;
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;

  constructor(line: string, ports: readonly number[]) {
    const [first = 0, second = 0] = ports;
    const adapted = line
      .replaceAll('127.0.0.1:5001', `127.0.0.1:${first}`)
      .replaceAll('127.0.0.1:5002', `127.0.0.1:${second}`)
      .replaceAll('/tmp/', `${files}/`);
    this.stdout = new Transcript(`stdout of ${adapted}`);
    this.stderr = new Transcript(`stderr of ${adapted}`);
    // A group of its own: npm, a shell and a node end together.
    this.#process = spawn('sh', ['-c', adapted], {
      cwd: CHECKOUT,
      detached: true,
      env: { ...process.env, XDG_RUNTIME_DIR: files },
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => this.stdout.push(text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.stderr.push(text));
    this.#ended = new Promise((resolve) => {
      this.#process.once('close', (code) => resolve(code));
    });
  }

  say(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  async ready(): Promise<void> {
    await this.#until(this.stderr, /^ready /u);
  }

  async hears(line: RegExp): Promise<void> {
    await this.#until(this.stdout, line);
  }

  exitCode(): Promise<number | null> {
    this.#process.stdin?.end();
    return this.#ended;
  }

  async #until(transcript: Transcript, wanted: RegExp): Promise<void> {
    const look = (): true | undefined => transcript.lines.some((line) => wanted.test(line)) || undefined;
    await transcript.until(`the line ${String(wanted)}`, look, [this.stdout, this.stderr]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.pid !== undefined)
      process.kill(-this.#process.pid, 'SIGTERM');
    await this.#ended;
  }
}

test('the two lines without Docker are a chat', async () => {
  const [aliceLine = '', bobLine = ''] = sampleWith('npm start');
  const ports = await freePorts(2);
  await using alice = new Shell(aliceLine, ports);
  await using bob = new Shell(bobLine, ports);
  await Promise.all([alice.ready(), bob.ready()]);
  alice.say('hi bob');
  await bob.hears(/^alice: hi bob$/u);
  bob.say('hi alice');
  await alice.hears(/^bob: hi alice$/u);
  expect(await alice.exitCode()).toBe(0);
  expect(await bob.exitCode()).toBe(0);
});

test('the two lines of the pipe bring the README to a file, byte by byte, and the end says so', async () => {
  const [bobLine = '', aliceLine = ''] = sampleWith('npx tincan');
  const ports = await freePorts(2);
  await using bob = new Shell(bobLine, ports);
  await bob.ready();
  await using alice = new Shell(aliceLine, ports);
  expect(await alice.exitCode()).toBe(0);
  expect(readFileSync(join(files, 'heard.txt'), 'utf8')).toBe(README);
});

test('each line of JSON of the README is answered by the events that stand beside it', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const at = (port: number): string => `127.0.0.1:${port}`;
  await using bob = new Program('bob', ['--name', 'bob', '--bind', at(b), '--peer', `alice=${at(a)}`]);
  const aliceArgs = ['--name', 'alice', '--format', 'json', '--bind', at(a), '--peer', `bob=${at(b)}`];
  await using alice = new Program('alice', aliceArgs);
  await alice.hears(/"type":"peer-joined"/u);
  const rows = jsonRows();
  expect(rows).toHaveLength(6);
  for (const { input, events } of rows) {
    alice.say(input);
    // A line that is not delivered is told, too; here each is.
    for (const event of events.filter((type) => type !== 'undelivered'))
      await alice.hears(new RegExp(`"type":"${event}"`, 'u'));
  }
  expect(await alice.exit()).toEqual({ code: 0, signal: null });
  expect(alice.stdout.lines.filter((line) => line.includes('"type":"error"'))).toEqual([]);
  expect(bob.stdout.lines).toEqual(['alice: hi', 'alice: psst']);
});

/** The table of commands: what a script writes, and the types of the events that answer. */
function jsonRows(): readonly { readonly input: string; readonly events: readonly string[] }[] {
  return [...README.matchAll(/^\| `(?<input>\{"type".*?\})` +\| (?<answer>.*) \|$/gmu)].map(
    ({ groups = {} }) => {
      const types = codeIn(groups['answer'] ?? '').filter((word) => /^[a-z]+$/u.test(word) && word !== 'to');
      return { input: groups['input'] ?? '', events: types.filter((word) => word !== 'false') };
    },
  );
}

test('the test of a program of your own is the file that it is said to be', () => {
  const [sample, ...more] = samplesOf(README).filter(({ language }) => language === 'ts');
  expect(more).toEqual([]);
  expect(`${sample?.lines.join('\n')}\n`).toBe(readPage('test/containers/own-program.test.ts'));
});

test('each option of a chat stands in the README with the variable that the help gives it', () => {
  const [, help = ''] = /Chat options.*?\n([^]*?)\n\n/u.exec(helpText('chat')) ?? [];
  const inHelp = new Set([...help.matchAll(/--[a-z-]+|TINCAN_\w+|NO_COLOR/gu)].map(([word]) => word));
  const inReadme = tableUnder(README, '## Options').flatMap(([option = '', variable = '']) => [
    ...codeIn(option).flatMap((code) => /--[a-z-]+/u.exec(code) ?? []),
    ...codeIn(variable),
  ]);
  expect(inReadme.toSorted()).toEqual([...inHelp].toSorted());
  for (const option of inReadme.filter((word) => word.startsWith('--')))
    expect(Object.keys(allOptions)).toContain(option.slice(2));
});

test('each command of the window stands in the README', () => {
  const listed = tableUnder(README, '### In the window').flatMap(([commands = '']) => codeIn(commands));
  expect(listed.map((usage) => usage.replaceAll('\\|', '|')).toSorted()).toEqual(
    COMMAND_HELP.map(([usage]) => usage).toSorted(),
  );
});

test('the messages under Troubleshooting are the ones that the program gives', () => {
  const seen = tableUnder(README, '## Troubleshooting').flatMap(([what = '']) => codeIn(what));
  const taken = setupErrorOf(Object.assign(new Error('bind'), { code: 'EADDRINUSE' }), {
    host: '0.0.0.0',
    port: 5000,
  });
  expect(seen).toContain(taken.message);
  expect(seen).toContain(inWords(unresolved('bob', 'ENOTFOUND'), false));
});

test('every scenario stands in the table of scenarios, in its order and with its title', () => {
  const rows = tableUnder(readPage('test/README.md'), '## The fault lab').map(([id = '', title]) => ({
    id: codeIn(id)[0],
    title,
  }));
  expect(rows).toEqual(SCENARIOS.map(({ id, title }) => ({ id, title })));
});

test('every npm script that a page names is there', () => {
  const { scripts }: { scripts: object } = JSON.parse(readPage('package.json'));
  const named = ['README.md', 'test/README.md', 'docker/README.md'].flatMap((page) =>
    [...readPage(page).matchAll(/npm run ([\w:]+)/gu)].map(([, name = '']) => name),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('every path that the page about tests names is there', () => {
  const paths = [...readPage('test/README.md').matchAll(/\b(?:src|test)\/[\w./-]*\w\/?/gu)].map(
    ([path]) => path,
  );
  expect(paths.length).toBeGreaterThan(30);
  expect(paths.filter((path) => !existsSync(join(CHECKOUT, path)))).toEqual([]);
});
