/** Files through the real program in a shell's pipe: what its exit code promises, and who waits for whom. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePorts } from '../support/ports.ts';
import { Program } from '../support/program.ts';
import { until, untilTrue } from '../support/wait.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let files = '';
beforeAll(() => {
  files = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterAll(() => {
  rmSync(files, { recursive: true, force: true });
});

/** A shell that runs `line`, in which `$tincan` is the program with these arguments. */
function shell(line: string, args: string, variables: Readonly<Record<string, string>> = {}): Program {
  const env = { tincan: `${process.execPath} ${MAIN} ${args}`, ...variables };
  return new Program('sh', [line], { node: 'sh', script: '-c', env });
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(files, name);
  writeFileSync(path, content);
  return path;
}

/** Lines of all lengths, the longest ones cut into many packets; some are empty. */
const LINES = Array.from({ length: 3_000 }, (_, index) =>
  index % 50 === 49
    ? ''
    : `${index} ${'ö🥫 '.repeat(index % 40)}${'x'.repeat(index % 500 === 0 ? 20_000 : 0)}`,
);
const CONTENT = `${LINES.join('\n')}\n`;

test('after cat FILE | tincan --peer …, exit 0 says that the file is at the other end, byte by byte', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const heard = join(files, 'heard');
  await using bob = shell('exec $tincan </dev/null >"$heard"', `--bind 127.0.0.1:${b} --stay --format raw`, {
    heard,
  });
  await bob.readyPort();
  const said = file('said', CONTENT);
  await using alice = shell('cat "$said" | $tincan', `--bind 127.0.0.1:${a} --peer bob=127.0.0.1:${b}`, {
    said,
  });
  expect(await alice.exit()).toEqual({ code: 0, signal: null });
  // Without a wait: it was there before the exit.
  expect(readFileSync(heard, 'utf8') === CONTENT).toBe(true);
});

test('cat FILE | tincan with nobody at the other end is exit 3, with the count of the lines on stderr', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using alice = shell(
    `printf 'one\\ntwo\\n\\nfour' | $tincan`,
    `--bind 127.0.0.1:${a} --peer bob=127.0.0.1:${b} --drain-timeout 0.2`,
  );
  expect(await alice.exit()).toEqual({ code: 3, signal: null });
  expect(alice.stderr.lines.at(-1)).toBe('undelivered: 4');
});

test('lines that can not be said at all count as undelivered, too', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using bob = shell('exec $tincan </dev/null', `--bind 127.0.0.1:${b} --stay`);
  await bob.readyPort();
  const said = file(
    'bad',
    Buffer.concat([Buffer.from('good\n'), Buffer.of(0xff, 0x0a), Buffer.from('good, too\n')]),
  );
  await using alice = shell(
    'cat "$said" | $tincan',
    `--name alice --bind 127.0.0.1:${a} --peer bob=127.0.0.1:${b}`,
    { said },
  );
  expect(await alice.exit()).toEqual({ code: 3, signal: null });
  expect(alice.stderr.lines.at(-1)).toBe('undelivered: 1');
  expect(bob.stdout.lines).toEqual(['alice: good', 'alice: good, too']);
});

/** Two nodes on wire tincan; bob's stdout is not read until it is resumed. */
async function aliceAndStalledBob(more: readonly string[]) {
  const [a = 0, b = 0] = await freePorts(2);
  const bob = new Program('bob', ['--name', 'bob', '--bind', `127.0.0.1:${b}`, '--format', 'raw', '--stay']);
  bob.process.stdout.pause();
  await bob.readyPort();
  const target = ['--peer', `bob=127.0.0.1:${b}`];
  const alice = new Program('alice', ['--name', 'alice', '--bind', `127.0.0.1:${a}`, ...target, ...more]);
  return { alice, bob };
}

/** Writes piece by piece, so that what is not read can be told to the last few. */
function feed({ process: { stdin } }: Program, text: string): void {
  const pieceLength = 16_384;
  for (let start = 0; start < text.length; start += pieceLength)
    stdin.write(text.slice(start, start + pieceLength));
  stdin.end();
}

/** Resolves once the writer of this program's stdin has to wait, and nothing else that is asked for goes on. Gives what is not read. */
async function untilInputStands(
  { process: { stdin } }: Program,
  goesOn: () => number = () => 0,
): Promise<number> {
  let before = '';
  let stood = 0;
  return until('the input to stand still', async () => {
    const now = `${stdin.writableLength} ${goesOn()}`;
    stood = now === before ? stood + 1 : 0;
    before = now;
    await pause(200);
    return stood >= 4 ? stdin.writableLength : undefined;
  });
}

test('while a reader stalls there are no receipts and the sender`s input waits, and nothing is lost once it reads on', async () => {
  const { alice, bob } = await aliceAndStalledBob(['--format', 'json']);
  await using _ = alice;
  await using __ = bob;
  const text = 'x'.repeat(2_000);
  const count = 4_000;
  const input = Array.from({ length: count }, (___, ref) =>
    JSON.stringify({ type: 'say', text: `${ref} ${text}`, ref }),
  );
  const bytes = Buffer.byteLength(input.join('\n'));
  feed(alice, `${input.join('\n')}\n`);
  const unreadBytes = await untilInputStands(alice);
  // It has taken in what it may keep for bob, a megabyte or two, and left the rest where it was.
  expect(unreadBytes).toBeGreaterThan(bytes / 2);
  const delivered = () => alice.stdout.lines.filter((line) => line.startsWith('{"type":"delivered"')).length;
  const before = delivered();
  expect(before).toBeLessThan(count / 4);
  bob.process.stdout.resume();
  expect(await alice.exit()).toEqual({ code: 0, signal: null });
  expect(delivered()).toBe(count);
  const isWhole = bob.stdout.lines.every((line, index) => line === `${index} ${text}`);
  expect({ isWhole, lines: bob.stdout.lines.length }).toEqual({ isWhole: true, lines: count });
});

test('while a reader stalls and lines to say wait, status is answered and quit ends the sender in the drain timeout', async () => {
  const { alice, bob } = await aliceAndStalledBob(['--format', 'json', '--drain-timeout', '1']);
  await using _ = alice;
  await using __ = bob;
  const count = 800;
  const text = 'x'.repeat(2_000);
  for (let ref = 0; ref < count; ref += 1) alice.say(JSON.stringify({ type: 'say', text, ref }));
  alice.say('{"type":"status"}');
  await alice.hears(/"type":"status"/);
  alice.say('{"type":"quit"}');
  expect(await alice.exit()).toEqual({ code: 3, signal: null });
  const told = alice.stdout.lines.map((line): { type: string; undelivered?: number } => JSON.parse(line));
  const delivered = told.filter(({ type }) => type === 'delivered').length;
  expect(told.at(-1)).toEqual({ type: 'closed', undelivered: count - delivered });
  expect(told.some(({ type }) => type === 'warning')).toBe(true);
});

test('when a reader is killed, the sender ends with exit 3, and delivered and undelivered lines add up to those of the file', async () => {
  const { alice, bob } = await aliceAndStalledBob(['--format', 'json', '--drain-timeout', '0.2']);
  await using _ = alice;
  await using __ = bob;
  const count = 400;
  const input = Array.from({ length: count }, (___, ref) =>
    JSON.stringify({ type: 'say', text: 'x'.repeat(2_000), ref }),
  );
  alice.process.stdin.end(`${input.join('\n')}\n`);
  await alice.hears(/"type":"delivered"/);
  bob.process.kill('SIGKILL');
  expect(await alice.exit()).toEqual({ code: 3, signal: null });
  const refs = (type: string): unknown[] =>
    alice.stdout.lines
      .map((line): { type: string; ref?: unknown } => JSON.parse(line))
      .filter((event) => event.type === type)
      .map(({ ref }) => ref);
  const undelivered = refs('undelivered');
  expect(undelivered.length).toBeGreaterThan(0);
  expect([...refs('delivered'), ...undelivered]).toEqual(Array.from({ length: count }, (___, ref) => ref));
  expect(alice.stderr.lines).toEqual([`undelivered: ${undelivered.length}`]);
});

test('while our own output stalls, lines to say wait, so that what becomes of them can not fill the memory', async () => {
  const { alice, bob } = await aliceAndStalledBob(['--format', 'json']);
  await using _ = alice;
  await using __ = bob;
  bob.process.stdout.resume();
  await alice.hears(/"type":"peer-joined"/);
  alice.process.stdout.pause();
  const count = 40_000;
  feed(alice, `${JSON.stringify({ type: 'say', text: 'x'.repeat(100) })}\n`.repeat(count));
  expect(await untilInputStands(alice, () => bob.stdout.lines.length)).toBeGreaterThan(0);
  alice.process.stdout.resume();
  expect(await alice.exit()).toEqual({ code: 0, signal: null });
  expect(alice.stdout.lines.filter((line) => line.startsWith('{"type":"delivered"')).length).toBe(count);
});

test('while our own output stalls, input waits, so that answers can not fill the memory', async () => {
  const [a = 0] = await freePorts(1);
  await using alice = new Program('alice', ['--bind', `127.0.0.1:${a}`, '--format', 'json']);
  await alice.hears(/"type":"ready"/);
  alice.process.stdout.pause();
  const count = 3_000;
  // Questions much longer than their answers, which fill the pipe of stdout long before all are asked.
  const padding = 'x'.repeat(1_000);
  feed(alice, `nonsense ${padding}\n{"type":"status","unknown":"${padding}"}\n`.repeat(count));
  const unreadBytes = await untilInputStands(alice);
  expect(unreadBytes).toBeGreaterThan(0);
  alice.process.stdout.resume();
  const answers = (type: string) =>
    alice.stdout.lines.filter((line) => line.startsWith(`{"type":"${type}"`)).length;
  await untilTrue(
    'all answers',
    () => answers('status') === count && answers('error') === count,
    () => alice.stdout.tail(),
  );
  expect(await alice.exit()).toEqual({ code: 0, signal: null });
});

test.each([
  ['that stays, with its input at an end', '--stay', '</dev/null'],
  ['whose input is open', '', ''],
])('a node %s leaves when its stdout is full, says so, and is exit 4', async (_, more, input) => {
  const [a = 0, b = 0] = await freePorts(2);
  await using bob = shell(`exec $tincan ${input} >/dev/full`, `--bind 127.0.0.1:${b} ${more}`);
  await bob.readyPort();
  await using alice = shell('exec $tincan', `--bind 127.0.0.1:${a} --peer bob=127.0.0.1:${b}`);
  alice.say('hello');
  expect(await bob.exit()).toEqual({ code: 4, signal: null });
  expect(bob.stderr.lines).toContainEqual(
    expect.stringMatching(/^warning: can't write to stdout, so this node leaves: ENOSPC/u),
  );
});

test('a reader of stdout that has gone is exit 4, also where the first event can not be written', async () => {
  await using alice = shell('exec $tincan >/dev/full', '--bind 127.0.0.1:0 --format json');
  expect(await alice.exit()).toEqual({ code: 4, signal: null });
  const reader = '(head -1; exec <&-; echo the reader has gone >&2)';
  await using bob = shell(`$tincan | ${reader}`, '--bind 127.0.0.1:0 --format json');
  await bob.tells(/^the reader has gone$/);
  bob.say('{"type":"status"}');
  expect(await bob.exit()).toEqual({ code: 0, signal: null });
  expect(bob.stderr.lines.at(-1)).toBe("warning: can't write to stdout, so this node leaves: write EPIPE");
});

test('an stdin that can not be read is named, and is exit 4', async () => {
  const stdin = file('write-only', '');
  await using alice = shell('exec $tincan 0>"$stdin"', '--bind 127.0.0.1:0 --format json', { stdin });
  expect(await alice.exit()).toEqual({ code: 4, signal: null });
  expect(alice.stderr.lines).toEqual([expect.stringMatching(/^warning: can't read stdin: EBADF/u)]);
  expect(alice.stdout.lines.map((line): { code?: string } => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ type: 'warning', code: 'stdin-failed' }),
  );
});

test('a directory as stdin is told in one line, and is exit 2', async () => {
  await using alice = shell('exec $tincan <.', '--bind 127.0.0.1:0');
  expect(await alice.exit()).toEqual({ code: 2, signal: null });
  expect(alice.stderr.lines).toEqual([
    'tincan: stdin is a directory, so there is nothing to read; give a file, a pipe or /dev/null',
  ]);
});

test('a full stderr is exit 4, and every line is delivered all the same', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  await using bob = shell('exec $tincan </dev/null', `--bind 127.0.0.1:${b} --stay --format raw`);
  await bob.readyPort();
  await using alice = shell(
    'echo hi | $tincan 2>/dev/full',
    `--bind 127.0.0.1:${a} --peer bob=127.0.0.1:${b}`,
  );
  expect(await alice.exit()).toEqual({ code: 4, signal: null });
  expect(bob.stdout.lines).toEqual(['hi']);
});

test.each(['--help', '--version', 'help relay'])(
  '%s into a full disk is told, and is exit 4',
  async (args) => {
    await using program = shell('exec $tincan >/dev/full', args);
    expect(await program.exit()).toEqual({ code: 4, signal: null });
    expect(program.stderr.lines).toEqual([expect.stringMatching(/^tincan: can't write to stdout: ENOSPC/u)]);
  },
);

test('a status into a full disk is told, and is exit 4', async () => {
  await using alice = new Program('alice', ['--bind', '127.0.0.1:0']);
  await alice.readyPort();
  await using status = shell('XDG_RUNTIME_DIR=$runtime; exec $tincan >/dev/full', 'status', {
    runtime: alice.runtimeDirectory,
  });
  expect(await status.exit()).toEqual({ code: 4, signal: null });
});
