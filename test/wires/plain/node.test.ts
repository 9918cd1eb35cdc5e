import { expect, test } from '@jest/globals';
import type { Address, Event, PeerTarget } from '../../../src/kernel/contract.ts';
import type { Input, Output } from '../../../src/kernel/io.ts';
import { datagramMaxBytes } from '../../../src/kernel/limits.ts';
import {
  burstMaxBytes,
  datagramOverheadBytes,
  floodLines,
  floodMs,
  guestsMax,
  lineOverheadBytes,
  lookupGraceMs,
  lookupSpacingMs,
  paceMs,
  plainUntakenMaxBytes,
  sendQueueMaxBytes,
  silenceBeforeLookupMs,
  unidentifiedMax,
  warningsPerSecond,
} from '../../../src/wires/common/limits.ts';
import { wirePeerId } from '../../../src/wires/common/peer-id.ts';
import { PlainNode } from '../../../src/wires/plain/node.ts';
import { CoreBench, fromUtf8, utf8 } from '../../support/core.ts';

const OWN = { ip: '10.0.0.1', port: 5000 };
const BOB: PeerTarget = { label: 'bob', host: 'bob.example', port: 5000 };
const CAROL: PeerTarget = { label: 'carol', host: 'carol.example', port: 5000 };
const BOB_AT = { ip: '10.0.0.2', port: 5000 };
const CAROL_AT = { ip: '10.0.0.3', port: 5000 };
const STRANGER_AT = { ip: '10.0.0.9', port: 4444 };

/** A node with these peers, none of whose names has an address yet. */
function node(...peers: readonly PeerTarget[]): CoreBench<Input, Output> {
  return new CoreBench<Input, Output>(
    new PlainNode({ name: 'alice', address: OWN, peers, random: () => 0.5 }),
  );
}

/** A node that knows where bob is. */
function nodeWithBob(): CoreBench<Input, Output> {
  const bench = node(BOB);
  bench.give({ type: 'timeout' }, { type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  bench.outputs();
  return bench;
}

const datagram = (from: Address, bytes: Uint8Array | string): Input => ({
  type: 'datagram',
  from,
  bytes: typeof bytes === 'string' ? utf8(bytes) : bytes,
});

const sentTo = (outputs: readonly Output[]): string[] =>
  outputs.flatMap((output) =>
    output.type === 'datagram' ? [`${output.to.ip}:${output.to.port} ${fromUtf8(output.bytes)}`] : [],
  );
const questions = (outputs: readonly Output[]): string[] =>
  outputs.flatMap((output) => (output.type === 'resolve' ? [output.host] : []));
const heard = (events: readonly Event[]): string[] =>
  events.flatMap((event) => (event.type === 'message' ? [`${event.from}: ${event.text}`] : []));

test('a line is one datagram with its bytes alone, to every peer, and is sent when the last has gone', () => {
  const bench = node(BOB, CAROL);
  bench.give({ type: 'timeout' });
  expect(questions(bench.outputs())).toEqual(['bob.example', 'carol.example']);
  bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  bench.say('hé');
  expect(sentTo(bench.outputs())).toEqual(['10.0.0.2:5000 hé']);
  bench.give({ type: 'resolved', host: CAROL.host, ip: CAROL_AT.ip });
  const outputs = bench.outputs();
  expect(sentTo(outputs)).toEqual(['10.0.0.3:5000 hé']);
  expect(outputs).toContainEqual({ type: 'event', event: { type: 'sent', ref: 'hé', seq: 1 } });
});

test('each line of a run is a datagram, and the run is queued and sent as one', () => {
  const bench = nodeWithBob();
  bench.give({ type: 'command', command: { type: 'say-lines', bytes: utf8('hé\n\nb\n'), count: 3 } });
  const outputs = bench.outputs();
  expect(sentTo(outputs)).toEqual(['10.0.0.2:5000 hé', '10.0.0.2:5000 ', '10.0.0.2:5000 b']);
  expect(outputs.flatMap((output) => (output.type === 'event' ? [output.event] : []))).toEqual([
    { type: 'queued', ref: undefined, seq: 1, count: 3 },
    { type: 'sent', ref: undefined, seq: 1, count: 3 },
  ]);
});

test('lines leave no faster than their pace, in order, and none is lost on the way out', () => {
  const bench = nodeWithBob();
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
  const bytes = utf8(lines.map((text) => `${text}\n`).join(''));
  bench.command({ type: 'say-lines', bytes, count: lines.length }, { type: 'say', text: 'last', ref: 'r' });
  bench.command({ type: 'quit', drainTimeoutMs: 1_000 });
  const atOnce = sentTo(bench.outputs());
  const inOneMs = Math.ceil(burstMaxBytes / (8 + datagramOverheadBytes));
  expect(atOnce.length).toBeGreaterThan(inOneMs);
  expect(atOnce.length).toBeLessThanOrEqual(2 * inOneMs);
  bench.pass(paceMs);
  const next = sentTo(bench.outputs());
  expect(Math.abs(next.length - inOneMs)).toBeLessThanOrEqual(1);
  bench.pass(100);
  const outputs = bench.outputs();
  const all = [...atOnce, ...next, ...sentTo(outputs)];
  expect(all).toEqual([...lines, 'last'].map((text) => `10.0.0.2:5000 ${text}`));
  expect(outputs.flatMap((output) => (output.type === 'event' ? [output.event] : []))).toEqual([
    { type: 'sent', ref: undefined, seq: 1, count: 1_000 },
    { type: 'sent', ref: 'r', seq: 1_001 },
    { type: 'closed', undelivered: 0 },
  ]);
});

test('a node that has no time left ends the run that is on its way, and reports what has not left', () => {
  const bench = node();
  bench.give(datagram(STRANGER_AT, 'hello'));
  bench.outputs();
  const run = { type: 'say-lines', bytes: utf8('x\n'.repeat(1_000)), count: 1_000 } as const;
  bench.command(run, { ...run, bytes: run.bytes.slice() }, { type: 'quit', drainTimeoutMs: 0 });
  const outputs = bench.outputs();
  expect(sentTo(outputs)).toHaveLength(1_000);
  const events = outputs.flatMap((output) => (output.type === 'event' ? [output.event] : []));
  expect(events.filter(({ type }) => type === 'undelivered')).toHaveLength(1_000);
  expect(events.at(-1)).toEqual({ type: 'closed', undelivered: 1_000 });
});

test('lines that come in a flood are told together after a moment, each as it came', () => {
  const bench = nodeWithBob();
  const texts = Array.from({ length: 100 }, (_, index) => `line ${index}`);
  for (const text of texts) bench.give(datagram(BOB_AT, text));
  const atOnce = bench.events();
  expect(atOnce).toHaveLength(floodLines);
  bench.give(datagram(BOB_AT, 'two\nrows'), datagram(BOB_AT, Uint8Array.of(0xff)), datagram(BOB_AT, 'z'));
  bench.pass(floodMs);
  const events = [...atOnce, ...bench.events()];
  expect(heard(events)).toEqual([...texts, 'two\nrows', 'z'].map((text) => `bob: ${text}`));
  expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ code: 'not-utf8' }]);
});

test('lines wait for the address of a name, and then go in order', () => {
  const bench = node(BOB);
  bench.say('one', 'two', '', 'three');
  expect(sentTo(bench.outputs())).toEqual([]);
  bench.give({ type: 'unresolved', host: BOB.host, reason: 'EAI_AGAIN' });
  bench.pass(250);
  expect(questions(bench.outputs())).toEqual([BOB.host]);
  bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  expect(sentTo(bench.outputs())).toEqual(['one', 'two', '', 'three'].map((text) => `10.0.0.2:5000 ${text}`));
});

test('2,000 lines ask for the name once; after silence it is asked for once more, while lines go on', () => {
  const bench = node(BOB);
  bench.give({ type: 'timeout' }, { type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  for (let line = 0; line < 2_000; line += 1) bench.say(`line ${line}`);
  bench.pass(100);
  const first = bench.outputs();
  expect(questions(first)).toHaveLength(1);
  expect(sentTo(first)).toHaveLength(2_000);

  bench.pass(silenceBeforeLookupMs);
  for (let line = 0; line < 2_000; line += 1) bench.say(`line ${line}`);
  bench.pass(100);
  const second = bench.outputs();
  expect(questions(second)).toHaveLength(1);
  expect(sentTo(second)).toHaveLength(2_000);
  bench.give({ type: 'resolved', host: BOB.host, ip: '10.0.0.22' });
  bench.say('after the move');
  expect(sentTo(bench.outputs())).toEqual(['10.0.0.22:5000 after the move']);
});

test('a peer that speaks is not asked for again', () => {
  const bench = nodeWithBob();
  for (let round = 0; round < 5; round += 1) {
    bench.pass(silenceBeforeLookupMs - 1);
    bench.give(datagram(BOB_AT, 'still here'));
    bench.say('good');
  }
  expect(questions(bench.outputs())).toEqual([]);
});

test('a name that stays without address is told after the grace, once', () => {
  const bench = node(BOB);
  bench.give({ type: 'timeout' });
  for (let tries = 0; tries < 6; tries += 1) {
    bench.give({ type: 'unresolved', host: BOB.host, reason: 'ENOTFOUND' });
    bench.pass(6_000);
  }
  expect(bench.events('warning')).toEqual([
    {
      type: 'warning',
      code: 'unresolved',
      message: 'peer bob: the name "bob.example" has no address (ENOTFOUND); its lines wait, trying again',
    },
  ]);
});

test('what arrives is labelled by who sent it: the configured name, else the address', () => {
  const bench = node(BOB, CAROL);
  bench.give(
    { type: 'timeout' },
    { type: 'resolved', host: BOB.host, ip: BOB_AT.ip },
    { type: 'resolved', host: CAROL.host, ip: CAROL_AT.ip },
    datagram(CAROL_AT, 'I am carol'),
    datagram(BOB_AT, 'I am bob'),
    datagram(STRANGER_AT, 'I am nobody'),
  );
  bench.pass(lookupGraceMs);
  const events = bench.events('message');
  expect(heard(events)).toEqual(['carol: I am carol', 'bob: I am bob', '10.0.0.9:4444: I am nobody']);
  expect(events.map((event) => event.type === 'message' && [event.peerId, event.seq])).toEqual([
    ['10.0.0.3:5000', 1],
    ['10.0.0.2:5000', 1],
    ['10.0.0.9:4444', 1],
  ]);
});

test('without a configured peer, strangers are heard at once and answered, each of them', () => {
  const bench = node();
  bench.say('anybody?');
  expect(bench.events('undelivered')).toEqual([
    {
      type: 'undelivered',
      ref: 'anybody?',
      seq: 1,
      to: undefined,
      reason: 'nobody is here: no --peer is given, and nobody has spoken yet',
    },
  ]);
  bench.give(datagram(STRANGER_AT, 'hello'), datagram(BOB_AT, 'hi'));
  expect(heard(bench.events())).toEqual(['10.0.0.9:4444: hello', '10.0.0.2:5000: hi']);
  bench.say('welcome');
  expect(sentTo(bench.outputs())).toEqual(['10.0.0.9:4444 welcome', '10.0.0.2:5000 welcome']);
});

test('with a configured peer, strangers are heard, and answered never', () => {
  const bench = nodeWithBob();
  bench.give(datagram(STRANGER_AT, 'hello'));
  bench.pass(lookupGraceMs);
  expect(heard(bench.events())).toEqual(['10.0.0.9:4444: hello']);
  bench.say('hi bob');
  expect(sentTo(bench.outputs())).toEqual(['10.0.0.2:5000 hi bob']);
});

test('a peer that has moved is known by its name from its first line on, in order', () => {
  const bench = nodeWithBob();
  bench.pass(1_000);
  const moved = { ip: '10.0.0.22', port: BOB.port };
  bench.give(datagram(moved, 'one'), datagram(moved, 'two'));
  expect(questions(bench.outputs())).toEqual([BOB.host]);
  bench.give({ type: 'resolved', host: BOB.host, ip: moved.ip }, datagram(moved, 'three'));
  expect(heard(bench.events())).toEqual(['bob: one', 'bob: two', 'bob: three']);
  bench.say('found you');
  expect(sentTo(bench.outputs())).toEqual(['10.0.0.22:5000 found you']);
});

test('a stranger waits for the answers to the look-ups, not for the end of the grace', () => {
  const bench = nodeWithBob();
  bench.pass(1_000);
  bench.give(datagram(STRANGER_AT, 'hello'));
  expect(heard(bench.events())).toEqual([]);
  bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  expect(heard(bench.events())).toEqual(['10.0.0.9:4444: hello']);
});

test('a stranger is heard at the end of the grace, even if no look-up is ever answered', () => {
  const bench = nodeWithBob();
  bench.pass(1_000);
  bench.give(datagram(STRANGER_AT, 'hello'));
  bench.pass(lookupGraceMs - 1);
  expect(heard(bench.events())).toEqual([]);
  bench.pass(1);
  expect(heard(bench.events())).toEqual(['10.0.0.9:4444: hello']);
});

test('more strangers than may wait are heard at once, in order', () => {
  const bench = nodeWithBob();
  const texts = Array.from({ length: unidentifiedMax + 1 }, (_, index) => `${index}`);
  for (const text of texts.slice(0, -1)) bench.give(datagram(STRANGER_AT, text));
  expect(heard(bench.events())).toEqual([]);
  bench.give(datagram(STRANGER_AT, `${unidentifiedMax}`));
  bench.pass(floodMs);
  expect(heard(bench.events())).toEqual(texts.map((text) => `10.0.0.9:4444: ${text}`));
});

test('strangers make no flood of look-ups', () => {
  const bench = nodeWithBob();
  let asked = 0;
  for (let ms = 0; ms < 1_000; ms += 1) {
    bench.give(datagram({ ip: '10.9.9.9', port: ms + 1 }, 'x'));
    bench.pass(1);
    const count = questions(bench.outputs()).length;
    asked += count;
    if (count > 0) bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  }
  expect(asked).toBeGreaterThan(1);
  expect(asked).toBeLessThanOrEqual(1_000 / lookupSpacingMs);
});

test('of more guests than are kept, the one silent for longest is forgotten', () => {
  const bench = node();
  const guest = (index: number): Address => ({ ip: '10.9.9.9', port: index + 1 });
  for (let index = 0; index < guestsMax; index += 1) bench.give(datagram(guest(index), 'hello'));
  bench.give(datagram(guest(0), 'I speak again'), datagram(guest(guestsMax), 'one too many'));
  bench.outputs();
  bench.say('who is here?');
  const answered = sentTo(bench.outputs());
  expect(answered).toHaveLength(guestsMax);
  expect(answered).toContain(`10.9.9.9:1 who is here?`);
  expect(answered).not.toContain(`10.9.9.9:2 who is here?`);
  expect(answered).toContain(`10.9.9.9:${guestsMax + 1} who is here?`);
});

test('a datagram that is not UTF-8 is dropped with a warning, and the next one is heard', () => {
  const bench = nodeWithBob();
  bench.give(datagram(BOB_AT, Uint8Array.of(0xc3, 0x28)), datagram(BOB_AT, 'fine'));
  expect(bench.events()).toEqual([
    {
      type: 'warning',
      code: 'not-utf8',
      message: 'dropped a datagram of 2 bytes from bob: not valid UTF-8',
    },
    expect.objectContaining({ type: 'message', text: 'fine', seq: 1 }),
  ]);
});

test('a flood of bad datagrams is a few warnings and a count', () => {
  const bench = nodeWithBob();
  for (let index = 0; index < 1_000; index += 1) bench.give(datagram(BOB_AT, Uint8Array.of(0xff)));
  bench.pass(1_000);
  const warnings = bench.events('warning');
  expect(warnings).toHaveLength(warningsPerSecond + 1);
  expect(warnings.at(-1)).toMatchObject({ code: 'not-utf8', count: 1_000 - warningsPerSecond });
});

test('one newline at the end belongs to the sender, not to the line; every other is text', () => {
  const bench = nodeWithBob();
  for (const text of ['a\n', 'b', 'c\n\n', 'd\ne', '\n', '', '\uFEFFf']) bench.give(datagram(BOB_AT, text));
  expect(heard(bench.events())).toEqual(
    ['a', 'b', 'c\n', 'd\ne', '', '', '\uFEFFf'].map((text) => `bob: ${text}`),
  );
});

test('a line too long for a datagram is refused in its turn, and has no number', () => {
  const bench = nodeWithBob();
  bench.say('a', 'x'.repeat(datagramMaxBytes + 1), 'b', 'y'.repeat(datagramMaxBytes));
  const outputs = bench.outputs();
  const answers = outputs.flatMap((output) =>
    output.type === 'event' && (output.event.type === 'queued' || output.event.type === 'refused')
      ? [output.event]
      : [],
  );
  expect(answers).toEqual([
    { type: 'queued', ref: 'a', seq: 1 },
    expect.objectContaining({ type: 'refused', ref: 'x'.repeat(20), code: 'line-too-long' }),
    { type: 'queued', ref: 'b', seq: 2 },
    { type: 'queued', ref: 'y'.repeat(20), seq: 3 },
  ]);
  expect(sentTo(outputs)).toHaveLength(3);
});

test('a full send queue leaves further says unanswered, and answers them in order once there is room', () => {
  const bench = node(BOB);
  const texts = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(60_000, '.'));
  const fill = Math.ceil(sendQueueMaxBytes / (60_000 + lineOverheadBytes));
  bench.say(...texts);
  expect(bench.events('queued')).toHaveLength(fill);
  expect(fill).toBeLessThan(texts.length);
  bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  bench.pass(100);
  const outputs = bench.outputs();
  expect(sentTo(outputs)).toEqual(texts.map((text) => `10.0.0.2:5000 ${text}`));
  expect(outputs.filter((output) => output.type === 'event' && output.event.type === 'queued')).toHaveLength(
    texts.length - fill,
  );
});

test('lines that nobody reads are bounded: the rest is dropped with a warning, and taking them makes room', () => {
  const bench = nodeWithBob();
  const big = new Uint8Array(datagramMaxBytes).fill(0x78);
  const fits = Math.floor(plainUntakenMaxBytes / (big.length + lineOverheadBytes));
  for (let index = 0; index < fits; index += 1) bench.give(datagram(BOB_AT, big));
  expect(bench.events('message', 'warning').filter(({ type }) => type === 'warning')).toEqual([]);
  bench.give(datagram(BOB_AT, big));
  expect(bench.events()).toEqual([expect.objectContaining({ type: 'warning', code: 'reader-too-slow' })]);
  bench.command({ type: 'taken', peerId: wirePeerId(BOB_AT), seq: 1 });
  bench.give(datagram(BOB_AT, big));
  expect(bench.events()).toEqual([expect.objectContaining({ type: 'message', seq: fits + 1 })]);
});

test('empty lines count against the bound of untaken lines as well', () => {
  const bench = nodeWithBob();
  const fits = Math.floor(plainUntakenMaxBytes / lineOverheadBytes);
  const empty = datagram(BOB_AT, '');
  for (let index = 0; index < fits; index += 1) bench.core.handle(empty, bench.now);
  bench.give(empty);
  bench.pass(floodMs);
  expect(bench.events('warning')).toEqual([expect.objectContaining({ code: 'reader-too-slow' })]);
});

test('a guest that is forgotten gives its untaken bytes back', () => {
  const bench = node();
  const big = new Uint8Array(datagramMaxBytes).fill(0x78);
  const guest = (index: number): Address => ({ ip: '10.9.9.9', port: index + 1 });
  const fits = Math.floor(plainUntakenMaxBytes / (big.length + lineOverheadBytes));
  for (let index = 0; index < fits; index += 1) bench.give(datagram(guest(0), big));
  for (let index = 1; index <= guestsMax; index += 1) bench.give(datagram(guest(index), ''));
  bench.outputs();
  bench.give(datagram(guest(1), big));
  expect(bench.events()).toEqual([expect.objectContaining({ type: 'message' })]);
  // What the forgotten one's reader takes late frees nothing twice.
  bench.command({ type: 'taken', peerId: wirePeerId(guest(0)), seq: fits });
  expect(bench.events()).toEqual([]);
});

test('quit with nothing owed closes at once', () => {
  const bench = nodeWithBob();
  bench.say('bye');
  bench.outputs();
  bench.command({ type: 'quit', drainTimeoutMs: 10_000 });
  expect(bench.events()).toEqual([{ type: 'closed', undelivered: 0 }]);
  expect(bench.core.deadline()).toBeUndefined();
});

test('quit waits for the address of a name, and closes when the lines are out', () => {
  const bench = node(BOB);
  bench.say('wait for me');
  bench.command({ type: 'quit', drainTimeoutMs: 10_000 });
  bench.pass(5_000);
  expect(bench.events('closed')).toEqual([]);
  bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  const outputs = bench.outputs();
  expect(sentTo(outputs)).toEqual(['10.0.0.2:5000 wait for me']);
  expect(outputs.at(-1)).toEqual({ type: 'event', event: { type: 'closed', undelivered: 0 } });
});

test('when the drain timeout is over, each line that is still owed is reported', () => {
  const bench = node(BOB, CAROL);
  bench.give({ type: 'timeout' }, { type: 'resolved', host: CAROL.host, ip: CAROL_AT.ip });
  bench.say('one', 'two');
  bench.outputs();
  bench.command({ type: 'quit', drainTimeoutMs: 3_000 });
  bench.pass(2_999);
  expect(bench.events('closed')).toEqual([]);
  bench.pass(1);
  const reason = 'its name bob.example has no address';
  expect(bench.events()).toEqual([
    { type: 'undelivered', ref: 'one', seq: 1, to: 'bob', reason },
    { type: 'undelivered', ref: 'two', seq: 2, to: 'bob', reason },
    { type: 'closed', undelivered: 2 },
  ]);
});

test('a later, longer quit does not lengthen the wait', () => {
  const bench = node(BOB);
  bench.say('one');
  bench.command({ type: 'quit', drainTimeoutMs: 3_000 }, { type: 'quit', drainTimeoutMs: 60_000 });
  bench.pass(3_000);
  expect(bench.events('closed')).toEqual([{ type: 'closed', undelivered: 1 }]);
});

test('a later, shorter quit shortens the wait', () => {
  const bench = node(BOB);
  bench.say('one');
  bench.command({ type: 'quit', drainTimeoutMs: 3_000 });
  bench.pass(1_000);
  expect(bench.events('closed')).toEqual([]);
  bench.command({ type: 'quit', drainTimeoutMs: 0 });
  expect(bench.events('closed')).toEqual([{ type: 'closed', undelivered: 1 }]);
});

test('says that the send queue had no room for are reported at the end, too', () => {
  const bench = node(BOB);
  for (let line = 0; line < 20; line += 1) bench.say('x'.repeat(60_000));
  bench.command({ type: 'quit', drainTimeoutMs: 0 });
  const events = bench.events('queued', 'undelivered', 'closed');
  expect(events.filter(({ type }) => type === 'queued')).toHaveLength(20);
  expect(events.filter(({ type }) => type === 'undelivered')).toHaveLength(20);
  expect(events.at(-1)).toEqual({ type: 'closed', undelivered: 20 });
});

test('a stranger whose line waits for a look-up is still heard when the node quits', () => {
  const bench = nodeWithBob();
  bench.give(datagram(STRANGER_AT, 'hello'));
  bench.command({ type: 'quit', drainTimeoutMs: 0 });
  expect(bench.events().map(({ type }) => type)).toEqual(['message', 'closed']);
});

test('what crosses the goodbye on its way is too late for anything', () => {
  const bench = nodeWithBob();
  bench.give(datagram(BOB_AT, 'hi'));
  bench.command({ type: 'quit', drainTimeoutMs: 0 });
  bench.outputs();
  bench.command(
    { type: 'taken', peerId: wirePeerId(BOB_AT), seq: 1 },
    { type: 'status' },
    { type: 'quit', drainTimeoutMs: 0 },
  );
  bench.give(
    datagram(BOB_AT, 'late'),
    { type: 'unresolved', host: BOB.host, reason: 'late' },
    { type: 'timeout' },
  );
  expect(bench.outputs()).toEqual([]);
});

test('the status tells of configured peers and guests', () => {
  const bench = node(BOB, CAROL);
  bench.give(
    { type: 'timeout' },
    { type: 'resolved', host: BOB.host, ip: BOB_AT.ip },
    { type: 'unresolved', host: CAROL.host, reason: 'ENOTFOUND' },
    datagram(BOB_AT, 'hi'),
    datagram(STRANGER_AT, 'hello'),
  );
  bench.say('hi bob');
  bench.pass(lookupGraceMs);
  bench.outputs();
  bench.command({ type: 'status' });
  expect(bench.events('status')).toEqual([
    {
      type: 'status',
      name: 'alice',
      wire: 'plain',
      address: OWN,
      said: 1,
      peers: [
        {
          name: 'bob',
          peerId: '10.0.0.2:5000',
          address: BOB_AT,
          state: 'open',
          linesSent: 1,
          linesReceived: 1,
          figures: { packetsSent: 1, bytesSent: 6, packetsReceived: 1, bytesReceived: 2, linesWaiting: 0 },
        },
        {
          name: 'carol',
          peerId: undefined,
          address: undefined,
          state: 'resolving',
          linesSent: 0,
          linesReceived: 0,
          figures: { packetsSent: 0, bytesSent: 0, packetsReceived: 0, bytesReceived: 0, linesWaiting: 1 },
        },
        {
          name: '10.0.0.9:4444',
          peerId: '10.0.0.9:4444',
          address: STRANGER_AT,
          state: 'open',
          linesSent: 0,
          linesReceived: 1,
          figures: { packetsSent: 0, bytesSent: 0, packetsReceived: 1, bytesReceived: 5, linesWaiting: 0 },
        },
      ],
    },
  ]);
});

test('a line for one peer goes to that peer alone, configured or not; to nobody known, it is refused', () => {
  const bench = node(BOB, CAROL);
  bench.give(
    { type: 'timeout' },
    { type: 'resolved', host: BOB.host, ip: BOB_AT.ip },
    { type: 'resolved', host: CAROL.host, ip: CAROL_AT.ip },
    datagram(STRANGER_AT, 'hello'),
  );
  bench.pass(lookupGraceMs);
  bench.outputs();
  const sayTo = (address: Address, text: string): void =>
    bench.command({ type: 'say', text, ref: text, to: wirePeerId(address) });
  sayTo(BOB_AT, 'psst bob');
  sayTo(STRANGER_AT, 'psst stranger');
  sayTo({ ip: '10.0.0.77', port: 1 }, 'psst nobody');
  bench.say('all');
  const outputs = bench.outputs();
  expect(sentTo(outputs)).toEqual([
    '10.0.0.2:5000 psst bob',
    '10.0.0.9:4444 psst stranger',
    '10.0.0.2:5000 all',
    '10.0.0.3:5000 all',
  ]);
  const events = outputs.flatMap((output) => (output.type === 'event' ? [output.event] : []));
  expect(events.filter(({ type }) => type === 'sent')).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
  expect(events.filter(({ type }) => type === 'refused')).toMatchObject([
    { ref: 'psst nobody', code: 'no-such-peer' },
  ]);
});

test('the node never names a deadline that has nothing to do', () => {
  const bench = nodeWithBob();
  bench.say('hi');
  bench.give(datagram(BOB_AT, 'hi'));
  expect(bench.core.deadline()).toBeUndefined();
});
