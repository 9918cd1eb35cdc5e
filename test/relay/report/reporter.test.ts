import { expect, test } from '@jest/globals';
import { Capture } from '../../../src/relay/report/capture.ts';
import type { DatagramVerdict } from '../../../src/relay/model/direction.ts';
import { unimpaired } from '../../../src/relay/model/impairment.ts';
import { watchMaxPerSecond } from '../../../src/relay/model/limits.ts';
import type { Event } from '../../../src/relay/model/messages.ts';
import { Reporter, jsonFormat, textFormat } from '../../../src/relay/report/reporter.ts';
import type { Outlet } from '../../../src/relay/report/writer.ts';

class FakeOutlet implements Outlet {
  hasRoom = true;
  readonly chunks: Uint8Array[] = [];
  readonly #batch: Uint8Array[] = [];

  write(chunk: string | Uint8Array): void {
    this.#batch.push(Buffer.from(chunk));
  }

  flush(): void {
    this.chunks.push(...this.#batch.splice(0));
  }

  get lines(): unknown[] {
    const lines = Buffer.concat(this.chunks).toString().split('\n').slice(0, -1);
    return lines.map((line): unknown => JSON.parse(line));
  }
}

const alice = { ip: '10.0.0.2', port: 5000 };
const bob = { ip: '10.1.0.3', port: 5000 };
const crossing = {
  direction: 'alice>bob',
  atMs: 1.234_567,
  from: alice,
  to: bob,
  bytes: new Uint8Array(4),
} as const;
const passed = (
  index: number,
  faults: {
    readonly duplicated?: true;
    readonly held?: true;
    readonly corrupted?: true;
    readonly truncatedTo?: number;
  } = {},
): DatagramVerdict => ({
  type: 'passed',
  index,
  duplicated: false,
  held: false,
  corrupted: false,
  ...faults,
});
const entered = (index: number): Event => ({ type: 'verdict', crossing, verdict: passed(index) });

function reporter({ log = new FakeOutlet(), captureOutlet = new FakeOutlet() } = {}) {
  const stdout = new FakeOutlet();
  const capture = new Capture({
    outlet: captureOutlet,
    directions: ['alice>bob', 'bob>alice'],
    seed: 7,
    shownTime: (atMs) => 1_000 + atMs,
    maxBytes: Infinity,
    onFull: () => {},
  });
  const hostCounts = () => ({ kernelDrops: 5, sendErrors: 6 });
  return {
    stdout,
    log,
    captureOutlet,
    reporter: new Reporter({ stdout, verdicts: log, capture, format: jsonFormat, hostCounts, prompt: '' }),
  };
}

const counts: Event = { type: 'counts', ref: 'r', atMs: 2, counts: { directions: {}, strangers: 4 } };

test('verdicts go to the log, the rest to stdout, and each is handed over at once', () => {
  const { stdout, log, reporter: told } = reporter();
  told.tell([
    { type: 'verdict', crossing, verdict: { type: 'dropped', index: 0, cause: 'burst' } },
    { type: 'verdict', crossing, verdict: passed(1, { held: true, corrupted: true, truncatedTo: 0 }) },
    { type: 'departed', crossing, verdict: passed(1), copy: 1, afterMs: 3 },
    counts,
  ]);
  expect(log.lines).toEqual([
    {
      type: 'verdict',
      direction: 'alice>bob',
      index: 0,
      bytes: 4,
      atMs: 1.235,
      fate: 'dropped',
      cause: 'burst',
    },
    {
      type: 'verdict',
      direction: 'alice>bob',
      index: 1,
      bytes: 4,
      atMs: 1.235,
      fate: 'passed',
      held: true,
      corrupted: true,
      truncatedTo: 0,
    },
    { type: 'departed', direction: 'alice>bob', index: 1, copy: 1, atMs: 1.235 },
  ]);
  expect(stdout.lines).toEqual([
    {
      type: 'counts',
      ref: 'r',
      atMs: 2,
      directions: {},
      strangers: 4,
      kernelDrops: 5,
      sendErrors: 6,
      unlogged: 0,
      uncaptured: 0,
    },
  ]);
});

test('lines that the log has no room for are counted, and their gap is marked where it is', () => {
  const { stdout, log, reporter: told } = reporter();
  told.tell([entered(0)]);
  log.hasRoom = false;
  told.tell([entered(1), entered(2)]);
  log.hasRoom = true;
  told.tell([entered(3), entered(4), counts]);
  expect(log.lines).toMatchObject([
    { type: 'verdict', index: 0 },
    { type: 'log-gap', lost: 2 },
    { type: 'verdict', index: 3 },
    { type: 'verdict', index: 4 },
  ]);
  expect(stdout.lines).toMatchObject([{ unlogged: 2, uncaptured: 0 }]);
});

test('where the log and the rest share an outlet, they keep their order, and an answer is written even when there is no room', () => {
  const stdout = new FakeOutlet();
  const hostCounts = () => ({ kernelDrops: undefined, sendErrors: 0 });
  const told = new Reporter({
    stdout,
    verdicts: stdout,
    capture: undefined,
    format: jsonFormat,
    hostCounts,
    prompt: '',
  });
  told.tell([entered(0), counts, entered(1)]);
  stdout.hasRoom = false;
  told.tell([entered(2), counts]);
  expect(stdout.lines).toMatchObject([
    { index: 0 },
    { type: 'counts' },
    { index: 1 },
    { type: 'counts', unlogged: 1 },
  ]);
});

test('packets that the capture has no room for are counted, and the next one of that interface tells how many', () => {
  const { stdout, captureOutlet, reporter: told } = reporter();
  const left: Event = { type: 'departed', crossing, verdict: passed(0), copy: 0, afterMs: 3 };
  captureOutlet.hasRoom = false;
  told.tell([entered(0), left, entered(1)]);
  captureOutlet.hasRoom = true;
  const before = captureOutlet.chunks.length;
  told.tell([entered(2), entered(3), left, counts]);
  const dropCounts = captureOutlet.chunks.slice(before).map((chunk) => dropCountOf(chunk));
  expect(dropCounts).toEqual([2, undefined, 1]);
  expect(stdout.lines).toMatchObject([{ uncaptured: 3, unlogged: 0 }]);
});

test('a packet in the capture says what became of it', () => {
  const { captureOutlet, reporter: told } = reporter();
  const before = captureOutlet.chunks.length;
  const verdict = passed(8, { duplicated: true, corrupted: true });
  told.tell([
    { type: 'verdict', crossing, verdict: { type: 'dropped', index: 7, cause: 'loss' } },
    { type: 'verdict', crossing, verdict },
    { type: 'departed', crossing, verdict, copy: 0, afterMs: 20.1 },
    { type: 'departed', crossing: { ...crossing, to: undefined }, verdict, copy: 1, afterMs: 30 },
    { type: 'verdict', crossing, verdict: passed(9, { held: true, truncatedTo: 1 }) },
    { type: 'departed', crossing, verdict: passed(9, { held: true, truncatedTo: 0 }), copy: 0, afterMs: 4 },
  ]);
  const comments = captureOutlet.chunks
    .slice(before)
    .map((chunk) => /alice>bob [^\0]*/.exec(Buffer.from(chunk).toString('latin1'))?.[0]);
  expect(comments).toEqual([
    'alice>bob 7: dropped (loss)',
    'alice>bob 8: passed, duplicated, corrupted',
    'alice>bob 8: corrupted, after 20.100 ms',
    'alice>bob 8: the duplicate, after 30.000 ms; the relay does not know the address',
    'alice>bob 9: passed, held, cut to 1 byte',
    'alice>bob 9: cut to 0 bytes, after 4.000 ms',
  ]);
});

test('a person reads words: what is zero is left out, and datagrams look as they do in the capture', () => {
  const stdout = new FakeOutlet();
  const hostCounts = () => ({ kernelDrops: 0, sendErrors: 0 });
  const told = new Reporter({
    stdout,
    verdicts: stdout,
    capture: undefined,
    format: textFormat,
    hostCounts,
    prompt: '',
  });
  const dropped = { loss: 3, burst: 0, listed: 0, blackhole: 4, mtu: 0, overflow: 0 };
  const direction = {
    offered: 9,
    departed: 2,
    duplicated: 0,
    held: 0,
    corrupted: 1,
    truncated: 0,
    dropped,
    queued: 0,
    unaddressed: 0,
  };
  told.tell([
    { type: 'ready', address: bob, between: ['alice', 'bob'], directions: [], seed: 7, startedAt: 0 },
    { type: 'address', atMs: 1, name: 'alice', address: alice },
    {
      type: 'faults',
      atMs: 1,
      directions: {
        'alice>bob': {
          fromIndex: 0,
          faults: { ...unimpaired, lossRate: 0.2, blackholes: [{ fromMs: 1, untilMs: Infinity }] },
        },
        'bob>alice': { fromIndex: 0, faults: unimpaired },
      },
    },
    { type: 'blackhole-began', atMs: 1, direction: 'alice>bob' },
    { type: 'verdict', crossing, verdict: { type: 'dropped', index: 7, cause: 'blackhole' } },
    { type: 'blackhole-ended', atMs: 1, direction: 'alice>bob' },
    { type: 'error', code: 'bad-command', message: 'usage: loss PERCENT' },
    { type: 'help', usage: 'heal', meaning: 'ends all faults' },
    { type: 'closed', atMs: 1, counts: { directions: { 'alice>bob': direction }, strangers: 2 } },
  ]);
  expect(Buffer.concat(stdout.chunks).toString().split('\n')).toEqual([
    'ready between alice and bob at 10.1.0.3:5000, seed 7',
    'Type a fault, such as loss 20, or watch to see each datagram; help lists all words.',
    'alice is at 10.0.0.2:5000',
    'alice>bob: lossRate 0.2, blackholes [{"fromMs":1}]',
    'bob>alice: no faults',
    'alice>bob: nothing passes from now on',
    'alice>bob 7: dropped (blackhole)',
    'alice>bob: open again',
    'error: usage: loss PERCENT',
    '  heal                     ends all faults',
    'alice>bob: 9 offered, 2 departed, 0 queued; dropped: loss 3, blackhole 4; corrupted 1',
    'also: strangers 2',
    'closed',
    '',
  ]);
});

/** The option epb_dropcount: code 4, 8 bytes. */
function dropCountOf(block: Uint8Array): number | undefined {
  const bytes = Buffer.from(block);
  const at = bytes.indexOf(Buffer.from('04000800', 'hex'));
  return at < 0 ? undefined : Number(bytes.readBigUInt64LE(at + 4));
}

test('watch shows the fate of each datagram as it comes, no more than a person can read, and says how many it left out', () => {
  const stdout = new FakeOutlet();
  const hostCounts = () => ({ kernelDrops: undefined, sendErrors: 0 });
  const told = new Reporter({
    stdout,
    verdicts: undefined,
    capture: undefined,
    format: textFormat,
    hostCounts,
    prompt: '',
  });
  const lost: Event = { type: 'verdict', crossing, verdict: { type: 'dropped', index: 0, cause: 'loss' } };
  told.tell([lost]);
  expect(told.isWatched).toBe(false);
  told.tell([{ type: 'watch', on: true }, lost, entered(1)]);
  told.tell(Array.from({ length: watchMaxPerSecond + 3 }, (_, index) => entered(index + 2)));
  const later = { ...crossing, atMs: crossing.atMs + 1_000 };
  told.tell([{ type: 'verdict', crossing: later, verdict: passed(99, { duplicated: true }) }]);
  told.tell([{ type: 'watch', on: false }, entered(100)]);
  const lines = Buffer.concat(stdout.chunks).toString().split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'watching, at most 20 datagrams a second; watch off ends it',
    'alice>bob #0 ✕ lost',
    'alice>bob #1 ✓ passed',
  ]);
  expect(lines.slice(1 + watchMaxPerSecond)).toEqual([
    '… 5 more',
    'alice>bob #99 ✓ passed, duplicated',
    'no longer watching',
    '',
  ]);
});

test('for a person, what is told stands in the place of the prompt, and the prompt behind it', () => {
  const stdout = new FakeOutlet();
  const hostCounts = () => ({ kernelDrops: undefined, sendErrors: 0 });
  const told = new Reporter({
    stdout,
    verdicts: undefined,
    capture: undefined,
    format: textFormat,
    hostCounts,
    prompt: 'relay> ',
  });
  told.tell([
    { type: 'warning', code: 'x', message: 'one' },
    { type: 'warning', code: 'x', message: 'two' },
  ]);
  told.tell([entered(0)]);
  told.greet('hello\n');
  expect(Buffer.concat(stdout.chunks).toString()).toBe(
    '\r\u001B[Kwarning: one\nwarning: two\nrelay> \r\u001B[Khello\nrelay> ',
  );
});
