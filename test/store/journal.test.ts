import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { PeerId } from '../../src/kernel/contract.ts';
import type { Changes, KeptPeer } from '../../src/kernel/kept.ts';
import { Journal } from '../../src/store/journal.ts';
import { Store } from '../../src/store/store.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** What `use` gives in a life of its own. */
function life<T>(use: (journal: Journal) => T): T {
  using _ = Store.open(directory, () => new Uint8Array(32).fill(1));
  using journal = new Journal(directory);
  return use(journal);
}

function isPeerId(text: string): text is PeerId {
  return text !== '';
}

function peerId(text: string): PeerId {
  if (!isPeerId(text)) throw new Error('an id is not empty');
  return text;
}

const log = { id: new Uint8Array(8).fill(9), head: 5, linesSaid: 2, name: 'alice' };
const entries = [
  { type: 'line', seq: 1, bytes: new Uint8Array([104, 105]), ref: 'a', to: undefined },
  { type: 'name', seq: 2, bytes: new Uint8Array([97]) },
  { type: 'line', seq: 3, bytes: new Uint8Array(0), ref: 7, to: peerId('bob'), as: 1 },
  { type: 'run', seq: 4, count: 2, bytes: new Uint8Array([104, 10, 105, 10]) },
] as const;
const bob: KeptPeer = {
  peerId: peerId('bob'),
  known: { publicKey: new Uint8Array(32).fill(2), name: 'bob', address: { ip: '::1', port: 5 } },
  settledThrough: 1,
  toldThrough: 2,
  followed: { logId: new Uint8Array(8).fill(3), head: 9, given: 8, taken: 7 },
};
const forgotten: KeptPeer = { ...bob, peerId: peerId('carol'), known: undefined, toldThrough: undefined };
const targets = [
  { label: 'bob', host: 'b.test', port: 5000, owedFrom: 1, peerId: peerId('bob') },
  { label: 'dave', host: 'd.test', port: 5000, owedFrom: 4, peerId: undefined },
];
const first: Changes = {
  log,
  entries,
  releasedThrough: 0,
  peers: [bob, forgotten],
  gonePeers: [],
  targets,
};
const none: Changes = {
  log: undefined,
  entries: [],
  releasedThrough: 0,
  peers: [],
  gonePeers: [],
  targets: undefined,
};

test('a first life finds nothing', () => {
  expect(life((journal) => journal.load())).toBeUndefined();
});

test('what was committed is there in the next life, as it was', () => {
  life((journal) => journal.commit(first));
  expect(life((journal) => journal.load())).toEqual({ log, entries, peers: [bob, forgotten], targets });
});

test('lines that were said at once are kept until nobody is owed the last of them', () => {
  life((journal) => journal.commit(first));
  life((journal) => journal.commit({ ...none, releasedThrough: 4 }));
  expect(life((journal) => journal.load())?.entries).toEqual([entries[3]]);
});

test('later changes replace what was before, and what nobody is owed is gone', () => {
  life((journal) => journal.commit(first));
  const settled = { ...bob, settledThrough: 3 };
  life((journal) => {
    journal.commit({ ...none, log: { ...log, head: 6 }, releasedThrough: 5, peers: [settled] });
    journal.commit({ ...none, gonePeers: [peerId('carol')], targets: [], releasedThrough: 5 });
  });
  expect(life((journal) => journal.load())).toEqual({
    log: { ...log, head: 6 },
    entries: [],
    peers: [settled],
    targets: [],
  });
});

test('a commit that fails keeps nothing of what it was to keep', () => {
  life((journal) => journal.commit(first));
  life((journal) => {
    const double = { ...none, log: { ...log, head: 5 }, entries: entries.slice(0, 1) };
    expect(() => journal.commit(double)).toThrow(/UNIQUE/u);
    expect(journal.load()?.log).toEqual(log);
    journal.commit({ ...none, log: { ...log, head: 6 } });
  });
  expect(life((journal) => journal.load()?.log.head)).toBe(6);
});

test('reports of undelivered lines outlive the log that they are about, and a commit that fails', () => {
  const report = { type: 'undelivered', ref: 7, seq: 3, to: 'bob', reason: 'gone' } as const;
  life((journal) => {
    journal.commit(first, [], [report]);
    const double = { ...none, entries: entries.slice(0, 1) };
    expect(() => journal.commit(double, [], [report])).toThrow(/UNIQUE/u);
    journal.renewLog();
  });
  expect(life((journal) => journal.untoldReports())).toEqual([{ ...report, again: true }]);
});

/** In the fourth layout a row of the chat was a line, and no report was kept. */
const undoFifth = 'DROP TABLE reports; ALTER TABLE chat_lines DROP COLUMN count;';

test('a state of the third layout, which has no word of what a peer was told of, is taken over', () => {
  life((journal) => journal.commit(first));
  {
    using database = new DatabaseSync(join(directory, 'tincan.sqlite'));
    database.exec(`
      ${undoFifth}
      ALTER TABLE peers DROP COLUMN told_through;
      PRAGMA user_version = 3`);
  }
  const peers = life((journal) => journal.load()?.peers);
  expect(peers?.map(({ settledThrough, toldThrough }) => [settledThrough, toldThrough])).toEqual([
    [1, undefined],
    [1, undefined],
  ]);
});

test('a state of the first layout is taken over with all that is in it', () => {
  {
    using store = Store.open(directory, () => new Uint8Array(32).fill(1));
    store.pin('bob', 'p1');
  }
  {
    using database = new DatabaseSync(join(directory, 'tincan.sqlite'));
    for (const table of ['log', 'entries', 'peers', 'targets']) database.exec(`DROP TABLE ${table}`);
    database.exec(`${undoFifth} PRAGMA user_version = 1`);
  }
  life((journal) => journal.commit(first));
  using store = Store.open(directory, () => new Uint8Array(32).fill(2));
  expect([store.identity[0], store.pins.get('bob')]).toEqual([1, 'p1']);
});

test('a state of the second layout is taken over with each entry of its log', () => {
  const before = entries.slice(0, 3);
  life((journal) => journal.commit({ ...first, entries: before, log: { ...log, head: 3 } }));
  {
    using database = new DatabaseSync(join(directory, 'tincan.sqlite'));
    database.exec(`
      ${undoFifth}
      CREATE TABLE second_layout (
        seq INTEGER PRIMARY KEY,
        type TEXT NOT NULL CHECK (type IN ('line', 'name')),
        bytes BLOB NOT NULL,
        ref TEXT,
        only_to TEXT,
        said_as INTEGER
      ) STRICT;
      INSERT INTO second_layout SELECT seq, type, bytes, ref, only_to, said_as FROM entries;
      DROP TABLE entries;
      ALTER TABLE peers DROP COLUMN told_through;
      ALTER TABLE second_layout RENAME TO entries;
      PRAGMA user_version = 2`);
  }
  life((journal) => journal.commit({ ...none, log, entries: entries.slice(3) }));
  expect(life((journal) => journal.load())?.entries).toEqual(entries);
});

test.each([
  { isPowerSafe: true, mode: 2, waits: 'waits for the disk (FULL)' },
  { isPowerSafe: false, mode: 1, waits: 'leaves the disk to the operating system (NORMAL)' },
])('a commit of a journal $waits, by what SQLite says of its connection', ({ isPowerSafe, mode }) => {
  using _ = Store.open(directory, () => new Uint8Array(32).fill(1));
  const exec = jest.spyOn(DatabaseSync.prototype, 'exec');
  try {
    using journal = new Journal(directory, undefined, isPowerSafe);
    journal.commit(first);
    const [connection, ...others] = new Set(exec.mock.contexts.filter((it) => it instanceof DatabaseSync));
    expect(others).toEqual([]);
    expect(connection?.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: mode });
    // Only with a log of its own does the mode mean that.
    expect(connection?.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  } finally {
    exec.mockRestore();
  }
});
