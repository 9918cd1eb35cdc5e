import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Changes } from '../../src/kernel/kept.ts';
import { Journal } from '../../src/store/journal.ts';
import { changeKept, keptIn } from '../../src/store/kept-state.ts';
import { Store } from '../../src/store/store.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const log = { id: new Uint8Array(8).fill(9), head: 0, linesSaid: 0, name: 'alice' };
const changes: Changes = {
  log,
  entries: [],
  releasedThrough: 0,
  peers: [],
  gonePeers: [],
  targets: undefined,
};

const opened = (): Store => Store.open(directory, () => new Uint8Array(32).fill(1), 20_000);

function file(): Buffer {
  return readFileSync(join(directory, 'tincan.sqlite'));
}

test('what a node keeps is read while the node runs, and after', () => {
  {
    using _ = opened();
    using journal = new Journal(directory);
    expect(keptIn(directory)).toBeUndefined();
    journal.commit(changes);
    expect(keptIn(directory)).toEqual({ log, entries: [], peers: [], targets: [] });
  }
  expect(keptIn(directory)?.log).toEqual(log);
});

test('a change is kept, unless a node runs; the history stays as long as it was, whatever its bound', () => {
  const line = { at: 1, from: 'bob', text: 'hi', own: false, privateWith: undefined };
  {
    using _ = opened();
    using journal = new Journal(directory, 20_000);
    journal.commit(
      changes,
      Array.from({ length: 15_000 }, () => line),
    );
    expect(() => changeKept(directory, () => changes)).toThrow(
      expect.objectContaining({ code: 'state-in-use' }),
    );
  }
  changeKept(directory, (kept) => ({ ...changes, log: { ...kept.log, name: 'alicia' } }));
  expect(keptIn(directory)?.log.name).toBe('alicia');
  using database = new DatabaseSync(join(directory, 'tincan.sqlite'));
  expect(database.prepare('SELECT count(*) AS lines FROM chat_lines').get()).toEqual({ lines: 15_000 });
});

test.each([
  [1, 'is of an older tincan; start its node once'],
  [99, 'was written by a newer tincan'],
])('a state of layout %i is neither read nor changed, which is said in one line', (version, message) => {
  opened()[Symbol.dispose]();
  {
    using database = new DatabaseSync(join(directory, 'tincan.sqlite'));
    database.exec(`PRAGMA user_version = ${version}`);
  }
  const before = file();
  for (const use of [() => keptIn(directory), () => changeKept(directory, () => changes)]) {
    expect(use).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(use).toThrow(message);
  }
  expect(file().equals(before)).toBe(true);
});

test('where there is no state none is made', () => {
  const nowhere = join(directory, 'nowhere');
  for (const use of [() => keptIn(nowhere), () => changeKept(nowhere, () => changes)])
    expect(use).toThrow(`there is no state in "${nowhere}"`);
  expect(existsSync(nowhere)).toBe(false);
});
