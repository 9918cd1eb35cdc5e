/** A state that can't be trusted: refused in one line, and left as it is. */
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StateError } from '../../src/store/directory.ts';
import { Store } from '../../src/store/store.ts';

const PAGE_BYTES = 4096;
const KEY = new Uint8Array(32).fill(1);

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  file = join(directory, 'tincan.sqlite');
  using store = Store.open(directory, () => KEY);
  store.pin('bob', 'p1');
  store.chatHistory.add(Array.from({ length: 900 }, (_, index) => chatLine(`line ${index}`)));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const chatLine = (text: string) => ({ at: 1, from: 'bob', text, own: false, privateWith: undefined });

/** What a start with this state says. */
function refusal(): string {
  try {
    Store.open(directory, () => new Uint8Array(32).fill(2))[Symbol.dispose]();
  } catch (error) {
    if (error instanceof StateError) return error.message;
    throw error;
  }
  throw new Error('the state was accepted');
}

function sql(text: string): void {
  using database = new DatabaseSync(file);
  database.exec(text);
}

function overwritePage(index: number): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, new Uint8Array(PAGE_BYTES).fill(0x55), 0, PAGE_BYTES, index * PAGE_BYTES);
  closeSync(descriptor);
}

/** The refusal is one line, and neither the file nor its neighbours change by it. */
function expectRefused(...parts: readonly string[]): void {
  const before = readFileSync(file);
  const message = refusal();
  for (const part of parts) expect(message).toContain(part);
  expect(message).not.toContain('\n');
  expect(readFileSync(file).equals(before)).toBe(true);
}

test('a state file that was emptied is not taken for a first start: the key would silently be another', () => {
  truncateSync(file, 0);
  expectRefused('tincan.sqlite', 'is empty', 'move tincan.sqlite away to start anew');
  expect(readdirSync(directory)).toEqual(['tincan.lock', 'tincan.sqlite']);
});

test('a database of another program is refused, and gets no tables of ours', () => {
  rmSync(file);
  sql('CREATE TABLE cats (name TEXT)');
  chmodSync(file, 0o600);
  expectRefused('can not be read', 'move tincan.sqlite away to start anew');
});

test('a state file that is damaged in its midst is refused', () => {
  // The last pages hold lines of the chat.
  overwritePage(readFileSync(file).length / PAGE_BYTES - 3);
  expectRefused('can not be read', 'move tincan.sqlite away to start anew');
});

test('a state file that is damaged where only a later write would look is refused', () => {
  sql('DELETE FROM chat_lines');
  const firstFreePage = readFileSync(file).readUInt32BE(32);
  expect(firstFreePage).toBeGreaterThan(1);
  overwritePage(firstFreePage - 1);
  expectRefused('can not be read', 'move tincan.sqlite away to start anew');
});

test('a state file that was cut short is refused', () => {
  truncateSync(file, readFileSync(file).length - PAGE_BYTES);
  expectRefused('can not be read', 'move tincan.sqlite away to start anew');
});

for (const table of ['identity', 'pins', 'typed_lines', 'chat_lines']) {
  test(`a state file without the table ${table} is refused`, () => {
    sql(`DROP TABLE ${table}`);
    expectRefused(table, 'can not be read', 'move tincan.sqlite away to start anew');
  });
}

test('a state file whose table lacks a column is refused', () => {
  sql('ALTER TABLE chat_lines DROP COLUMN private_with');
  expectRefused('private_with', 'can not be read', 'move tincan.sqlite away to start anew');
});

for (const [what, statement] of [
  ['is shorter than 32 bytes', "UPDATE identity SET private_key = x'010203'"],
  ['is missing', 'DELETE FROM identity'],
] as const) {
  test(`a state whose private key ${what} is refused, and no other key takes its place`, () => {
    sql(statement);
    expectRefused('private key', 'move tincan.sqlite away to start anew');
  });
}

test('a state file that others can read is refused', () => {
  chmodSync(file, 0o644);
  expectRefused(`"${file}" is open to others`, 'chmod 600');
});

test('a state file that is a link is refused, for it may be in a place that others can reach', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  try {
    renameSync(file, join(elsewhere, 'state'));
    symlinkSync(join(elsewhere, 'state'), file);
    expectRefused(`"${file}" is no ordinary file`);
    rmSync(file);
    linkSync(join(elsewhere, 'state'), file);
    expectRefused(`"${file}" has a second name`);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});

test('a link to nowhere in the place of the state file is refused, and nothing is made where it leads', () => {
  rmSync(file);
  symlinkSync(join(directory, 'nowhere'), file);
  expect(refusal()).toContain(`"${file}" is no ordinary file`);
  expect(readdirSync(directory)).toEqual(['tincan.lock', 'tincan.sqlite']);
});

const isRoot = process.getuid?.() === 0;
(isRoot ? test : test.skip)(
  'a state file of another user is refused (only root can make one for a test)',
  () => {
    chownSync(file, 65_534, 65_534);
    expectRefused(`"${file}" belongs to another user`);
  },
);

test('a first start that fails leaves no file behind, which the next start would refuse as damaged', () => {
  rmSync(file);
  const failing = (): never => {
    throw new Error('no randomness');
  };
  expect(() => Store.open(directory, failing)).toThrow(/^no randomness$/);
  expect(readdirSync(directory)).toEqual(['tincan.lock']);
  using store = Store.open(directory, () => KEY);
  expect(store.identity).toEqual(KEY);
});
