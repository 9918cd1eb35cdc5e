/**
 * A node of wire `plain`, the tutorial's own: one line is one UTF-8 datagram; nothing is numbered, acknowledged or secret.
 *
 * Owns: who the peers are, what each datagram means, which lines wait for a host name's address.
 *
 * Lines go to the configured peers. A node without any answers whoever has spoken to it, as `nc -l` does.
 */
import { addressText } from '../../kernel/address.ts';
import type { Address, Command, Event, PeerId, PeerTarget } from '../../kernel/contract.ts';
import { earliest } from '../../kernel/deadline.ts';
import { invariant } from '../../kernel/invariant.ts';
import type { DatagramCore, Input, Output } from '../../kernel/io.ts';
import { lookupGraceMs, lookupSpacingMs, silenceBeforeLookupMs, unidentifiedMax } from '../common/limits.ts';
import { Outputs } from '../common/outputs.ts';
import { type Line, OwnLines, type Say } from '../common/own-lines.ts';
import { wirePeerId } from '../common/peer-id.ts';
import { PeerLookup } from '../common/peer-lookup.ts';
import type { Random } from '../common/retry.ts';
import { Warnings } from '../common/warnings.ts';
import { Hearing } from './hearing.ts';
import { Outbox } from './outbox.ts';
import { type Peer, addressOf, peerStatuses, whyUnsent } from './peers.ts';
import { type Sender, Senders } from './senders.ts';

export interface PlainSettings {
  readonly name: string;
  /** Own address, as bound. */
  readonly address: Address;
  readonly peers: readonly PeerTarget[];
  readonly random: Random;
}

/** From an address that nobody is known by, while the peers' names are looked up once more: one may have moved there. */
interface Unidentified {
  readonly from: Address;
  readonly bytes: Uint8Array;
  readonly decideAt: number;
}

export class PlainNode implements DatagramCore {
  readonly #settings: PlainSettings;
  readonly #peers: readonly Peer[];
  readonly #senders = new Senders();
  /** In order of arrival, at most `unidentifiedMax`. */
  #unidentified: Unidentified[] = [];
  readonly #outputs = new Outputs<Output>();
  readonly #warnings = new Warnings(this.#outputs.emit);
  readonly #ownLines = new OwnLines('plain', this.#outputs.emit);
  readonly #hearing = new Hearing(this.#senders, this.#outputs.emit, this.#warnings);
  /** Those with an address and lines that wait for their turn. */
  readonly #busy = new Set<Peer | Sender>();
  #quitAt: number | undefined;
  #closed = false;

  constructor(settings: PlainSettings) {
    this.#settings = settings;
    this.#peers = settings.peers.map((target) => ({
      label: target.label,
      lookup: new PeerLookup(target, settings.random),
      waiting: new Outbox(),
      linesSent: 0,
      bytesSent: 0,
    }));
  }

  handle(input: Input, now: number): void {
    // What crosses the goodbye on its way (a question, a receipt, a look-up's answer) comes too late for anything.
    if (this.#closed) return;
    if (input.type !== 'datagram') this.#hearing.tellHeld(now);
    switch (input.type) {
      case 'datagram':
        this.#handleDatagram(input.from, input.bytes, now);
        break;
      case 'command':
        this.#handleCommand(input.command, now);
        break;
      case 'resolved':
        for (const peer of this.#peers)
          if (peer.lookup.handleResolved(input.host, input.ip, now)) this.#busy.add(peer);
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
    for (const { lookup } of this.#peers) {
      const question = lookup.poll(now);
      if (question !== undefined) this.#outputs.add(question);
    }
    this.#quitWhenDone(now);
  }

  drain(): readonly Output[] {
    return this.#outputs.drain();
  }

  deadline(): number | undefined {
    if (this.#closed) return undefined;
    const lookups = this.#peers.map(({ lookup }) => lookup.deadline());
    const turns = [this.#hearing.deadline, ...[...this.#busy].map(({ waiting }) => waiting.deadline)];
    const decideAt = this.#unidentified[0]?.decideAt;
    return earliest(this.#quitAt, decideAt, this.#warnings.deadline(), ...lookups, ...turns);
  }

  /** What whoever is there is called; undefined: nobody is known there. */
  labelAt(address: Address): string | undefined {
    return this.#peerAt(address)?.label ?? this.#senders.at(address)?.label;
  }

  #handleDatagram(from: Address, bytes: Uint8Array, now: number): void {
    const isKnown = this.#senders.at(from) !== undefined || this.#peerAt(from) !== undefined;
    if (isKnown || this.#peers.length === 0) {
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
      const isPeer = this.#peerAt(datagram.from) !== undefined;
      if (undecided && !isPeer && now < datagram.decideAt) this.#unidentified.push(datagram);
      else this.#receive(datagram.from, datagram.bytes, now);
    }
  }

  #receive(from: Address, bytes: Uint8Array, now: number): void {
    const label = this.#peerAt(from)?.label ?? addressText(from);
    const sender = this.#senders.heard(from, label, bytes.length, now);
    this.#hearing.hear(sender, bytes, now);
  }

  #peerAt(address: Address): Peer | undefined {
    return this.#peers.find(({ lookup }) => lookup.isAt(address));
  }

  #handleCommand(command: Command, now: number): void {
    switch (command.type) {
      case 'say':
      case 'say-lines':
        invariant(this.#quitAt === undefined, 'a say after quit');
        this.#ownLines.hold(command);
        break;
      case 'taken':
        this.#senders.takenUpTo(command.seq, command.peerId);
        break;
      case 'status':
        this.#outputs.emit(this.#status());
        break;
      case 'rename':
        this.#warnings.warn(
          'name-not-carried',
          'wire plain carries no names, so this node keeps its own',
          now,
        );
        break;
      case 'accept':
        this.#warnings.warn('no-keys', 'wire plain has no keys, so there is none to accept', now);
        break;
      case 'forget':
        this.#warnings.warn('nothing-owed', 'wire plain keeps no log of what a peer is owed', now);
        break;
      // `Traced`, which stands around this core, does that.
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
    if (!this.#ownLines.holding) return;
    const hasRoom = () => [...this.#peers, ...this.#busy].every(({ waiting }) => !waiting.full);
    for (const say of this.#ownLines.takeHeld(hasRoom)) {
      if (say.type === 'say' && say.to !== undefined) {
        this.#sayTo(say.to, say, now);
        continue;
      }
      const owedTo = this.#peers.length > 0 ? this.#peers.length : 1;
      const line = this.#ownLines.accept(say, owedTo);
      if (line === undefined) continue;
      if (this.#peers.length === 0) this.#answerGuests(line, now);
      for (const peer of this.#peers) this.#sayToPeer(peer, line, now);
    }
  }

  /** A line for one peer is like any other on this wire, but goes nowhere else. */
  #sayTo(id: PeerId, say: Extract<Say, { type: 'say' }>, now: number): void {
    const peer = this.#peers.find(({ lookup: { address } }) => address && wirePeerId(address) === id);
    const sender = this.#senders.byId(id);
    if (peer === undefined && sender === undefined) {
      this.#ownLines.refuseStranger(say);
      return;
    }
    const line = this.#ownLines.accept(say, 1);
    if (line === undefined) return;
    if (peer !== undefined) {
      this.#sayToPeer(peer, line, now);
    } else if (sender !== undefined) {
      this.#push(sender, line, now);
    }
  }

  #sayToPeer(peer: Peer, line: Line, now: number): void {
    peer.lookup.refresh(now, silenceBeforeLookupMs, this.#heardAt(peer));
    this.#push(peer, line, now);
  }

  #push(receiver: Peer | Sender, line: Line, now: number): void {
    receiver.waiting.push(line);
    this.#flush(receiver, now);
  }

  #answerGuests(line: Line, now: number): void {
    const senders = this.#senders.all;
    if (senders.length === 0) {
      this.#ownLines.lost(line, undefined, 'nobody is here: no --peer is given, and nobody has spoken yet');
      return;
    }
    for (const sender of senders) this.#push(sender, line, now);
  }

  #flush(receiver: Peer | Sender, now: number): void {
    const to = addressOf(receiver);
    if (to === undefined) return;
    const { waiting } = receiver;
    const send = (bytes: Uint8Array): void => this.#send(receiver, to, bytes);
    const gone = [...waiting.flush(now, send), ...(this.#closed ? waiting.finishRun(send) : [])];
    for (const line of gone) this.#ownLines.sent(line);
    if (waiting.length > 0) this.#busy.add(receiver);
    else this.#busy.delete(receiver);
  }

  #send(receiver: Peer | Sender, to: Address, bytes: Uint8Array): void {
    this.#outputs.add({ type: 'datagram', to, bytes });
    receiver.linesSent += 1;
    receiver.bytesSent += bytes.length;
  }

  #heardAt(peer: Peer): number {
    const address = peer.lookup.address;
    return (address && this.#senders.at(address)?.heardAt) ?? 0;
  }

  #quitWhenDone(now: number): void {
    for (const receiver of this.#busy) this.#flush(receiver, now);
    this.#sayHeld(now);
    if (this.#quitAt === undefined || this.#closed) return;
    const isWaiting = this.#busy.size > 0 || this.#peers.some(({ waiting }) => waiting.length > 0);
    if (now < this.#quitAt && (isWaiting || this.#ownLines.holding)) return;
    this.#closed = true;
    for (const { from, bytes } of this.#unidentified.splice(0)) this.#receive(from, bytes, now);
    this.#hearing.tellHeld(now);
    for (const receiver of this.#busy) this.#flush(receiver, now);
    for (const receiver of new Set([...this.#peers, ...this.#busy])) this.#lose(receiver);
    this.#ownLines.loseHeld();
    this.#outputs.emit({ type: 'closed', undelivered: this.#ownLines.undelivered });
  }

  #lose(receiver: Peer | Sender): void {
    const { label, waiting } = receiver;
    const reason = whyUnsent(receiver);
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift())
      this.#ownLines.lost(line, label, reason);
  }

  #status(): Event {
    const { name, address } = this.#settings;
    const peers = peerStatuses(this.#peers, this.#senders);
    return { type: 'status', name, wire: 'plain', address, said: this.#ownLines.said, peers };
  }
}
