/**
 * A program of its own, run in a container: many peers with keys of their own, each of which makes a node keep as much as one
 * peer may, by what costs it the most. They answer nothing, and acknowledge nothing.
 *
 *     node hoarders.ts IP PORT HOARD PEERS
 *
 * Owns: their handshakes and what they send. Prints a line for each round in which all have sent everything.
 */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { utf8Encode } from '../../src/kernel/text.ts';
import { nodeCrypto } from '../../src/runtime/crypto.ts';
import { parseDatagram } from '../../src/wires/tincan/codec/datagram.ts';
import { encodeFrames, frameBytes } from '../../src/wires/tincan/codec/frame-table.ts';
import { logIdBytes } from '../../src/wires/tincan/codec/frames.ts';
import type { Frame, LineFrame } from '../../src/wires/tincan/codec/frames.ts';
import { PacketSealer } from '../../src/wires/tincan/delivery/packet.ts';
import { Initiator } from '../../src/wires/tincan/handshake/initiator.ts';
import { SeenInits } from '../../src/wires/tincan/handshake/seen-inits.ts';
import { framesPerPacketMax } from '../../src/wires/tincan/limits.ts';

const payloadBytes = 1_100;
const packetsAtOnce = 8;

function line(seq: number, bytes: Uint8Array, offset = 0, fin = true): LineFrame {
  return { type: 'line', kind: 'room', seq, offset, fin, bytes };
}

const byte = Uint8Array.of(120);

/** A line of `bytes` bytes in pieces that each fit into one packet. The last character takes three bytes, and makes all of them wide. */
function wide(seq: number, bytes: number): LineFrame[] {
  const text = utf8Encode('x'.repeat(bytes - 3) + '\u20ac') ?? byte;
  const pieces: LineFrame[] = [];
  for (let at = 0; at < bytes; at += 1_000) {
    pieces.push(line(seq, text.subarray(at, at + 1_000), at, at + 1_000 >= bytes));
  }
  return pieces;
}

function many(count: number, make: (index: number) => readonly LineFrame[]): LineFrame[] {
  return Array.from({ length: count }, (_, index) => make(index)).flat();
}

/** What each of them sends, in order. */
const hoards: Readonly<Record<string, () => readonly LineFrame[]>> = {
  nothing: () => [],
  'short-lines': () => many(4_033, (index) => [line(index + 1, byte)]),
  'wide-lines': () => many(5, (index) => wide(index + 1, 60_000)),
  'later-lines': () => many(4_033, (index) => [line(index + 2, byte)]),
  'last-bytes': () => many(4_033, (index) => [line(index + 2, byte, 65_000)]),
  'small-pieces': () =>
    many(8, (seq) =>
      many(255, (index) => [line(seq + 2, new Uint8Array(128).fill(120), 256 * index, false)]),
    ),
  names: () => many(4_033, (index) => [{ ...line(index + 1, Buffer.from(`n${index}`)), kind: 'name' }]),
};

class Hoarder {
  readonly #socket: Socket = createSocket('udp4');
  readonly #initiator = new Initiator(
    {
      identity: nodeCrypto.generateKeyPair(),
      roomKey: undefined,
      crypto: nodeCrypto,
      seenInits: new SeenInits(),
      newIndex: () => Buffer.from(nodeCrypto.randomBytes(4)).readUInt32BE(0),
    },
    Date.now(),
  );
  readonly #name: string;
  readonly #ip: string;
  readonly #port: number;
  #sealer: PacketSealer | undefined = undefined;

  constructor(name: string, ip: string, port: number) {
    this.#name = name;
    this.#ip = ip;
    this.#port = port;
  }

  async join(): Promise<void> {
    this.#socket.on('message', (bytes) => this.#onMessage(bytes));
    await new Promise<void>((resolve) => this.#socket.bind(0, resolve));
    while (this.#sealer === undefined) {
      const due = this.#initiator.timeout(Date.now());
      if (due.type === 'gave-up') throw new Error('the node does not answer');
      if (due.type === 'send') this.#send(due.bytes);
      await delay(20);
    }
    await delay(100);
  }

  async send(lines: readonly LineFrame[]): Promise<void> {
    let frames: Frame[] = [this.#resume()];
    let packets = 0;
    let size = 0;
    for (const each of lines) {
      const bytes = frameBytes(each);
      if (size + bytes > payloadBytes || frames.length === framesPerPacketMax) {
        this.#sendFrames(frames);
        packets += 1;
        if (packets % packetsAtOnce === 0) await delay(1);
        frames = [];
        size = 0;
      }
      frames.push(each);
      size += bytes;
    }
    this.#sendFrames(frames.length === 0 ? [{ type: 'ping' }] : frames);
  }

  #resume(): Frame {
    const none = new Uint8Array(logIdBytes);
    return {
      type: 'resume',
      logId: Uint8Array.from(none).fill(1),
      start: 1,
      head: 1,
      followedLogId: none,
      held: 0,
      known: 0,
    };
  }

  #sendFrames(frames: readonly Frame[]): void {
    if (this.#sealer !== undefined) this.#send(this.#sealer.seal(encodeFrames(frames)).bytes);
  }

  #send(bytes: Uint8Array): void {
    this.#socket.send(bytes, this.#port, this.#ip);
  }

  #onMessage(bytes: Uint8Array): void {
    const message = parseDatagram(bytes);
    if (message.type === 'cookie') this.#initiator.receiveCookie(message);
    if (message.type !== 'response' || this.#sealer !== undefined) return;
    if (this.#initiator.receiveResponse(message, Date.now()).type === 'dropped') return;
    const { finish, session } = this.#initiator.finish({ name: this.#name }, Date.now());
    this.#send(finish);
    const { sendKey, remoteIndex: receiverIndex } = session;
    this.#sealer = new PacketSealer({ sendKey, receiverIndex, crypto: nodeCrypto });
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

const [ip = '', port = '', hoard = '', peers = ''] = process.argv.slice(2);
const lines = hoards[hoard]?.() ?? [];
const hoarders: Hoarder[] = [];
for (let index = 0; index < Number(peers); index += 1) {
  const hoarder = new Hoarder(`hoarder-${index}`, ip, Number(port));
  await hoarder.join();
  hoarders.push(hoarder);
}
process.stdout.write('joined\n');
// What the node's socket had no room for comes again.
for (;;) {
  for (const hoarder of hoarders) await hoarder.send(lines);
  process.stdout.write('sent\n');
  await delay(1_000);
}
