import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Status } from '../../src/kernel/contract.ts';
import { type StatusServer, askStatus, serveStatus } from '../../src/runtime/status-socket.ts';

const STATUS: Status = {
  type: 'status',
  name: 'alice',
  wire: 'plain',
  address: { ip: '127.0.0.1', port: 5000 },
  said: 3,
  peers: [],
};

let parent = '';
let directory = '';
const before = process.env['XDG_RUNTIME_DIR'];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  directory = join(parent, `tincan-${process.getuid?.() ?? 0}`);
  process.env['XDG_RUNTIME_DIR'] = parent;
});
afterEach(() => {
  if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
  else process.env['XDG_RUNTIME_DIR'] = before;
  rmSync(parent, { recursive: true, force: true });
});

async function serve(ask: () => Promise<Status> = async () => STATUS): Promise<StatusServer> {
  const server = await serveStatus(ask, (reason) => {
    throw new Error(reason);
  });
  if (server === undefined) throw new Error('no server and no reason');
  return server;
}

/** As a killed node leaves it: the file is there, and nobody listens. */
async function leaveSocket(path: string): Promise<void> {
  mkdirSync(directory, { mode: 0o700, recursive: true });
  const server = createServer().listen(join(directory, 'listening'));
  await once(server, 'listening');
  renameSync(join(directory, 'listening'), path);
  server.close();
  await once(server, 'close');
  expect(existsSync(path)).toBe(true);
}

const mode = (path: string): number => lstatSync(path).mode & 0o777;

test('whoever asks a node gets its status, as often as they ask', async () => {
  const server = await serve();
  expect(await askStatus()).toEqual([STATUS]);
  expect(await askStatus()).toEqual([STATUS]);
  await server.close();
  expect(await askStatus()).toEqual([]);
});

test('the sockets are in a directory that only this user may enter, even if it was open before', async () => {
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  const server = await serve();
  expect(mode(directory)).toBe(0o700);
  await server.close();
});

test('without any node, nobody answers', async () => {
  expect(await askStatus()).toEqual([]);
});

test('a socket that a killed node left behind is no answer, and is removed', async () => {
  await leaveSocket(join(directory, '1.sock'));
  expect(await askStatus()).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
});

test('a socket that answers something else than a status is no node', async () => {
  mkdirSync(directory, { mode: 0o700 });
  const answers = ['not json\n', 'null\n', '{"type":"other"}\n', '[]\n', ''];
  const servers = await Promise.all(
    answers.map(async (answer, index) => {
      const server = createServer((socket) => socket.end(answer)).listen(join(directory, `${index}.sock`));
      await once(server, 'listening');
      return server;
    }),
  );
  expect(await askStatus()).toEqual([]);
  await Promise.all(servers.map((server) => promisify(server.close.bind(server))()));
});

test('a socket with our own process number that was left behind does not stop us', async () => {
  await leaveSocket(join(directory, `${process.pid}.sock`));
  const server = await serve();
  expect(await askStatus()).toEqual([STATUS]);
  await server.close();
});

test('a link in the directory`s place is refused with a reason, and its target stays as it was', async () => {
  const target = join(parent, 'target');
  mkdirSync(target);
  chmodSync(target, 0o755);
  symlinkSync(target, directory);
  const reasons: string[] = [];
  const server = await serveStatus(
    async () => STATUS,
    (reason) => reasons.push(reason),
  );
  expect(server).toBeUndefined();
  expect(reasons).toEqual([`tincan status will not see this node: ${directory} is not a directory`]);
  expect(mode(target)).toBe(0o755);
});

test('a client that has asked and does not hang up does not keep the node from leaving', async () => {
  const server = await serve();
  const socket = connect({ path: join(directory, `${process.pid}.sock`), allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'data');
  await server.close();
  socket.destroy();
});

test('a client that asks a node which has no answer yet does not keep it from leaving', async () => {
  const server = await serve(() => new Promise(() => {}));
  const socket = connect(join(directory, `${process.pid}.sock`));
  socket.on('error', () => {});
  await once(socket, 'connect');
  await server.close();
  socket.destroy();
});
