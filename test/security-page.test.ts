/** Each promise of the security page names the tests that hold it: they are there, under these titles. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CHECKOUT, codeIn, readPage } from './support/pages.ts';

const PAGE = readPage('.github/SECURITY.md');

/** Each promise has a heading; its text goes up to the next one. */
const promises = (/^## Promises$(?<text>[^]*?)^## /mu.exec(PAGE)?.groups?.['text'] ?? '')
  .split(/^### /mu)
  .slice(1);

test('each promise of the security page is held by a test with the title that the page names', () => {
  expect(promises.length).toBeGreaterThan(5);
  for (const promise of promises) {
    const tests = codeIn(promise).flatMap((code) => {
      const { file, title } = /^(?<file>test\/\S+\.ts): (?<title>.+)$/u.exec(code)?.groups ?? {};
      return file === undefined || title === undefined ? [] : [{ file, title }];
    });
    expect(tests).not.toEqual([]);
    expect(tests.filter((named) => !isThere(named))).toEqual([]);
  }
});

/** A title may go on with what differs from run to run. */
function isThere({ file, title }: { readonly file: string; readonly title: string }): boolean {
  const path = join(CHECKOUT, file);
  const quoted = title.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`).replaceAll("'", `['\`]`);
  return (
    existsSync(path) &&
    new RegExp(`(?:test|\\))\\(\\s*['"\`]${quoted}['"\`,]`, 'u').test(readFileSync(path, 'utf8'))
  );
}
