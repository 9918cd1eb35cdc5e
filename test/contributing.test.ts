/** What a stranger's editor, machine and CI read is true. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CHECKOUT } from './support/pages.ts';

const read = (path: string): string => readFileSync(`${CHECKOUT}${path}`, 'utf8');

test('.node-version names the Node that package.json pins and npm test runs on', () => {
  expect(read('package.json')).toContain(`"node": "${read('.node-version').trim()}"`);
});

test('CI runs on a clean clone what .ci/run says, and nothing else', () => {
  const runs = [...read('.github/workflows/ci.yml').matchAll(/run: (?<command>.+)/gu)];
  expect(runs.map(({ groups }) => groups?.['command'])).toEqual(['.ci/run']);
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
