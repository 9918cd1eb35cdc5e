/** `npx tincan` and `npm start`: the program on the pinned Node, whichever Node the host has. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Program, type StartOptions } from './support/program.ts';

const LAUNCH = fileURLToPath(new URL('../src/launch.mjs', import.meta.url));

/** The host's own Node, if it has one that is older than ours. */
function olderNode(): string | undefined {
  const directories = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((each) => !each.includes('node_modules'));
  return directories
    .map((directory) => join(directory, 'node'))
    .find((node) => {
      try {
        const major = execFileSync(node, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' });
        return Number(major) < 26;
      } catch {
        return false;
      }
    });
}

async function runs(args: readonly string[], options: StartOptions) {
  await using program = new Program('launch', args, { script: LAUNCH, ...options });
  program.endInput();
  const { code } = await program.exit();
  return { code, stdout: program.stdout.lines, stderr: program.stderr.lines };
}

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

function suite(options: StartOptions): void {
  test('the program runs, and its output and exit code are passed on', async () => {
    expect(await runs(['--version'], options)).toEqual({
      code: 0,
      stdout: [expect.stringMatching(/^tincan \d/)],
      stderr: [],
    });
    expect(await runs(['--colour'], options)).toMatchObject({ code: 2, stdout: [] });
  });

  test('stdin reaches the program, and so does SIGTERM: it says goodbye', async () => {
    const args = ['--name', 'alice', '--wire', 'plain', '--bind', '127.0.0.1:0', '--format', 'json'];
    await using program = new Program('launch', args, { script: LAUNCH, ...options });
    await program.hears(/"type":"ready"/);
    program.say('{"type":"status"}');
    await program.hears(/"type":"status"/);
    program.process.kill('SIGTERM');
    expect(await program.exit()).toEqual({ code: 0, signal: null });
    expect(program.stdout.lines.at(-1)).toBe('{"type":"closed","undelivered":0}');
  });

  test.each([
    ['SIGKILL', ['start', '--']],
    ['SIGTERM', ['start', '--']],
    ['SIGKILL', ['exec', '--', 'tincan']],
  ] as const)('npm that ends by %s takes the node along that it runs by %j', async (signal, command) => {
    const directory = dirname(options.node ?? process.execPath);
    const args = ['--prefix', CHECKOUT, ...command, '--bind', '127.0.0.1:0', '--stay'];
    const cache = mkdtempSync(join(tmpdir(), 'tincan-test-'));
    const PATH = `${directory}${delimiter}${process.env['PATH'] ?? ''}`;
    const env = { PATH, npm_config_cache: cache, npm_config_offline: 'true' };
    // What npm has started holds the other end of the streams, so the exit is seen only after the node's.
    await using npm = new Program('npm', args, { node: 'npm', script: '--silent', env });
    npm.endInput();
    await npm.readyPort();
    npm.process.kill(signal);
    await npm.exit();
    rmSync(cache, { recursive: true });
  });
}

describe(`on Node ${process.versions.node}`, () => {
  suite({});
});

const older = olderNode();
if (older === undefined)
  describe.skip("on the host's Node (skipped: there is none older than 26 on the PATH)", () => suite({}));
else
  describe("on the host's older Node", () => {
    suite({ node: older });

    test.each(['SIGKILL', 'SIGQUIT'] as const)(
      'a launcher that ends by %s takes the node along',
      async (signal) => {
        const args = ['--bind', '127.0.0.1:0', '--stay'];
        // The node holds the other end of the streams, so the exit is seen only after the node's.
        await using program = new Program('launch', args, { script: LAUNCH, node: older });
        program.endInput();
        await program.readyPort();
        program.process.kill(signal);
        await program.exit();
      },
    );

    test('without the pinned Node, one line says how to get it, and exit 2', async () => {
      const checkout = mkdtempSync(join(tmpdir(), 'tincan-test-'));
      mkdirSync(join(checkout, 'src'));
      const script = join(checkout, 'src', 'launch.mjs');
      copyFileSync(LAUNCH, script);
      const { code, stdout, stderr } = await runs(['--version'], { node: older, script });
      rmSync(checkout, { recursive: true });
      expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
      expect(stderr).toEqual([
        expect.stringMatching(/^tincan: needs Node 26, this is v\d+\S*; "npm ci" in the checkout brings it$/),
      ]);
    });
  });
