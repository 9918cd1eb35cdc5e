/**
 * The open connections of wire `tcp`: whose each is, which of two of one pair stays, and how each ends.
 *
 * Owns: the table of connections, the guests, the connections of whom nobody knows yet whose they are.
 *
 * Both sides of a pair may dial at the same time. One connection stays (`pairing.ts`); whoever dialled the other ends it after
 * what it carries. The one that stays is not read before that, and whoever ended the other does not write on it before the
 * peer has hung up there, so that no line overtakes another.
 */
import { addressText } from '../../kernel/address.ts';
import type { Address } from '../../kernel/contract.ts';
import { earliest } from '../../kernel/deadline.ts';
import { invariant } from '../../kernel/invariant.ts';
import { goodbyeTimeoutMs, guestsMax, lookupGraceMs, untakenMaxBytes } from '../common/limits.ts';
import type { Outputs } from '../common/outputs.ts';
import { wirePeerId } from '../common/peer-id.ts';
import { Untaken } from '../common/untaken.ts';
import type { Warnings } from '../common/warnings.ts';
import type { Connection } from './connection.ts';
import type { ConnectionId, TcpOutput } from './io.ts';
import { newerStays, whoDialled } from './pairing.ts';
import { ConfiguredPeer, type Participant, addressOf, guestAt } from './participant.ts';

interface Owned {
  readonly connection: Connection;
  readonly owner: Participant | undefined;
}

/** Dialled by the other side, and not read before it is clear whether a configured peer is behind it. */
interface Unidentified {
  readonly connection: Connection;
  /** Peers whose names are looked up once more, since they may have a new address. */
  readonly candidates: Set<ConfiguredPeer>;
  readonly decideAt: number;
}

export interface ConnectionsSettings {
  /** Own listening address. */
  readonly address: Address;
  readonly peers: readonly ConfiguredPeer[];
  readonly outputs: Outputs<TcpOutput>;
  readonly warnings: Warnings;
}

export class Connections {
  readonly #settings: ConnectionsSettings;
  readonly #owned = new Map<ConnectionId, Owned>();
  /** At most `guestsMax`, beyond which a new one is refused. Bounds the connections too, with two a configured peer. */
  readonly #guests = new Set<Participant>();
  readonly #unidentified = new Set<Unidentified>();

  constructor(settings: ConnectionsSettings) {
    this.#settings = settings;
  }

  get participants(): readonly Participant[] {
    return [...this.#settings.peers, ...this.#guests];
  }

  get isEmpty(): boolean {
    return this.#owned.size === 0;
  }

  deadline(): number | undefined {
    const drops = [...this.#owned.values()].map(({ connection }) => connection.dropAt);
    const decisions = [...this.#unidentified].map(({ decideAt }) => decideAt);
    return earliest(...drops, ...decisions);
  }

  find(id: ConnectionId): Owned {
    const found = this.#owned.get(id);
    invariant(found !== undefined, `connection ${id} is known from opened to closed`);
    return found;
  }

  /** The label of the peer at the other end; undefined: nobody is known there yet, or any more. */
  labelOf(id: ConnectionId): string | undefined {
    return this.#owned.get(id)?.owner?.label;
  }

  // --- Whose is it?

  /** `dialled`: the peer that this node has dialled; undefined: the other side has dialled. */
  open(connection: Connection, dialled: ConfiguredPeer | undefined, now: number): void {
    const { peers } = this.#settings;
    const peer = dialled ?? whoDialled(connection.remote, peers);
    if (peer !== undefined) {
      this.#assign(connection, peer, now);
      return;
    }
    this.#owned.set(connection.id, { connection, owner: undefined });
    for (const { lookup } of peers) lookup.askSoon(now);
    const unidentified = { connection, candidates: new Set(peers), decideAt: now + lookupGraceMs };
    this.#unidentified.add(unidentified);
    this.#decide(unidentified, now);
  }

  /** The node is about to leave: a connection that opens now has nobody behind it, and ends at once. */
  openTooLate(connection: Connection, now: number): void {
    this.#owned.set(connection.id, { connection, owner: undefined });
    this.end(connection, now);
  }

  /** This peer's look-up has an answer, or has failed. */
  lookedUp(peer: ConfiguredPeer, now: number): void {
    for (const unidentified of this.#unidentified) {
      unidentified.candidates.delete(peer);
      this.#decide(unidentified, now);
    }
  }

  /** A guest, once no configured peer can be behind it. */
  #decide(unidentified: Unidentified, now: number): void {
    const { outputs, warnings, peers } = this.#settings;
    const { connection, candidates, decideAt } = unidentified;
    const peer = whoDialled(connection.remote, peers);
    if (peer === undefined && candidates.size > 0 && now < decideAt) return;
    this.#unidentified.delete(unidentified);
    if (peer !== undefined) {
      this.#assign(connection, peer, now);
    } else if (this.#guests.size >= guestsMax) {
      const message = `refused a connection from ${addressText(connection.remote)}: ${guestsMax} guests are here already`;
      warnings.warn('too-many-guests', message, now);
      outputs.add({ type: 'destroy', connection: connection.id });
    } else {
      const guest = guestAt(connection.remote);
      this.#guests.add(guest);
      this.#assign(connection, guest, now);
    }
  }

  #assign(connection: Connection, owner: Participant, now: number): void {
    this.#owned.set(connection.id, { connection, owner });
    const older = owner.connection;
    if (older === undefined) {
      this.#join(connection, owner);
      return;
    }
    invariant(owner instanceof ConfiguredPeer, 'a guest has one connection');
    const hasMoved = older.remote.ip !== connection.remote.ip;
    const stays =
      hasMoved ||
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
      // The peer may not know of the loser yet: only once it has hung up there has it read all that we wrote there.
      winner.writeAfter = loser;
      this.end(loser, now);
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
    if (owner instanceof ConfiguredPeer) {
      owner.backoff.reset();
      owner.warnedOfPorts = false;
    }
    this.#settings.outputs.emit({ type: 'peer-joined', name: owner.label, peerId, address });
  }

  // --- How it ends

  /** Ends our half after what is written, and gives the other side a while to end its own. */
  end(connection: Connection, now: number): void {
    if (connection.ending) return;
    connection.ending = true;
    connection.dropAt = now + goodbyeTimeoutMs;
    this.#settings.outputs.add({ type: 'end', connection: connection.id });
  }

  endAll(now: number): void {
    for (const { connection } of this.#owned.values()) this.end(connection, now);
  }

  /** Both halves are gone. */
  remove(id: ConnectionId): Owned {
    const owned = this.find(id);
    const { connection } = owned;
    this.#owned.delete(id);
    for (const { connection: other } of this.#owned.values()) {
      if (other.readAfter === connection) other.readAfter = undefined;
      if (other.writeAfter === connection) other.writeAfter = undefined;
    }
    for (const unidentified of this.#unidentified)
      if (unidentified.connection === connection) this.#unidentified.delete(unidentified);
    return owned;
  }

  removeGuest(guest: Participant): void {
    this.#guests.delete(guest);
  }

  /** `isLeaving`: this node says goodbye, so that what is not read yet is lost anyway. */
  handleTimeout(now: number, isLeaving: boolean): void {
    for (const unidentified of this.#unidentified) this.#decide(unidentified, now);
    for (const { connection } of this.#owned.values()) {
      if (connection.dropAt === undefined || now < connection.dropAt) continue;
      if (!connection.ending) {
        this.end(connection, now);
      } else if (!isLeaving && !connection.reading) {
        // What the kernel has taken of it is not read yet: dropping it now would lose lines that count as sent.
        connection.dropAt = now + goodbyeTimeoutMs;
      } else {
        connection.dropAt = undefined;
        this.#settings.outputs.add({ type: 'destroy', connection: connection.id });
      }
    }
  }

  /** Reading stops at the bound, and goes on at half of it, so that a steady flow doesn't turn it on and off at every line. */
  updateReading(): void {
    for (const { connection, owner } of this.#owned.values()) {
      const roomBytes = connection.reading ? untakenMaxBytes : untakenMaxBytes / 2;
      const reading =
        owner !== undefined && connection.readAfter === undefined && owner.untaken.bytes < roomBytes;
      if (reading === connection.reading) continue;
      connection.reading = reading;
      this.#settings.outputs.add({ type: reading ? 'resume' : 'pause', connection: connection.id });
    }
  }
}
