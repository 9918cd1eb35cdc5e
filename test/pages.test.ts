/** What every page of this project is held to. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CHECKOUT, PAGES, anchorsOf, linksOf, readPage, samplesOf } from './support/pages.ts';

const LINKS = PAGES.flatMap((page) => linksOf(readPage(page)).map((target) => ({ page, target })));

test('every link of every page leads to a file and a heading that are there', () => {
  expect(LINKS.length).toBeGreaterThan(50);
  const dead = LINKS.filter(({ target }) => !target.startsWith('https://')).filter(({ page, target }) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(CHECKOUT, file))) return true;
    return anchor !== undefined && !anchorsOf(readPage(file)).includes(anchor);
  });
  expect(dead).toEqual([]);
});

test('every page can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const from of reached)
    for (const { page, target } of LINKS)
      if (page === from && /\.md(?:#|$)/u.test(target))
        reached.add(join(dirname(page), target.replace(/#.*/u, '')));
  // GitHub itself shows what is under .github where somebody opens an issue or sends a change.
  expect(PAGES.filter((page) => !reached.has(page) && !page.startsWith('.github/'))).toEqual([]);
});

test('no shell sample has a comment, which a zsh that one pastes it into would take for a command', () => {
  const commented = PAGES.flatMap((page) => samplesOf(readPage(page)).map((sample) => ({ page, sample })))
    .filter(({ sample }) => sample.language === 'sh')
    .flatMap(({ page, sample }) => sample.lines.map((line) => `${page}: ${line}`))
    .filter((line) => /(?:^|\s)#/u.test(line));
  expect(commented).toEqual([]);
});
