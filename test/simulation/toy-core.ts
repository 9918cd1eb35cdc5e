/**
 * The simplest protocol that keeps the promise (go-back-N over a byte stream), and ways to break it on purpose.
 *
 * Owns: a check on the simulator itself. A run with the honest toy must hold, and each flaw must be found; so that a failure
 * elsewhere speaks about the protocol, and silence means something.
 *
 * Each datagram: type 1, checksum 8, then text fields: sender, receiver ('' where unknown), counter, two numbers and a
 * rest. A hello asks an address to show itself, and a welcome does; only then does data go there.
 */
import type { Address, Command, Event, PeerId, PeerTarget, Ref } from '../../src/kernel/contract.ts';
import { fingerprintOf } from '../../src/wires/tincan/handshake/handshake.ts';
import type { DatagramCore, Input, Output } from '../../src/kernel/io.ts';
import type { NodeSettings } from '../../src/wires/tincan/node.ts';
import { keyOf } from './network.ts';

export const flaws = [
  'gives duplicates',
  'skips gaps',
  'acks before the program took it',
  'never retransmits',
  'checks no checksum',
  'forgets its deadline',
  'spins',
  'floods unknown addresses',
  'loses its place when a peer moves',
  'gives up in silence',
] as const;
export type Flaw = (typeof flaws)[number];

const type = { hello: 1, welcome: 2, data: 3, ack: 4 } as const;
const chunkBytes = 1_000;
const windowChunks = 16;
const tickMs = 50;
const helloEveryMs = 2_000;

interface Peer {
  readonly id: string;
  readonly peerId: PeerId;
  readonly name: string;
  address: Address;
  newestCounter: number;
  /** Of our stream: what the peer has, and what was sent of it. */
  acked: number;
  sent: number;
  takenByPeer: number;
  /** Of the peer's stream. */
  received: Uint8Array[];
  receivedBytes: number;
  given: number;
  taken: number;
}

interface Packet {
  readonly type: number;
  readonly sender: string;
  readonly receiver: string;
  readonly counter: number;
  readonly first: number;
  readonly second: number;
  readonly rest: Uint8Array;
}

export class ToyCore implements DatagramCore {
  readonly #settings: NodeSettings;
  readonly #flaw: Flaw | undefined;
  readonly #id: string;
  readonly #peers = new Map<string, Peer>();
  /** By address: what a welcome from there must bring back. */
  readonly #tokens = new Map<string, number>();
  readonly #refs: (Ref | undefined)[] = [];
  readonly #lineEnds: number[] = [];
  readonly #outputs: Output[] = [];
  #stream = new Uint8Array(0);
  #counter = 0;
  #deadline: number | undefined = 0;
  #hellosAtMs = 0;

  constructor(settings: NodeSettings, flaw?: Flaw) {
    this.#settings = settings;
    this.#flaw = flaw;
    this.#id = fingerprintOf(settings.crypto, settings.identity.publicKey);
  }

  deadline(): number | undefined {
    return this.#deadline;
  }

  drain(): readonly Output[] {
    return this.#outputs.splice(0);
  }

  handle(input: Input, now: number): void {
    switch (input.type) {
      case 'datagram':
        return this.#receive(input.from, input.bytes);
      case 'command':
        return this.#obey(input.command);
      case 'resolved':
        for (const { host, port } of this.#settings.peers) {
          if (host === input.host) this.#hello({ ip: input.ip, port });
        }
        return;
      case 'unresolved':
        return;
      case 'timeout':
        return this.#tick(now);
    }
  }

  #tick(now: number): void {
    this.#deadline = this.#flaw === 'spins' && this.#peers.size > 0 ? now : now + tickMs;
    if (this.#flaw === 'forgets its deadline' && this.#peers.size > 0) this.#deadline = undefined;
    if (now >= this.#hellosAtMs) {
      this.#hellosAtMs = now + helloEveryMs;
      const hosts = new Set(this.#settings.peers.map(({ host }: PeerTarget) => host));
      for (const host of hosts) this.#outputs.push({ type: 'resolve', host });
      for (const peer of this.#peers.values()) {
        this.#hello(peer.address);
        // The last ack may have been lost, and nothing asks for it again.
        this.#ack(peer);
      }
    }
    for (const peer of this.#peers.values()) {
      if (this.#flaw !== 'never retransmits') peer.sent = peer.acked;
      this.#sendData(peer);
    }
  }

  #obey(command: Command): void {
    switch (command.type) {
      case 'say': {
        const line = Buffer.from(JSON.stringify(command.text) + '\n');
        this.#stream = Buffer.concat([this.#stream, line]);
        this.#lineEnds.push(this.#stream.length);
        this.#refs.push(command.ref);
        this.#emit({ type: 'queued', ref: command.ref, seq: this.#refs.length });
        for (const peer of this.#peers.values()) this.#sendData(peer);
        return;
      }
      case 'say-lines':
        throw new Error('the toy says single lines');
      case 'taken':
        for (const peer of this.#peers.values()) {
          if (peer.peerId !== command.peerId) continue;
          peer.taken = command.seq;
          this.#ack(peer);
        }
        return;
      case 'rename':
      case 'accept':
      case 'forget':
      case 'trace':
      case 'status':
        return;
      case 'quit':
        return this.#quit();
    }
  }

  #quit(): void {
    this.#deadline = undefined;
    let undelivered = 0;
    for (const { name, takenByPeer } of this.#peers.values()) {
      for (let seq = takenByPeer + 1; seq <= this.#refs.length; seq++) {
        if (this.#flaw === 'gives up in silence') continue;
        undelivered++;
        this.#emit({ type: 'undelivered', ref: this.#refs[seq - 1], seq, to: name, reason: 'the end' });
      }
    }
    this.#emit({ type: 'closed', undelivered });
  }

  #receive(from: Address, bytes: Uint8Array): void {
    const packet = this.#decode(bytes);
    if (packet === undefined || packet.sender === this.#id) return;
    if (packet.receiver !== '' && packet.receiver !== this.#id) return;
    const peer = this.#peers.get(packet.sender);
    if (peer !== undefined && packet.counter <= peer.newestCounter) {
      if (this.#flaw !== 'gives duplicates' || packet.type !== type.data) return;
      peer.receivedBytes = Math.min(peer.receivedBytes, packet.first);
    }
    if (peer !== undefined) peer.newestCounter = packet.counter;
    switch (packet.type) {
      case type.hello:
        this.#send(from, type.welcome, packet.sender, packet.first, 0, this.#name());
        if (peer === undefined || !isSame(peer.address, from)) this.#hello(from);
        if (this.#flaw === 'floods unknown addresses')
          this.#send(from, type.welcome, packet.sender, 0, 0, new Uint8Array(900));
        return;
      case type.welcome:
        return this.#welcome(packet, from);
      case type.data:
        if (peer !== undefined) this.#takeIn(peer, packet);
        return;
      case type.ack:
        if (peer !== undefined) this.#acked(peer, packet);
    }
  }

  #welcome({ sender, counter, first: token, rest }: Packet, from: Address): void {
    if (this.#tokens.get(keyOf(from)) !== token) return;
    const known = this.#peers.get(sender);
    if (known !== undefined) {
      if (this.#flaw === 'loses its place when a peer moves' && !isSame(known.address, from))
        known.acked = this.#stream.length;
      known.address = from;
      return;
    }
    const name = Buffer.from(rest).toString();
    if (!isPeerId(sender)) return;
    const peerId = sender;
    this.#peers.set(sender, {
      id: sender,
      peerId,
      name,
      address: from,
      newestCounter: counter,
      acked: 0,
      sent: 0,
      takenByPeer: 0,
      received: [],
      receivedBytes: 0,
      given: 0,
      taken: 0,
    });
    this.#emit({ type: 'peer-joined', name, peerId, address: from });
  }

  /** In order only: what comes after a gap comes again. */
  #takeIn(peer: Peer, { first: offset, rest }: Packet): void {
    if (offset === peer.receivedBytes || (this.#flaw === 'skips gaps' && offset > peer.receivedBytes)) {
      peer.receivedBytes = offset + rest.length;
      peer.received.push(rest);
      if (rest.includes(0x0a)) this.#give(peer);
    }
    this.#ack(peer);
  }

  #give(peer: Peer): void {
    const bytes = Buffer.concat(peer.received);
    const end = bytes.lastIndexOf(0x0a) + 1;
    peer.received = [bytes.subarray(end)];
    const lines = bytes
      .subarray(0, end - 1)
      .toString()
      .split('\n');
    for (const line of lines) {
      peer.given++;
      const text = parsed(line);
      this.#emit({ type: 'message', from: peer.name, peerId: peer.peerId, seq: peer.given, at: 0, text });
    }
  }

  #acked(peer: Peer, { first: offset, second: taken }: Packet): void {
    peer.acked = Math.max(peer.acked, offset);
    peer.sent = Math.max(peer.sent, peer.acked);
    for (; peer.takenByPeer < taken;) {
      const seq = ++peer.takenByPeer;
      this.#emit({ type: 'delivered', ref: this.#refs[seq - 1], seq, to: peer.name, peerId: peer.peerId });
    }
    this.#sendData(peer);
  }

  #sendData(peer: Peer): void {
    const end = Math.min(this.#stream.length, peer.acked + windowChunks * chunkBytes);
    while (peer.sent < end) {
      const chunk = this.#stream.slice(peer.sent, Math.min(peer.sent + chunkBytes, end));
      this.#send(peer.address, type.data, peer.id, peer.sent, 0, chunk);
      peer.sent += chunk.length;
    }
  }

  #ack(peer: Peer): void {
    const taken = this.#flaw === 'acks before the program took it' ? peer.given : peer.taken;
    this.#send(peer.address, type.ack, peer.id, peer.receivedBytes, taken, new Uint8Array(0));
  }

  #hello(to: Address): void {
    // Its first number is the address's token from then on: nobody can know it who has not seen it.
    const token = this.#tokens.get(keyOf(to)) ?? this.#counter + 1;
    this.#tokens.set(keyOf(to), token);
    this.#send(to, type.hello, '', token, 0, new Uint8Array(100));
  }

  #name(): Uint8Array {
    return Buffer.from(this.#settings.name);
  }

  #emit(event: Event): void {
    this.#outputs.push({ type: 'event', event });
  }

  #send(to: Address, kind: number, receiver: string, first: number, second: number, rest: Uint8Array): void {
    const fields = `${this.#id} ${receiver} ${++this.#counter} ${first} ${second}\n`;
    const body = Buffer.concat([Buffer.of(kind), Buffer.from(fields), rest]);
    const bytes = Buffer.concat([body.subarray(0, 1), this.#checksum(body), body.subarray(1)]);
    this.#outputs.push({ type: 'datagram', to, bytes: Uint8Array.from(bytes) });
  }

  #decode(bytes: Uint8Array): Packet | undefined {
    if (bytes.length < 10) return undefined;
    const body = Buffer.concat([bytes.subarray(0, 1), bytes.subarray(9)]);
    const sound = this.#checksum(body).equals(bytes.subarray(1, 9));
    if (!sound && this.#flaw !== 'checks no checksum') return undefined;
    const end = body.indexOf(0x0a);
    if (end < 0) return undefined;
    const [sender = '', receiver = '', ...numbers] = body.subarray(1, end).toString().split(' ');
    const [counter = 0, first = 0, second = 0] = numbers.map(Number);
    const rest = Uint8Array.from(body.subarray(end + 1));
    return { type: body[0] ?? 0, sender, receiver, counter, first, second, rest };
  }

  #checksum(body: Uint8Array): Buffer {
    const { crypto, roomKey } = this.#settings;
    return Buffer.from(crypto.hmacSha256(roomKey ?? new Uint8Array(32), body).subarray(0, 8));
  }
}

function parsed(line: string): string {
  try {
    return String(JSON.parse(line));
  } catch {
    return line;
  }
}

function isSame(a: Address, b: Address): boolean {
  return a.ip === b.ip && a.port === b.port;
}

/** The one place where a string becomes a peer's id. */
function isPeerId(text: string): text is PeerId {
  return text !== '';
}
