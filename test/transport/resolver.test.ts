import { spawn } from 'node:child_process';
import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { addressesOf } from '../../src/transport/resolver.ts';
import { findInHosts } from '../../src/transport/sources.ts';

const resolverUrl = new URL('../../src/transport/resolver.ts', import.meta.url).href;

/** What a name server says in place of an address (RFC 1035, section 4.1.1). */
const responseCodes = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
type ResponseCode = keyof typeof responseCodes;

/** Where no name is known to any source but the one that a test is about. */
const noHostsFile = '/dev/null';
const systemKnows = (...ips: readonly string[]) =>
  ({ system: ['sh', '-c', `echo '${JSON.stringify(ips)}'`] as const, hostsFile: noHostsFile }) as const;

test('a numeric address is the answer in its one text, however it is written', async () => {
  expect(await addressesOf('192.0.2.7', 'ipv4')).toEqual(['192.0.2.7']);
  expect(await addressesOf('0::1', 'any')).toEqual(['::1']);
  expect(await addressesOf('::FFFF:127.0.0.1', 'ipv4')).toEqual(['127.0.0.1']);
});

test('the zone of a link-local address, by name or by number, is given back by its name, as sockets report it', async () => {
  const scoped = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap((address) =>
      address.family === 'IPv6' && address.scopeid > 0 ? { name, ...address } : [],
    ),
  );
  for (const { name, scopeid } of scoped)
    for (const zone of [name, scopeid])
      expect(await addressesOf(`fe80::1%${zone}`, 'any')).toEqual([`fe80::1%${name}`]);
});

test('an address that needs no zone is given back without one, as sockets report it', async () => {
  expect(await addressesOf('::1%lo', 'any')).toEqual(['::1']);
  expect(await addressesOf('fd00::2%1', 'any')).toEqual(['fd00::2']);
});

test('a link-local address without a zone, or with one that this machine has not, is refused with the reason', async () => {
  await expect(addressesOf('fe80::1', 'any')).rejects.toThrow(
    'a link-local address needs its interface, as in fe80::1%eth0',
  );
  await expect(addressesOf('febf::1%nowhere', 'any')).rejects.toThrow(
    'this machine has no link-local address on "nowhere"',
  );
});

test('of the addresses of a name, link-local ones are left out, as nobody says on which interface they are', async () => {
  await using server = await nameServer((question) => answer(question, 'REFUSED'));
  const servers = [server.address];
  expect(await addressesOf('bob.test', 'any', { ...systemKnows('fe80::1', 'fd00::1'), servers })).toEqual([
    'fd00::1',
  ]);
  await expect(addressesOf('bob.test', 'any', { ...systemKnows('fe80::1'), servers })).rejects.toThrow(
    'a link-local address needs its interface, as in fe80::1%eth0',
  );
});

test('an address of a family that the socket can not reach is refused with the reason', async () => {
  await expect(addressesOf('::1', 'ipv4')).rejects.toThrow('it is IPv6, and this node is bound to IPv4');
  await expect(addressesOf('192.0.2.7', 'ipv6')).rejects.toThrow(
    'it is IPv4, and this node is bound to IPv6',
  );
});

test('where this machine has no IPv4 address to send from, those of a name come last, but for loopback ones', async () => {
  await using server = await nameServer((question) => answer(question, 'NXDOMAIN'));
  const known = { ...systemKnows('192.0.2.5', '127.0.0.2', 'fd00::1'), servers: [server.address] };
  expect(await addressesOf('bob.test', 'any', { ...known, hasIpv4: false })).toEqual([
    '127.0.0.2',
    'fd00::1',
    '192.0.2.5',
  ]);
  expect(await addressesOf('bob.test', 'any', { ...known, hasIpv4: true })).toEqual([
    '192.0.2.5',
    '127.0.0.2',
    'fd00::1',
  ]);
});

test('a name in the hosts file needs no name server', async () => {
  await using server = await nameServer(() => undefined);
  const directory = await mkdtemp(join(tmpdir(), 'tincan-test-'));
  try {
    const hostsFile = join(directory, 'hosts');
    await writeFile(hostsFile, '192.0.2.9 carol\n');
    expect(await addressesOf('carol', 'ipv4', { servers: [server.address], hostsFile })).toEqual([
      '192.0.2.9',
    ]);
    expect(server.questions).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a name with both families has its IPv4 addresses first, whichever way the hosts file has them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tincan-test-'));
  try {
    const hostsFile = join(directory, 'hosts');
    for (const text of ['::1 here\n127.0.0.1 here\n', '127.0.0.1 here\n::1 here\n']) {
      await writeFile(hostsFile, text);
      expect(await addressesOf('here', 'any', { hostsFile })).toEqual(['127.0.0.1', '::1']);
      expect(await addressesOf('here', 'ipv6', { hostsFile })).toEqual(['::1']);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test.each([
  ['127.0.0.1 localhost\n::1 localhost ip6-localhost', 'localhost', ['127.0.0.1', '::1']],
  ['\t192.0.2.1\tbob.lan  BOB # the tall one\r', 'bob', ['192.0.2.1']],
  ['0::2 bob', 'bob', ['::2']],
  ['# 192.0.2.1 bob', 'bob', []],
  ['192.0.2.1 bobby', 'bob', []],
  ['nonsense bob\n\n', 'bob', []],
  ['', '', []],
])('the hosts file %j has %s at %j', (text, host, expected) => {
  expect(findInHosts(text, host)).toEqual(expected);
});

test("a name server's answer is taken, and the system is not asked", async () => {
  await using server = await nameServer((question) => answer(question, [192, 0, 2, 8]));
  const sources = { ...systemKnows('192.0.2.66'), servers: [server.address] };
  expect(await addressesOf('bob.test', 'ipv4', sources)).toEqual(['192.0.2.8']);
});

test.each(['NXDOMAIN', 'REFUSED', 'SERVFAIL'] as const)(
  'a name server that answers %s does not hide a name that the system knows',
  async (code) => {
    await using server = await nameServer((question) => answer(question, code));
    const sources = { ...systemKnows('::2', '192.0.2.5'), servers: [server.address] };
    expect(await addressesOf('bob.test', 'any', sources)).toEqual(['192.0.2.5', '::2']);
  },
);

test('where no name server is there at all, the real system is asked: it knows localhost', async () => {
  const sources = { servers: ['127.0.0.1:1'], hostsFile: noHostsFile };
  expect(await addressesOf('localhost', 'ipv4', sources)).toEqual(['127.0.0.1']);
});

test('a name that nobody knows is refused with the reason that the system gives', async () => {
  await using server = await nameServer((question) => answer(question, 'NXDOMAIN'));
  const sources = { servers: [server.address], hostsFile: noHostsFile };
  await expect(addressesOf('bob.invalid', 'any', sources)).rejects.toThrow(/^E[A-Z_]+$/u);
});

test('a name with IPv6 addresses alone is refused on IPv4 with that reason', async () => {
  await using server = await nameServer((question) => answer(question, 'NXDOMAIN'));
  const sources = { ...systemKnows('2001:db8::1'), servers: [server.address] };
  await expect(addressesOf('bob.test', 'ipv4', sources)).rejects.toThrow(
    'it has IPv6 addresses alone, and this node is bound to IPv4',
  );
});

test('a name server that keeps silent is given up, and a name that the system knows is found all the same', async () => {
  await using server = await nameServer(() => undefined);
  const sources = { ...systemKnows('192.0.2.5'), servers: [server.address] };
  expect(await addressesOf('bob.test', 'any', sources)).toEqual(['192.0.2.5']);
  expect(server.questions).toBeGreaterThan(0);
}, 30_000);

test('a process that has nothing else to do ends while the system still looks for a name', async () => {
  const script = `
    const { addressesOf } = await import(${JSON.stringify(resolverUrl)});
    void addressesOf('bob.test', 'any', { servers: ['127.0.0.1:1'], hostsFile: '/dev/null', system: ['sh', '-c', 'sleep 60'] });
    // Until the system is asked.
    setTimeout(() => {}, 300);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  expect(await once(child, 'exit')).toEqual([0, null]);
});

interface NameServer extends AsyncDisposable {
  readonly address: string;
  readonly questions: number;
}

/** On loopback; `respond` gives the datagram that answers a question, or nothing. */
async function nameServer(respond: (question: Buffer) => Buffer | undefined): Promise<NameServer> {
  const socket: Socket = createSocket('udp4');
  let questions = 0;
  socket.on('message', (question, { address, port }) => {
    questions += 1;
    const response = respond(question);
    if (response !== undefined) socket.send(response, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    get questions() {
      return questions;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** RFC 1035, section 4.1: the question with its answer, one A record, or a code that says why there is none. */
function answer(question: Buffer, given: readonly number[] | ResponseCode): Buffer {
  const address = typeof given === 'string' ? undefined : given;
  const code = typeof given === 'string' ? responseCodes[given] : 0;
  const endOfName = question.indexOf(0, 12);
  const response = Buffer.from(question.subarray(0, endOfName + 5));
  response.writeUInt16BE(0x8180 | code, 2);
  response.writeUInt16BE(address === undefined ? 0 : 1, 6);
  // No authority, no additional records (the question may have had one).
  response.writeUInt32BE(0, 8);
  if (address === undefined) return response;
  const toQuestion = [0xc0, 12];
  const aInternet = [0, 1, 0, 1];
  const ttlSec = [0, 0, 0, 60];
  return Buffer.concat([response, Buffer.from([...toQuestion, ...aInternet, ...ttlSec, 0, 4, ...address])]);
}
