/** The real relay, as a child process on loopback, between two sockets. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Program } from '../support/program.ts';
import { Can, RelayProgram, type RelayLine } from '../support/relay-program.ts';
import { untilTrue } from '../support/wait.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let files = '';
beforeAll(() => {
  files = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterAll(() => {
  rmSync(files, { recursive: true, force: true });
});

const texts = (count: number, name: string): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);

/** Both cans send `count` datagrams; resolves to the relay's last line, once it has decided on all of them. */
async function exchange(
  relay: RelayProgram,
  alice: Can,
  bob: Can,
  count: number,
  code = 0,
): Promise<RelayLine> {
  await Promise.all([
    alice.send(relay.port, ...texts(count, 'from alice')),
    bob.send(relay.port, ...texts(count, 'from bob')),
  ]);
  await relay.settled(count);
  relay.program.say('quit');
  const closed = await relay.line('closed');
  expect(await relay.program.exit()).toEqual({ code, signal: null });
  return closed;
}

/** Stops reading the relay's stdout while 10,000 datagrams cross: some 2 MB of log, more than a pipe holds. */
async function stallWhileMuchCrosses(relay: RelayProgram, alice: Can, bob: Can): Promise<void> {
  relay.program.process.stdout.pause();
  for (let round = 1; round <= 100; round += 1) {
    await alice.send(relay.port, ...texts(100, 'a'));
    await untilTrue(`round ${round} to arrive`, () => bob.heard.length === round * 100);
  }
}

test('the relay forwards both ways, and answers in order', async () => {
  await using alice = await Can.open();
  await using bob = await Can.open();
  await using relay = await RelayProgram.start(alice, bob);
  await alice.send(relay.port, ...texts(50, 'a'));
  await bob.send(relay.port, ...texts(50, 'b'));
  await untilTrue('all to arrive', () => alice.heard.length + bob.heard.length === 100);
  expect(bob.heard).toEqual(texts(50, 'a'));
  expect(alice.heard).toEqual(texts(50, 'b'));
  relay.program.say('counts', 'nonsense', '', '{"type":"counts","ref":"last"}');
  await relay.line('counts', ({ ref }) => ref === 'last');
  const answers = relay.program.stdout.lines.slice(3).map((line) => /"type":"([^"]+)"/.exec(line)?.[1]);
  expect(answers).toEqual(['counts', 'error', 'counts']);
  expect(relay.lines('counts')[0]).toMatchObject({
    directions: { 'alice>bob': { offered: 50, departed: 50 }, 'bob>alice': { offered: 50, departed: 50 } },
    strangers: 0,
    sendErrors: 0,
    unlogged: 0,
  });
});

test('the same seed and faults replay the same verdicts, and the counts account for each datagram', async () => {
  const faults = {
    both: { lossRate: 0.2, duplicateRate: 0.2, reorderRate: 0.1, corruptRate: 0.1, jitterMs: 5 },
    'bob>alice': { burstLoss: { enterRate: 0.05, leaveRate: 0.3 }, lossIndexes: [0, 17] },
  };
  const run = async (seed: number): Promise<{ log: readonly RelayLine[]; closed: RelayLine }> => {
    const path = join(files, `verdicts-${seed}`);
    await using alice = await Can.open();
    await using bob = await Can.open();
    const options = ['--seed', String(seed), '--faults', JSON.stringify(faults), '--verdicts', path];
    await using relay = await RelayProgram.start(alice, bob, ...options);
    const closed = await exchange(relay, alice, bob, 300);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const log = lines.map((line): RelayLine => JSON.parse(line));
    const left = log.filter(({ type }) => type === 'departed').length;
    await untilTrue('all that left to arrive', () => alice.heard.length + bob.heard.length === left);
    return { log, closed };
  };
  const [first, again, other] = [await run(7), await run(7), await run(8)];
  expect(verdictsOf(first.log)).toEqual(verdictsOf(again.log));
  expect(verdictsOf(first.log)).not.toEqual(verdictsOf(other.log));
  expect(verdictsOf(first.log)).toContain(
    '{"direction":"bob>alice","index":17,"fate":"dropped","cause":"listed"}',
  );
  for (const { closed } of [first, other]) {
    expect(closed).toMatchObject({ strangers: 0, unlogged: 0, sendErrors: 0 });
    expect(imbalances(closed)).toEqual([0, 0]);
  }
});

test('a partition keeps everything out as long as it lasts, and its end is told', async () => {
  await using alice = await Can.open();
  await using bob = await Can.open();
  await using relay = await RelayProgram.start(alice, bob);
  await relay.ask({ type: 'impair', faults: { blackholes: [{ fromMs: 0, untilMs: 300 }] } }, 'faults');
  await alice.send(relay.port, 'into the dark');
  await relay.line('blackhole-ended', ({ direction }) => direction === 'alice>bob');
  await alice.send(relay.port, 'into the light');
  await untilTrue('bob to hear something', () => bob.heard.length > 0);
  expect(bob.heard).toEqual(['into the light']);
  const [began] = relay.lines('blackhole-began');
  const [ended] = relay.lines('blackhole-ended');
  expect(Number(ended?.['atMs']) - Number(began?.['atMs'])).toBeGreaterThanOrEqual(300);
});

test('a node is known by its address, whatever way that was written', async () => {
  await using alice = await Can.open(0, '::1');
  await using bob = await Can.open();
  const hosts = { alice: '[0::1]', bob: '[::FFFF:127.0.0.1]', bind: '[0::0]' };
  const capture = join(files, 'written-otherwise');
  await using relay = await RelayProgram.startBetween({ alice, bob }, hosts, '--pcapng', capture);
  await alice.send(relay.port, 'over IPv6');
  await bob.send(relay.port, 'over IPv4');
  await untilTrue('both to hear', () => alice.heard.length + bob.heard.length === 2);
  expect(await exchange(relay, alice, bob, 1)).toMatchObject({ strangers: 0, uncaptured: 0 });
});

test('a stranger gets nothing through the relay, and no answer', async () => {
  await using alice = await Can.open();
  await using bob = await Can.open();
  await using stranger = await Can.open();
  await using relay = await RelayProgram.start(alice, bob);
  await stranger.send(relay.port, 'let me in');
  await alice.send(relay.port, 'hi');
  await untilTrue('bob to hear alice', () => bob.heard.length > 0);
  expect(bob.heard).toEqual(['hi']);
  expect(await relay.ask({ type: 'counts' }, 'counts')).toMatchObject({ strangers: 1 });
  expect(stranger.heard).toEqual([]);
});

test('a reader of the stdout that stalls does not hold up one datagram', async () => {
  await using alice = await Can.open();
  await using bob = await Can.open();
  await using relay = await RelayProgram.start(alice, bob, '--verdicts', '-');
  await stallWhileMuchCrosses(relay, alice, bob);
  relay.program.process.stdout.resume();
  const closed = await exchange(relay, alice, bob, 0);
  expect(closed).toMatchObject({ unlogged: 0 });
  expect(relay.lines('verdict')).toHaveLength(10_000);
  expect(relay.lines('departed')).toHaveLength(10_000);
});

test.each(['--verdicts', '--pcapng'])(
  'a file for %s that can not be written is told of once, and all that is not in it is counted; the rest goes on',
  async (option) => {
    await using alice = await Can.open();
    await using bob = await Can.open();
    await using relay = await RelayProgram.start(alice, bob, option, '/dev/full');
    await alice.send(relay.port, 'one');
    await relay.line('warning', ({ code }) => code === 'write-failed');
    await alice.send(relay.port, 'two');
    await untilTrue('bob to hear both', () => bob.heard.length === 2);
    // Two datagrams that came and left.
    expect(await exchange(relay, alice, bob, 0, 4)).toMatchObject({
      unlogged: option === '--verdicts' ? 4 : 0,
      uncaptured: option === '--pcapng' ? 4 : 0,
    });
    expect(relay.lines('warning')).toHaveLength(1);
  },
);

test('a capture ends at its bound with a warning, whole, and what is not in it is counted', async () => {
  await using alice = await Can.open();
  await using bob = await Can.open();
  const path = join(files, 'bounded.pcapng');
  await using relay = await RelayProgram.start(alice, bob, '--pcapng', path, '--pcapng-max', '1');
  const big = 'x'.repeat(10_000);
  for (let count = 1; count <= 60; count += 1) {
    await alice.send(relay.port, big);
    await untilTrue('bob to hear it', () => bob.heard.length === count);
  }
  await relay.line('warning', ({ message }) =>
    String(message).includes('the capture is full (1 MB, --pcapng-max)'),
  );
  const { uncaptured } = await exchange(relay, alice, bob, 0);
  const bytes = readFileSync(path);
  expect(bytes.length).toBeGreaterThan(1_000_000);
  expect(bytes.length).toBeLessThan(1_020_000);
  const packets = packetsIn(bytes);
  expect(packets + Number(uncaptured)).toBe(2 * 60);
  expect(packets).toBeLessThan(2 * 60);
});

test.each(['--verdicts', '--pcapng'])(
  'a pipe for %s that nobody reads is told in one line, instead of waiting for ever',
  async (option) => {
    const pipe = join(files, `pipe-${option}`);
    execFileSync('mkfifo', [pipe]);
    const between = ['--between', 'alice=127.0.0.1:1', '--between', 'bob=127.0.0.1:2'];
    await using refused = new Program('relay', ['relay', ...between, '--bind', '127.0.0.1:0', option, pipe]);
    expect(await refused.exit()).toEqual({ code: 2, signal: null });
    expect(refused.stderr.lines).toEqual([
      `tincan: can not write the file "${pipe}" (ENXIO: nobody reads this pipe); check ${option}`,
    ]);

    // With a reader, all of it comes through.
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
    const read = buffer(reader.stdout);
    await using alice = await Can.open();
    await using bob = await Can.open();
    await using relay = await RelayProgram.start(alice, bob, option, pipe);
    await alice.send(relay.port, 'one');
    await untilTrue('bob to hear it', () => bob.heard.length === 1);
    expect(await exchange(relay, alice, bob, 0)).toMatchObject({ unlogged: 0, uncaptured: 0 });
    expect((await read).length).toBeGreaterThan(100);
  },
);

test.each([
  [
    'stdout',
    '>/dev/full',
    "can't write to stdout, so this relay leaves: ENOSPC: no space left on device, write",
  ],
  ['stdin', '0>/dev/null', "can't read stdin: EBADF: bad file descriptor, read"],
])(
  'a %s that fails ends the relay, which names it on stderr and is exit 4',
  async (_, redirected, message) => {
    const args = 'relay --between alice=127.0.0.1:1 --between bob=127.0.0.1:2 --bind 127.0.0.1:0';
    const env = { tincan: `${process.execPath} ${MAIN} ${args}` };
    await using relay = new Program('relay', [`exec $tincan ${redirected}`], {
      node: 'sh',
      script: '-c',
      env,
    });
    expect(await relay.exit()).toEqual({ code: 4, signal: null });
    expect(relay.stderr.lines).toEqual([`tincan: ${message}`]);
  },
);

test('a reader of the stdout that stalls does not keep the relay from ending', async () => {
  await using alice = await Can.open();
  await using bob = await Can.open();
  await using relay = await RelayProgram.start(alice, bob, '--verdicts', '-');
  await stallWhileMuchCrosses(relay, alice, bob);
  const exit = once(relay.program.process, 'exit');
  relay.program.process.kill('SIGTERM');
  await exit;
});

test('the end of input ends the relay, unless it is to stay; then a signal does', async () => {
  await using alice = await Can.open();
  await using bob = await Can.open();
  await using leaving = await RelayProgram.start(alice, bob);
  // A last line without an end is a line.
  leaving.program.process.stdin.end('counts');
  expect(await leaving.program.exit()).toEqual({ code: 0, signal: null });
  expect(leaving.lines('counts')).toHaveLength(1);
  expect(leaving.lines('closed')).toHaveLength(1);

  await using staying = await RelayProgram.start(alice, bob, '--stay');
  staying.program.endInput();
  await alice.send(staying.port, 'still there?');
  await untilTrue('bob to hear it', () => bob.heard.length > 0);
  staying.program.process.kill('SIGTERM');
  expect(await staying.program.exit()).toEqual({ code: 0, signal: null });
  expect(staying.lines('closed')).toHaveLength(1);
});

test('each mistake in the set-up of a relay is told in one line, and is exit 2', async () => {
  await using taken = await Can.open();
  const plan = join(files, 'plan');
  writeFileSync(plan, '{"both":{"lossRate":20}}');
  const between = ['--between', 'alice=127.0.0.1:1', '--between', 'bob=127.0.0.1:2'];
  const mistakes = [
    [
      ['--bind', `127.0.0.1:${taken.port}`],
      `port ${taken.port} is taken (127.0.0.1:${taken.port}); give another with --bind`,
    ],
    [['--faults', plan], 'bad --faults: lossRate is a share from 0 to 1, not 20'],
    [
      ['--faults', join(files, 'missing')],
      `can not read the file "${join(files, 'missing')}" (ENOENT); check --faults`,
    ],
    [['--verdicts', files], `can not write the file "${files}" (EISDIR); check --verdicts`],
    [
      ['--pcapng', join(files, 'no', 'x')],
      `can not write the file "${join(files, 'no', 'x')}" (ENOENT); check --pcapng`,
    ],
  ] as const;
  const onDirectory = `exec ${process.execPath} ${MAIN} relay ${between.join(' ')} </`;
  await using misled = new Program('relay', [onDirectory], { node: 'sh', script: '-c' });
  expect(await misled.exit()).toEqual({ code: 2, signal: null });
  expect(misled.stderr.lines).toEqual([expect.stringMatching(/^tincan: stdin is a directory/u)]);
  for (const [options, message] of mistakes) {
    await using program = new Program('relay', ['relay', ...between, '--bind', '127.0.0.1:0', ...options]);
    expect(await program.exit()).toEqual({ code: 2, signal: null });
    expect(program.stderr.lines).toEqual([`tincan: ${message}`]);
    expect(program.stdout.lines).toEqual([]);
  }
});

/** The packets in a capture, whose last block must be whole. */
function packetsIn(pcapng: Buffer): number {
  let packets = 0;
  let offset = 0;
  while (offset < pcapng.length) {
    if (pcapng.readUInt32LE(offset) === ENHANCED_PACKET) packets += 1;
    offset += pcapng.readUInt32LE(offset + 4);
  }
  expect(offset).toBe(pcapng.length);
  return packets;
}

const ENHANCED_PACKET = 6;

/** What does not depend on time, in one order. */
function verdictsOf(log: readonly RelayLine[]): string[] {
  return log
    .filter(({ type }) => type === 'verdict')
    .map(({ direction, index, fate, cause, duplicated, held, corrupted }) =>
      JSON.stringify({ direction, index, fate, cause, duplicated, held, corrupted }),
    )
    .toSorted();
}

/** For each direction what went in less what came out: 0 where nothing is unaccounted for. */
function imbalances({ directions }: RelayLine): number[] {
  return Object.values(asRecord(directions)).map((direction) => {
    const { offered, duplicated, departed, queued, dropped } = asRecord(direction);
    const lost = Object.values(asRecord(dropped)).reduce((sum: number, count) => sum + Number(count), 0);
    return Number(offered) + Number(duplicated) - Number(departed) - Number(queued) - lost;
  });
}

function asRecord(value: unknown): RelayLine {
  if (typeof value !== 'object' || value === null) throw new Error(`${JSON.stringify(value)} is no object`);
  return { ...value };
}
