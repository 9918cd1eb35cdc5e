/** The architecture page names files, functions and the hops of a journey: they are there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CHECKOUT, codeIn, readPage, tableUnder } from './support/pages.ts';

const PAGE = readPage('src/README.md');

test('each file and folder that the architecture page names is there', () => {
  const named = codeIn(PAGE)
    .flatMap((code) => code.split(', '))
    .map((code) => code.replace(/: #?\w+$/u, ''))
    .filter(
      (code) => /^[\w./-]+$/u.test(code) && /\/|\.(?:ts|json|md)$/u.test(code) && !code.startsWith('/'),
    );
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((path) => !isThere(path))).toEqual([]);
});

/** A file alone stands in the folder that the text is about. */
function isThere(path: string): boolean {
  const folders = ['src', '.', 'src/wires/tincan', 'src/kernel'];
  return folders.some((folder) => existsSync(join(CHECKOUT, folder, path)));
}

test('each function that the architecture page names is in the file that it names', () => {
  const functions = functionsIn(PAGE);
  expect(functions.length).toBeGreaterThan(25);
  expect(functions.filter((named) => !isDefined(named))).toEqual([]);
});

test('each word of the glossary names where it is kept', () => {
  const rows = tableUnder(PAGE, '## Words');
  expect(rows.map(([word]) => word)).toEqual([
    'queued',
    'owed',
    'sent',
    'held',
    'taken',
    'accepted',
    'settled',
    'withheld',
  ]);
  for (const [, , keptIn = ''] of rows) expect(functionsIn(keptIn)).not.toEqual([]);
});

interface Named {
  readonly file: string;
  readonly name: string;
}

/** `file.ts: name`. */
function functionsIn(text: string): readonly Named[] {
  return codeIn(text).flatMap((code) => {
    const { file, name } = /^(?<file>[\w./-]+\.ts): (?<name>#?\w+)$/u.exec(code)?.groups ?? {};
    return file === undefined || name === undefined ? [] : [{ file, name }];
  });
}

/** As a function, a method or a getter: a call or a comment is no definition. */
function isDefined({ file, name }: Named): boolean {
  const path = join(CHECKOUT, 'src', file);
  if (!existsSync(path)) return false;
  const definition = String.raw`^(?:(?:export )?(?:async )?function\*? |  (?:static |async |get |\*)*)${name}(?:<.*>)?\(.*(?:\{|\($)`;
  const wrapped = String.raw`^(?:(?:export )?(?:async )?function\*? |  (?:static |async |get |\*)*)${name}(?:<.*>)?\($`;
  return new RegExp(`${definition}|${wrapped}`, 'mu').test(readFileSync(path, 'utf8'));
}
