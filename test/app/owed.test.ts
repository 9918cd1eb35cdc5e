/** What a node owes, listed and given up: with the program that holds the state, and without it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { problemWithOwn } from '../support/json-contract.ts';
import { freePorts } from '../support/ports.ts';
import { type Exit, Program } from '../support/program.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

interface Ended extends Exit {
  readonly out: readonly string[];
  readonly err: readonly string[];
}

async function run(...args: readonly string[]): Promise<Ended> {
  await using program = new Program('tincan', [...args, '--state', join(directory, 'alice')]);
  return { ...(await program.exit()), out: program.stdout.lines, err: program.stderr.lines };
}

/** Owes bob, whom it has met, two lines, and carol, whom it has not, three. */
async function owingAlice(use: (alice: Program) => Promise<void> = async () => {}): Promise<void> {
  const [a = 0, b = 0] = await freePorts(2);
  const at = (port: number): string => `127.0.0.1:${port}`;
  const peers = ['--peer', `bob=${at(b)}`, '--peer', 'carol=127.0.0.1:1'];
  const own = ['--name', 'alice', '--format', 'json', '--bind', at(a), '--state', join(directory, 'alice')];
  await using alice = new Program('alice', [...own, ...peers]);
  {
    await using bob = new Program('bob', ['--name', 'bob', '--bind', at(b), '--peer', at(a)]);
    alice.say('{"type":"say","text":"one"}');
    await bob.hears('alice: one');
    await alice.hears(/"type":"delivered"/);
    bob.process.kill('SIGKILL');
    await bob.exit();
  }
  alice.say('{"type":"say","text":"two","ref":"r"}', '{"type":"say","text":"three"}', '{"type":"status"}');
  await alice.hears(/"type":"status".*"said":3/);
  await use(alice);
  alice.process.kill('SIGKILL');
  await alice.exit();
}

const events = ({ out }: Ended): readonly unknown[] => out.map((line): unknown => JSON.parse(line));

test('what a stopped node owes is listed from its state, and given up by name, as undelivered; its next life owes it no more', async () => {
  await owingAlice();
  const listed = await run('owed');
  expect(listed).toMatchObject({ code: 0, err: [] });
  expect(listed.out).toEqual([
    expect.stringMatching(/^bob {4}2 lines {2}key [0-9a-f]{4}(-[0-9a-f]{4}){7}$/),
    'carol  3 lines  never met',
  ]);
  const forgotten = await run('forget', 'bob', '--json');
  expect(forgotten).toMatchObject({ code: 0, err: [] });
  const reason = 'this node was told to forget what it was owed';
  expect(events(forgotten)).toEqual([
    { type: 'undelivered', ref: 'r', seq: 2, to: 'bob', reason },
    { type: 'undelivered', seq: 3, to: 'bob', reason },
    { type: 'forgotten', name: 'bob', peerId: expect.any(String), lines: 2 },
  ]);
  expect(await run('forget', 'carol')).toMatchObject({
    code: 0,
    out: [1, 2, 3]
      .map((seq) => `undelivered: line ${seq} to carol (${reason})`)
      .concat('forgotten: carol (3 lines given up)'),
  });
  expect((await run('owed')).out).toEqual(['nobody is owed a line']);
  expect((await run('owed', '--json')).out).toEqual([]);
  using database = new DatabaseSync(join(directory, 'alice', 'tincan.sqlite'), { readOnly: true });
  expect(database.prepare('SELECT seq FROM entries').all()).toEqual([]);
});

test('of a running node what it owes is listed; it is given up by its own input, and another program is told so in one line', async () => {
  await owingAlice(async (alice) => {
    const listed = await run('owed', '--json');
    expect(events(listed)).toEqual([
      { type: 'owed', name: 'bob', peerId: expect.any(String), lines: 2 },
      { type: 'owed', name: 'carol', lines: 3 },
    ]);
    for (const event of events(listed)) expect(problemWithOwn('owed', event)).toBeUndefined();
    expect(await run('forget', 'bob')).toMatchObject({
      code: 2,
      out: [],
      err: [expect.stringMatching(/^tincan: a node is running with this state: tell it, by \/forget/)],
    });
    alice.say('{"type":"forget","name":"bob"}');
    await alice.hears(/"type":"forgotten","name":"bob"/);
    expect((await run('owed')).out).toEqual(['carol  3 lines  never met']);
  });
});

test('a state that is not there is told in one line, and none is made; nor is anything forgotten for a name that nobody has', async () => {
  for (const args of [['owed'], ['forget', 'bob']]) {
    expect(await run(...args)).toMatchObject({
      code: 2,
      err: [`tincan: there is no state in "${join(directory, 'alice')}"; check --state`],
    });
  }
  expect(existsSync(join(directory, 'alice'))).toBe(false);
  await owingAlice();
  expect(await run('forget', 'dave')).toMatchObject({
    code: 2,
    err: ['tincan: nothing to forget: no peer is called dave, or has that key'],
  });
  expect((await run('owed')).out).toHaveLength(2);
});
