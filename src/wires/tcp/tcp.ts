/**
 * Wire `tcp`: newline-delimited UTF-8, one connection a pair whichever side dialled.
 *
 * Owns: dialling and redialling, which connection belongs to which peer, what waits for a connection.
 * Must not know: sockets, timers, terminals; it is a sans-IO core (see `tcp-io.ts`).
 *
 * Both sides of a pair may dial at the same time. One connection stays (`tcp-pairing.ts`); whoever dialled the other
 * ends it after what it carries. The one that stays is not read before that, and whoever ended the other does not write on
 * it before the peer has hung up there, so that no line overtakes another.
 */
import type { Address, Command, Event, PeerTarget } from '../../kernel/contract.ts';
import { invariant } from '../../kernel/invariant.ts';
import type { InputLine } from '../../kernel/lines.ts';
import { addressText } from '../../kernel/address.ts';
import { wirePeerId } from '../common/peer-id.ts';
import {
  goodbyeTimeoutMs,
  guestsMax,
  lineOverheadBytes,
  lookupGraceMs,
  untakenMaxBytes,
} from '../common/limits.ts';
import { lineMaxBytes } from '../../kernel/limits.ts';
import { OwnLines, type Say } from '../common/own-lines.ts';
import type { Random } from '../common/retry.ts';
import { Connection } from './connection.ts';
import type { ConnectionId, TcpInput, TcpOutput } from './io.ts';
import { ConfiguredPeer, addressOf, guestAt, idOf, statusOf } from './participant.ts';
import type { Participant } from './participant.ts';
import { newerStays, sourcePort, whoDialled } from './pairing.ts';
import { Untaken } from '../common/untaken.ts';
import { Warnings } from '../common/warnings.ts';

export interface TcpSettings {
  readonly name: string;
  /** Own listening address, as bound. */
  readonly address: Address;
  readonly peers: readonly PeerTarget[];
  readonly random: Random;
}

/** Dialled by the other side, and not read before it is clear whether a configured peer is behind it. */
interface Unidentified {
  readonly connection: Connection;
  /** Peers whose names are looked up once more, since they may have a new address. */
  readonly candidates: Set<ConfiguredPeer>;
  readonly decideAt: number;
}

export class TcpCore {
  readonly #settings: TcpSettings;
  readonly #peers: readonly ConfiguredPeer[];
  /** At most `guestsMax`, beyond which a new one is refused. Bounds `#connections` too, with two a configured peer. */
  readonly #guests = new Set<Participant>();
  readonly #connections = new Map<ConnectionId, { connection: Connection; owner: Participant | undefined }>();
  readonly #unidentified = new Set<Unidentified>();
  readonly #warnings = new Warnings((event) => this.#emit(event));
  readonly #ownLines = new OwnLines('tcp', (event) => this.#emit(event));
  #outputs: TcpOutput[] = [];
  #dials = 0;
  #quitAt: number | undefined;
  #phase: 'talking' | 'goodbye' | 'closed' = 'talking';

  constructor(settings: TcpSettings) {
    this.#settings = settings;
    this.#peers = settings.peers.map((target) => new ConfiguredPeer(target, settings.random));
  }

  handle(input: TcpInput, now: number): void {
    if (this.#phase === 'closed') return;
    switch (input.type) {
      case 'command':
        this.#handleCommand(input.command, now);
        break;
      case 'opened':
        this.#handleOpened(input, now);
        break;
      case 'dial-failed':
        this.#handleDialFailed(input.dial, now);
        break;
      case 'received':
        this.#handleReceived(input.connection, input.bytes, now);
        break;
      case 'flushed':
        this.#handleFlushed(input.connection, input.bytes);
        break;
      case 'ended':
        this.#handleEnded(input.connection, now);
        break;
      case 'closed':
        this.#handleClosed(input.connection, input.failure, now);
        break;
      case 'resolved':
        this.#handleResolved(input.host, input.ip, now);
        break;
      case 'unresolved':
        this.#handleUnresolved(input.host, input.reason, now);
        break;
      case 'timeout':
        this.#handleTimeout(now);
        break;
      default:
        input satisfies never;
    }
    this.#advance(now);
  }

  drain(): readonly TcpOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  deadline(): number | undefined {
    if (this.#phase === 'closed') return undefined;
    const times = [this.#quitAt, this.#warnings.deadline()];
    if (this.#phase === 'talking') times.push(...this.#peers.map(({ lookup }) => lookup.deadline()));
    for (const { connection } of this.#connections.values()) times.push(connection.dropAt);
    for (const { decideAt } of this.#unidentified) times.push(decideAt);
    const known = times.filter((time) => time !== undefined);
    return known.length > 0 ? Math.min(...known) : undefined;
  }

  /** Who is at the other end; undefined: nobody is known there yet, or any more. */
  labelOf(id: ConnectionId): string | undefined {
    return this.#connections.get(id)?.owner?.label;
  }

  // --- Connections come and go

  #handleOpened(input: Extract<TcpInput, { type: 'opened' }>, now: number): void {
    const connection = new Connection(input.connection, input, input.dial !== undefined);
    this.#connections.set(connection.id, { connection, owner: undefined });
    const dialled = this.#peers.find(({ dial }) => dial !== undefined && dial === input.dial);
    if (dialled !== undefined) dialled.dial = undefined;
    if (this.#phase !== 'talking') {
      this.#end(connection, now);
      return;
    }
    const peer = dialled ?? whoDialled(connection.remote, this.#peers);
    if (peer !== undefined) {
      this.#assign(connection, peer, now);
      return;
    }
    for (const { lookup } of this.#peers) lookup.askSoon(now);
    const unidentified = { connection, candidates: new Set(this.#peers), decideAt: now + lookupGraceMs };
    this.#unidentified.add(unidentified);
    this.#decide(unidentified, now);
  }

  /** A guest, once no configured peer can be behind it. */
  #decide(unidentified: Unidentified, now: number): void {
    const { connection, candidates, decideAt } = unidentified;
    const peer = whoDialled(connection.remote, this.#peers);
    if (peer === undefined && candidates.size > 0 && now < decideAt) return;
    this.#unidentified.delete(unidentified);
    if (peer !== undefined) {
      this.#assign(connection, peer, now);
    } else if (this.#guests.size >= guestsMax) {
      const message = `refused a connection from ${addressText(connection.remote)}: ${guestsMax} guests are here already`;
      this.#warnings.warn('too-many-guests', message, now);
      this.#outputs.push({ type: 'destroy', connection: connection.id });
    } else {
      const guest = guestAt(connection.remote);
      this.#guests.add(guest);
      this.#assign(connection, guest, now);
    }
  }

  #assign(connection: Connection, owner: Participant, now: number): void {
    this.#connections.set(connection.id, { connection, owner });
    const older = owner.connection;
    if (older === undefined) {
      this.#join(connection, owner);
      return;
    }
    invariant(owner instanceof ConfiguredPeer, 'a guest has one connection');
    const moved = older.remote.ip !== connection.remote.ip;
    const stays =
      moved ||
      older.ending ||
      newerStays({
        own: { ip: connection.local.ip, port: this.#settings.address.port },
        peer: { ip: connection.remote.ip, port: owner.lookup.target.port },
        olderDialledByUs: older.dialledByUs,
        newerDialledByUs: connection.dialledByUs,
      });
    const [winner, loser] = stays ? [connection, older] : [older, connection];
    owner.connection = winner;
    // The peer may have used the loser before it knew of the winner.
    winner.readAfter = loser;
    if (loser.dialledByUs) {
      // Nor does it know of the loser yet, perhaps: only once it has hung up there has it read all that we wrote there.
      winner.writeAfter = loser;
      this.#end(loser, now);
    } else {
      loser.dropAt = now + goodbyeTimeoutMs;
    }
  }

  #join(connection: Connection, owner: Participant): void {
    owner.connection = connection;
    const address = addressOf(owner) ?? connection.remote;
    const peerId = wirePeerId(address);
    if (owner.peerId !== peerId) owner.untaken = new Untaken();
    owner.peerId = peerId;
    if (owner instanceof ConfiguredPeer) owner.backoff.reset();
    this.#emit({ type: 'peer-joined', name: owner.label, peerId, address });
  }

  #handleDialFailed(dial: number, now: number): void {
    const peer = this.#peers.find((candidate) => candidate.dial === dial);
    if (peer === undefined) return;
    peer.dial = undefined;
    this.#redialLater(peer, now);
  }

  #redialLater(peer: ConfiguredPeer, now: number): void {
    peer.dialAt = now + peer.backoff.nextMs();
    peer.lookup.askAgainAt(peer.dialAt);
  }

  #handleEnded(id: ConnectionId, now: number): void {
    const { connection, owner } = this.#find(id);
    const last = connection.receiveEnd();
    if (last !== undefined && owner !== undefined) this.#receiveLine(last, owner, now);
    this.#end(connection, now);
  }

  /** Ends our half after what is written, and gives the other side a while to end its own. */
  #end(connection: Connection, now: number): void {
    if (connection.ending) return;
    connection.ending = true;
    connection.dropAt = now + goodbyeTimeoutMs;
    this.#outputs.push({ type: 'end', connection: connection.id });
  }

  #handleClosed(id: ConnectionId, failure: string | undefined, now: number): void {
    const { connection, owner } = this.#find(id);
    this.#connections.delete(id);
    for (const { connection: other } of this.#connections.values()) {
      if (other.readAfter === connection) other.readAfter = undefined;
      if (other.writeAfter === connection) other.writeAfter = undefined;
    }
    for (const unidentified of this.#unidentified)
      if (unidentified.connection === connection) this.#unidentified.delete(unidentified);
    if (owner === undefined) return;
    const cut = connection.receiveEnd();
    if (cut !== undefined)
      this.#warnings.warn(
        'line-cut',
        `the connection to ${owner.label} broke in the middle of a line; not shown`,
        now,
      );
    for (const line of connection.unflushedLines())
      this.#ownLines.lost(
        line,
        owner.label,
        'the connection broke while it was on its way; it may have arrived',
      );
    if (owner.connection !== connection) return;
    owner.connection = undefined;
    if (owner.peerId !== undefined)
      this.#emit({
        type: 'peer-left',
        name: owner.label,
        peerId: owner.peerId,
        reason: failure ?? 'hung up',
      });
    if (owner instanceof ConfiguredPeer) {
      if (this.#phase === 'talking') this.#redialLater(owner, now);
      return;
    }
    this.#guests.delete(owner);
    this.#loseQueue(owner, 'it hung up');
  }

  // --- Names

  #handleResolved(host: string, ip: string, now: number): void {
    for (const peer of this.#peers) {
      if (!peer.lookup.handleResolved(host, ip, now)) continue;
      this.#answered(peer, now);
      if (now < peer.dialAt) peer.lookup.askAgainAt(peer.dialAt);
    }
  }

  #handleUnresolved(host: string, reason: string, now: number): void {
    for (const peer of this.#peers) {
      if (peer.lookup.target.host !== host) continue;
      const warning = peer.lookup.handleUnresolved(host, reason, now);
      if (warning !== undefined) this.#warnings.warn('unresolved', warning, now);
      this.#answered(peer, now);
    }
  }

  #answered(peer: ConfiguredPeer, now: number): void {
    for (const unidentified of this.#unidentified) {
      unidentified.candidates.delete(peer);
      this.#decide(unidentified, now);
    }
    const to = peer.listensAt;
    if (this.#phase !== 'talking' || peer.connected || peer.dial !== undefined || now < peer.dialAt || !to)
      return;
    this.#dials += 1;
    peer.dial = this.#dials;
    this.#outputs.push({
      type: 'dial',
      dial: peer.dial,
      to,
      localPort: sourcePort(this.#settings.address.port),
    });
  }

  // --- Lines in

  #handleReceived(id: ConnectionId, bytes: Uint8Array, now: number): void {
    const { connection, owner } = this.#find(id);
    invariant(owner !== undefined, 'an unidentified connection is not read');
    owner.bytesReceived += bytes.length;
    for (const line of connection.receive(bytes)) this.#receiveLine(line, owner, now);
  }

  #receiveLine(line: InputLine, owner: Participant, now: number): void {
    const { peerId, label } = owner;
    invariant(peerId !== undefined, 'who sends has joined');
    switch (line.type) {
      case 'line': {
        // Four bytes a UTF-16 unit is the most that a text takes in memory and UTF-8 both.
        const seq = owner.untaken.add(line.text.length * 4 + lineOverheadBytes);
        this.#emit({ type: 'message', from: label, peerId, seq, at: now, text: line.text });
        break;
      }
      case 'too-long': {
        const message = `dropped a line of ${line.bytes} bytes from ${label}: longer than ${lineMaxBytes}`;
        this.#warnings.warn('line-too-long', message, now);
        break;
      }
      case 'not-utf8': {
        const message = `dropped a line of ${line.bytes} bytes from ${label}: not valid UTF-8`;
        this.#warnings.warn('not-utf8', message, now);
        break;
      }
      default:
        line satisfies never;
    }
  }

  // --- Lines out

  #handleCommand(command: Command, now: number): void {
    switch (command.type) {
      case 'say':
        invariant(this.#quitAt === undefined, 'a say after quit');
        this.#ownLines.hold(command);
        break;
      case 'taken':
        for (const owner of this.#participants())
          if (owner.peerId === command.peerId && command.seq <= owner.untaken.lastSeq)
            owner.untaken.takenUpTo(command.seq);
        break;
      case 'status':
        this.#emit(this.#status());
        break;
      case 'rename':
        this.#warnings.warn('name-not-carried', 'wire tcp carries no names, so this node keeps its own', now);
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

  #say(say: Say, participants: readonly Participant[]): void {
    // A line for one peer is like any other on this wire, but goes nowhere else.
    const receivers = say.to === undefined ? participants : participants.filter((it) => idOf(it) === say.to);
    if (say.to !== undefined && receivers.length === 0) {
      this.#ownLines.refuseStranger(say);
      return;
    }
    const line = this.#ownLines.accept(say, Math.max(receivers.length, 1));
    if (line === undefined) return;
    if (receivers.length === 0)
      this.#ownLines.lost(
        line,
        undefined,
        'nobody is here: no --peer is given, and nobody has connected yet',
      );
    for (const { queue } of receivers) queue.push(line);
  }

  #handleFlushed(id: ConnectionId, bytes: number): void {
    const { connection, owner } = this.#find(id);
    if (owner !== undefined) owner.bytesSent += bytes;
    for (const line of connection.flushed(bytes)) {
      if (owner !== undefined) owner.linesSent += 1;
      this.#ownLines.sent(line);
    }
  }

  // --- What every input may have made possible

  #handleTimeout(now: number): void {
    this.#warnings.handleTimeout(now);
    for (const unidentified of this.#unidentified) this.#decide(unidentified, now);
    for (const { connection } of this.#connections.values()) {
      if (connection.dropAt === undefined || now < connection.dropAt) continue;
      if (!connection.ending) {
        this.#end(connection, now);
        continue;
      }
      if (this.#phase === 'talking' && !connection.reading) {
        // What the kernel has taken of it is not read yet: dropping it now would lose lines that count as sent.
        connection.dropAt = now + goodbyeTimeoutMs;
        continue;
      }
      connection.dropAt = undefined;
      this.#outputs.push({ type: 'destroy', connection: connection.id });
    }
  }

  #advance(now: number): void {
    const participants = this.#participants();
    const hasRoom = () => {
      this.#pump(participants);
      return participants.every(({ queue }) => !queue.full);
    };
    for (const say of this.#ownLines.takeHeld(hasRoom)) this.#say(say, participants);
    this.#pump(participants);
    for (const { connection, owner } of this.#connections.values()) this.#updateReading(connection, owner);
    if (this.#phase === 'talking')
      for (const { lookup } of this.#peers) {
        const question = lookup.poll(now);
        if (question !== undefined) this.#outputs.push(question);
      }
    this.#quitWhenDone(now);
  }

  #pump(participants: readonly Participant[]): void {
    for (const { connection, queue } of participants) {
      if (connection === undefined || connection.writeAfter !== undefined) continue;
      for (let bytes = connection.take(queue); bytes !== undefined; bytes = connection.take(queue))
        this.#outputs.push({ type: 'write', connection: connection.id, bytes });
    }
  }

  /** Stops at the bound, and goes on at half of it, so that a steady flow doesn't turn it on and off at every line. */
  #updateReading(connection: Connection, owner: Participant | undefined): void {
    const roomBytes = connection.reading ? untakenMaxBytes : untakenMaxBytes / 2;
    const reading =
      owner !== undefined && connection.readAfter === undefined && owner.untaken.bytes < roomBytes;
    if (reading === connection.reading) return;
    connection.reading = reading;
    this.#outputs.push({ type: reading ? 'resume' : 'pause', connection: connection.id });
  }

  #quitWhenDone(now: number): void {
    if (this.#phase === 'talking' && this.#quitAt !== undefined) {
      const participants = this.#participants();
      const busy =
        this.#ownLines.holding ||
        participants.some(
          ({ queue, connection }) => queue.length > 0 || (connection?.unflushedBytes ?? 0) > 0,
        );
      if (busy && now < this.#quitAt) return;
      this.#phase = 'goodbye';
      this.#quitAt = undefined;
      for (const owner of participants) this.#loseQueue(owner, 'there was no connection until the end');
      this.#ownLines.loseHeld();
      for (const { connection } of this.#connections.values()) this.#end(connection, now);
    }
    if (this.#phase === 'goodbye' && this.#connections.size === 0) {
      this.#phase = 'closed';
      this.#emit({ type: 'closed', undelivered: this.#ownLines.undelivered });
    }
  }

  #loseQueue({ queue, label }: Participant, reason: string): void {
    for (let line = queue.shift(); line !== undefined; line = queue.shift())
      this.#ownLines.lost(line, label, reason);
  }

  #status(): Event {
    const peers = this.#participants().map(statusOf);
    const { name, address } = this.#settings;
    return { type: 'status', name, wire: 'tcp', address, said: this.#ownLines.said, peers };
  }

  #participants(): Participant[] {
    return [...this.#peers, ...this.#guests];
  }

  #find(id: ConnectionId): { connection: Connection; owner: Participant | undefined } {
    const found = this.#connections.get(id);
    invariant(found !== undefined, `connection ${id} is known from opened to closed`);
    return found;
  }

  #emit(event: Event): void {
    this.#outputs.push({ type: 'event', event });
  }
}
