/** The file of `--room-key-file`: which bytes of it are the key, and what is said about it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readRoomKey } from '../../src/app/room-key.ts';
import { UsageError } from '../../src/kernel/errors.ts';
import { Program } from '../support/program.ts';

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  file = join(directory, 'room.key');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function read(content: string | Uint8Array): ReturnType<typeof readRoomKey> {
  writeFileSync(file, content);
  chmodSync(file, 0o600);
  return readRoomKey({ roomKeyFile: file, wire: 'tincan' });
}

const keyOf = (content: string | Uint8Array): number[] => [...(read(content).bytes ?? [])];
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const utf8 = (text: string): number[] => [...Buffer.from(text)];

test('a room key is the bytes of its file: two keys in Latin-1 or of random bytes are never the same', () => {
  expect(keyOf(latin1('schlüssel'))).toEqual([...latin1('schlüssel')]);
  expect(keyOf(latin1('schlössel'))).not.toEqual(keyOf(latin1('schlüssel')));
  const everyByte = Array.from({ length: 256 }, (_, index) => (index + 0x80) % 256);
  expect(keyOf(Uint8Array.from(everyByte))).toEqual(everyByte);
});

test('what editors add, a byte order mark before and newlines after, is no part of the key', () => {
  for (const content of ['geheim ö', 'geheim ö\n', 'geheim ö\r\n', '\uFEFFgeheim ö\r\n\n'])
    expect(keyOf(content)).toEqual(utf8('geheim ö'));
  expect(keyOf(' two\nlines \n')).toEqual(utf8(' two\nlines '));
});

test('a key file in UTF-16 is refused, for the same words in UTF-8 would be another key', () => {
  for (const content of [
    Buffer.from('\uFEFFsecret', 'utf16le'),
    Buffer.from('\uFEFFsecret', 'utf16le').swap16(),
  ])
    expect(() => read(content)).toThrow(UsageError);
  expect(() => read(Buffer.from('\uFEFFs', 'utf16le'))).toThrow('is in UTF-16');
});

test('a key file with nothing in it but marks and newlines is empty', () => {
  for (const content of ['', '\n', '\r\n\r\n', '\uFEFF', '\uFEFF\n'])
    expect(() => read(content)).toThrow(`the room key file "${file}" is empty`);
});

test('a key file that every user can read is a warning, one for its owner and a group is none', async () => {
  expect(read('secret').warnings).toEqual([]);
  chmodSync(file, 0o640);
  expect(readRoomKey({ roomKeyFile: file, wire: 'tincan' }).warnings).toEqual([]);
  chmodSync(file, 0o644);
  await using alice = new Program('alice', ['--bind', '127.0.0.1:0', '--room-key-file', file]);
  await alice.tells(
    `warning: every user of this machine can read the room key file "${file}"; make it yours alone: chmod 600`,
  );
});
