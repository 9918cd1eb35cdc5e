/**
 * One tincan node as a pure state machine: datagrams, commands and the time in; datagrams, events and one deadline out.
 *
 * Owns: what each input leads to, the own log, the order of outputs, the end. Must not know: sockets, timers, clocks, files,
 * terminals (README.md, "Sans-IO").
 */
import type { Address, Command, Event, PeerStatus, PeerTarget } from '../../kernel/contract.ts';
import type { Crypto, KeyPair } from './crypto.ts';
import { parseDatagram } from './codec/datagram.ts';
import { earliest } from '../../kernel/deadline.ts';
import { closeCodes, logIdBytes } from './codec/frames.ts';
import { invariant } from '../../kernel/invariant.ts';
import type { DatagramCore, Input, Output } from '../../kernel/io.ts';
import { datagramDefaultBytes } from './limits.ts';
import { datagramMaxBytes } from '../../kernel/limits.ts';
import { Log } from './log.ts';
import { Membership } from './room/room.ts';
import { Memory } from './memory.ts';
import type { Peer } from './peer/peer.ts';
import { NodeTrace } from './trace/node-trace.ts';
import { Roster } from './room/roster.ts';
import type { Target } from './room/roster.ts';
import { Says } from './room/own-lines.ts';
import type { Trace } from './trace/trace.ts';
import { unresolved } from './trace/warnings.ts';

export interface NodeSettings {
  /** 1 to 64 bytes of UTF-8. */
  readonly name: string;
  /** Where the driver's socket is bound; shown in `status`, never sent. */
  readonly address: Address;
  readonly peers: readonly PeerTarget[];
  /** 32 bytes, already stretched; undefined: an open room. */
  readonly roomKey: Uint8Array | undefined;
  readonly identity: KeyPair;
  readonly crypto: Crypto;
  /** UDP payload of the largest datagram that this node sends, bytes; default `datagramDefaultBytes`. */
  readonly datagramMaxBytes?: number;
  readonly congestion?: 'bbr' | 'newreno';
  /** What all peers' lines may take, bytes by cost; default `memoryMaxBytes`. */
  readonly memoryMaxBytes?: number;
  /** Pinned name → fingerprint (trust on first use, from an earlier run). */
  readonly knownPeers?: ReadonlyMap<string, string>;
  /** Is told what happens, where somebody wants to see it. */
  readonly trace?: Trace;
}

/** Bytes; memory by cost, reserves included. */
export interface NodeAccount {
  readonly memoryBytes: number;
  readonly memoryMaxBytes: number;
  readonly logBytes: number;
  /** Of each peer. */
  readonly bytesInFlight: readonly number[];
}

/** `running`; `draining`: no more says, until nothing is owed or the time is up; `closed`: nothing follows. */
type Phase =
  | { readonly type: 'running' }
  | { readonly type: 'draining'; readonly until: number }
  | { readonly type: 'closed' };

export class TincanNode implements DatagramCore {
  readonly #settings: NodeSettings;
  readonly #log: Log;
  readonly #memory: Memory;
  readonly #roster: Roster;
  readonly #membership: Membership;
  readonly #says: Says;
  readonly #trace: NodeTrace;
  #outputs: Output[] = [];
  #phase: Phase = { type: 'running' };
  #started = false;
  #now = 0;

  constructor(settings: NodeSettings) {
    const { name, roomKey, identity, crypto, trace: listener, congestion = 'bbr' } = settings;
    const datagramBytes = settings.datagramMaxBytes ?? datagramDefaultBytes;
    invariant(
      datagramBytes >= datagramDefaultBytes && datagramBytes <= datagramMaxBytes,
      'a datagram size fits UDP',
    );
    const emit = (event: Event): void => this.#emit(event);
    const log = new Log(Uint8Array.from(crypto.randomBytes(logIdBytes)));
    const pins = settings.knownPeers ?? new Map();
    const roster = new Roster({ targets: settings.peers, log, pins, emit });
    this.#settings = settings;
    this.#log = log;
    this.#memory = new Memory(settings.memoryMaxBytes);
    this.#roster = roster;
    this.#trace = new NodeTrace({ listener, nameOf: (peer) => roster.nameOf(peer), emit });
    this.#says = new Says({
      name,
      log,
      roster,
      emit,
      onNamed: (newName) => this.#membership.rename(newName),
    });
    this.#membership = new Membership({
      name,
      roomKey,
      identity,
      crypto,
      datagramBytes,
      congestion,
      tracer: this.#trace,
      log,
      memory: this.#memory,
      roster,
      emit,
      sendDatagram: (to, bytes) => this.#outputs.push({ type: 'datagram', to, bytes }),
      resolve: (host) => this.#outputs.push({ type: 'resolve', host }),
      onStaleName: () => this.#says.repeatName(),
    });
  }

  handle(input: Input, now: number): void {
    if (this.#phase.type === 'closed') return;
    this.#now = Math.max(this.#now, now);
    if (!this.#started) {
      this.#started = true;
      this.#membership.start(this.#now);
    }
    this.#handle(input, this.#now);
    this.#settle(this.#now);
  }

  drain(): readonly Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  deadline(): number | undefined {
    if (this.#phase.type === 'closed') return undefined;
    if (!this.#started) return 0;
    let at = earliest(this.#membership.deadline, this.#roster.deadline);
    at = earliest(at, this.#trace.deadline);
    for (const peer of this.#roster.peers.values()) at = earliest(at, peer.deadline);
    return this.#phase.type === 'draining' ? earliest(at, this.#phase.until) : at;
  }

  /** What it keeps just now, for a judge. */
  get account(): NodeAccount {
    return {
      memoryBytes: this.#memory.usedBytes,
      memoryMaxBytes: this.#memory.maxBytes,
      logBytes: this.#log.costBytes,
      bytesInFlight: [...this.#roster.peers.values()].map((peer) => peer.bytesInFlight),
    };
  }

  #handle(input: Input, now: number): void {
    switch (input.type) {
      case 'datagram':
        return this.#onDatagram(input.from, input.bytes, now);
      case 'command':
        return this.#onCommand(input.command, now);
      case 'resolved':
        return this.#membership.onResolved(input.host, input.ip, now);
      case 'unresolved':
        this.#membership.onUnresolved(input.host, now);
        return this.#emit(unresolved(input.host, input.reason));
      case 'timeout':
        return undefined;
    }
  }

  /** After each input: what is due, what can be sent, and what has been settled by it. */
  #settle(now: number): void {
    this.#trace.onTimeout(now);
    this.#membership.onTimeout(now);
    this.#roster.onTimeout(now);
    for (const peer of this.#roster.peers.values()) {
      const at = peer.deadline;
      if (at !== undefined && at <= now) peer.onTimeout(now);
    }
    this.#says.release(now);
    for (const peer of this.#roster.peers.values()) peer.flush(now);
    this.#membership.flush();
    this.#says.reportSent();
    if (this.#phase.type === 'draining') this.#drainOrClose(this.#phase.until, now);
  }

  #onDatagram(from: Address, bytes: Uint8Array, now: number): void {
    const reason = this.#membership.receive(parseDatagram(bytes), from, now);
    if (reason === undefined) return;
    this.#trace.tell?.({ type: 'datagram-dropped', at: now, from, bytes: bytes.length, reason });
  }

  #onCommand(command: Command, now: number): void {
    switch (command.type) {
      case 'say':
        return this.#says.add(command);
      case 'taken':
        return this.#roster.onTaken(command.peerId, command.seq, now);
      case 'status':
        return this.#emit(this.#status());
      case 'rename':
        return this.#says.rename(command.name);
      case 'trace':
        return this.#trace.turn(command.on, now);
      case 'quit':
        return this.#onQuit(now + Math.max(0, command.drainTimeoutMs));
    }
  }

  #onQuit(until: number): void {
    const sooner = this.#phase.type === 'draining' ? Math.min(this.#phase.until, until) : until;
    this.#phase = { type: 'draining', until: sooner };
    this.#says.close();
  }

  #drainOrClose(until: number, now: number): void {
    const isSettled = !this.#says.anyWaiting && !this.#roster.owesLine;
    if (!isSettled && now < until) return;
    this.#says.refuseAll();
    for (const peer of this.#roster.joined) peer.close(closeCodes.leaving, now);
    const undelivered = this.#roster.reportAll('the node stops');
    this.#emit({ type: 'closed', undelivered });
    this.#phase = { type: 'closed' };
  }

  #status(): Event {
    const { address } = this.#settings;
    const peers = [...this.#roster.peers.values()].map(statusOf);
    const missing = this.#roster.targets.filter((target) => target.peer === undefined);
    return {
      type: 'status',
      name: this.#says.name,
      wire: 'tincan',
      address,
      said: this.#log.linesSaid,
      peers: [...peers, ...missing.map((target) => this.#statusOfMissing(target))],
    };
  }

  #statusOfMissing(target: Target): PeerStatus {
    const address = this.#membership.addressOf(target);
    return {
      name: target.settings.label,
      peerId: undefined,
      address,
      state: address === undefined ? 'resolving' : 'connecting',
      linesSent: 0,
      linesReceived: 0,
      figures: { linesOwed: this.#log.countLines(0, undefined) },
    };
  }

  #emit(event: Event): void {
    this.#outputs.push({ type: 'event', event });
  }
}

function statusOf(peer: Peer): PeerStatus {
  return {
    name: peer.name,
    peerId: peer.id,
    address: peer.path.address,
    state: peer.joined ? 'open' : 'connecting',
    linesSent: peer.lines.sent,
    linesReceived: peer.lines.received,
    figures: peer.figures,
  };
}
