/** Tests lie as their sources do, so that each is found from the other. */
import { existsSync, globSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const TESTS = fileURLToPath(new URL('.', import.meta.url));
const SOURCES = fileURLToPath(new URL('../src', import.meta.url));
/** The rooms of src, each with its like here. */
const ROOMS = ['app', 'kernel', 'relay', 'runtime', 'store', 'transport', 'ui', 'wires'];
/** Of the whole program, through its streams. */
const PROGRAM_TESTS = new Set([
  'app/disk.test.ts',
  'app/json-contract.test.ts',
  'app/pipes.test.ts',
  'app/program.test.ts',
  'app/state.test.ts',
  'app/untrusted.test.ts',
  'relay/program.test.ts',
]);

test('each test file is named after the source file that it tests, with a word more where there are several', () => {
  const files = ROOMS.flatMap((room) => globSync(`${room}/**/*.test.ts`, { cwd: TESTS }));
  expect(files.length).toBeGreaterThan(80);
  const strays = files.filter((file) => !PROGRAM_TESTS.has(file) && !hasSource(file));
  expect(strays).toEqual([]);
});

test('each test of the whole program that is named here is there', () => {
  expect([...PROGRAM_TESTS].filter((file) => !existsSync(join(TESTS, file)))).toEqual([]);
});

/** `node.test.ts` and `node-names.test.ts` both have it in `node.ts`, `readme.test.ts` has it in `README.md`. */
function hasSource(file: string): boolean {
  const folder = join(SOURCES, dirname(file));
  const name = basename(file, '.test.ts');
  const sources = existsSync(folder) ? readdirSync(folder) : [];
  return sources
    .map((source) => source.replace(/\.\w+$/, '').toLowerCase())
    .some((source) => name === source || name.startsWith(`${source}-`));
}
