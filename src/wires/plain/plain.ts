/**
 * Wire `plain`: the tutorial's own. One line is one UTF-8 datagram; nothing is numbered, acknowledged or secret.
 *
 * Owns: who the peers are, what each datagram means, which lines wait for a host name's address.
 * Must not know: sockets, timers, terminals; it is a sans-IO core (see `kernel/io.ts`).
 *
 * Lines go to the configured peers. A node without any answers whoever has spoken to it, as `nc -l` does.
 */
import type { Address, Command, Event, PeerId, PeerStatus, PeerTarget } from '../../kernel/contract.ts';
import { invariant } from '../../kernel/invariant.ts';
import { utf8Decode } from '../../kernel/text.ts';
import type { DatagramCore, Input, Output } from '../../kernel/io.ts';
import { addressText } from '../../kernel/address.ts';
import { wirePeerId } from '../common/peer-id.ts';
import {
  guestsMax,
  lineOverheadBytes,
  lookupGraceMs,
  lookupSpacingMs,
  plainUntakenMaxBytes,
  silenceBeforeLookupMs,
  unidentifiedMax,
} from '../common/limits.ts';
import { Lookup } from '../common/lookup.ts';
import { type Line, OwnLines, type Say } from '../common/own-lines.ts';
import type { Random } from '../common/retry.ts';
import { SayQueue } from '../common/say-queue.ts';
import { Untaken } from '../common/untaken.ts';
import { Warnings } from '../common/warnings.ts';

export interface PlainSettings {
  readonly name: string;
  /** Own address, as bound. */
  readonly address: Address;
  readonly peers: readonly PeerTarget[];
  readonly random: Random;
}

interface Peer {
  readonly label: string;
  readonly lookup: Lookup;
  /** Lines that wait for the address. */
  readonly waiting: SayQueue;
  linesSent: number;
  bytesSent: number;
}

/** Whoever a datagram came from, configured or not. */
interface Sender {
  readonly peerId: PeerId;
  readonly address: Address;
  readonly label: string;
  readonly untaken: Untaken;
  heardAt: number;
  linesSent: number;
  bytesSent: number;
  packetsReceived: number;
  bytesReceived: number;
}

/** From an address that nobody is known by, while the peers' names are looked up once more: one may have moved there. */
interface Unidentified {
  readonly from: Address;
  readonly bytes: Uint8Array;
  readonly decideAt: number;
}

export class PlainCore implements DatagramCore {
  readonly #settings: PlainSettings;
  readonly #peers: readonly Peer[];
  /** By `ip:port`, the one silent for longest first; at most `guestsMax`, beyond which that one is forgotten. */
  readonly #senders = new Map<string, Sender>();
  /** In order of arrival, at most `unidentifiedMax`. */
  #unidentified: Unidentified[] = [];
  readonly #warnings = new Warnings((event) => this.#emit(event));
  readonly #ownLines = new OwnLines('plain', (event) => this.#emit(event));
  #outputs: Output[] = [];
  #untakenBytes = 0;
  #quitAt: number | undefined;
  #closed = false;

  constructor(settings: PlainSettings) {
    this.#settings = settings;
    this.#peers = settings.peers.map((target) => ({
      label: target.label,
      lookup: new Lookup(target, settings.random),
      waiting: new SayQueue(),
      linesSent: 0,
      bytesSent: 0,
    }));
  }

  handle(input: Input, now: number): void {
    // What crosses the goodbye on its way (a question, a receipt, a look-up's answer) comes too late for anything.
    if (this.#closed) return;
    switch (input.type) {
      case 'datagram':
        this.#handleDatagram(input.from, input.bytes, now);
        break;
      case 'command':
        this.#handleCommand(input.command, now);
        break;
      case 'resolved':
        for (const peer of this.#peers)
          if (peer.lookup.handleResolved(input.host, input.ip, now)) this.#flush(peer);
        this.#identify(now);
        break;
      case 'unresolved':
        for (const { lookup } of this.#peers) {
          const warning = lookup.handleUnresolved(input.host, input.reason, now);
          if (warning !== undefined) this.#warnings.warn('unresolved', warning, now);
        }
        this.#identify(now);
        break;
      case 'timeout':
        this.#warnings.handleTimeout(now);
        this.#identify(now);
        break;
      default:
        input satisfies never;
    }
    for (const { lookup } of this.#peers) this.#push(lookup.poll(now));
    this.#quitWhenDone(now);
  }

  drain(): readonly Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  deadline(): number | undefined {
    if (this.#closed) return undefined;
    const times = [
      this.#quitAt,
      this.#unidentified[0]?.decideAt,
      this.#warnings.deadline(),
      ...this.#peers.map(({ lookup }) => lookup.deadline()),
    ].filter((time) => time !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** What whoever is there is called; undefined: nobody is known there. */
  labelAt(address: Address): string | undefined {
    const peer = this.#peers.find(({ lookup }) => lookup.isAt(address));
    return peer?.label ?? this.#senders.get(addressText(address))?.label;
  }

  #handleDatagram(from: Address, bytes: Uint8Array, now: number): void {
    const key = addressText(from);
    const known = this.#senders.has(key) || this.#peers.some(({ lookup }) => lookup.isAt(from));
    if (known || this.#peers.length === 0) {
      this.#receive(from, bytes, now);
      return;
    }
    if (this.#unidentified.length >= unidentifiedMax) {
      // Those that wait go first: a line must not overtake another of the same sender.
      for (const waiting of this.#unidentified.splice(0)) this.#receive(waiting.from, waiting.bytes, now);
      this.#receive(from, bytes, now);
      return;
    }
    for (const { lookup } of this.#peers) lookup.askSoon(now);
    this.#unidentified.push({ from, bytes: bytes.slice(), decideAt: now + lookupGraceMs });
  }

  /** Takes in what has waited for the look-ups: all of them are answered, or it has waited long enough. */
  #identify(now: number): void {
    const waiting = this.#unidentified;
    if (waiting.length === 0) return;
    const undecided = this.#peers.some(({ lookup }) => lookup.pending(now, lookupSpacingMs));
    this.#unidentified = [];
    for (const datagram of waiting) {
      const known = this.#peers.some(({ lookup }) => lookup.isAt(datagram.from));
      if (undecided && !known && now < datagram.decideAt) this.#unidentified.push(datagram);
      else this.#receive(datagram.from, datagram.bytes, now);
    }
  }

  #receive(from: Address, bytes: Uint8Array, now: number): void {
    const sender = this.#senderAt(from, now);
    sender.packetsReceived += 1;
    sender.bytesReceived += bytes.length;
    const text = utf8Decode(bytes);
    if (text === undefined) {
      const message = `dropped a datagram of ${bytes.length} bytes from ${sender.label}: not valid UTF-8`;
      this.#warnings.warn('not-utf8', message, now);
      return;
    }
    const heldBytes = bytes.length + lineOverheadBytes;
    if (this.#untakenBytes + heldBytes > plainUntakenMaxBytes) {
      const message = `dropped a line from ${sender.label}: ${plainUntakenMaxBytes} bytes wait to be read already`;
      this.#warnings.warn('reader-too-slow', message, now);
      return;
    }
    this.#untakenBytes += heldBytes;
    const seq = sender.untaken.add(heldBytes);
    // `nc -u` sends the newline along, the tutorial does not; either way the datagram is the line.
    const line = text.endsWith('\n') ? text.slice(0, -1) : text;
    this.#emit({ type: 'message', from: sender.label, peerId: sender.peerId, seq, at: now, text: line });
  }

  #senderAt(address: Address, now: number): Sender {
    const key = addressText(address);
    let sender = this.#senders.get(key);
    const peer = this.#peers.find(({ lookup }) => lookup.isAt(address));
    const label = peer?.label ?? key;
    if (sender === undefined || sender.label !== label) {
      // The same address under another label is another sender: a peer's name has moved to where a guest was.
      const untaken = sender?.untaken ?? new Untaken();
      const traffic = { linesSent: 0, bytesSent: 0, packetsReceived: 0, bytesReceived: 0 };
      sender = { peerId: wirePeerId(address), address, label, untaken, heardAt: now, ...traffic };
    }
    sender.heardAt = now;
    this.#senders.delete(key);
    this.#senders.set(key, sender);
    for (const [oldest, { untaken }] of this.#senders) {
      if (this.#senders.size <= guestsMax) break;
      this.#untakenBytes -= untaken.bytes;
      this.#senders.delete(oldest);
    }
    return sender;
  }

  #handleCommand(command: Command, now: number): void {
    switch (command.type) {
      case 'say':
        invariant(this.#quitAt === undefined, 'a say after quit');
        this.#ownLines.hold(command);
        break;
      case 'taken':
        this.#handleTaken(command.peerId, command.seq);
        break;
      case 'status':
        this.#emit(this.#status());
        break;
      case 'rename':
        this.#warnings.warn(
          'name-not-carried',
          'wire plain carries no names, so this node keeps its own',
          now,
        );
        break;
      // Whoever wraps this core in a `Traced` sees to it.
      case 'trace':
        break;
      case 'quit':
        this.#quitAt = Math.min(this.#quitAt ?? Infinity, now + command.drainTimeoutMs);
        break;
      default:
        command satisfies never;
    }
  }

  #sayHeld(now: number): void {
    const hasRoom = () => this.#peers.every(({ waiting }) => !waiting.full);
    for (const say of this.#ownLines.takeHeld(hasRoom)) {
      if (say.to !== undefined) {
        this.#sayTo(say.to, say, now);
        continue;
      }
      const owedTo = this.#peers.length > 0 ? this.#peers.length : 1;
      const line = this.#ownLines.accept(say, owedTo);
      if (line === undefined) continue;
      if (this.#peers.length === 0) this.#answerGuests(line);
      for (const peer of this.#peers) this.#sayToPeer(peer, line, now);
    }
  }

  /** A line for one peer is like any other on this wire, but goes nowhere else. */
  #sayTo(id: PeerId, say: Say, now: number): void {
    const peer = this.#peers.find(({ lookup: { address } }) => address && wirePeerId(address) === id);
    const sender = this.#senders.get(id);
    if (peer === undefined && sender === undefined) {
      this.#ownLines.refuseStranger(say);
      return;
    }
    const line = this.#ownLines.accept(say, 1);
    if (line === undefined) return;
    if (peer !== undefined) {
      this.#sayToPeer(peer, line, now);
    } else if (sender !== undefined) {
      this.#sendTo(sender, sender.address, line);
      this.#ownLines.sent(line);
    }
  }

  #sayToPeer(peer: Peer, line: Line, now: number): void {
    peer.lookup.refresh(now, silenceBeforeLookupMs, this.#heardAt(peer));
    peer.waiting.push(line);
    this.#flush(peer);
  }

  #sendTo(receiver: Peer | Sender, to: Address, { bytes }: Line): void {
    this.#outputs.push({ type: 'datagram', to, bytes: bytes.slice() });
    receiver.linesSent += 1;
    receiver.bytesSent += bytes.length;
  }

  #answerGuests(line: Line): void {
    if (this.#senders.size === 0) {
      this.#ownLines.lost(line, undefined, 'nobody is here: no --peer is given, and nobody has spoken yet');
      return;
    }
    for (const sender of this.#senders.values()) this.#sendTo(sender, sender.address, line);
    this.#ownLines.sent(line);
  }

  #flush(peer: Peer): void {
    const to = peer.lookup.address;
    if (to === undefined) return;
    for (let line = peer.waiting.shift(); line !== undefined; line = peer.waiting.shift()) {
      this.#sendTo(peer, to, line);
      this.#ownLines.sent(line);
    }
  }

  #heardAt(peer: Peer): number {
    const address = peer.lookup.address;
    return (address && this.#senders.get(addressText(address))?.heardAt) ?? 0;
  }

  #handleTaken(peerId: PeerId, seq: number): void {
    // A sender that was forgotten meanwhile has given its bytes back already.
    const sender = this.#senders.get(peerId);
    if (sender !== undefined && seq <= sender.untaken.lastSeq)
      this.#untakenBytes -= sender.untaken.takenUpTo(seq);
    invariant(this.#untakenBytes >= 0, 'more bytes taken than came');
  }

  #quitWhenDone(now: number): void {
    this.#sayHeld(now);
    if (this.#quitAt === undefined || this.#closed) return;
    if (now < this.#quitAt && this.#peers.some(({ waiting }) => waiting.length > 0)) return;
    this.#closed = true;
    for (const { from, bytes } of this.#unidentified.splice(0)) this.#receive(from, bytes, now);
    for (const { label, waiting, lookup } of this.#peers)
      for (let line = waiting.shift(); line !== undefined; line = waiting.shift())
        this.#ownLines.lost(line, label, `its name ${lookup.target.host} has no address`);
    this.#ownLines.loseHeld();
    this.#emit({ type: 'closed', undelivered: this.#ownLines.undelivered });
  }

  #status(): Event {
    const configured = this.#peers.map((peer): PeerStatus => {
      const { label, lookup, linesSent } = peer;
      const { address } = lookup;
      const sender = address && this.#senders.get(addressText(address));
      return {
        name: label,
        peerId: address && wirePeerId(address),
        address,
        state: address === undefined ? 'resolving' : 'open',
        linesSent,
        linesReceived: sender?.untaken.lastSeq ?? 0,
        figures: { ...figuresOf(peer, sender), linesWaiting: peer.waiting.length },
      };
    });
    const guests = [...this.#senders.values()]
      .filter(({ address }) => !this.#peers.some(({ lookup }) => lookup.isAt(address)))
      .map((sender): PeerStatus => {
        const { label, peerId, address, linesSent, untaken } = sender;
        return {
          name: label,
          peerId,
          address,
          state: 'open',
          linesSent,
          linesReceived: untaken.lastSeq,
          figures: figuresOf(sender, sender),
        };
      });
    const { name, address } = this.#settings;
    return {
      type: 'status',
      name,
      wire: 'plain',
      address,
      said: this.#ownLines.said,
      peers: [...configured, ...guests],
    };
  }

  #emit(event: Event): void {
    this.#outputs.push({ type: 'event', event });
  }

  #push(output: Output | undefined): void {
    if (output !== undefined) this.#outputs.push(output);
  }
}

/** A line is a packet here. What was sent is counted where it goes, what came where it came from. */
function figuresOf(sent: Peer | Sender, received: Sender | undefined): PeerStatus['figures'] {
  return {
    packetsSent: sent.linesSent,
    bytesSent: sent.bytesSent,
    packetsReceived: received?.packetsReceived ?? 0,
    bytesReceived: received?.bytesReceived ?? 0,
  };
}
