/** The real program's JSON, on every wire, held against its contract. */
import { describe, expect, test } from '@jest/globals';
import type { WireName } from '../../src/kernel/contract.ts';
import { problemWithOwn } from '../support/json-contract.ts';
import { freePorts } from '../support/ports.ts';
import { Program } from '../support/program.ts';

const WIRES: readonly WireName[] = ['tincan', 'plain', 'tcp'];

type Json = Readonly<Record<string, unknown>>;

/** A node with the JSON face, as a script sees it. */
class JsonProgram extends Program {
  constructor(name: string, wire: WireName, port: number, more: readonly string[] = []) {
    super(name, ['--name', name, '--wire', wire, '--bind', `127.0.0.1:${port}`, '--format', 'json', ...more]);
  }

  get events(): readonly Json[] {
    return this.stdout.lines.map((line): Json => JSON.parse(line));
  }

  write(...commands: readonly object[]): void {
    this.say(...commands.map((command) => JSON.stringify(command)));
  }

  /** The first event that has all these fields. */
  sees(wanted: Json): Promise<Json> {
    return this.stdout.until(
      JSON.stringify(wanted),
      () => this.events.find((event) => hasAll(event, wanted)),
      [this.stderr],
    );
  }
}

function hasAll(event: Json, wanted: Json): boolean {
  return Object.entries(wanted).every(([field, value]) => event[field] === value);
}

function problems(program: JsonProgram): unknown[] {
  return program.events
    .map((event) => ({ event, problem: problemWithOwn('output', event) }))
    .filter(({ problem }) => problem !== undefined);
}

describe.each(WIRES)('on wire %s', (wire) => {
  test('every event of a session is in the contract, from ready to closed, and each line can be followed by its ref', async () => {
    const [a = 0, b = 0] = await freePorts(2);
    await using alice = new JsonProgram('alice', wire, a, ['--peer', `bob=127.0.0.1:${b}`]);
    await using bob = new JsonProgram('bob', wire, b, ['--peer', `alice=127.0.0.1:${a}`]);
    await Promise.all([alice.sees({ type: 'ready' }), bob.sees({ type: 'ready' })]);
    const text = 'tab\t, escape \u001B[31m, "quotes", \u009B and 🥫';
    alice.write({ type: 'say', text, ref: 'r1' });
    const message = await bob.sees({ type: 'message', from: 'alice', text });
    expect(message).toMatchObject({ seq: 1 });
    bob.write({ type: 'say', text: 'and back', ref: 2 });
    await alice.sees({ type: 'message', from: 'bob', text: 'and back' });
    await alice.sees({ type: 'sent', ref: 'r1', seq: 1 });
    if (wire === 'tincan') {
      await alice.sees({ type: 'delivered', ref: 'r1', seq: 1, to: 'bob' });
      await bob.sees({ type: 'delivered', ref: 2, seq: 1, to: 'alice' });
    }
    alice.write({ type: 'status' });
    expect(await alice.sees({ type: 'status' })).toMatchObject({ said: 1, peers: [{ name: 'bob' }] });
    alice.write({ type: 'say', text: 1, ref: 'bad' });
    await alice.sees({ type: 'error', code: 'bad-command', ref: 'bad' });

    await using status = new Program('status', ['status', '--json'], {
      runtimeDirectory: alice.runtimeDirectory,
    });
    expect(await status.exit()).toEqual({ code: 0, signal: null });
    expect(problemWithOwn('status', JSON.parse(status.stdout.lines.join('')))).toBeUndefined();

    alice.write({ type: 'quit' });
    // One line of input was never said: the bad one.
    expect(await alice.exit()).toEqual({ code: 3, signal: null });
    bob.endInput();
    expect(await bob.exit()).toEqual({ code: 0, signal: null });
    for (const program of [alice, bob]) {
      expect(problems(program)).toEqual([]);
      expect(program.events[0]).toMatchObject({
        type: 'ready',
        contract: 1,
        wire,
        receipts: wire === 'tincan',
      });
    }
    expect(alice.events.at(-1)).toEqual({ type: 'closed', undelivered: 1 });
    expect(bob.events.at(-1)).toEqual({ type: 'closed', undelivered: 0 });
  });

  test('a line that nobody can have is undelivered with its ref, and counted', async () => {
    const [a = 0] = await freePorts(1);
    const nobody = `bob=${'x'.repeat(64)}.invalid:5000`;
    await using alice = new JsonProgram('alice', wire, a, ['--peer', nobody, '--drain-timeout', '0.1']);
    alice.write({ type: 'say', text: 'into the void', ref: 'r' });
    alice.endInput();
    expect(await alice.exit()).toEqual({ code: 3, signal: null });
    expect(alice.events).toContainEqual({
      type: 'undelivered',
      ref: 'r',
      seq: 1,
      to: 'bob',
      reason: expect.any(String),
    });
    expect(alice.events.at(-1)).toEqual({ type: 'closed', undelivered: 1 });
    expect(alice.stderr.lines).toEqual(['undelivered: 1']);
    expect(problems(alice)).toEqual([]);
  });

  test('a line that is said with nobody there is undelivered, and the exit code says so', async () => {
    await using alice = new JsonProgram('alice', wire, 0);
    alice.write({ type: 'say', text: 'anybody?', ref: 'r' });
    alice.endInput();
    expect(await alice.exit()).toEqual({ code: 3, signal: null });
    expect(alice.events).toContainEqual({
      type: 'undelivered',
      ref: 'r',
      seq: 1,
      reason: expect.stringContaining('nobody is here'),
    });
    expect(alice.events.at(-1)).toEqual({ type: 'closed', undelivered: 1 });
    expect(problems(alice)).toEqual([]);
  });

  test('a node that can not be set up says why in JSON, too', async () => {
    const [a = 0] = await freePorts(1);
    await using first = new JsonProgram('first', wire, a);
    await first.sees({ type: 'ready' });
    await using second = new JsonProgram('second', wire, a);
    expect(await second.exit()).toEqual({ code: 2, signal: null });
    expect(second.events).toEqual([
      { type: 'error', code: 'port-taken', message: expect.stringContaining('--bind') },
      { type: 'closed', undelivered: 0 },
    ]);
    expect(problems(second)).toEqual([]);
  });
});

test('a line to one peer is heard by that peer alone, by its name or its id; a name that nobody has is an error', async () => {
  const [a = 0, b = 0, c = 0] = await freePorts(3);
  const targets = ['--peer', `alice=127.0.0.1:${a}`];
  await using alice = new JsonProgram('alice', 'tincan', a);
  await using bob = new JsonProgram('bob', 'tincan', b, targets);
  await using carol = new JsonProgram('carol', 'tincan', c, targets);
  await alice.sees({ type: 'peer-joined', name: 'bob' });
  const { peerId } = await alice.sees({ type: 'peer-joined', name: 'carol' });
  alice.write(
    { type: 'say', text: 'for bob', to: 'bob', ref: 1 },
    { type: 'say', text: 'for carol', to: peerId, ref: 2 },
    { type: 'say', text: 'for dave', to: 'dave', ref: 3 },
    { type: 'say', text: 'for all', ref: 4 },
  );
  await bob.sees({ type: 'message', text: 'for all' });
  await carol.sees({ type: 'message', text: 'for all' });
  const heard = (program: JsonProgram): Json[] =>
    program.events
      .filter(({ type }) => type === 'message')
      .map(({ text, private: isPrivate }) => ({ text, private: isPrivate }));
  expect(heard(bob)).toEqual([{ text: 'for bob', private: true }, { text: 'for all' }]);
  expect(heard(carol)).toEqual([{ text: 'for carol', private: true }, { text: 'for all' }]);
  await alice.sees({ type: 'error', code: 'no-such-peer', ref: 3 });
  await alice.sees({ type: 'delivered', ref: 1, to: 'bob' });
  await alice.sees({ type: 'delivered', ref: 2, to: 'carol' });
  await alice.sees({ type: 'delivered', ref: 4, to: 'bob' });
  await alice.sees({ type: 'delivered', ref: 4, to: 'carol' });
  const deliveries = alice.events.filter(({ type }) => type === 'delivered');
  expect(deliveries).toHaveLength(4);
  for (const program of [alice, bob, carol]) expect(problems(program)).toEqual([]);
});

test('a new name reaches the others in the order of the lines, and is one to speak to', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using alice = new JsonProgram('alice', 'tincan', a);
  await using bob = new JsonProgram('bob', 'tincan', b, ['--peer', `alice=127.0.0.1:${a}`]);
  await alice.sees({ type: 'peer-joined', name: 'bob' });
  bob.write(
    { type: 'say', text: 'as bob' },
    { type: 'rename', name: 'robert' },
    { type: 'say', text: 'as robert' },
  );
  await bob.sees({ type: 'renamed', name: 'robert' });
  await alice.sees({ type: 'peer-renamed', was: 'bob', name: 'robert' });
  await alice.sees({ type: 'message', from: 'bob', text: 'as bob' });
  await alice.sees({ type: 'message', from: 'robert', text: 'as robert' });
  alice.write({ type: 'say', text: 'hello', to: 'robert' }, { type: 'say', text: 'nobody', to: 'bob' });
  await bob.sees({ type: 'message', text: 'hello', private: true });
  await alice.sees({ type: 'error', code: 'no-such-peer' });
  for (const program of [alice, bob]) expect(problems(program)).toEqual([]);
});

test.each(['plain', 'tcp'] as const)(
  'on wire %s a new name is warned about, each time, and input goes on',
  async (wire) => {
    const [a = 0] = await freePorts(1);
    await using alice = new JsonProgram('alice', wire, a);
    const rename = { type: 'rename', name: 'alicia' };
    alice.write(...Array.from({ length: 12 }, () => rename), { type: 'status' });
    await alice.sees({ type: 'warning', code: 'name-not-carried' });
    await alice.sees({ type: 'status', name: 'alice' });
    expect(problems(alice)).toEqual([]);
  },
);

test('a reader that takes no line holds its peer back within a bound, and hears everything once it does; both may say meanwhile', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const more = (port: number): readonly string[] => ['--peer', `127.0.0.1:${port}`, '--ack'];
  await using alice = new JsonProgram('alice', 'tincan', a, more(b));
  await using bob = new JsonProgram('bob', 'tincan', b, more(a));
  const lines = 1_800;
  const heard = (program: JsonProgram): readonly Json[] =>
    program.events.filter(({ type }) => type === 'message');
  // More than the log holds: at both ends lines to say wait in the input.
  for (const program of [alice, bob])
    for (let line = 1; line <= lines; line += 1)
      program.write({ type: 'say', text: `${line} ${'x'.repeat(1_000)}`, ref: line });
  const isHeld = async (program: JsonProgram): Promise<void> => {
    await program.sees({ type: 'message', seq: 100 });
    program.write({ type: 'status' });
    await program.sees({ type: 'status' });
  };
  await Promise.all([isHeld(alice), isHeld(bob)]);
  for (const program of [alice, bob]) {
    expect(heard(program).length).toBeLessThan(300);
    expect(program.events.filter(({ type }) => type === 'delivered')).toEqual([]);
  }
  // Behind lines that wait for the other: else both would wait for ever.
  const takeAll = async (program: JsonProgram): Promise<void> => {
    for (let seq = 100; seq <= lines; seq += 100) {
      const { peerId, log } = await program.sees({ type: 'message', seq });
      program.write({ type: 'taken', peerId, log, seq });
    }
  };
  await Promise.all([takeAll(alice), takeAll(bob)]);
  for (const program of [alice, bob]) {
    await program.sees({ type: 'delivered', seq: lines });
    expect(heard(program).map(({ seq }) => seq)).toEqual(
      Array.from({ length: lines }, (_, index) => index + 1),
    );
    expect(problems(program)).toEqual([]);
  }
});
