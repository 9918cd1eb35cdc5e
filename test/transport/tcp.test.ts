import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import type { HostPort } from '../../src/kernel/address.ts';
import { TcpTransport, localAddressTowards } from '../../src/transport/tcp.ts';
import type { TcpInput } from '../../src/wires/tcp/io.ts';
import { fromUtf8, utf8 } from '../support/core.ts';
import { freePorts } from '../support/ports.ts';
import { until, untilTrue } from '../support/wait.ts';

const ANY_PORT: HostPort = { host: '127.0.0.1', port: 0 };

interface Opened extends AsyncDisposable {
  readonly transport: TcpTransport;
  readonly inputs: TcpInput[];
  /** Waits for an input of this type. */
  next<T extends TcpInput['type']>(type: T): Promise<Extract<TcpInput, { type: T }>>;
}

async function open(bind = ANY_PORT): Promise<Opened> {
  const inputs: TcpInput[] = [];
  const transport = await TcpTransport.open(bind, (input) => inputs.push(input));
  return {
    transport,
    inputs,
    next: <T extends TcpInput['type']>(type: T) =>
      until(
        type,
        () => inputs.find((input): input is Extract<TcpInput, { type: T }> => input.type === type),
        () => JSON.stringify(inputs),
      ),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

async function client(to: Opened): Promise<Socket> {
  const socket = connect({ ...to.transport.address, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const bytesIn = (inputs: readonly TcpInput[]): string =>
  inputs.map((input) => (input.type === 'received' ? fromUtf8(input.bytes) : '')).join('');

test('a dial opens a connection on both sides, from the source port that was asked for', async () => {
  const [port = 0] = await freePorts(1);
  await using a = await open();
  await using b = await open();
  a.transport.perform({ type: 'dial', dial: 7, to: b.transport.address, localPorts: [port] });
  const here = await a.next('opened');
  const there = await b.next('opened');
  expect(here).toMatchObject({ dial: 7, local: { ip: '127.0.0.1', port }, remote: b.transport.address });
  expect(there).toMatchObject({ dial: undefined, local: here.remote, remote: here.local });
});

async function takenPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const blocker = createServer().listen(0, '0.0.0.0');
  await once(blocker, 'listening');
  const address = blocker.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, [Symbol.asyncDispose]: async () => void blocker.close() };
}

test('if a source port is taken, the next one is tried', async () => {
  await using taken = await takenPort();
  const [port = 0] = await freePorts(1);
  await using a = await open();
  await using b = await open();
  const to = b.transport.address;
  a.transport.perform({ type: 'dial', dial: 1, to, localPorts: [taken.port, port] });
  const { local } = await a.next('opened');
  expect(local.port).toBe(port);
});

test('if all source ports are taken, the dial fails: from another port it would look like a stranger', async () => {
  await using taken = await takenPort();
  await using a = await open();
  await using b = await open();
  a.transport.perform({ type: 'dial', dial: 1, to: b.transport.address, localPorts: [taken.port] });
  expect(await a.next('dial-failed')).toEqual({
    type: 'dial-failed',
    dial: 1,
    reason: expect.stringContaining('EADDRINUSE'),
    portsTaken: true,
  });
});

test('peers are dialled from the same source port, each on a connection of its own', async () => {
  const [port = 0] = await freePorts(1);
  await using a = await open();
  await using b = await open();
  await using c = await open();
  a.transport.perform({ type: 'dial', dial: 1, to: b.transport.address, localPorts: [port] });
  a.transport.perform({ type: 'dial', dial: 2, to: c.transport.address, localPorts: [port] });
  const theirs = [await b.next('opened'), await c.next('opened')];
  expect(theirs.map(({ remote }) => remote.port)).toEqual([port, port]);
});

test('a node that listens at one address dials from that address, so that its peers know it by that', async () => {
  const [port = 0] = await freePorts(1);
  await using a = await open({ host: '127.0.0.2', port: 0 });
  await using b = await open();
  a.transport.perform({ type: 'dial', dial: 1, to: b.transport.address, localPorts: [port] });
  expect((await b.next('opened')).remote).toEqual({ ip: '127.0.0.2', port });
});

test.each([
  ['10.0.0.1', '10.0.0.2', '10.0.0.1'],
  ['10.0.0.1', '127.0.0.1', '10.0.0.1'],
  ['2001:db8::1', '2001:db8::2', '2001:db8::1'],
  // From loopback no other host is reached, nor one family from the other; all addresses are none that could be dialled from.
  ['127.0.0.1', '10.0.0.2', undefined],
  ['2001:db8::1', '10.0.0.2', undefined],
  ['0.0.0.0', '10.0.0.2', undefined],
  ['::', '2001:db8::2', undefined],
])('a node that listens at %s dials %s from its address %s', (own, to, from) => {
  expect(localAddressTowards(to, own).localAddress).toBe(from);
});

test('a dial that nobody answers fails with the reason', async () => {
  const [nobodyAt = 0] = await freePorts(1);
  await using a = await open();
  a.transport.perform({ type: 'dial', dial: 3, to: { ip: '127.0.0.1', port: nobodyAt }, localPorts: [0] });
  expect(await a.next('dial-failed')).toEqual({
    type: 'dial-failed',
    dial: 3,
    reason: expect.stringContaining('ECONNREFUSED'),
    portsTaken: false,
  });
});

test('a connection is not read before it is resumed, nor while it is paused', async () => {
  await using a = await open();
  const socket = await client(a);
  const { connection } = await a.next('opened');
  socket.write('first');
  // The marker: what another connection sends later is there, and the first is still unread.
  const marker = await client(a);
  await untilTrue('two connections', () => a.inputs.filter(({ type }) => type === 'opened').length === 2);
  a.transport.perform({ type: 'resume', connection: 2 });
  marker.write('marker');
  await a.next('received');
  expect(bytesIn(a.inputs)).toBe('marker');
  a.transport.perform({ type: 'resume', connection });
  await untilTrue('the first', () => bytesIn(a.inputs) === 'markerfirst');
  a.transport.perform({ type: 'pause', connection });
  socket.write('second');
  marker.write('again');
  await untilTrue('the marker', () => bytesIn(a.inputs) === 'markerfirstagain');
  a.transport.perform({ type: 'resume', connection });
  await untilTrue('the second', () => bytesIn(a.inputs) === 'markerfirstagainsecond');
  socket.destroy();
  marker.destroy();
});

test('what is written arrives, and is reported as flushed when the kernel has it', async () => {
  await using a = await open();
  const socket = await client(a);
  const { connection } = await a.next('opened');
  a.transport.perform({ type: 'write', connection, bytes: utf8('hello\n') });
  expect(await a.next('flushed')).toEqual({ type: 'flushed', connection, bytes: 6 });
  const [received] = await once(socket.setEncoding('utf8'), 'data');
  expect(received).toBe('hello\n');
  socket.destroy();
});

test('each half ends on its own; when both have, the connection is closed without a failure', async () => {
  await using a = await open();
  const socket = await client(a);
  const { connection } = await a.next('opened');
  a.transport.perform({ type: 'resume', connection });
  socket.end('last words');
  await a.next('ended');
  expect(bytesIn(a.inputs)).toBe('last words');
  const reading = once(socket.setEncoding('utf8'), 'data');
  a.transport.perform({ type: 'write', connection, bytes: utf8('I still speak\n') });
  expect(await reading).toEqual(['I still speak\n']);
  a.transport.perform({ type: 'end', connection });
  expect(await a.next('closed')).toEqual({ type: 'closed', connection, failure: undefined });
});

test('a reset is a closed connection with its reason', async () => {
  await using a = await open();
  const socket = await client(a);
  const { connection } = await a.next('opened');
  a.transport.perform({ type: 'resume', connection });
  socket.resetAndDestroy();
  expect(await a.next('closed')).toEqual({
    type: 'closed',
    connection,
    failure: expect.stringContaining('ECONNRESET'),
  });
});

test('an order for a connection that is gone does nothing', async () => {
  await using a = await open();
  const socket = await client(a);
  const { connection } = await a.next('opened');
  a.transport.perform({ type: 'destroy', connection });
  await a.next('closed');
  a.transport.perform({ type: 'write', connection, bytes: utf8('late') });
  a.transport.perform({ type: 'end', connection });
  a.transport.perform({ type: 'resume', connection });
  expect(a.inputs.at(-1)).toMatchObject({ type: 'closed' });
  socket.destroy();
});

test('close drops every connection and frees the port', async () => {
  const a = await open();
  const socket = await client(a);
  await a.next('opened');
  const gone = once(socket, 'close');
  const { port } = a.transport.address;
  await a.transport.close();
  socket.destroy();
  await gone;
  await using again = await open({ host: '127.0.0.1', port });
  expect(again.transport.address.port).toBe(port);
});

test('a port that is taken is a mistake that says how to mend it', async () => {
  await using a = await open();
  const { port } = a.transport.address;
  await expect(open({ host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'port-taken',
    message: `port ${port} is taken (127.0.0.1:${port}); give another with --bind`,
  });
});
