/** `--state` on disks that fail, in the real program: one clear line, nothing told that is not kept, and the next start goes on. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePorts } from '../support/ports.ts';
import { Program } from '../support/program.ts';
import { SmallDisk, whyNoDisk } from '../support/small-disk.ts';

/** A state without a chat takes 100 KiB. */
const smallSize = '512k';
const lines = 2_000;
const filler = '.'.repeat(400);

interface JsonEvent {
  readonly type: string;
  readonly seq?: number;
  readonly text?: string;
  readonly again?: true;
  readonly code?: string;
  readonly said?: number;
  readonly message?: string;
}

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

function args(name: string, port: number, peerPort: number, directory?: string): string[] {
  const addresses = ['--bind', `127.0.0.1:${port}`, '--peer', `127.0.0.1:${peerPort}`];
  const state = directory === undefined ? [] : ['--state', directory];
  return ['--name', name, '--format', 'json', '--stay', ...addresses, ...state];
}

const says = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `{"type":"say","text":"${from + at} ${filler}"}`);

function eventsOf(...programs: readonly Program[]): readonly JsonEvent[] {
  return programs.flatMap(({ stdout }) => stdout.lines.map((line): JsonEvent => JSON.parse(line)));
}

function seqsOf(type: string, ...programs: readonly Program[]): readonly (number | undefined)[] {
  return eventsOf(...programs)
    .filter((event) => event.type === type)
    .map(({ seq }) => seq);
}

/** Each line once and in order; what comes again says so. */
function expectAll(heard: readonly JsonEvent[]): void {
  const messages = heard.filter(({ type }) => type === 'message');
  const first = messages.filter(
    ({ text }, index) => messages.findIndex((other) => other.text === text) === index,
  );
  expect(first.map(({ text }) => text)).toEqual(
    Array.from({ length: lines }, (_, index) => `${index + 1} ${filler}`),
  );
  expect(messages.filter((message) => !first.includes(message) && message.again === undefined)).toEqual([]);
}

function isOver({ stdout }: Program): true | undefined {
  return stdout.lines.at(-1)?.startsWith('{"type":"closed"') === true ? true : undefined;
}

/** The line that tells of it, and the end. */
function expectOneLine(program: Program): void {
  const events = eventsOf(program);
  const errors = events.filter(({ type }) => type === 'error');
  expect(errors.map(({ code }) => code)).toEqual(['state-failed']);
  expect(errors[0]?.message).toMatch(/^the state can not be written \(.*\)/);
  expect(events.at(-1)?.type).toBe('closed');
}

const lack = whyNoDisk();
const onSmallDisk = lack === undefined ? test : test.skip;
const reason = lack === undefined ? '' : ` (not here: ${lack})`;

onSmallDisk(
  `a full disk ends a receiver; its sender was told of no line that it had not taken${reason}`,
  async () => {
    const [a = 0, b = 0] = await freePorts(2);
    const directory = join(parent, 'bob');
    mkdirSync(directory, { mode: 0o700 });
    await using disk = await SmallDisk.mount(directory, smallSize);
    await using alice = new Program('alice', args('alice', a, b));
    await using full = disk.run('bob', args('bob', b, a, directory));
    alice.say(...says(1, lines));
    expect(await full.exit()).toEqual({ code: 4, signal: null });
    expectOneLine(full);
    const shown = new Set(seqsOf('message', full));
    expect(shown.size).toBeLessThan(lines);
    expect(seqsOf('delivered', alice).filter((seq) => !shown.has(seq))).toEqual([]);
    disk.remount('size=16m');
    await using roomy = disk.run('bob', args('bob', b, a, directory));
    await alice.hears(new RegExp(`"type":"delivered","seq":${lines},`));
    expectAll(eventsOf(full, roomy));
  },
);

onSmallDisk(
  `a full disk ends a sender; what it had told of is in its log, and its script goes on from there${reason}`,
  async () => {
    const [a = 0, b = 0] = await freePorts(2);
    const directory = join(parent, 'alice');
    mkdirSync(directory, { mode: 0o700 });
    await using disk = await SmallDisk.mount(directory, smallSize);
    await using bob = new Program('bob', args('bob', b, a));
    await using full = disk.run('alice', args('alice', a, b, directory));
    // One after the other, so that the disk is full between the keeping of a line and what is told of the next one.
    for (let line = 1; !isOver(full); line += 1) {
      full.say(...says(line, line));
      await full.stdout.until(
        `line ${line} to be sent, or the end`,
        () => isOver(full) || full.stdout.lines.at(-1)?.includes(`"seq":${line}`) || undefined,
        [full.stderr],
      );
    }
    const { code } = await full.exit();
    expect([3, 4]).toContain(code);
    expectOneLine(full);
    disk.remount('size=16m');
    await using roomy = disk.run('alice', args('alice', a, b, directory));
    roomy.say('{"type":"status"}');
    await roomy.hears(/"type":"status"/);
    const said = eventsOf(roomy).find(({ type }) => type === 'status')?.said ?? 0;
    expect(said).toBeLessThan(lines);
    expect(Math.max(0, ...seqsOf('sent', full).map(Number))).toBeLessThanOrEqual(said);
    roomy.say(...says(said + 1, lines));
    await roomy.hears(new RegExp(`"type":"delivered","seq":${lines},`));
    expectAll(eventsOf(bob));
  },
);

onSmallDisk(
  `a read-only disk is told in one line, and is exit 2; once it can be written the node goes on${reason}`,
  async () => {
    const [a = 0, b = 0] = await freePorts(2);
    const directory = join(parent, 'alice');
    mkdirSync(directory, { mode: 0o700 });
    await using disk = await SmallDisk.mount(directory, '8m');
    {
      await using first = disk.run('alice', args('alice', a, b, directory));
      first.say('{"type":"say","text":"hi"}', '{"type":"status"}');
      await first.hears(/"type":"status".*"said":1/);
      await killed(first);
    }
    disk.remount('ro');
    await using unable = disk.run('alice', args('alice', a, b, directory));
    expect(await unable.exit()).toEqual({ code: 2, signal: null });
    expect(unable.stderr.lines).toEqual([
      `tincan: can not keep state in "${directory}" (EROFS); check --state`,
    ]);
    disk.remount('rw');
    await using bob = new Program('bob', args('bob', b, a));
    await using again = disk.run('alice', args('alice', a, b, directory));
    await again.hears(/"type":"delivered","seq":1,/);
    await bob.hears(/"text":"hi"/);
  },
);

test('a file that can not be written any more while the node runs ends it; the line that it could not keep comes again, unheard of', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const directory = join(parent, 'bob');
  await using alice = new Program('alice', args('alice', a, b));
  await using bob = new Program('bob', args('bob', b, a, directory));
  alice.say('{"type":"say","text":"one"}');
  await alice.hears(/"type":"delivered","seq":1,/);
  // From now on each write of the process fails, as one to a disk that has gone does.
  const limited = spawnSync('prlimit', ['--pid', String(bob.process.pid), '--fsize=0']);
  expect(limited.status).toBe(0);
  alice.say('{"type":"say","text":"two"}');
  expect(await bob.exit()).toEqual({ code: 4, signal: null });
  expectOneLine(bob);
  expect(seqsOf('message', bob)).toEqual([1]);
  expect(seqsOf('delivered', alice)).toEqual([1]);
  await using later = new Program('bob', args('bob', b, a, directory));
  await alice.hears(/"type":"delivered","seq":2,/);
  expect(eventsOf(later).filter(({ type }) => type === 'message')).toMatchObject([{ text: 'two', seq: 2 }]);
});

test('a directory that was put back from an older copy is noticed, what is lost is told, and no line is taken for another', async () => {
  const [a = 0, b = 0] = await freePorts(2);
  const directory = join(parent, 'alice');
  await using bobs = new AsyncDisposableStack();
  const startBob = (): Program => bobs.use(new Program('bob', args('bob', b, a, join(parent, 'bob'))));
  const live = async (from: string, act: (program: Program) => Promise<void>): Promise<void> => {
    await using program = new Program('alice', args('alice', a, b, from));
    await act(program);
    await killed(program);
  };
  const bob = startBob();
  await live(directory, async (alice) => {
    alice.say('{"type":"say","text":"one"}');
    await alice.hears(/"type":"delivered","seq":1,/);
  });
  cpSync(directory, join(parent, 'copy'), { recursive: true });
  await live(directory, async (alice) => {
    alice.say('{"type":"say","text":"two"}', '{"type":"say","text":"three"}');
    await alice.hears(/"type":"delivered","seq":3,/);
  });
  await killed(bob);
  const bobAgain = await (async (): Promise<Program> => {
    await using alice = new Program('alice', args('alice', a, b, join(parent, 'copy')));
    alice.say('{"type":"say","text":"zwei","ref":"z"}', '{"type":"status"}');
    await alice.hears(/"type":"status"/);
    const later = startBob();
    await alice.hears(/"code":"state-older"/);
    await alice.hears(/"type":"undelivered","ref":"z"/);
    alice.say('{"type":"say","text":"anew"}');
    await alice.hears(/"type":"delivered"/);
    return later;
  })();
  expect(eventsOf(bobAgain).filter(({ code }) => code === 'new-session')).toHaveLength(1);
  const texts = eventsOf(bob, bobAgain).flatMap(({ type, text = '' }) => (type === 'message' ? [text] : []));
  expect(texts).toEqual(['one', 'two', 'three', 'anew']);
});

async function killed(program: Program): Promise<void> {
  program.process.kill('SIGKILL');
  await program.exit();
}
