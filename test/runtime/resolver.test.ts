import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findInHosts, lookup } from '../../src/runtime/resolver.ts';

/** In a name's DNS answer: it does not exist. */
const NXDOMAIN = 3;

test('a numeric address is given back as it is, whatever family was asked for', async () => {
  expect(await lookup('192.0.2.7', 'ipv4')).toBe('192.0.2.7');
  expect(await lookup('::1', 'ipv4')).toBe('::1');
});

test('a name in the hosts file needs no name server', async () => {
  await using server = await nameServer(() => undefined);
  const directory = await mkdtemp(join(tmpdir(), 'tincan-test-'));
  try {
    const hostsFile = join(directory, 'hosts');
    await writeFile(hostsFile, '192.0.2.9 carol\n');
    expect(await lookup('carol', 'ipv4', { servers: [server.address], hostsFile })).toBe('192.0.2.9');
    expect(server.questions).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test.each([
  ['127.0.0.1 localhost\n::1 localhost ip6-localhost', 'localhost', 'ipv4', '127.0.0.1'],
  ['::1 localhost\n127.0.0.1 localhost', 'localhost', 'ipv4', '127.0.0.1'],
  ['::1 localhost\n127.0.0.1 localhost', 'localhost', 'any', '::1'],
  ['\t192.0.2.1\tbob.lan  BOB # the tall one\r', 'bob', 'ipv4', '192.0.2.1'],
  ['# 192.0.2.1 bob', 'bob', 'ipv4', undefined],
  ['192.0.2.1 bobby', 'bob', 'ipv4', undefined],
  ['nonsense bob\n\n', 'bob', 'any', undefined],
  ['', '', 'any', undefined],
] as const)('the hosts file %j has %s (%s) at %s', (text, host, family, expected) => {
  expect(findInHosts(text, host, family)).toBe(expected);
});

test("a name server's answer is taken", async () => {
  await using server = await nameServer((question) => answer(question, [192, 0, 2, 8]));
  expect(await lookup('bob.test', 'ipv4', { servers: [server.address] })).toBe('192.0.2.8');
});

test('a name that the name server does not know is asked of the system, which does not know it either', async () => {
  await using server = await nameServer((question) => answer(question, undefined));
  await expect(lookup('bob.invalid', 'any', { servers: [server.address] })).rejects.toThrow(
    /getaddrinfo \w+ bob\.invalid/u,
  );
  // Both families were asked of the server.
  expect(server.questions).toBe(2);
});

test('a name server that keeps silent is given up, and the system, which would wait longer, is not asked', async () => {
  await using server = await nameServer(() => undefined);
  await expect(lookup('bob.test', 'any', { servers: [server.address] })).rejects.toMatchObject({
    code: 'ETIMEOUT',
    syscall: 'queryA',
  });
  expect(server.questions).toBeGreaterThan(0);
}, 30_000);

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

/** RFC 1035 §4.1: the question with its answer, one A record; without an address: no such name. */
function answer(question: Buffer, address: readonly number[] | undefined): Buffer {
  const endOfName = question.indexOf(0, 12);
  const response = Buffer.from(question.subarray(0, endOfName + 5));
  response.writeUInt16BE(0x8180 | (address === undefined ? NXDOMAIN : 0), 2);
  response.writeUInt16BE(address === undefined ? 0 : 1, 6);
  // No authority, no additional records (the question may have had one).
  response.writeUInt32BE(0, 8);
  if (address === undefined) return response;
  const toQuestion = [0xc0, 12];
  const aInternet = [0, 1, 0, 1];
  const ttlSec = [0, 0, 0, 60];
  return Buffer.concat([response, Buffer.from([...toQuestion, ...aInternet, ...ttlSec, 0, 4, ...address])]);
}
