// One stream of udx-native, a reliable transport over UDP in C, without encryption.
// Usage: udx.mjs PACKAGE send|receive OWN_PORT PEER_HOST PEER_PORT
import { createRequire } from 'node:module';
import { pipeline } from 'node:stream/promises';

const [packagePath = '', role, ownPort, peerHost, peerPort] = process.argv.slice(2);
const Udx = createRequire(import.meta.url)(packagePath);
const isSender = role === 'send';
const udx = new Udx();
const socket = udx.createSocket();
socket.bind(Number(ownPort), '0.0.0.0');
const stream = udx.createStream(isSender ? 1 : 2);
stream.connect(socket, isSender ? 2 : 1, Number(peerPort), peerHost);
if (isSender) {
  await pipeline(process.stdin, stream);
  await socket.close();
} else {
  stream.pipe(process.stdout);
}
