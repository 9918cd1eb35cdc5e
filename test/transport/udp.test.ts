import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import type { HostPort } from '../../src/kernel/address.ts';
import { SetupError } from '../../src/kernel/errors.ts';
import { addressesOf } from '../../src/transport/resolver.ts';
import { type UdpInput, UdpTransport } from '../../src/transport/udp.ts';
import { untilTrue } from '../support/wait.ts';

const ANY_PORT: HostPort = { host: '127.0.0.1', port: 0 };

interface Opened extends AsyncDisposable {
  readonly transport: UdpTransport;
  readonly inputs: UdpInput[];
  readonly failures: Error[];
}

async function open(bind = ANY_PORT): Promise<Opened> {
  const inputs: UdpInput[] = [];
  const failures: Error[] = [];
  const transport = await UdpTransport.open(bind, {
    onInput: (input) => inputs.push(input),
    onSendFailed: (error) => failures.push(error),
  });
  let closing: Promise<void> | undefined;
  const close = transport.close.bind(transport);
  transport.close = () => (closing ??= close());
  return { transport, inputs, failures, [Symbol.asyncDispose]: () => transport.close() };
}

test('datagrams cross with their bytes and their sender, and so does an empty one', async () => {
  await using a = await open();
  await using b = await open();
  expect(a.transport.address).toEqual({ ip: '127.0.0.1', port: expect.any(Number) });
  a.transport.perform({ type: 'datagram', to: b.transport.address, bytes: Uint8Array.of(1, 2, 3) });
  a.transport.perform({ type: 'datagram', to: b.transport.address, bytes: new Uint8Array() });
  await untilTrue('two datagrams', () => b.inputs.length === 2);
  expect(b.inputs.map(({ from, bytes }) => [from, [...bytes]])).toEqual([
    [a.transport.address, [1, 2, 3]],
    [a.transport.address, []],
  ]);
});

test('a dual-stack socket speaks IPv4 with addresses that look like it', async () => {
  await using both = await open({ host: '::', port: 0 });
  await using v4 = await open();
  const to = { ip: '127.0.0.1', port: both.transport.address.port };
  v4.transport.perform({ type: 'datagram', to, bytes: Uint8Array.of(1) });
  await untilTrue('a datagram', () => both.inputs.length === 1);
  expect(both.inputs[0]?.from).toEqual(v4.transport.address);
  both.transport.perform({ type: 'datagram', to: v4.transport.address, bytes: Uint8Array.of(2) });
  await untilTrue('the answer', () => v4.inputs.length === 1);
});

test('a datagram that the kernel refuses is told, and the next one goes', async () => {
  await using a = await open();
  await using b = await open();
  a.transport.perform({
    type: 'datagram',
    to: { ip: '255.255.255.255', port: 9 },
    bytes: Uint8Array.of(1),
  });
  a.transport.perform({ type: 'datagram', to: b.transport.address, bytes: Uint8Array.of(2) });
  await untilTrue('the failure and the datagram', () => a.failures.length === 1 && b.inputs.length === 1);
  expect(a.failures[0]?.message).toContain('EACCES');
  // What `AddressChoice` goes by.
  expect(a.failures[0]).toMatchObject({ code: 'EACCES', address: '255.255.255.255' });
});

test('where nobody listens at the other end, there is only silence', async () => {
  await using a = await open();
  const b = await open();
  const gone = b.transport.address;
  await b.transport.close();
  await using c = await open();
  a.transport.perform({ type: 'datagram', to: gone, bytes: Uint8Array.of(1) });
  a.transport.perform({ type: 'datagram', to: c.transport.address, bytes: Uint8Array.of(2) });
  await untilTrue('the next datagram', () => c.inputs.length === 1);
  expect(a.failures).toEqual([]);
});

test('what was handed over goes out before the socket closes', async () => {
  await using b = await open();
  const a = await open();
  for (let count = 0; count < 500; count += 1)
    a.transport.perform({ type: 'datagram', to: b.transport.address, bytes: Uint8Array.of(count % 256) });
  await a.transport.close();
  await untilTrue('500 datagrams', () => b.inputs.length === 500);
  expect(a.failures).toEqual([]);
});

test('a port that is taken, and an address that is not ours, are mistakes that say how to mend them', async () => {
  const other = createSocket('udp4');
  other.bind(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address();
  const taken = await open({ host: '127.0.0.1', port }).catch((error: unknown) => error);
  other.close();
  expect(taken).toBeInstanceOf(SetupError);
  expect(taken).toMatchObject({
    code: 'port-taken',
    message: `port ${port} is taken (127.0.0.1:${port}); give another with --bind`,
  });
  // 192.0.2.0/24 is for documentation: no machine has it.
  await expect(open({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
    code: 'bad-address',
    message: '192.0.2.1:0 is not an address of this machine; give one with --bind',
  });
});

test.each(['localhost', '127.0.0.1'])(
  'bound by %s, a node is where peers look for that name first',
  async (host) => {
    await using a = await open({ host, port: 0 });
    const [first] = await addressesOf(host, 'any');
    expect(a.transport.address.ip).toBe(first);
  },
);

test('what a socket can reach follows from where it is bound', async () => {
  const reach = {
    '127.0.0.1': 'ipv4',
    '0.0.0.0': 'ipv4',
    '::ffff:127.0.0.1': 'ipv4',
    '::': 'any',
    '::1': 'ipv6',
  };
  for (const [host, expected] of Object.entries(reach)) {
    await using a = await open({ host, port: 0 });
    expect(a.transport.reach).toBe(expected);
  }
});
