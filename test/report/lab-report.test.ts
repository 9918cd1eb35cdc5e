import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fixturePcapng, fixtureResults } from './fixture.ts';
import { parseResults, type Results } from './results.ts';

const program = fileURLToPath(new URL('lab-report.ts', import.meta.url));

describe('npm run lab:report', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tincan-lab-report-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  /** Results on disk, as the lab leaves them. Resolves to the path of the file. */
  async function left(name: string, results: Results): Promise<string> {
    const file = join(directory, name, 'results.json');
    await mkdir(join(directory, name, 'captures'), { recursive: true });
    await writeFile(file, JSON.stringify(results));
    for (const { evidence } of results.cases) {
      const capture = evidence?.capture?.file;
      if (capture !== undefined) await writeFile(join(directory, name, capture), fixturePcapng(3));
    }
    return file;
  }

  async function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((ended) => {
      const child = execFile(process.execPath, [program, ...args], { cwd: directory }, (_, stdout, stderr) =>
        ended({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  }

  test('npm run lab:report makes page, JUnit file, results and captures from a file of results; a failing case is exit code 1', async () => {
    const results = await left('failing', fixtureResults());
    expect(await run('--results', results, '--out', 'out')).toEqual({
      code: 1,
      stdout: 'out/report.html: 5 pass, 1 unsupported, 1 fail and 1 vacuous\n',
      stderr: 'lab:report: failing/results.json: 8 cases, begun 2026-01-02T03:04:05.678Z\n',
    });
    expect((await readdir(join(directory, 'out'))).toSorted()).toEqual([
      'captures',
      'junit.xml',
      'report.html',
      'results.json',
    ]);
    expect(parseResults(await readFile(join(directory, 'out/results.json'), 'utf8'))).toEqual(
      parseResults(JSON.stringify(fixtureResults())),
    );
    expect(await readFile(join(directory, 'out/captures/clean-plain.pcapng'))).toEqual(
      Buffer.from(fixturePcapng(3)),
    );
  });

  test('npm run lab:report takes the results that are there already; exit code 0 when no case failed', async () => {
    const { cases, ...rest } = fixtureResults();
    await left('good', { ...rest, cases: cases.filter(({ verdict }) => verdict.type === 'pass') });
    expect(await run('--out', 'good')).toMatchObject({ code: 0, stdout: 'good/report.html: 5 pass\n' });
  });

  test('npm run lab:report says in one line what is wrong with a file', async () => {
    const bad = join(directory, 'bad.json');
    await writeFile(bad, '{}');
    expect(await run('--results', bad, '--out', 'bad')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^lab:report: .*bad\.json: ✖ Invalid input: expected 1\n/u),
    });
    expect(await run('--results', 'nowhere.json')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^lab:report: .*nowhere\.json: ENOENT.*\n$/u),
    });
  });

  test('npm run lab:report refuses, before any work, a directory that is a file', async () => {
    await writeFile(join(directory, 'taken'), '');
    for (const out of ['taken', 'taken/below']) {
      const { code, stderr } = await run('--run', '--out', out);
      expect(code).toBe(2);
      expect(stderr.split('\n')[0]).toBe(
        `lab:report: --out must be a directory that can be written to; ${out} is none`,
      );
    }
  });

  test('npm run lab:report names a capture that is missing', async () => {
    const file = await left('robbed', fixtureResults());
    await rm(join(directory, 'robbed/captures/clean-plain.pcapng'));
    expect(await run('--results', file, '--out', 'robbed')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the capture captures/clean-plain.pcapng is missing in '),
    });
  });

  test.each([
    [['--result', 'x'], "Unknown option '--result'"],
    [['--run', '--results', 'x'], '--run and --results exclude each other'],
  ])('npm run lab:report refuses %j with its usage', async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(`lab:report: ${message}`);
    expect(stderr).toContain('usage: npm run lab:report');
  });
});
