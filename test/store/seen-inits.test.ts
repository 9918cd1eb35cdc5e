import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seenInitsPerFile } from '../../src/store/limits.ts';
import { SeenInitsFile } from '../../src/store/seen-inits.ts';

let parent = '';
let directory = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  directory = join(parent, 'state');
});
afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

function failing(reason: string): void {
  throw new Error(`nothing should have failed, but: ${reason}`);
}

const record = (number: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
};

test('what one run has kept the next one knows, in order', () => {
  const first = new SeenInitsFile(directory, failing);
  expect(first.known).toEqual([]);
  for (const number of [1, 2, 3]) first.keep(record(number));
  expect(new SeenInitsFile(directory, failing).known).toEqual([1, 2, 3].map(record));
});

test('a record that a power cut has cut short is forgotten, and those that follow are whole', () => {
  new SeenInitsFile(directory, failing).keep(record(1));
  appendFileSync(join(directory, 'seen-handshakes'), 'torn');
  new SeenInitsFile(directory, failing).keep(record(2));
  expect(new SeenInitsFile(directory, failing).known).toEqual([1, 2].map(record));
});

test('the files stay small, and what they forget is the oldest', () => {
  const first = new SeenInitsFile(directory, failing);
  const count = 3 * seenInitsPerFile + 1;
  for (let number = 0; number < count; number += 1) first.keep(record(number));
  const { known } = new SeenInitsFile(directory, failing);
  expect(known).toHaveLength(seenInitsPerFile + 1);
  expect(known.at(-1)).toEqual(record(count - 1));
  const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
  expect(Math.max(...sizes)).toBe(16 * seenInitsPerFile);
});

test('the files are for their owner alone', () => {
  new SeenInitsFile(directory, failing).keep(record(1));
  for (const name of readdirSync(directory)) {
    expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
  }
});

test('where nothing can be kept, that is told once', () => {
  const problems: string[] = [];
  const file = new SeenInitsFile(directory, (reason) => problems.push(reason));
  rmSync(directory, { recursive: true });
  file.keep(record(1));
  file.keep(record(2));
  expect(problems).toEqual([expect.stringContaining('ENOENT')]);
});
