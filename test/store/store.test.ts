import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StateError } from '../../src/store/directory.ts';
import { pinsMax, chatHistoryMaxLines, historyMaxLines } from '../../src/store/limits.ts';
import { ChatRows } from '../../src/store/chat-rows.ts';
import { Store } from '../../src/store/store.ts';
import type { ChatLine } from '../../src/store/histories.ts';

/** In the state directory; a user is told this name, too. */
const DATABASE_FILE = 'tincan.sqlite';

let parent = '';
let directory = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  directory = join(parent, 'deep', 'state');
});
afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

/** What `use` gives in a run of its own. */
function run<T>(use: (store: Store) => T, generate = () => key(1)): T {
  using store = Store.open(directory, generate);
  return use(store);
}

function problemOf(use: () => unknown): StateError {
  try {
    use();
  } catch (error) {
    if (error instanceof StateError) return error;
    throw error;
  }
  throw new Error('the state could be opened');
}

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const open = (): Store => Store.open(directory, () => key(1));
const said = (text: string, more: Partial<ChatLine> = {}): ChatLine => ({
  at: 1_767_322_800_000.5,
  from: 'bob',
  text,
  own: false,
  privateWith: undefined,
  ...more,
});

test('the identity of the first run is that of every later one', () => {
  const identity = ({ identity: bytes }: Store): Uint8Array => bytes;
  expect(run(identity, () => key(1))).toEqual(key(1));
  expect(run(identity, () => key(2))).toEqual(key(1));
});

test('the directory is made for this user alone, and so are its files', () => {
  using _ = open();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(readdirSync(directory)).toContain(DATABASE_FILE);
  for (const name of readdirSync(directory)) {
    expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
  }
});

test('a directory that others can enter is refused, and stays as it is', () => {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o750);
  expect(problemOf(open)).toMatchObject({
    code: 'state-unusable',
    message: `the state directory "${directory}" is open to others; make it yours alone: chmod 700`,
  });
  expect(statSync(directory).mode & 0o777).toBe(0o750);
  expect(readdirSync(directory)).toEqual([]);
});

test('a path that can not be a directory is refused', () => {
  writeFileSync(join(parent, 'file'), '');
  directory = join(parent, 'file', 'state');
  expect(problemOf(open).message).toBe(`can not keep state in "${directory}" (ENOTDIR); check --state`);
});

test('a second process that wants the state is refused until the first has closed it', () => {
  run(() => {
    expect(problemOf(open)).toMatchObject({
      code: 'state-in-use',
      message: `another node is running with the state in "${directory}"; give each node its own --state`,
    });
  });
  expect(run((store) => store.pins.size)).toBe(0);
});

test('a file that is no database is refused and not touched', () => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, DATABASE_FILE);
  writeFileSync(path, 'not a database at all, but long enough to look at', { mode: 0o600 });
  const { size } = statSync(path);
  expect(problemOf(open)).toMatchObject({
    code: 'state-unusable',
    message: expect.stringContaining(`move ${DATABASE_FILE} away to start anew`),
  });
  expect(statSync(path).size).toBe(size);
});

test('the state of a newer version is refused and not touched', () => {
  run((store) => store.pin('bob', 'p1'));
  using database = new DatabaseSync(join(directory, DATABASE_FILE));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(problemOf(open).message).toContain('written by a newer tincan');
});

test('pins outlive a run; the newest key of a name is the one kept', () => {
  run((store) => {
    store.pin('bob', 'p1');
    store.pin('carol', 'p2');
    store.pin('bob', 'p3');
    expect(store.pins.get('bob')).toBe('p3');
  });
  expect(run((store) => [...store.pins])).toEqual([
    ['bob', 'p3'],
    ['carol', 'p2'],
  ]);
});

test('names beyond the bound are not pinned, and push nobody out', () => {
  run((store) => {
    for (let index = 0; index < pinsMax; index += 1) store.pin(`name-${index}`, 'p1');
    store.pin('one more', 'p1');
    store.pin('name-0', 'p2');
  });
  const pins = run((store) => new Map(store.pins));
  expect(pins.size).toBe(pinsMax);
  expect(pins.has('one more')).toBe(false);
  expect(pins.get('name-0')).toBe('p2');
});

test('typed lines come back, oldest first, and no more than a person scrolls through', () => {
  run(({ typedLines }) => {
    for (const text of ['/nick x', 'a\nb\0c', '']) typedLines.add(text);
  });
  expect(run(({ typedLines }) => typedLines.load())).toEqual(['/nick x', 'a\nb\0c', '']);
  run(({ typedLines }) => {
    for (let index = 0; index < historyMaxLines; index += 1) typedLines.add(`line ${index}`);
  });
  const lines = run(({ typedLines }) => typedLines.load());
  expect(lines).toHaveLength(historyMaxLines);
  expect(lines[0]).toBe('line 0');
  expect(rowsIn('typed_lines')).toBe(historyMaxLines);
});

test('lines of the chat come back as they were', () => {
  const lines = [said('hi 🥫\n\u001B[2J\0'), said('psst', { own: true, from: 'alice', privateWith: 'bob' })];
  run(({ chatHistory }) => chatHistory.add(lines));
  expect(run(({ chatHistory }) => chatHistory.last(10))).toEqual(lines);
  expect(run(({ chatHistory }) => chatHistory.last(1))).toEqual(lines.slice(1));
});

test('the chat is bounded on disk, by lines', () => {
  const lines = Array.from({ length: 30 }, (_, index) => said(String(index)));
  for (const part of [lines.slice(0, 4), lines.slice(4)]) {
    using store = Store.open(directory, () => key(1), 10);
    store.chatHistory.add(part);
  }
  expect(rowsIn('chat_lines')).toBe(10);
  using store = Store.open(directory, () => key(1), 5);
  store.chatHistory.add([said('last')]);
  expect(
    store
      .recallChat()
      .last(99)
      .map(({ text }) => text),
  ).toEqual(['26', '27', '28', '29', 'last']);
});

test('lines that were said at once are a row, and come back one by one; the oldest of them go as a whole', () => {
  run(() => undefined);
  using database = new DatabaseSync(join(directory, DATABASE_FILE));
  const rows = new ChatRows(database, 3);
  const texts = (lines: number) => rows.last(lines).map(({ text }) => text);
  rows.add([{ ...said('a\n\nc'), count: 3 }, said('two\nrows')]);
  expect(texts(9)).toEqual(['a', '', 'c', 'two\nrows']);
  expect(texts(2)).toEqual(['c', 'two\nrows']);
  rows.add([{ ...said('e\nf'), count: 2 }]);
  expect(texts(9)).toEqual(['two\nrows', 'e', 'f']);
  expect(new ChatRows(database, 3).last(9)).toHaveLength(3);
});

test('a chat of the fourth layout, in which each row was a line, is taken over', () => {
  run(({ chatHistory }) => chatHistory.add([said('a'), said('two\nrows')]));
  {
    using database = new DatabaseSync(join(directory, DATABASE_FILE));
    database.exec('DROP TABLE reports; ALTER TABLE chat_lines DROP COLUMN count; PRAGMA user_version = 4');
  }
  expect(run(({ chatHistory }) => chatHistory.last(9).map(({ text }) => text))).toEqual(['a', 'two\nrows']);
});

test('the chat is bounded on disk, by size', () => {
  run((store) => store.chatHistory.add([said('x'.repeat(60)), said('y')]));
  using database = new DatabaseSync(join(directory, DATABASE_FILE));
  const rows = new ChatRows(database, 10, 100);
  rows.add([said('z'.repeat(50))]);
  expect(rows.last(9).map(({ text }) => text[0])).toEqual(['y', 'z']);
});

test('of a long chat a start brings back what can be shown', () => {
  run(({ chatHistory }) => {
    chatHistory.add(Array.from({ length: 3 * chatHistoryMaxLines }, (_, index) => said(String(index))));
  });
  expect(rowsIn('chat_lines')).toBe(3 * chatHistoryMaxLines);
  expect(run(({ chatHistory }) => chatHistory.last(Infinity).length)).toBe(chatHistoryMaxLines);
});

test('a write that fails is told once, and what was to be kept is still known in this run', () => {
  const store = open();
  expect(store.takeProblem()).toBeUndefined();
  // A database that is closed under its user stands in for a disk that is full.
  store[Symbol.dispose]();
  store.pin('bob', 'p1');
  store.typedLines.add('typed');
  store.chatHistory.add([said('heard')]);
  expect(store.takeProblem()).toMatch(/database|statement/u);
  expect(store.takeProblem()).toBeUndefined();
  expect(store.pins.get('bob')).toBe('p1');
  expect(store.typedLines.load()).toEqual(['typed']);
  expect(store.chatHistory.last(1)).toEqual([said('heard')]);
});

function rowsIn(table: string): number {
  using database = new DatabaseSync(join(directory, DATABASE_FILE));
  return Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows']);
}
