/**
 * A node of wire `tcp`: newline-delimited UTF-8, one connection a pair whichever side dialled.
 *
 * Owns: what each input leads to, which lines wait for a connection, the order of the end.
 */
import type { Address, Command, Event, PeerTarget } from '../../kernel/contract.ts';
import { earliest } from '../../kernel/deadline.ts';
import { invariant } from '../../kernel/invariant.ts';
import type { SansIoCore } from '../../kernel/io.ts';
import { lineMaxBytes } from '../../kernel/limits.ts';
import type { InputLine, InputRun } from '../../kernel/lines.ts';
import { lineOverheadBytes } from '../common/limits.ts';
import { Outputs } from '../common/outputs.ts';
import { OwnLines, type Say, linesIn } from '../common/own-lines.ts';
import type { Random } from '../common/retry.ts';
import { Warnings } from '../common/warnings.ts';
import { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { Dialler } from './dialler.ts';
import type { ConnectionId, TcpInput, TcpOutput } from './io.ts';
import { sourcePorts } from './pairing.ts';
import { ConfiguredPeer, type Participant, idOf, statusOf } from './participant.ts';

export interface TcpSettings {
  readonly name: string;
  /** Own listening address, as bound. */
  readonly address: Address;
  readonly peers: readonly PeerTarget[];
  readonly random: Random;
}

export class TcpNode implements SansIoCore<TcpInput, TcpOutput> {
  readonly #settings: TcpSettings;
  readonly #peers: readonly ConfiguredPeer[];
  readonly #outputs = new Outputs<TcpOutput>();
  readonly #warnings = new Warnings(this.#outputs.emit);
  readonly #ownLines = new OwnLines('tcp', this.#outputs.emit);
  readonly #connections: Connections;
  readonly #dialler: Dialler;
  #quitAt: number | undefined;
  #phase: 'talking' | 'goodbye' | 'closed' = 'talking';

  constructor(settings: TcpSettings) {
    this.#settings = settings;
    this.#peers = settings.peers.map((target) => new ConfiguredPeer(target, settings.random));
    const { address } = settings;
    const peers = this.#peers;
    this.#connections = new Connections({ address, peers, outputs: this.#outputs, warnings: this.#warnings });
    this.#dialler = new Dialler(peers, address.port, this.#outputs);
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
        this.#handleDialFailed(input, now);
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
    return this.#outputs.drain();
  }

  deadline(): number | undefined {
    if (this.#phase === 'closed') return undefined;
    const lookups = this.#phase === 'talking' ? this.#dialler.deadline() : undefined;
    return earliest(this.#quitAt, this.#warnings.deadline(), lookups, this.#connections.deadline());
  }

  /** The label of the peer at the other end; undefined: nobody is known there yet, or any more. */
  labelOf(id: ConnectionId): string | undefined {
    return this.#connections.labelOf(id);
  }

  // --- Connections come and go

  #handleOpened(input: Extract<TcpInput, { type: 'opened' }>, now: number): void {
    const connection = new Connection(input.connection, input, input.dial !== undefined);
    const dialled = this.#dialler.takeDialled(input.dial);
    if (this.#phase === 'talking') this.#connections.open(connection, dialled, now);
    else this.#connections.openTooLate(connection, now);
  }

  #handleDialFailed(failed: Extract<TcpInput, { type: 'dial-failed' }>, now: number): void {
    const peer = this.#dialler.takeDialled(failed.dial);
    if (peer === undefined) return;
    peer.lookup.markDead();
    this.#dialler.redialLater(peer, now);
    if (!failed.portsTaken || peer.warnedOfPorts) return;
    peer.warnedOfPorts = true;
    const ports = sourcePorts(this.#settings.address.port).join(', ');
    const message = `none of the ports from which this node dials (${ports}) can be had to dial ${peer.label}: ${failed.reason}; trying again, and ${peer.label} can dial this node`;
    this.#warnings.warn('no-source-port', message, now);
  }

  #handleEnded(id: ConnectionId, now: number): void {
    const { connection, owner } = this.#connections.find(id);
    const last = connection.receiveEnd();
    if (last !== undefined && owner !== undefined) this.#receiveLine(last, owner, now);
    this.#connections.end(connection, now);
  }

  #handleClosed(id: ConnectionId, failure: string | undefined, now: number): void {
    const { connection, owner } = this.#connections.remove(id);
    if (owner === undefined) return;
    const { label } = owner;
    if (connection.receiveEnd() !== undefined) {
      const message = `the connection to ${label} broke in the middle of a line; not shown`;
      this.#warnings.warn('line-cut', message, now);
    }
    const reason = 'the connection broke while it was on its way; it may have arrived';
    for (const line of connection.unflushedLines()) this.#ownLines.lost(line, label, reason);
    if (owner.connection === connection) this.#handleLeft(owner, failure ?? 'hung up', now);
  }

  #handleLeft(owner: Participant, reason: string, now: number): void {
    const { label: name, peerId } = owner;
    owner.connection = undefined;
    if (peerId !== undefined) this.#outputs.emit({ type: 'peer-left', name, peerId, reason });
    if (owner instanceof ConfiguredPeer) {
      if (this.#phase === 'talking') this.#dialler.redialLater(owner, now);
      return;
    }
    this.#connections.removeGuest(owner);
    this.#loseQueue(owner, 'it hung up');
  }

  // --- Names

  #handleResolved(host: string, ip: string, now: number): void {
    for (const peer of this.#peers) {
      if (!peer.lookup.handleResolved(host, ip, now)) continue;
      this.#lookedUp(peer, now);
      if (now < peer.dialAt) peer.lookup.askAgainAt(peer.dialAt);
    }
  }

  #handleUnresolved(host: string, reason: string, now: number): void {
    for (const peer of this.#peers) {
      if (peer.lookup.target.host !== host) continue;
      const warning = peer.lookup.handleUnresolved(host, reason, now);
      if (warning !== undefined) this.#warnings.warn('unresolved', warning, now);
      this.#lookedUp(peer, now);
    }
  }

  #lookedUp(peer: ConfiguredPeer, now: number): void {
    this.#connections.lookedUp(peer, now);
    if (this.#phase === 'talking') this.#dialler.dial(peer, now);
  }

  // --- Lines in

  #handleReceived(id: ConnectionId, bytes: Uint8Array, now: number): void {
    const { connection, owner } = this.#connections.find(id);
    invariant(owner !== undefined, 'an unidentified connection is not read');
    owner.bytesReceived += bytes.length;
    for (const line of connection.receive(bytes)) this.#receiveLine(line, owner, now);
  }

  #receiveLine(line: InputRun | InputLine, owner: Participant, now: number): void {
    const { peerId, label } = owner;
    invariant(peerId !== undefined, 'who sends has joined');
    switch (line.type) {
      case 'run': {
        const { bytes, count } = line;
        const seq = owner.untaken.add(bytes.length + count * lineOverheadBytes, count);
        this.#outputs.emit({ type: 'messages', from: label, peerId, seq, at: now, bytes, count });
        break;
      }
      case 'line': {
        // Four bytes a UTF-16 unit is the most that a text takes in memory and UTF-8 both.
        const seq = owner.untaken.add(line.text.length * 4 + lineOverheadBytes);
        this.#outputs.emit({ type: 'message', from: label, peerId, seq, at: now, text: line.text });
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
      case 'say-lines':
        invariant(this.#quitAt === undefined, 'a say after quit');
        this.#ownLines.hold(command);
        break;
      case 'taken':
        for (const owner of this.#connections.participants)
          if (owner.peerId === command.peerId && command.seq <= owner.untaken.lastSeq)
            owner.untaken.takenUpTo(command.seq);
        break;
      case 'status':
        this.#outputs.emit(this.#status());
        break;
      case 'rename':
        this.#warnings.warn('name-not-carried', 'wire tcp carries no names, so this node keeps its own', now);
        break;
      case 'accept':
        this.#warnings.warn('no-keys', 'wire tcp has no keys, so there is none to accept', now);
        break;
      case 'forget':
        this.#warnings.warn('nothing-owed', 'wire tcp keeps no log of what a peer is owed', now);
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

  #say(say: Say, participants: readonly Participant[]): void {
    // A line for one peer is like any other on this wire, but goes nowhere else.
    const to = say.type === 'say' ? say.to : undefined;
    const receivers = to === undefined ? participants : participants.filter((it) => idOf(it) === to);
    if (say.type === 'say' && to !== undefined && receivers.length === 0) {
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
    const { connection, owner } = this.#connections.find(id);
    if (owner !== undefined) owner.bytesSent += bytes;
    for (const line of connection.flushed(bytes)) {
      if (owner !== undefined) owner.linesSent += linesIn(line);
      this.#ownLines.sent(line);
    }
  }

  // --- What every input may have made possible

  #handleTimeout(now: number): void {
    this.#warnings.handleTimeout(now);
    this.#connections.handleTimeout(now, this.#phase !== 'talking');
  }

  #advance(now: number): void {
    const { participants } = this.#connections;
    const hasRoom = () => {
      this.#pump(participants);
      return participants.every(({ queue }) => !queue.full);
    };
    for (const say of this.#ownLines.takeHeld(hasRoom)) this.#say(say, participants);
    this.#pump(participants);
    this.#connections.updateReading();
    if (this.#phase === 'talking') this.#dialler.poll(now);
    this.#quitWhenDone(now);
  }

  #pump(participants: readonly Participant[]): void {
    for (const { connection, queue } of participants) {
      if (connection === undefined || connection.writeAfter !== undefined) continue;
      for (let bytes = connection.take(queue); bytes !== undefined; bytes = connection.take(queue))
        this.#outputs.add({ type: 'write', connection: connection.id, bytes });
    }
  }

  #quitWhenDone(now: number): void {
    if (this.#phase === 'talking' && this.#quitAt !== undefined) {
      const { participants } = this.#connections;
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
      this.#connections.endAll(now);
    }
    if (this.#phase === 'goodbye' && this.#connections.isEmpty) {
      this.#phase = 'closed';
      this.#outputs.emit({ type: 'closed', undelivered: this.#ownLines.undelivered });
    }
  }

  #loseQueue({ queue, label }: Participant, reason: string): void {
    for (let line = queue.shift(); line !== undefined; line = queue.shift())
      this.#ownLines.lost(line, label, reason);
  }

  #status(): Event {
    const peers = this.#connections.participants.map(statusOf);
    const { name, address } = this.#settings;
    return { type: 'status', name, wire: 'tcp', address, said: this.#ownLines.said, peers };
  }
}
