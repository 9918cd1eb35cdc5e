import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import {
  eventBatchUnits,
  eventUnits,
  sayWindowBytes,
  sendQueueMaxBytes,
} from '../../src/wires/common/limits.ts';
import { connectHere, connectThread } from '../../src/runtime/connect.ts';
import { freePorts } from '../support/ports.ts';
import { FacelessNode } from '../support/faceless-node.ts';
import { untilTrue } from '../support/wait.ts';

describe.each([
  { where: 'a thread of its own', connect: connectThread },
  { where: 'the face’s thread', connect: connectHere },
])('with the network in $where:', ({ connect }) => {
  test('the first event is ready, the last is closed, and then the events end', async () => {
    const node = new FacelessNode({}, connect);
    const ready = await node.seen('ready');
    expect(ready).toEqual({
      type: 'ready',
      name: 'alice',
      address: { ip: '127.0.0.1', port: expect.any(Number) },
      wire: 'plain',
      receipts: false,
    });
    await node[Symbol.asyncDispose]();
    expect(node.events.map(({ type }) => type)).toEqual(['ready', 'closed']);
  });

  test('a set-up that fails is an error event with its line, and then closed', async () => {
    await using first = new FacelessNode({}, connect);
    const { address } = await first.seen('ready');
    const second = new FacelessNode({ bind: { host: '127.0.0.1', port: address.port } }, connect);
    await second.seen('closed');
    expect(second.events).toEqual([
      {
        type: 'error',
        code: 'port-taken',
        message: `port ${address.port} is taken (127.0.0.1:${address.port}); give another with --bind`,
      },
      { type: 'closed', undelivered: 0 },
    ]);
  });

  test('events that have waited come in batches of a bounded size, so that showing them takes bounded memory', async () => {
    await using node = new FacelessNode({}, connect);
    const batchMax = eventBatchUnits / eventUnits;
    const says = 3 * batchMax;
    for (let index = 0; index < says; index += 1) node.client.send({ type: 'say', text: '', ref: index });
    // Asked on the side, and answered after all of them.
    await node.client.status();
    const sizes: number[] = [];
    let queued = 0;
    for await (const batch of node.client.events()) {
      sizes.push(batch.length);
      queued += batch.filter(({ type }) => type === 'queued').length;
      if (queued === says) break;
    }
    expect(Math.max(...sizes)).toBe(batchMax);
  });

  test('the window of says closes when nothing takes them, and opens again; every line arrives once and in order', async () => {
    const [port = 0] = await freePorts(1);
    await using node = new FacelessNode(
      { wire: 'tcp', peers: [{ label: 'bob', host: '127.0.0.1', port }] },
      connect,
    );
    await node.seen('ready');
    const said: string[] = [];
    let answers = 0;
    node.client.onAnswered = () => {
      answers += 1;
    };
    // As a face does: says while there is room, and waits for the network's answers in between.
    const text = (index: number) => `${index} `.padEnd(10_000, 'x');
    const fill = Math.ceil(sendQueueMaxBytes / 10_000);
    while (said.length < fill) {
      if (node.client.hasRoom) {
        const line = text(said.length);
        said.push(line);
        node.client.send({ type: 'say', text: line, ref: undefined });
      } else {
        const before = answers;
        await untilTrue('an answer', () => answers > before || node.client.hasRoom);
      }
    }
    await untilTrue(
      'the send queue to fill',
      () => node.events.filter(({ type }) => type === 'queued').length >= fill - 1,
    );
    // Now nothing is answered any more: the window is all that is left.
    let beyond = 0;
    while (node.client.hasRoom) {
      const line = text(said.length);
      said.push(line);
      node.client.send({ type: 'say', text: line, ref: undefined });
      beyond += 1;
    }
    expect(beyond).toBeLessThanOrEqual(Math.ceil(sayWindowBytes / 30_000) + 1);

    const received = await receiveAll(port, said.length);
    expect(received).toEqual(said);
    await untilTrue('room', () => node.client.hasRoom);
    await untilTrue(
      'every answer',
      () => node.events.filter(({ type }) => type === 'queued').length === said.length,
    );
    const numbers = node.events.flatMap((event) => (event.type === 'queued' ? [event.seq] : []));
    expect(numbers).toEqual(said.map((_, index) => index + 1));
  });

  test('a status asked on the side comes even while nobody reads the events, and is not among them', async () => {
    await using node = new FacelessNode({}, connect);
    const status = await node.client.status();
    expect(status).toMatchObject({ type: 'status', name: 'alice', wire: 'plain', said: 0 });
    node.client.send({ type: 'say', text: 'anybody?', ref: undefined });
    expect(await node.client.status()).toMatchObject({ said: 1 });
    // One that the reader of the events asks for is among them, in its place between two others.
    const [before, after] = [
      node.client.status(),
      (node.client.send({ type: 'status' }), node.client.status()),
    ];
    await Promise.all([before, after]);
    await node.seen('status');
    expect(node.events.map(({ type }) => type)).toEqual(['ready', 'queued', 'undelivered', 'status']);
  });

  test('a bug in the network is thrown to who reads the events', async () => {
    const node = new FacelessNode(
      { peers: [{ label: 'bob', host: `${'x'.repeat(64)}.invalid`, port: 9 }] },
      connect,
    );
    await node.seen('ready');
    // The line keeps the node waiting; and to say more after `quit` is what no face ever does.
    node.client.send({ type: 'say', text: 'waits for an address', ref: undefined });
    node.client.send({ type: 'quit', drainTimeoutMs: 10_000 });
    node.client.send({ type: 'say', text: 'after quit', ref: undefined });
    await untilTrue('the failure', () => node.failure !== undefined);
    expect(String(node.failure)).toBe('InvariantViolation: a say after quit');
  });
});

/** Listens, reads so many lines, and hangs up. */
async function receiveAll(port: number, count: number): Promise<string[]> {
  const server: Server = createServer();
  server.listen(port, '127.0.0.1');
  const [socket] = await once(server, 'connection');
  const lines = await linesFrom(socket, count);
  server.close();
  return lines;
}

async function linesFrom(socket: Socket, count: number): Promise<string[]> {
  let text = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.split('\n').length > count) break;
  }
  return text.split('\n').slice(0, -1);
}
