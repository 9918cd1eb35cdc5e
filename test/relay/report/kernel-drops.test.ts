import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { dropsOf, kernelDrops } from '../../../src/relay/report/kernel-drops.ts';

const SOURCE = fileURLToPath(new URL('../../../src/relay/report/kernel-drops.ts', import.meta.url));
const SOCKETS = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1234: 0100007F:1388 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 111 2 0000000000000000 5
 1234: 0200007F:1388 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 222 2 0000000000000000 7
 5678: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 333 2 0000000000000000 90
`;

test("the kernel's table gives the drops of the sockets that are asked for, and of no other", () => {
  expect(dropsOf(new Set(['111']), SOCKETS)).toBe(5);
  expect(dropsOf(new Set(['111', '222', '444']), SOCKETS)).toBe(12);
  expect(dropsOf(new Set(), SOCKETS)).toBe(0);
});

/** Sends many datagrams while the thread that would read them stands still. */
const FLOOD = `
  const { createSocket } = require('node:dgram');
  const { workerData: { flag, port, count } } = require('node:worker_threads');
  const socket = createSocket('udp4');
  let sent = 0;
  for (let at = 0; at < count; at++) socket.send(Buffer.alloc(1000), port, '127.0.0.1', () => {
    sent += 1;
    if (sent < count) return;
    socket.close();
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
`;
const DATAGRAMS = 200;

const onLinux = process.platform === 'linux';
const why = onLinux ? '' : ' (skipped: only Linux tells how many datagrams the kernel dropped)';

(onLinux ? test : test.skip)(
  `what the kernel drops at a socket of this process counts here, and in no other process${why}`,
  async () => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 10_000 });
    try {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      expect(kernelDrops()).toBe(0);
      const flag = new Int32Array(new SharedArrayBuffer(4));
      const workerData = { flag, port: socket.address().port, count: DATAGRAMS };
      const flood = new Worker(FLOOD, { eval: true, workerData });
      const ended = once(flood, 'exit');
      expect(Atomics.wait(flag, 0, 0, 10_000)).toBe('ok');
      const drops = kernelDrops();
      await ended;
      expect(drops).toBeGreaterThan(0);
      expect(drops).toBeLessThan(DATAGRAMS);
      const script = `import { kernelDrops } from ${JSON.stringify(SOURCE)}; console.log(kernelDrops());`;
      const elsewhere = execFileSync(process.execPath, ['--input-type=module', '--eval', script]);
      expect(elsewhere.toString()).toBe('0\n');
    } finally {
      socket.close();
    }
  },
);
