/** The network thread keeps reading while the main thread can't: what the tutorial's two threads are for. */
import { singlesOf } from '../../src/kernel/runs.ts';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { type UdpInput, UdpTransport } from '../../src/transport/udp.ts';
import { FacelessNode } from '../support/faceless-node.ts';
import { untilTrue } from '../support/wait.ts';

const STALL_MS = 1_000;
/**
 * Sent during the stall, at a pace that a reader which is awake keeps up with. Three times what the kernel was measured to
 * hold for a socket that nobody reads, with the 4 MiB that we ask for: 10,082 of these datagrams.
 */
const DATAGRAMS = 30_000;

/** Sends `DATAGRAMS` numbered datagrams, evenly over most of the stall, as soon as the flag is set. */
const FLOOD = `
  const { createSocket } = require('node:dgram');
  const { workerData, parentPort } = require('node:worker_threads');
  const { flag, port, count, overMs } = workerData;
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1', () => {
    parentPort.postMessage('ready');
    Atomics.wait(flag, 0, 0);
    const startedAt = performance.now();
    let sent = 0;
    const step = () => {
      const due = Math.min(count, Math.ceil(((performance.now() - startedAt) / overMs) * count));
      let last;
      for (; sent < due; sent += 1) last = new Promise((out) => socket.send('line ' + sent, out));
      if (sent < count) setTimeout(step, 1);
      else last.then(() => socket.close(() => parentPort.postMessage('done')));
    };
    step();
  });
`;

/** Blocks this thread for a second while another one floods `port`. */
async function stallUnderFlood(port: number): Promise<void> {
  const flag = new Int32Array(new SharedArrayBuffer(8));
  const flood = new Worker(FLOOD, {
    eval: true,
    workerData: { flag, port, count: DATAGRAMS, overMs: STALL_MS * 0.7 },
  });
  await once(flood, 'message');
  const done = once(flood, 'message');
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
  Atomics.wait(flag, 1, 0, STALL_MS);
  await done;
}

/** How many datagrams the kernel has dropped for want of room in this socket's buffer. */
function kernelDrops(port: number): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const row = readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local]) => local === `0100007F:${hexPort}`);
  if (row === undefined) throw new Error(`no socket at port ${port} in /proc/net/udp`);
  return Number(row.at(-1));
}

const onLinux = process.platform === 'linux';
const why = onLinux ? '' : ' (skipped: only Linux tells how many datagrams the kernel dropped)';

(onLinux ? test : test.skip)(
  `a main thread that stalls for a second under traffic loses nothing that the kernel accepted${why}`,
  async () => {
    await using node = new FacelessNode({ wire: 'plain' });
    const { address } = await node.seen('ready');
    await stallUnderFlood(address.port);
    const messages = () => node.events.flatMap(singlesOf).filter((event) => event.type === 'message');
    await allAccountedFor(address.port, () => messages().length);

    const texts = messages().map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
    // And most of it was taken while the main thread stood still: no kernel would have held so much.
    expect(texts.length).toBeGreaterThan((await heldByKernel()) * 1.5);
  },
);

/** Every datagram of the flood was received, or the kernel says that it never accepted it. */
async function allAccountedFor(port: number, received: () => number): Promise<void> {
  await untilTrue(
    `all ${DATAGRAMS} datagrams to be received or counted as dropped`,
    () => received() + kernelDrops(port) === DATAGRAMS,
    () => `received ${received()}, dropped by the kernel ${kernelDrops(port)}`,
  );
}

/** How much of the same flood survives if the socket belongs to the thread that stalls. */
async function heldByKernel(): Promise<number> {
  const inputs: UdpInput[] = [];
  const transport = await UdpTransport.open(
    { host: '127.0.0.1', port: 0 },
    { onInput: (input) => inputs.push(input), onSendFailed: () => {} },
  );
  const { port } = transport.address;
  await stallUnderFlood(port);
  await allAccountedFor(port, () => inputs.length);
  await transport.close();
  return inputs.length;
}
