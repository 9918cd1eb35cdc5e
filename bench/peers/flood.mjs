// Forged datagrams at a rate, for a few seconds: half of them packets under session indexes that are guessed, half of them
// messages 1 whose tag is wrong. Writes how many have left.
// Usage: flood.mjs PORT DATAGRAMS_PER_SECOND SECONDS
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { protocolVersion } from '../../src/wires/tincan/limits.ts';

const [port = 0, perSecond = 0, seconds = 0] = process.argv.slice(2).map(Number);
const total = Math.min(perSecond * seconds, 1_000_000);
const packet = () => Buffer.concat([Buffer.of(0x40), randomBytes(124)]);
const init = () => Buffer.concat([Buffer.of(1, protocolVersion), randomBytes(1_198)]);
const forged = Array.from({ length: 1_024 }, (_, index) => (index % 2 === 0 ? packet() : init()));
const socket = createSocket('udp4');
const startedAt = performance.now();
let sent = 0;
let left = 0;
const turn = setInterval(() => {
  const due = Math.min(total, ((performance.now() - startedAt) / 1_000) * perSecond);
  for (; sent < due; sent += 1)
    socket.send(forged[sent % forged.length] ?? '', port, '127.0.0.1', (error) => {
      if (error === null) left += 1;
    });
  if (performance.now() - startedAt < seconds * 1_000) return;
  clearInterval(turn);
  socket.close(() => process.stdout.write(`${left}\n`));
}, 2);
