/** One core of wire `tcp`, input by input. What several do together is in `tcp-simulation.test.ts`. */
import { expect, test } from '@jest/globals';
import type { Address, Event, PeerTarget } from '../../../src/kernel/contract.ts';
import { singlesOf } from '../../../src/kernel/runs.ts';
import { wirePeerId } from '../../../src/wires/common/peer-id.ts';
import {
  goodbyeTimeoutMs,
  guestsMax,
  lineOverheadBytes,
  lookupGraceMs,
  untakenMaxBytes,
} from '../../../src/wires/common/limits.ts';
import { lineMaxBytes } from '../../../src/kernel/limits.ts';
import type { TcpInput, TcpOutput } from '../../../src/wires/tcp/io.ts';
import { TcpNode } from '../../../src/wires/tcp/node.ts';
import { sourcePorts } from '../../../src/wires/tcp/pairing.ts';
import { CoreBench, fromUtf8, utf8 } from '../../support/core.ts';

const OWN = { ip: '10.0.0.1', port: 5000 };
const BOB: PeerTarget = { label: 'bob', host: 'bob.example', port: 5000 };
const BOB_AT = { ip: '10.0.0.2', port: 5000 };
const GUEST_AT = { ip: '10.0.0.9', port: 40_000 };
const LOCAL = { ip: OWN.ip, port: 15_000 };

function node(...peers: readonly PeerTarget[]): CoreBench<TcpInput, TcpOutput> {
  return new CoreBench<TcpInput, TcpOutput>(
    new TcpNode({ name: 'alice', address: OWN, peers, random: () => 0.5 }),
  );
}

/** A node with a connection (number 1) that it has dialled to bob. */
function nodeWithBob(): CoreBench<TcpInput, TcpOutput> {
  const bench = node(BOB);
  bench.give(
    { type: 'timeout' },
    { type: 'resolved', host: BOB.host, ip: BOB_AT.ip },
    { type: 'opened', connection: 1, dial: 1, local: LOCAL, remote: BOB_AT },
  );
  bench.outputs();
  return bench;
}

/** A node without peers, with a guest on connection 1. */
function nodeWithGuest(): CoreBench<TcpInput, TcpOutput> {
  const bench = node();
  bench.give(accepted(1, GUEST_AT));
  bench.outputs();
  return bench;
}

const accepted = (connection: number, remote: Address): TcpInput => ({
  type: 'opened',
  connection,
  dial: undefined,
  local: OWN,
  remote,
});
const received = (connection: number, text: string): TcpInput => ({
  type: 'received',
  connection,
  bytes: utf8(text),
});
const closed = (connection: number, failure?: string): TcpInput => ({
  type: 'closed',
  connection,
  failure,
});

const written = (outputs: readonly TcpOutput[], connection: number): string =>
  outputs
    .flatMap((output) =>
      output.type === 'write' && output.connection === connection ? [fromUtf8(output.bytes)] : [],
    )
    .join('');
const of = <T extends TcpOutput['type']>(outputs: readonly TcpOutput[], type: T) =>
  outputs.filter((output): output is Extract<TcpOutput, { type: T }> => output.type === type);
const heard = (events: readonly Event[]): string[] =>
  events
    .flatMap(singlesOf)
    .flatMap((event) => (event.type === 'message' ? [`${event.from}: ${event.text}`] : []));

test('a peer is looked up, then dialled from the source port that tells who we are', () => {
  const bench = node(BOB);
  bench.give({ type: 'timeout' });
  expect(bench.outputs()).toEqual([{ type: 'resolve', host: 'bob.example', isDead: false }]);
  bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  expect(bench.outputs()).toEqual([{ type: 'dial', dial: 1, to: BOB_AT, localPorts: sourcePorts(OWN.port) }]);
  bench.give({ type: 'opened', connection: 1, dial: 1, local: LOCAL, remote: BOB_AT });
  expect(bench.outputs()).toEqual([
    {
      type: 'event',
      event: { type: 'peer-joined', name: 'bob', peerId: '10.0.0.2:5000', address: BOB_AT },
    },
    { type: 'resume', connection: 1 },
  ]);
});

test('failed dials come again after growing pauses, each with a new look-up, and start over once one succeeded', () => {
  const bench = node(BOB);
  bench.give({ type: 'timeout' });
  const pauses: number[] = [];
  for (let dial = 1; dial <= 7; dial += 1) {
    bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
    expect(of(bench.outputs(), 'dial')).toEqual([expect.objectContaining({ dial })]);
    bench.give({ type: 'dial-failed', dial, reason: 'ECONNREFUSED', portsTaken: false });
    const next = bench.core.deadline() ?? bench.now;
    pauses.push(next - bench.now);
    bench.pass(next - bench.now);
    expect(of(bench.outputs(), 'resolve')).toHaveLength(1);
  }
  expect(pauses).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  bench.give(
    { type: 'resolved', host: BOB.host, ip: BOB_AT.ip },
    { type: 'opened', connection: 1, dial: 8, local: LOCAL, remote: BOB_AT },
    closed(1, 'ECONNRESET'),
  );
  expect((bench.core.deadline() ?? 0) - bench.now).toBe(200);
});

test('that no source port is free is told once for each time that a peer is out of reach', () => {
  const bench = node(BOB);
  bench.give({ type: 'timeout' });
  const failToDial = (dial: number): readonly unknown[] => {
    bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
    bench.give({ type: 'dial-failed', dial, reason: 'EADDRINUSE', portsTaken: true });
    bench.pass(1_000);
    return bench.events().filter(({ type }) => type === 'warning');
  };
  expect(failToDial(1)).toEqual([
    {
      type: 'warning',
      code: 'no-source-port',
      message: expect.stringContaining('(15000, 16370, 18110, 20490, 22930, 24270, 26610, 28850)'),
    },
  ]);
  expect(failToDial(2)).toEqual([]);
  bench.give(accepted(1, { ip: BOB_AT.ip, port: 15_000 }), closed(1));
  bench.pass(1_000);
  expect(failToDial(3)).toHaveLength(1);
});

test('after a failed dial the name`s next address is asked for; one that hung up is met where it was', () => {
  const bench = node(BOB);
  bench.give({ type: 'timeout' }, { type: 'resolved', host: BOB.host, ip: '10.0.0.66' });
  bench.give({ type: 'dial-failed', dial: 1, reason: 'ECONNREFUSED', portsTaken: false });
  bench.outputs();
  bench.pass(250);
  expect(bench.outputs()).toMatchObject([{ type: 'resolve', inUse: '10.0.0.66', isDead: true }]);
  bench.give(
    { type: 'resolved', host: BOB.host, ip: BOB_AT.ip },
    { type: 'opened', connection: 1, dial: 2, local: LOCAL, remote: BOB_AT },
    closed(1),
  );
  bench.outputs();
  bench.pass(250);
  expect(bench.outputs()).toMatchObject([{ type: 'resolve', inUse: BOB_AT.ip, isDead: false }]);
});

test('a line is its bytes and a newline; it is sent when the kernel has taken the last of them', () => {
  const bench = nodeWithBob();
  bench.say('hé', '');
  const outputs = bench.outputs();
  expect(written(outputs, 1)).toBe('hé\n\n');
  bench.give({ type: 'flushed', connection: 1, bytes: 3 });
  expect(bench.events('sent')).toEqual([]);
  bench.give({ type: 'flushed', connection: 1, bytes: 1 });
  expect(bench.events('sent')).toEqual([{ type: 'sent', ref: 'hé', seq: 1 }]);
  bench.give({ type: 'flushed', connection: 1, bytes: 1 });
  expect(bench.events('sent')).toEqual([{ type: 'sent', ref: '', seq: 2 }]);
});

test('a line with a newline inside and a line too long are refused in their turn, and have no number', () => {
  const bench = nodeWithBob();
  bench.say('a', 'b\nc', 'x'.repeat(lineMaxBytes + 1), 'd', 'y'.repeat(lineMaxBytes));
  expect(bench.events('queued', 'refused')).toEqual([
    { type: 'queued', ref: 'a', seq: 1 },
    {
      type: 'refused',
      ref: 'b\nc',
      code: 'newline-in-line',
      message: 'wire tcp ends a line at a newline, so a line can not have one inside; not sent',
    },
    expect.objectContaining({ type: 'refused', code: 'line-too-long' }),
    { type: 'queued', ref: 'd', seq: 2 },
    { type: 'queued', ref: 'y'.repeat(20), seq: 3 },
  ]);
});

test('with nobody there, a line is reported as undelivered at once', () => {
  const bench = node();
  bench.say('anybody?');
  expect(bench.events('queued', 'undelivered')).toEqual([
    { type: 'queued', ref: 'anybody?', seq: 1 },
    {
      type: 'undelivered',
      ref: 'anybody?',
      seq: 1,
      to: undefined,
      reason: 'nobody is here: no --peer is given, and nobody has connected yet',
    },
  ]);
});

test('guests are called by their address, hear what is said, and answer', () => {
  const bench = node();
  bench.give(accepted(1, GUEST_AT), accepted(2, { ip: '10.0.0.9', port: 40_001 }));
  bench.give(received(1, 'hel'), received(2, 'me too\n'), received(1, 'lo\nagain\n'));
  expect(heard(bench.events())).toEqual([
    '10.0.0.9:40001: me too',
    '10.0.0.9:40000: hello',
    '10.0.0.9:40000: again',
  ]);
  bench.say('welcome');
  const outputs = bench.outputs();
  expect(written(outputs, 1)).toBe('welcome\n');
  expect(written(outputs, 2)).toBe('welcome\n');
});

test('who dials from a peer`s source port is that peer at once; a stranger waits for the look-ups', () => {
  const bench = node(BOB);
  bench.give({ type: 'timeout' }, { type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  bench.pass(1_000);
  bench.outputs();
  bench.give(accepted(1, { ip: BOB_AT.ip, port: 15_000 }));
  expect(bench.events('peer-joined')).toEqual([
    { type: 'peer-joined', name: 'bob', peerId: '10.0.0.2:5000', address: BOB_AT },
  ]);
  bench.give(accepted(2, GUEST_AT));
  expect(bench.events('peer-joined')).toEqual([]);
  bench.give({ type: 'resolved', host: BOB.host, ip: BOB_AT.ip });
  expect(bench.events('peer-joined')).toEqual([
    expect.objectContaining({ type: 'peer-joined', name: '10.0.0.9:40000' }),
  ]);
});

test('a stranger whom no look-up explains is a guest at the end of the grace', () => {
  const bench = nodeWithBob();
  bench.give(accepted(2, GUEST_AT));
  bench.pass(lookupGraceMs - 1);
  expect(bench.events('peer-joined')).toEqual([]);
  bench.pass(1);
  expect(bench.events('peer-joined')).toHaveLength(1);
});

test('a peer that has moved is met at its new address under its name', () => {
  const bench = nodeWithBob();
  bench.pass(1_000);
  bench.give(accepted(2, { ip: '10.0.0.22', port: 15_000 }));
  expect(of(bench.outputs(), 'resolve')).toHaveLength(1);
  bench.give({ type: 'resolved', host: BOB.host, ip: '10.0.0.22' });
  expect(of(bench.outputs(), 'end')).toEqual([{ type: 'end', connection: 1 }]);
  bench.pass(goodbyeTimeoutMs);
  expect(of(bench.outputs(), 'destroy')).toEqual([{ type: 'destroy', connection: 1 }]);
  bench.give(closed(1), received(2, 'here I am\n'));
  expect(heard(bench.events())).toEqual(['bob: here I am']);
});

test('one guest more than may be is dropped with a warning, and the others stay', () => {
  const bench = node();
  for (let index = 1; index <= guestsMax; index += 1)
    bench.give(accepted(index, { ip: '10.9.9.9', port: 20_000 + index }));
  expect(bench.events('warning')).toEqual([]);
  bench.give(accepted(guestsMax + 1, GUEST_AT));
  const outputs = bench.outputs();
  expect(of(outputs, 'destroy')).toEqual([{ type: 'destroy', connection: guestsMax + 1 }]);
  expect(of(outputs, 'event').map(({ event }) => event)).toEqual([
    {
      type: 'warning',
      code: 'too-many-guests',
      message: `refused a connection from 10.0.0.9:40000: ${guestsMax} guests are here already`,
    },
  ]);
  bench.give(closed(guestsMax + 1), received(1, 'still here\n'));
  expect(heard(bench.events())).toEqual(['10.9.9.9:20001: still here']);
});

test('reading stops at the bound of untaken lines and goes on at half of it', () => {
  const bench = nodeWithGuest();
  const id = wirePeerId(GUEST_AT);
  const text = 'x'.repeat(40_000 - lineOverheadBytes);
  const heldBytes = text.length + 1 + lineOverheadBytes;
  const fill = Math.ceil(untakenMaxBytes / heldBytes);
  for (let line = 1; line < fill; line += 1) bench.give(received(1, `${text}\n`));
  expect(of(bench.outputs(), 'pause')).toEqual([]);
  bench.give(received(1, `${text}\n`));
  expect(of(bench.outputs(), 'pause')).toEqual([{ type: 'pause', connection: 1 }]);

  const half = Math.floor((fill * heldBytes - untakenMaxBytes / 2) / heldBytes);
  bench.command({ type: 'taken', peerId: id, seq: half });
  expect(of(bench.outputs(), 'resume')).toEqual([]);
  bench.command({ type: 'taken', peerId: id, seq: half + 1 });
  expect(of(bench.outputs(), 'resume')).toEqual([{ type: 'resume', connection: 1 }]);
});

test('empty lines that nobody takes stop the reading, too', () => {
  const bench = nodeWithGuest();
  bench.give(received(1, '\n'.repeat(untakenMaxBytes / lineOverheadBytes)));
  expect(of(bench.outputs(), 'pause')).toEqual([{ type: 'pause', connection: 1 }]);
});

test('bad lines are dropped with a warning, and the next one is heard', () => {
  const bench = nodeWithBob();
  bench.give(
    { type: 'received', connection: 1, bytes: Uint8Array.of(0xc3, 0x28, 0x0a) },
    received(1, `${'x'.repeat(lineMaxBytes + 1)}\nfine\n`),
  );
  expect(bench.events()).toEqual([
    { type: 'warning', code: 'not-utf8', message: 'dropped a line of 2 bytes from bob: not valid UTF-8' },
    {
      type: 'warning',
      code: 'line-too-long',
      message: `dropped a line of ${lineMaxBytes + 1} bytes from bob: longer than ${lineMaxBytes}`,
    },
    expect.objectContaining({ type: 'message', text: 'fine', seq: 1 }),
  ]);
});

test('a guest that ends its half is heard to its last line, newline or not, and hears what was written', () => {
  const bench = nodeWithGuest();
  bench.say('written before');
  bench.give(received(1, 'one\ntwo'), { type: 'ended', connection: 1 });
  const outputs = bench.outputs();
  expect(written(outputs, 1)).toBe('written before\n');
  expect(heard(of(outputs, 'event').map(({ event }) => event))).toEqual([
    '10.0.0.9:40000: one',
    '10.0.0.9:40000: two',
  ]);
  expect(outputs.at(-1)).toEqual({ type: 'end', connection: 1 });
  bench.give({ type: 'flushed', connection: 1, bytes: 15 }, closed(1));
  expect(bench.events('sent', 'peer-left', 'undelivered').map(({ type }) => type)).toEqual([
    'sent',
    'peer-left',
  ]);
});

test('a connection that breaks in the middle of a line: the piece is told, not shown', () => {
  const bench = nodeWithBob();
  bench.give(received(1, 'whole\nhal'), closed(1, 'ECONNRESET'));
  expect(bench.events()).toEqual([
    expect.objectContaining({ type: 'message', text: 'whole' }),
    {
      type: 'warning',
      code: 'line-cut',
      message: 'the connection to bob broke in the middle of a line; not shown',
    },
    { type: 'peer-left', name: 'bob', peerId: '10.0.0.2:5000', reason: 'ECONNRESET' },
  ]);
});

test('lines that the kernel had not taken whole are reported when the connection breaks; later ones wait', () => {
  const bench = nodeWithBob();
  bench.say('out', 'on its way');
  bench.give({ type: 'flushed', connection: 1, bytes: 6 }, closed(1, 'ECONNRESET'));
  bench.say('later');
  expect(bench.events('undelivered')).toEqual([
    {
      type: 'undelivered',
      ref: 'on its way',
      seq: 2,
      to: 'bob',
      reason: 'the connection broke while it was on its way; it may have arrived',
    },
  ]);
  bench.pass(300);
  bench.give(
    { type: 'resolved', host: BOB.host, ip: BOB_AT.ip },
    { type: 'opened', connection: 2, dial: 2, local: LOCAL, remote: BOB_AT },
  );
  expect(written(bench.outputs(), 2)).toBe('later\n');
});

test('lines queued for a guest that hangs up are reported', () => {
  const bench = nodeWithGuest();
  bench.give({ type: 'ended', connection: 1 });
  bench.say('too late');
  bench.give(closed(1));
  expect(bench.events('undelivered')).toEqual([
    expect.objectContaining({ ref: 'too late', to: '10.0.0.9:40000', reason: 'it hung up' }),
  ]);
});

test('a peer that has hung up and dials again is taken at once, whoever`s dial would win', () => {
  // 10.0.0.1 is the lower address: of two living connections, the one that it dialled would stay.
  const bench = nodeWithBob();
  bench.give({ type: 'ended', connection: 1 });
  bench.outputs();
  bench.give(accepted(2, { ip: BOB_AT.ip, port: 15_000 }));
  expect(of(bench.outputs(), 'end')).toEqual([]);
  bench.give(closed(1));
  bench.say('welcome back');
  expect(written(bench.outputs(), 2)).toBe('welcome back\n');
});

test('of two connections the loser is read first, and the winner neither read nor written before it is closed', () => {
  const bench = node({ ...BOB, host: '10.0.0.0' });
  bench.give(
    { type: 'timeout' },
    { type: 'resolved', host: '10.0.0.0', ip: '10.0.0.0' },
    { type: 'opened', connection: 1, dial: 1, local: LOCAL, remote: { ip: '10.0.0.0', port: 5000 } },
  );
  bench.outputs();
  // Now the lower address dials: its connection stays.
  bench.give(accepted(2, { ip: '10.0.0.0', port: 15_000 }));
  bench.say('after the change');
  const outputs = bench.outputs();
  expect(of(outputs, 'end')).toEqual([{ type: 'end', connection: 1 }]);
  expect(of(outputs, 'resume')).toEqual([]);
  expect(of(outputs, 'write')).toEqual([]);
  bench.give(received(1, 'last on the old\n'), { type: 'ended', connection: 1 }, closed(1));
  const after = bench.outputs();
  expect(of(after, 'resume')).toEqual([{ type: 'resume', connection: 2 }]);
  expect(written(after, 2)).toBe('after the change\n');
  expect(of(after, 'event').map(({ event }) => event.type)).toEqual(['messages']);
});

test('of two connections the loser is not dropped while the face is too slow for what it still carries', () => {
  const bench = node({ ...BOB, host: '10.0.0.0' });
  const bob = { ip: '10.0.0.0', port: 5000 };
  bench.give(
    { type: 'timeout' },
    { type: 'resolved', host: '10.0.0.0', ip: '10.0.0.0' },
    { type: 'opened', connection: 1, dial: 1, local: LOCAL, remote: bob },
  );
  const text = `${'x'.repeat(lineMaxBytes)}\n`;
  const fill = Math.ceil(untakenMaxBytes / text.length);
  for (let line = 0; line < fill; line += 1) bench.give(received(1, text));
  expect(of(bench.outputs(), 'pause')).toHaveLength(1);
  bench.give(accepted(2, { ip: '10.0.0.0', port: 15_000 }));
  bench.pass(10 * goodbyeTimeoutMs);
  expect(of(bench.outputs(), 'destroy')).toEqual([]);
  bench.command({ type: 'taken', peerId: wirePeerId(bob), seq: fill });
  expect(of(bench.outputs(), 'resume')).toEqual([{ type: 'resume', connection: 1 }]);
  // Read, it has its time to hang up, and no more.
  bench.pass(goodbyeTimeoutMs);
  expect(of(bench.outputs(), 'destroy')).toEqual([{ type: 'destroy', connection: 1 }]);
});

test('quit with nothing owed hangs up, and closes when the other side has', () => {
  const bench = nodeWithBob();
  bench.command({ type: 'quit', drainTimeoutMs: 10_000 });
  expect(bench.outputs()).toEqual([{ type: 'end', connection: 1 }]);
  bench.give(closed(1));
  expect(bench.events('closed')).toEqual([{ type: 'closed', undelivered: 0 }]);
  expect(bench.core.deadline()).toBeUndefined();
});

test('a peer that does not hang up is dropped', () => {
  const bench = nodeWithBob();
  bench.command({ type: 'quit', drainTimeoutMs: 0 });
  bench.pass(goodbyeTimeoutMs - 1);
  expect(of(bench.outputs(), 'destroy')).toEqual([]);
  bench.pass(1);
  expect(of(bench.outputs(), 'destroy')).toEqual([{ type: 'destroy', connection: 1 }]);
});

test('quit waits for what the kernel has not taken; after the wait each such line is reported', () => {
  const bench = nodeWithBob();
  bench.say('stuck');
  bench.command({ type: 'quit', drainTimeoutMs: 3_000 });
  bench.pass(2_999);
  expect(of(bench.outputs(), 'end')).toEqual([]);
  bench.pass(1);
  expect(of(bench.outputs(), 'end')).toHaveLength(1);
  bench.pass(goodbyeTimeoutMs);
  bench.give(closed(1));
  expect(bench.events('undelivered', 'closed')).toEqual([
    expect.objectContaining({ type: 'undelivered', ref: 'stuck', to: 'bob' }),
    { type: 'closed', undelivered: 1 },
  ]);
});

test('lines that never had a connection are reported at the end', () => {
  const bench = node(BOB);
  bench.say('one', 'two');
  bench.command({ type: 'quit', drainTimeoutMs: 1_000 });
  bench.pass(1_000);
  const reason = 'there was no connection until the end';
  expect(bench.events('undelivered', 'closed')).toEqual([
    { type: 'undelivered', ref: 'one', seq: 1, to: 'bob', reason },
    { type: 'undelivered', ref: 'two', seq: 2, to: 'bob', reason },
    { type: 'closed', undelivered: 2 },
  ]);
});

test('the status tells of peers and guests', () => {
  const bench = node(BOB);
  bench.say('waits');
  bench.give(accepted(1, GUEST_AT));
  bench.pass(lookupGraceMs);
  bench.give(received(1, 'hello\n'));
  bench.outputs();
  bench.command({ type: 'status' });
  expect(bench.events('status')).toEqual([
    {
      type: 'status',
      name: 'alice',
      wire: 'tcp',
      address: OWN,
      said: 1,
      peers: [
        expect.objectContaining({
          name: 'bob',
          state: 'resolving',
          figures: { bytesSent: 0, bytesReceived: 0, linesWaiting: 1 },
        }),
        {
          name: '10.0.0.9:40000',
          peerId: '10.0.0.9:40000',
          address: GUEST_AT,
          state: 'open',
          linesSent: 0,
          linesReceived: 1,
          figures: { bytesSent: 0, bytesReceived: 6, linesWaiting: 0 },
        },
      ],
    },
  ]);
});

test('a line for one peer goes to that peer alone; to nobody known, it is refused', () => {
  const bench = nodeWithBob();
  bench.give(accepted(2, GUEST_AT));
  bench.pass(lookupGraceMs);
  bench.outputs();
  const sayTo = (address: Address, text: string): void =>
    bench.command({ type: 'say', text, ref: text, to: wirePeerId(address) });
  sayTo(GUEST_AT, 'psst');
  sayTo({ ip: '10.0.0.77', port: 1 }, 'psst nobody');
  bench.say('all');
  const outputs = bench.outputs();
  expect([written(outputs, 1), written(outputs, 2)]).toEqual(['all\n', 'psst\nall\n']);
  expect(outputs).toContainEqual({
    type: 'event',
    event: expect.objectContaining({ type: 'refused', ref: 'psst nobody', code: 'no-such-peer' }),
  });
});
