/** What a stranger's editor, machine and CI read is true. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SCENARIOS } from './lab-model/scenarios/all.ts';
import { CHECKOUT, PAGES, codeIn } from './support/pages.ts';

const read = (path: string): string => readFileSync(`${CHECKOUT}${path}`, 'utf8');

test('.node-version names the Node that package.json pins and npm test runs on', () => {
  const pinned = [...read('package.json').matchAll(/"node-[\w-]+": "(?<version>[^"]+)"/gu)];
  expect(new Set(pinned.map(({ groups }) => groups?.['version']))).toEqual(
    new Set([read('.node-version').trim()]),
  );
});

test('CI runs on a clean clone what .ci/run says, as root, and nothing else', () => {
  const runs = [...read('.github/workflows/ci.yml').matchAll(/run: (?<command>.+)/gu)];
  expect(runs.map(({ groups }) => groups?.['command'])).toEqual(['sudo --preserve-env=CI,PATH .ci/run']);
});

test('the dev container calls scripts that are there', () => {
  const container = read('.devcontainer/devcontainer.json');
  for (const script of ['.devcontainer/engine.sh', 'docker/setup.sh']) {
    expect(container).toContain(script);
    expect(read(script)).toMatch(/^#!\/bin\/sh\n/u);
  }
});

test('the license that package.json declares is there, with its text', () => {
  expect(read('package.json')).toContain('"license": "MIT"');
  expect(read('LICENSE')).toMatch(/^MIT License\n\nCopyright \(c\) 2026 The tincan authors\n/u);
});

test('each file and folder that the pages for contributors name is there', () => {
  const pages = PAGES.filter((page) => page.startsWith('.github/'));
  expect(pages).toContain('.github/CONTRIBUTING.md');
  const paths = pages
    .flatMap((page) => codeIn(read(page)))
    .map((code) => code.replace(/: \w+$/u, ''))
    .filter((code) => /^\.?[\w-]+(?:\/[\w.-]*)+$|^\.[\w-]+(?:\.\w+)?$/u.test(code));
  expect(paths.length).toBeGreaterThan(25);
  expect(paths.filter((path) => !existsSync(`${CHECKOUT}${path}`))).toEqual([]);
});

test('each command that the pages for contributors name is a script of package.json, and each scenario is one', () => {
  const scripts = new Map(Object.entries(JSON.parse(read('package.json')).scripts));
  const commands = codeIn(read('.github/CONTRIBUTING.md')).filter((code) => /^npm (?:run|test)/u.test(code));
  expect(commands.length).toBeGreaterThan(6);
  for (const command of commands) {
    const [, , script = '', , argument = ''] = command.replace('npm test', 'npm run test').split(' ');
    expect([...scripts.keys()]).toContain(script);
    if (script === 'lab:scenario') expect(SCENARIOS.map(({ id }) => id)).toContain(argument);
  }
});
