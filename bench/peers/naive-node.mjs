// UDP chat as one would first write it in Node: a datagram a line, nothing is waited for.
// Usage: naive-node.mjs OWN_PORT PEER_HOST PEER_PORT
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const [ownPort, peerHost, peerPort] = process.argv.slice(2);
const socket = createSocket('udp4');
socket.on('message', (bytes) => process.stdout.write(`${String(bytes)}\n`));
socket.bind(Number(ownPort), () => {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => socket.send(line, Number(peerPort), peerHost));
});
