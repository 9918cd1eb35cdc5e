/** The real program, as child processes on loopback, driven as a script drives it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { helpText } from '../../src/app/help.ts';
import { freePorts } from '../support/ports.ts';
import { Program, type StartOptions } from '../support/program.ts';
import { until, untilTrue } from '../support/wait.ts';

const WIRES = ['plain', 'tcp'] as const;
type Wire = (typeof WIRES)[number];

/** One directory for the files of these tests. */
let files = '';
beforeAll(() => {
  files = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterAll(() => {
  rmSync(files, { recursive: true, force: true });
});

/** A node at this port that is to reach those. */
function node(
  name: string,
  wire: Wire,
  port: number,
  peers: Readonly<Record<string, number>>,
  more: readonly string[] = [],
  options: StartOptions = {},
): Program {
  const targets = Object.entries(peers).flatMap(([peer, at]) => ['--peer', `${peer}=127.0.0.1:${at}`]);
  const args = ['--name', name, '--wire', wire, '--bind', `127.0.0.1:${port}`, ...targets, ...more];
  return new Program(name, args, options);
}

const runs = async (args: readonly string[], options: StartOptions = {}) => {
  await using program = new Program('tincan', args, options);
  program.endInput();
  const { code } = await program.exit();
  return { code, stdout: program.stdout.lines, stderr: program.stderr.lines };
};

describe('without a chat', () => {
  test('--help prints the help, and is exit 0', async () => {
    expect(await runs(['--help'])).toEqual({ code: 0, stdout: helpText().trimEnd().split('\n'), stderr: [] });
  });

  test('--version prints the version, and is exit 0', async () => {
    expect(await runs(['--version'])).toEqual({
      code: 0,
      stdout: [expect.stringMatching(/^tincan \d+\.\d+\.\d+$/)],
      stderr: [],
    });
  });

  test('--version --json is one JSON object with the version', async () => {
    const { code, stdout, stderr } = await runs(['--version', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: [] });
    expect(stdout.map((line): unknown => JSON.parse(line))).toEqual([
      { version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
    ]);
  });

  test('status where no node runs is one line, and is exit 3', async () => {
    expect(await runs(['status'])).toEqual({
      code: 3,
      stdout: [],
      stderr: ['tincan: no node of yours runs here'],
    });
  });
});

test('status without a place to look for nodes is one line, and is exit 2', async () => {
  const runtimeDirectory = join(files, 'file');
  writeFileSync(runtimeDirectory, '');
  const uid = process.getuid?.() ?? 0;
  expect(await runs(['status'], { runtimeDirectory })).toEqual({
    code: 2,
    stdout: [],
    stderr: [
      `tincan: can not look for nodes: ${runtimeDirectory}/tincan-${uid} can not be used (ENOTDIR); check XDG_RUNTIME_DIR`,
    ],
  });
});

describe('a wrong start is one line on stderr, and exit 2', () => {
  test('an unknown flag is told in one line, and is exit 2', async () => {
    expect(await runs(['--colour'])).toEqual({
      code: 2,
      stdout: [],
      stderr: ["tincan: unknown option '--colour'; see tincan --help"],
    });
  });

  test('a key file that can not be read is told in one line, and is exit 2', async () => {
    const missing = join(files, 'missing');
    expect(await runs(['--wire', 'plain', '--room-key-file', missing])).toEqual({
      code: 2,
      stdout: [],
      stderr: [`tincan: can not read the room key file "${missing}" (ENOENT); check --room-key-file`],
    });
  });

  test.each(WIRES)('a port that is taken on wire %s is told in one line, and is exit 2', async (wire) => {
    const [port = 0] = await freePorts(1);
    const server = createServer().listen(port, '127.0.0.1');
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await Promise.all([once(server, 'listening'), once(socket, 'listening')]);
    const { code, stdout, stderr } = await runs(['--wire', wire, '--bind', `127.0.0.1:${port}`]);
    server.close();
    socket.close();
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
    expect(stderr).toHaveLength(1);
    expect(stderr[0]).toContain(`port ${port} is taken (127.0.0.1:${port}); give another with --bind`);
  });
});

describe.each(WIRES)('on wire %s', (wire) => {
  test('two nodes chat both ways; the end of input says goodbye, and exit 0', async () => {
    const [a = 0, b = 0] = await freePorts(2);
    await using alice = node('alice', wire, a, { bob: b });
    await using bob = node('bob', wire, b, { alice: a });
    await Promise.all([alice.readyPort(), bob.readyPort()]);
    expect(alice.stderr.lines[0]).toBe(`ready alice 127.0.0.1:${a} ${wire}`);
    alice.say('hello bob');
    await bob.hears('alice: hello bob');
    bob.say('hello alice', '', 'ünïcödé 🥫');
    await alice.hears('bob: ünïcödé 🥫');
    expect(alice.stdout.lines).toEqual(['bob: hello alice', 'bob: ', 'bob: ünïcödé 🥫']);
    alice.endInput();
    expect(await alice.exit()).toEqual({ code: 0, signal: null });
    bob.endInput();
    expect(await bob.exit()).toEqual({ code: 0, signal: null });
  });

  test('three nodes: every line comes to each of the others once, in order, under the name of who said it', async () => {
    const names = ['alice', 'bob', 'carol'] as const;
    const ports = await freePorts(3);
    const portOf = Object.fromEntries(names.map((name, index) => [name, ports[index] ?? 0]));
    const programs = names.map((name) => {
      const { [name]: own = 0, ...others } = portOf;
      return node(name, wire, own, others, ['--format', 'text']);
    });
    await using _ = { [Symbol.asyncDispose]: () => disposeAll(programs) };
    await Promise.all(programs.map((program) => program.readyPort()));
    // On TCP lines wait for the connection; a datagram that comes before its receiver would be lost.
    const lines = (name: string) => Array.from({ length: 200 }, (__, index) => `${index} of ${name}`);
    for (const [index, program] of programs.entries()) program.say(...lines(names[index] ?? ''));
    for (const [index, program] of programs.entries()) {
      const others = names.filter((__, other) => other !== index);
      await untilTrue(
        '400 lines',
        () => program.stdout.lines.length >= 400,
        () => `${program.stdout.tail()}\n${program.stderr.tail()}`,
      );
      for (const other of others)
        expect(program.stdout.lines.filter((line) => line.startsWith(`${other}: `))).toEqual(
          lines(other).map((line) => `${other}: ${line}`),
        );
      expect(program.stdout.lines).toHaveLength(400);
    }
  });

  test('the raw format is the lines alone, whoever says them; json is one object an event, with the exact text', async () => {
    const [a = 0, b = 0] = await freePorts(2);
    await using alice = node('alice', wire, a, { bob: b }, ['--format', 'json']);
    await using bob = node('bob', wire, b, { alice: a }, ['--format', 'raw']);
    await bob.readyPort();
    const events = () => alice.stdout.lines.map((line): unknown => JSON.parse(line));
    const sees = (shape: object) =>
      until(
        JSON.stringify(shape),
        () => events().find((event) => matches(event, shape)),
        () => `${alice.stdout.tail()}\n${alice.stderr.tail()}\n${bob.stderr.tail()}`,
      );
    await sees({ type: 'ready', name: 'alice', wire, address: `127.0.0.1:${a}` });
    const text = 'tab\t, escape \u001B[31m, "quotes" and 🥫';
    alice.say(JSON.stringify({ type: 'say', text, ref: 'r1' }), 'not json', '{"type":"status"}');
    await bob.hears(text);
    await sees({ type: 'sent', ref: 'r1', seq: 1 });
    await sees({ type: 'error', code: 'bad-json' });
    await sees({ type: 'status', name: 'alice', said: 1, address: `127.0.0.1:${a}` });
    bob.say(text);
    await sees({ type: 'message', from: 'bob', text, seq: 1 });
    alice.say('{"type":"quit"}');
    // Bad input has changed nothing, the exit code neither.
    expect(await alice.exit()).toEqual({ code: 0, signal: null });
    expect(events().at(-1)).toMatchObject({ type: 'closed', undelivered: 0 });
  });

  test('SIGTERM says goodbye, and exits within two seconds, whoever still reads or speaks', async () => {
    const [a = 0, b = 0] = await freePorts(2);
    await using alice = node('alice', wire, a, { bob: b });
    await using bob = node('bob', wire, b, { alice: a });
    await Promise.all([alice.readyPort(), bob.readyPort()]);
    bob.say('hello');
    await alice.hears('bob: hello');
    const startedAt = performance.now();
    alice.process.kill('SIGTERM');
    expect(await alice.exit()).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    if (wire === 'tcp') await bob.tells(/^left: alice \(/);
  });

  test('after SIGTERM with a line that nobody can have, the count of such lines is on stderr, and the exit code is 3', async () => {
    await using alice = new Program('alice', [
      '--wire',
      wire,
      '--bind',
      '127.0.0.1:0',
      '--peer',
      `bob=${'x'.repeat(64)}.invalid:5000`,
      '--verbose',
    ]);
    await alice.readyPort();
    alice.say('into the void');
    await alice.tells(/has no address/);
    alice.process.kill('SIGTERM');
    expect(await alice.exit()).toEqual({ code: 3, signal: null });
    expect(alice.stderr.lines.at(-1)).toMatch(/undelivered: 1$/);
  });

  test('end of input waits for lines that are owed, no longer than the drain timeout', async () => {
    await using alice = new Program('alice', [
      '--wire',
      wire,
      '--bind',
      '127.0.0.1:0',
      '--peer',
      `bob=${'x'.repeat(64)}.invalid:5000`,
      '--drain-timeout',
      '0.2',
    ]);
    await alice.readyPort();
    alice.say('into the void');
    alice.endInput();
    expect(await alice.exit()).toEqual({ code: 3, signal: null });
    expect(alice.stderr.lines.at(-1)).toMatch(/undelivered: 1$/);
  });

  test('--stay goes on receiving after the end of input', async () => {
    const [a = 0, b = 0] = await freePorts(2);
    await using alice = node('alice', wire, a, { bob: b }, ['--stay']);
    alice.endInput();
    await alice.readyPort();
    await using bob = node('bob', wire, b, { alice: a });
    await bob.readyPort();
    bob.say('still there?');
    await alice.hears('bob: still there?');
    alice.process.kill('SIGTERM');
    expect(await alice.exit()).toEqual({ code: 0, signal: null });
  });

  test('a node that was killed comes back, and the chat goes on', async () => {
    const [a = 0, b = 0] = await freePorts(2);
    await using alice = node('alice', wire, a, { bob: b });
    const first = node('bob', wire, b, { alice: a });
    await using _ = first;
    await Promise.all([alice.readyPort(), first.readyPort()]);
    first.say('before');
    await alice.hears('bob: before');
    first.process.kill('SIGKILL');
    await first.exit();
    await using again = node('bob', wire, b, { alice: a });
    await again.readyPort();
    again.say('after');
    await alice.hears('bob: after');
    alice.say('welcome back');
    await again.hears('alice: welcome back');
    expect(alice.stdout.lines).toEqual(['bob: before', 'bob: after']);
    // One that leaves in good order, too.
    again.process.kill('SIGTERM');
    await again.exit();
    await using third = node('bob', wire, b, { alice: a });
    await third.readyPort();
    third.say('and again');
    await alice.hears('bob: and again');
  });

  test('status tells of a node that runs here, by its name or all of them', async () => {
    const runtimeDirectory = join(files, `status-${wire}`);
    mkdirSync(runtimeDirectory);
    await using alice = new Program(
      'alice',
      ['--name', 'alice', '--wire', wire, '--bind', '127.0.0.1:0', '--no-banner'],
      { runtimeDirectory },
    );
    const port = await alice.readyPort();
    const asked = await runs(['status', '--json', '--name', 'alice'], { runtimeDirectory });
    expect(asked.code).toBe(0);
    expect(JSON.parse(asked.stdout[0] ?? '')).toMatchObject({ type: 'status', name: 'alice', wire });
    expect(asked.stdout[0]).toContain(String(port));
    expect((await runs(['status'], { runtimeDirectory })).stdout).toEqual([
      `alice at 127.0.0.1:${port}, wire ${wire}, 0 lines said`,
      'no peer yet',
    ]);
    expect(await runs(['status', '--name', 'bob'], { runtimeDirectory })).toEqual({
      code: 3,
      stdout: [],
      stderr: ['tincan: no node named "bob" of yours runs here'],
    });
  });

  test('a room key that protects nothing is warned of', async () => {
    const key = join(files, `key-${wire}`);
    writeFileSync(key, 'secret\n');
    await using alice = new Program('alice', [
      '--wire',
      wire,
      '--bind',
      '127.0.0.1:0',
      '--room-key-file',
      key,
    ]);
    await alice.tells(new RegExp(`wire ${wire} uses no room key`));
  });
});

test('20,000 lines of a file cross tcp byte by byte to a reader that is slow, and the sender`s input waits for it', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  // More than two kernels hold for a connection whose buffers have grown while it was fast.
  const lines = Array.from({ length: 20_000 }, (_, index) =>
    index % 10 === 0 ? '' : `${index} ${'ö🥫 '.repeat(index % 60)}${'x'.repeat(1_000)}`,
  );
  const file = `${lines.join('\n')}\n`;
  await using bob = node('bob', 'tcp', b, {}, ['--format', 'raw', '--stay']);
  await bob.readyPort();
  let received = '';
  bob.process.stdout.pause();
  bob.process.stdout.on('data', (text: string) => {
    received += text;
  });
  bob.process.stdout.pause();
  bob.endInput();
  await using alice = node('alice', 'tcp', a, { bob: b }, ['--format', 'raw']);
  await alice.readyPort();
  const { stdin } = alice.process;
  stdin.end(file);
  // The reader stands still: so does the file, in the end, with most of it not even read.
  let before = -1;
  await until('the file to stop', async () => {
    const now = stdin.writableLength;
    const isStill = now === before && now > 0;
    before = now;
    await pause(300);
    return isStill ? true : undefined;
  });
  bob.process.stdout.resume();
  expect(await alice.exit()).toEqual({ code: 0, signal: null });
  await untilTrue(
    'the whole file',
    () => received.length >= file.length,
    () => `${received.length} of ${file.length}\n${bob.stderr.tail()}`,
  );
  // Not `toBe`: a difference of megabytes would take longer to show than to find.
  const heard = received.split('\n');
  const differsAt = lines.findIndex((line, index) => heard[index] !== line);
  expect({ isSame: received === file, differsAt }).toEqual({ isSame: true, differsAt: -1 });
});

async function disposeAll(programs: readonly Program[]): Promise<void> {
  await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
}

/** Every field of `shape` is in `value` with the same value. */
function matches(value: unknown, shape: object): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(([key, wanted]) => Reflect.get(value, key) === wanted)
  );
}

/** Own and peers' addresses that are the same, each written in two ways. */
const WRITTEN = [
  ['[::1]', '[0::1]'],
  ['[::FFFF:127.0.0.1]', '127.0.0.1'],
  ['localhost', 'localhost'],
] as const;

test.each(['tincan', 'plain', 'tcp'] as const)(
  'on wire %s a peer is known by its address, however that was written, and is one peer',
  async (wire) => {
    for (const [own, peers] of WRITTEN) {
      const [a = 0, b = 0] = await freePorts(2);
      const at = (name: string, ownPort: number, peer: string): Program =>
        new Program(name, ['--name', name, '--wire', wire, '--bind', `${own}:${ownPort}`, '--peer', peer]);
      await using alice = at('alice', a, `bob=${peers}:${b}`);
      await using bob = at('bob', b, `alice=${peers}:${a}`);
      await Promise.all([alice.readyPort(), bob.readyPort()]);
      if (wire !== 'plain') await Promise.all([alice.tells(/^joined: bob/u), bob.tells(/^joined: alice/u)]);
      alice.say('from alice');
      await bob.hears('alice: from alice');
      bob.say('from bob');
      await alice.hears('bob: from bob');
      for (const { stderr } of [alice, bob])
        expect(stderr.lines.filter((line) => line.startsWith('joined: ')).length).toBe(
          wire === 'plain' ? 0 : 1,
        );
    }
  },
);
