/**
 * How `tincan status` asks the nodes of this machine how they are: each listens on a local socket in a private directory.
 *
 * Owns: the directory, the sockets' names, the one question and its answer (a line of JSON). Only the user who runs the node
 * can ask.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '../kernel/contract.ts';
import { readStatus } from './status-answer.ts';

/** How long a node may take to answer, in ms. Reason: a health check must say "no" before its own time is up. */
const answerTimeoutMs = 1_500;
/** Longest answer that is read, in bytes: some 1,024 peers. Beyond: it counts as no answer. */
const answerMaxBytes = 1_048_576;

export interface StatusServer {
  close(): Promise<void>;
}

/** Listens until closed. A machine where that can't be (no writable directory) still chats: undefined, with a reason told. */
export async function serveStatus(
  ask: () => Promise<Status>,
  onProblem: (reason: string) => void,
): Promise<StatusServer | undefined> {
  try {
    const path = join(privateDirectory(), `${process.pid}.sock`);
    rmSync(path, { force: true });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      void answer(socket, ask);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    server.unref();
    return { close: () => closeServer(server, sockets) };
  } catch (error) {
    onProblem(
      `tincan status will not see this node: ${Error.isError(error) ? error.message : String(error)}`,
    );
    return undefined;
  }
}

/**
 * The status of each node that this user runs on this machine; a socket that a killed node left behind is removed.
 *
 * @throws {StatusDirectoryError} if the directory can't be used.
 */
export async function askStatus(): Promise<Status[]> {
  const directory = privateDirectory();
  const names = readdirSync(directory).filter((name) => name.endsWith('.sock'));
  const answers = await Promise.all(names.map((name) => askOne(join(directory, name))));
  return answers.filter((status) => status !== undefined);
}

async function answer(socket: Socket, ask: () => Promise<Status>): Promise<void> {
  socket.on('error', () => socket.destroy());
  const status = await ask();
  socket.end(`${JSON.stringify(status)}\n`);
}

async function askOne(path: string): Promise<Status | undefined> {
  let isLeftBehind = false;
  const text = await new Promise<string | undefined>((resolve) => {
    let received = '';
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.length > answerMaxBytes) socket.destroy();
    });
    socket.on('error', (error) => {
      isLeftBehind = 'code' in error && error.code === 'ECONNREFUSED';
    });
    socket.on('close', () => resolve(received.endsWith('\n') ? received : undefined));
  });
  if (isLeftBehind) rmSync(path, { force: true });
  return text === undefined ? undefined : readStatus(text);
}

/** The sockets' directory can't be used: `message` says which it is and why. */
export class StatusDirectoryError extends Error {
  readonly code = 'no-status-directory';
}

/** A directory that only this user may enter. @throws {StatusDirectoryError} if it is somebody else's, or can't be made. */
function privateDirectory(): string {
  const userId = process.getuid?.() ?? 0;
  const directory = join(process.env['XDG_RUNTIME_DIR'] || tmpdir(), `tincan-${userId}`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Not `stat`: a link that somebody else has put there must not lead to a directory of ours.
    const found = lstatSync(directory);
    if (!found.isDirectory()) throw new StatusDirectoryError(`${directory} is not a directory`);
    if (process.getuid !== undefined && found.uid !== userId)
      throw new StatusDirectoryError(`${directory} belongs to another user`);
    chmodSync(directory, 0o700);
    return directory;
  } catch (cause) {
    if (cause instanceof StatusDirectoryError) throw cause;
    const reason = Error.isError(cause) && 'code' in cause ? String(cause.code) : 'unusable';
    throw new StatusDirectoryError(`${directory} can not be used (${reason})`, { cause });
  }
}

/** A client that has asked and does not hang up must not keep the node from ending. */
async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
