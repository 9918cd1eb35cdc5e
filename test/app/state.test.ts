/** `--state` in the real program: what outlives a process, however it ends. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readUint32 } from '../../src/kernel/bytes.ts';
import { nodeCrypto, stretchRoomKey } from '../../src/runtime/crypto.ts';
import { Initiator } from '../../src/wires/tincan/handshake/initiator.ts';
import { SeenInits } from '../../src/wires/tincan/handshake/seen-inits.ts';
import { freePorts } from '../support/ports.ts';
import { Program } from '../support/program.ts';
import { untilTrue } from '../support/wait.ts';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

const state = (name: string): readonly string[] => ['--state', join(parent, name)];

function node(name: string, port: number, peerPort: number, more: readonly string[]): Program {
  const addresses = ['--bind', `127.0.0.1:${port}`, '--peer', `127.0.0.1:${peerPort}`];
  return new Program(name, ['--name', name, '--format', 'json', ...addresses, ...more]);
}

/** The peer's key, as this program was told with the `count`th joining. */
function peerIdAtJoining(program: Program, count: number): Promise<unknown> {
  return program.stdout.until(
    `joining number ${count}`,
    () => {
      const joinings = program.stdout.lines
        .map((line): { type: string; peerId?: unknown } => JSON.parse(line))
        .filter(({ type }) => type === 'peer-joined');
      return joinings[count - 1]?.peerId;
    },
    [program.stderr],
  );
}

/** Without a goodbye. */
async function killed(...programs: readonly Program[]): Promise<void> {
  for (const program of programs) program.process.kill('SIGKILL');
  await Promise.all(programs.map((program) => program.exit()));
}

const alarms = (program: Program): string[] =>
  program.stdout.lines.filter((line) => line.includes('"code":"key-changed"'));

test('a node that was killed comes back with the key that it had, and nobody is alarmed', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using bob = node('bob', b, a, []);
  const first = node('alice', a, b, state('alice'));
  await using _ = first;
  const before = await peerIdAtJoining(bob, 1);
  await killed(first);
  await using again = node('alice', a, b, state('alice'));
  again.say('{"type":"say","text":"still me"}');
  await bob.hears(/"text":"still me"/);
  expect(await peerIdAtJoining(bob, 1)).toBe(before);
  expect(await peerIdAtJoining(again, 1)).not.toBe(before);
  const ids = bob.stdout.lines.flatMap((line) => /"peerId":"([^"]*)"/.exec(line)?.[1] ?? []);
  expect(new Set(ids)).toEqual(new Set([before]));
  expect(alarms(bob)).toEqual([]);
});

test('a name that comes back with another key is an alarm, even when we have been away in between', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const first = node('bob', b, a, state('bob'));
  await using _ = first;
  const alice = node('alice', a, b, []);
  await using __ = alice;
  const before = await peerIdAtJoining(first, 1);
  alice.say('{"type":"say","text":"remember me"}');
  await first.hears(/"type":"pinned"/);
  await killed(first, alice);
  await using again = node('bob', b, a, state('bob'));
  await using other = node('alice', a, b, []);
  await again.hears(/"code":"key-changed"/);
  expect(alarms(again)).toEqual([expect.stringContaining(String(before))]);
  await peerIdAtJoining(other, 1);
  // The one without state has nothing to compare with.
  expect(alarms(other)).toEqual([]);
});

test('a look-alike of a friend from an earlier run is warned of', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const first = node('bob', b, a, state('bob'));
  await using _ = first;
  const friend = node('alice', a, b, []);
  await using __ = friend;
  friend.say('{"type":"say","text":"remember me"}');
  await first.hears(/"type":"pinned"/);
  await killed(first, friend);
  await using again = node('bob', b, a, state('bob'));
  await using stranger = node('\u0430lice', a, b, []);
  await again.hears(/"code":"name-lookalike"/);
  await peerIdAtJoining(stranger, 1);
});

test('a second node with the same state is told so in one line, and is exit 2', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using first = node('alice', a, b, state('alice'));
  await first.hears(/"type":"ready"/);
  await using second = node('alice', b, a, state('alice'));
  expect(await second.exit()).toEqual({ code: 2, signal: null });
  const directory = join(parent, 'alice');
  expect(second.stderr.lines).toEqual([
    `tincan: another node is running with the state in "${directory}"; give each node its own --state`,
  ]);
  expect(second.stdout.lines).toEqual([]);
});

test('a state that can not be used is told in one line, and is exit 2; the variable counts as the flag', async () => {
  await using program = new Program('tincan', [], { env: { TINCAN_STATE: '/dev/null/state' } });
  expect(await program.exit()).toEqual({ code: 2, signal: null });
  expect(program.stderr.lines).toEqual([
    'tincan: can not keep state in "/dev/null/state" (ENOTDIR); check --state',
  ]);
});

test('a disk that is full at the first start is told in one line, and is exit 2; with room, the next start is a first one', async () => {
  // A limit on the size of files stands in for the disk: SQLite's file can't get its first page.
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const args = ['--bind', '127.0.0.1:0', ...state('alice')];
  await using full = new Program('full', ['ulimit -f 2; exec "$0" "$@"', process.execPath, main, ...args], {
    node: 'sh',
    script: '-c',
    // Its files are not to be cut short, too.
    env: { NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  expect(await full.exit()).toEqual({ code: 2, signal: null });
  const directory = join(parent, 'alice');
  expect(full.stderr.lines).toEqual([
    `tincan: can not keep state in "${directory}" (disk I/O error); check that disk, or give another --state`,
  ]);
  await using roomy = new Program('roomy', [...args, '--stay']);
  await roomy.tells(/^ready /);
});

test('a disk that fills up ends the node with one line; what it had not taken comes again, and nothing is lost', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const lines = 2_000;
  await using alice = node('alice', a, b, ['--stay']);
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const args = ['--name', 'bob', '--format', 'json', '--bind', `127.0.0.1:${b}`, ...state('bob'), '--stay'];
  const small = ['ulimit -f 512; exec "$0" "$@"', process.execPath, main, ...args];
  const env = { NODE_DISABLE_COMPILE_CACHE: '1' };
  await using full = new Program('full', small, { node: 'sh', script: '-c', env });
  await full.hears(/"type":"ready"/);
  const filler = 'x'.repeat(400);
  alice.say(...Array.from({ length: lines }, (_, index) => `{"type":"say","text":"${index} ${filler}"}`));
  expect(await full.exit()).toEqual({ code: 4, signal: null });
  expect(full.stdout.lines.slice(-2)).toEqual([
    expect.stringMatching(/"type":"error","code":"state-failed","message":"the state can not be written \(/),
    '{"type":"closed","undelivered":0}',
  ]);
  await using roomy = new Program('roomy', args);
  await alice.hears(new RegExp(`"type":"delivered","seq":${lines},`));
  // Written by the node, and not yet read by this test.
  await roomy.hears(new RegExp(`"type":"message",.*"seq":${lines},`));
  const heard = [full, roomy].flatMap(({ stdout }) =>
    stdout.lines.map(asMessage).filter((it) => it !== undefined),
  );
  const fresh = heard.filter(({ again }) => again !== true).map(({ seq }) => seq);
  const all = new Set(heard.map(({ seq }) => seq));
  expect(new Set(fresh).size).toBe(fresh.length);
  expect(all.size).toBe(lines);
});

function asMessage(line: string): { readonly seq: number; readonly again?: true } | undefined {
  const event: { readonly type: string; readonly seq: number; readonly again?: true } = JSON.parse(line);
  return event.type === 'message' ? event : undefined;
}

test('a state that is damaged is told in one line, and is exit 2, with no word of a bug', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const first = node('alice', a, b, state('alice'));
  await using _ = first;
  await first.hears(/"type":"ready"/);
  await killed(first);
  truncateSync(join(parent, 'alice', 'tincan.sqlite'), 0);
  await using again = node('alice', a, b, state('alice'));
  expect(await again.exit()).toEqual({ code: 2, signal: null });
  expect(again.stderr.lines).toEqual([
    expect.stringMatching(
      /^tincan: the state in ".*" can not be read \(it is empty, or not of tincan\); move /u,
    ),
  ]);
});

/** Each message 2 by the index of the message 1 that it answers. */
const answeredIndices = (answers: readonly Uint8Array[]): number[] =>
  answers.filter((bytes) => bytes[0] === 2).map((bytes) => readUint32(bytes, 1));

test('a recorded message 1 gets no answer from a node that was killed since, as its state remembers the message', async () => {
  const [port = 0] = await freePorts(1);
  const keyFile = join(parent, 'room.key');
  writeFileSync(keyFile, 'a room key');
  let index = 0;
  const settings = {
    identity: nodeCrypto.generateKeyPair(),
    roomKey: await stretchRoomKey(new TextEncoder().encode('a room key')),
    crypto: nodeCrypto,
    newIndex: () => (index += 1),
    seenInits: new SeenInits(),
  };
  const message1 = (): Uint8Array => {
    const step = new Initiator(settings, 0).timeout(0);
    if (step.type !== 'send') throw new Error('message 1 is sent at once');
    return step.bytes;
  };
  const start = (): Program => {
    const args = ['--name', 'alice', '--bind', `127.0.0.1:${port}`, '--room-key-file', keyFile, '--stay'];
    return new Program('alice', [...args, '--format', 'json', ...state('alice')]);
  };
  await using mallory = createSocket('udp4').bind(0, '127.0.0.1');
  const answers: Uint8Array[] = [];
  mallory.on('message', (bytes) => answers.push(bytes));
  await once(mallory, 'listening');
  const [recorded, fresh, later] = [message1(), message1(), message1()];

  await using alice = start();
  await alice.hears(/"type":"ready"/);
  mallory.send(recorded, port, '127.0.0.1');
  await untilTrue('message 2', () => answers.length === 1);
  await killed(alice);
  await using again = start();
  await again.hears(/"type":"ready"/);
  for (const message of [recorded, fresh, recorded, later]) mallory.send(message, port, '127.0.0.1');
  // The answers come in the order of what they answer: there is none before, or between, these two.
  await untilTrue('an answer to each fresh message', () => answeredIndices(answers).includes(3));
  expect(answeredIndices(answers)).toEqual([1, 2, 3]);
});

test('what a killed node still owed is delivered by its next life, and its log goes on', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const first = node('alice', a, b, state('alice'));
  await using _ = first;
  first.say('{"type":"say","text":"one"}', '{"type":"say","text":"two"}', '{"type":"status"}');
  await first.hears(/"type":"status".*"said":2/);
  await killed(first);
  await using bob = node('bob', b, a, []);
  await using again = node('alice', a, b, state('alice'));
  again.say('{"type":"say","text":"three"}');
  await again.hears(/"type":"delivered","seq":3/);
  const texts = bob.stdout.lines.flatMap((line) => /"text":"([^"]*)"/.exec(line)?.[1] ?? []);
  expect(texts).toEqual(['one', 'two', 'three']);
});

interface Message {
  readonly type: string;
  readonly peerId: string;
  readonly log: string;
  readonly seq: number;
  readonly text: string;
  readonly again?: true;
}

function messages(program: Program): readonly Message[] {
  const events = program.stdout.lines.map((line): Message => JSON.parse(line));
  return events.filter(({ type }) => type === 'message');
}

test('that a line is undelivered is told again after a kill where it may not have been written, and only then', async () => {
  const alone = () =>
    new Program('alice', ['--format', 'json', '--bind', '127.0.0.1:0', '--stay', ...state('alice')]);
  const reportsOf = async (program: Program, ref: string): Promise<readonly unknown[]> => {
    program.say(`{"type":"say","text":"is anybody here?","ref":"${ref}"}`);
    await program.hears(new RegExp(`"undelivered","ref":"${ref}"`, 'u'));
    const reports = program.stdout.lines.filter((line) => line.includes('"type":"undelivered"'));
    return reports.map((line): unknown => JSON.parse(line));
  };
  const report = { type: 'undelivered', reason: 'nobody is here' };
  await using first = alone();
  expect(await reportsOf(first, 'a')).toEqual([{ ...report, ref: 'a', seq: 1 }]);
  await killed(first);
  {
    // Killed between the commit and the write: as if line 1 had been given up once more.
    using database = new DatabaseSync(join(parent, 'alice', 'tincan.sqlite'));
    database.exec(`DELETE FROM reports; INSERT INTO reports VALUES (1, 1, '"a"', NULL, 'nobody is here')`);
  }
  await using second = alone();
  expect(await reportsOf(second, 'b')).toEqual([
    { ...report, ref: 'a', seq: 1, again: true },
    { ...report, ref: 'b', seq: 2 },
  ]);
  second.process.kill('SIGTERM');
  await second.exit();
  await using third = alone();
  expect(await reportsOf(third, 'c')).toEqual([{ ...report, ref: 'c', seq: 3 }]);
});

test('with --ack a line comes again after each kill until its reader has taken it, so that a program counts it exactly once', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using alice = node('alice', a, b, []);
  const taken = ({ peerId, log, seq }: Message): string =>
    JSON.stringify({ type: 'taken', peerId, log, seq });
  const ackedBob = (): Program => node('bob', b, a, [...state('bob'), '--ack']);

  const first = ackedBob();
  await using _ = first;
  for (const text of ['one', 'two', 'three']) alice.say(JSON.stringify({ type: 'say', text }));
  await first.hears(/"text":"three"/);
  const [one, two] = messages(first);
  if (one === undefined || two === undefined) throw new Error('three lines were heard');
  // The program has done with both, and has told of the first one only.
  first.say(taken(one), taken({ ...two, seq: 9 }));
  await first.hears(/"type":"error","code":"not-given"/);
  await alice.hears(/"type":"delivered","seq":1/);
  await killed(first);

  const second = ackedBob();
  await using __ = second;
  await second.hears(/"text":"three"/);
  const again = messages(second);
  expect(again.map(({ seq, text, again: isAgain }) => [seq, text, isAgain])).toEqual([
    [2, 'two', true],
    [3, 'three', true],
  ]);
  // What the program has kept names the line for certain.
  expect(again[0]).toMatchObject({ peerId: two.peerId, log: two.log, seq: two.seq });
  expect(alice.stdout.lines.filter((line) => line.includes('"delivered"'))).toHaveLength(1);
  for (const message of again) second.say(taken(message), taken(message));
  await alice.hears(/"type":"delivered","seq":3/);
  await killed(second);

  await using third = ackedBob();
  alice.say('{"type":"say","text":"four"}');
  await third.hears(/"text":"four"/);
  expect(messages(third).map(({ text, again: isAgain }) => [text, isAgain])).toEqual([['four', undefined]]);
});

test('where the state can not be written the node ends with one line, and nothing is told that is not on disk', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using alice = node('alice', a, b, [...state('alice'), '--stay']);
  alice.say('{"type":"status"}');
  await alice.hears(/"type":"status"/);
  {
    // Whoever holds the file's lock keeps the node from writing as surely as a full disk does.
    using database = new DatabaseSync(join(parent, 'alice', 'tincan.sqlite'));
    database.exec('BEGIN IMMEDIATE');
    alice.say('{"type":"say","text":"hi"}');
    expect(await alice.exit()).toEqual({ code: 3, signal: null });
  }
  const [error = '', ...rest] = alice.stdout.lines.slice(2);
  expect(error).toMatch(/"type":"error","code":"state-failed","message":"the state can not be written \(/);
  expect(rest).toEqual([expect.stringContaining('"type":"closed","undelivered":1')]);
  await using again = node('alice', a, b, state('alice'));
  again.say('{"type":"status"}');
  await again.hears(/"type":"status".*"said":0/);
});

test('the history has each line once, of all lives, while the node runs and after; a bound keeps the newest', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using bob = node('bob', b, a, ['--stay']);
  const first = node('alice', a, b, state('alice'));
  await using _ = first;
  first.say('{"type":"say","text":"one"}');
  await first.hears(/"type":"delivered","seq":1/);
  bob.say('{"type":"say","text":"two"}');
  await bob.hears(/"type":"delivered","seq":1/);
  await killed(first);
  await using again = node('alice', a, b, [...state('alice'), '--history-limit', '2']);
  again.say('{"type":"say","text":"\\u001B[2Jthree"}');
  await again.hears(/"type":"delivered","seq":2/);
  await using words = new Program('history', ['history', ...state('alice')]);
  expect(await words.exit()).toEqual({ code: 0, signal: null });
  expect(words.stdout.lines).toEqual([
    expect.stringMatching(/^20\d\d-\S+Z bob: two$/),
    expect.stringMatching(/^20\d\d-\S+Z alice: ␛\[2Jthree$/),
  ]);
  await using json = new Program('history', [
    'history',
    '--json',
    '--since',
    '2020-01-01',
    ...state('alice'),
  ]);
  expect(await json.exit()).toEqual({ code: 0, signal: null });
  expect(json.stdout.lines.map((line) => JSON.parse(line))).toMatchObject([
    { type: 'line', from: 'bob', text: 'two', own: false },
    { type: 'line', from: 'alice', text: '\u001B[2Jthree', own: true },
  ]);
  await using later = new Program('history', ['history', '--since', '2100-01-01', ...state('alice')]);
  await later.exit();
  expect(later.stdout.lines).toEqual([]);
});

test('a history without a state is wrong use, and makes none', async () => {
  const nowhere = join(parent, 'nowhere');
  await using program = new Program('history', ['history', '--state', nowhere]);
  expect(await program.exit()).toEqual({ code: 2, signal: null });
  expect(program.stderr.lines).toEqual([`tincan: there is no state in "${nowhere}"; check --state`]);
  expect(existsSync(nowhere)).toBe(false);
});

test('a node that goes on from an older copy of its state leaves at the end of its input, and its exit code tells what it gave up', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using bob = node('bob', b, a, state('bob'));
  const first = node('alice', a, b, state('alice'));
  await using _ = first;
  await first.hears(/"type":"peer-joined"/);
  first.say('{"type":"say","text":"one"}');
  await first.hears(/"type":"delivered","seq":1/);
  await killed(first);
  cpSync(join(parent, 'alice'), join(parent, 'copy'), { recursive: true });
  await using second = node('alice', a, b, state('alice'));
  second.say('{"type":"say","text":"two"}');
  await second.hears(/"type":"delivered","seq":2/);
  await killed(second);
  // Else bob might tell her of her log before she says anything.
  bob.process.kill('SIGSTOP');
  await using restored = node('alice', a, b, state('copy'));
  restored.say('{"type":"say","text":"from the past"}', '{"type":"status"}');
  await restored.hears(/"type":"status".*"said":2/);
  restored.endInput();
  bob.process.kill('SIGCONT');
  expect(await restored.exit()).toEqual({ code: 3, signal: null });
  expect(restored.stdout.lines.at(-1)).toContain('"type":"closed","undelivered":1');
  expect(bob.stdout.lines.join('')).not.toContain('from the past');
});

test('a copied state that two programs use is an alarm for both and for their peer, and every line is heard once', async () => {
  const [a = 0, b = 0, c = 0] = await freePorts(3);
  await using bob = node('bob', b, a, state('bob'));
  const before = node('alice', a, b, state('alice'));
  await using _ = before;
  before.say('{"type":"say","text":"before the copy"}');
  await before.hears(/"type":"delivered"/);
  await killed(before);
  cpSync(join(parent, 'alice'), join(parent, 'copy'), { recursive: true });
  await using first = node('alice', a, b, state('alice'));
  first.say('{"type":"say","text":"from the first"}');
  await first.hears(/"type":"delivered"/);
  await using second = node('alice', c, b, state('copy'));
  second.say('{"type":"trace","on":true}');
  await second.hears(/"code":"state-older"/);
  second.say('{"type":"say","text":"from the second"}');
  await second.hears(/"type":"delivered"/);
  // What was asked of the node before it noticed holds after it, too.
  const since = second.stdout.lines.findIndex((line) => line.includes('"code":"state-older"'));
  expect(second.stdout.lines.slice(since).filter((line) => line.includes('"type":"trace"'))).not.toEqual([]);
  first.say('{"type":"say","text":"from the first again"}');
  await first.hears(/"code":"key-in-use"/);
  await bob.hears(/"code":"key-in-use"/);
  await bob.hears(/"text":"from the first again"/);
  const heard = bob.stdout.lines.flatMap((line) => /"text":"([^"]*)"/.exec(line)?.[1] ?? []);
  expect(heard.toSorted()).toEqual([
    'before the copy',
    'from the first',
    'from the first again',
    'from the second',
  ]);
});
