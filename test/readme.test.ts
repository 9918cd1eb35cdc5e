/** What the README shows is what runs. */
import { readFileSync } from 'node:fs';
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

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}
