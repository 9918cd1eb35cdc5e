/** What the README and the page about tests show is what there is. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SCENARIOS } from './lab-model/scenarios/all.ts';

const README = read('../README.md');

test('the example of a program of your own is the one that is tested', () => {
  const [, marked = ''] = read('containers/own-program.test.ts').split(/ *\/\/ README (?:begins|ends)\n/);
  const example = marked.replaceAll(/^ {2}/gm, '');
  expect(example).toContain('lab.run(');
  expect(README).toContain(example);
});

test('every scenario stands in the table of scenarios, in its order and with its title', () => {
  const rows = [...README.matchAll(/^\| `([a-z0-9-]+)` +\| (.+?) +\|/gm)].map(([, id, title]) => ({
    id,
    title,
  }));
  expect(rows.filter(({ id }) => SCENARIOS.some((scenario) => scenario.id === id))).toEqual(
    SCENARIOS.map(({ id, title }) => ({ id, title })),
  );
});

test('every path and every npm script that the page about tests names is there', () => {
  const page = read('README.md');
  const paths = [...page.matchAll(/\b(?:src|test)\/[\w./-]*\w\/?/g)].map(([path]) => path);
  expect(paths.length).toBeGreaterThan(30);
  expect(paths.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([]);
  const { scripts }: { scripts: object } = JSON.parse(read('../package.json'));
  const named = [...page.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}
