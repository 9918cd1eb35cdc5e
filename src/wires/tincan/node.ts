/**
 * One tincan node as a pure state machine: datagrams, commands and the time in; datagrams, events and one deadline out.
 *
 * Owns: what each input leads to, the order of outputs, the end (README.md, "Sans-IO").
 */
import type { Address, Command, PeerId, PeerStatus, PeerTarget, Status } from '../../kernel/contract.ts';
import { earliest } from '../../kernel/deadline.ts';
import { invariant } from '../../kernel/invariant.ts';
import type { Changes, Kept } from '../../kernel/kept.ts';
import { kindOfIp } from '../../kernel/address.ts';
import { Outputs } from '../../kernel/io.ts';
import type { DatagramCore, Input, Output } from '../../kernel/io.ts';
import { parseDatagram } from './codec/datagram.ts';
import { logIdBytes } from './codec/frames.ts';
import type { Crypto, KeyPair } from './crypto.ts';
import { Bbr } from './delivery/bbr.ts';
import type { MakeController } from './delivery/congestion.ts';
import { SeenInits } from './handshake/seen-inits.ts';
import type { KeptInits } from './handshake/seen-inits.ts';
import { fingerprintOf } from './handshake/handshake.ts';
import { datagramBaseBytes, datagramLocalBytes } from './limits.ts';
import { Log } from './log.ts';
import { Memory } from './memory.ts';
import { Agenda } from './peer/agenda.ts';
import { Effects } from './peer/effects.ts';
import { Keeping } from './room/keeping.ts';
import { OwnLines } from './room/own-lines.ts';
import type { RoomParts } from './room/parts.ts';
import { Pins } from './room/pins.ts';
import { Room } from './room/room.ts';
import { Roster } from './room/roster.ts';
import type { Target } from './room/roster.ts';
import { NodeTrace } from './trace/node-trace.ts';
import type { Trace } from './trace/trace.ts';
import { linesKept, unresolved } from './trace/warnings.ts';

export interface NodeSettings {
  /** 1 to 64 bytes of UTF-8. */
  readonly name: string;
  /** Where the driver's socket is bound; shown in `status`, never sent. */
  readonly address: Address;
  /** The numeric addresses of this machine's interfaces: a configured peer that is found at one of them is this node. */
  readonly ownIps?: readonly string[];
  readonly peers: readonly PeerTarget[];
  /** 32 bytes, already stretched; undefined: an open room. */
  readonly roomKey: Uint8Array | undefined;
  readonly identity: KeyPair;
  readonly crypto: Crypto;
  /** UDP payload of the largest datagram that is tried within this machine, bytes; default `datagramLocalBytes`. */
  readonly datagramLocalMaxBytes?: number;
  /** The congestion controller of each peer; default `Bbr`. */
  readonly control?: MakeController;
  /** What all peers' lines may take, bytes by cost; default `memoryMaxBytes`. */
  readonly memoryMaxBytes?: number;
  /** Pinned name → fingerprint (trust on first use, from an earlier run). */
  readonly knownPeers?: ReadonlyMap<string, string>;
  /** Which messages 1 an earlier run has sent or received, and where to keep those of this one; undefined: nowhere. */
  readonly keptInits?: KeptInits | undefined;
  /**
   * Whoever comes with a known name, or is found at a configured peer's address, takes that peer's place without being asked
   * about: for labs whose nodes keep no state. Default: false.
   */
  readonly acceptsChangedKeys?: boolean;
  /** Given where something outlives the process: what an earlier life has kept, if there was one. */
  readonly life?: { readonly kept: Kept | undefined };
  /** By the node whose place this one takes, in the same process. */
  readonly handover?: Handover | undefined;
  /** Whether the node announces itself on the local network, and dials whoever does; with a room key. */
  readonly discovers?: boolean;
  /** Is told what happens, where somebody wants to see it. */
  readonly trace?: Trace;
}

/** What the faces have told a node, and heard of it, counts for the one that takes its place, too. */
export interface Handover {
  /** What the node was called last. */
  readonly name: string;
  readonly knownPeers: ReadonlyMap<string, string>;
  readonly isTraced: boolean;
  /** The node was told to close by then. */
  readonly closesBy: number | undefined;
  /** Lines that were told as undelivered. */
  readonly undelivered: number;
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
  readonly #address: Address;
  readonly #fingerprint: PeerId;
  readonly #agenda: Agenda<PeerId>;
  readonly #log: Log;
  readonly #memory: Memory;
  readonly #pins: Pins;
  readonly #roster: Roster;
  readonly #room: Room;
  readonly #ownLines: OwnLines;
  readonly #keeping: Keeping | undefined;
  readonly #trace: NodeTrace;
  readonly #outputs = new Outputs();
  /** Host names that have no address just now, which was told. */
  readonly #unresolved = new Set<string>();
  #phase: Phase = { type: 'running' };
  #closesBy: number | undefined;
  #started = false;
  #now = 0;

  constructor(settings: NodeSettings) {
    const { address, ownIps = [], peers, roomKey, identity, crypto, trace: listener, handover } = settings;
    const { name, knownPeers: known = new Map() } = { ...settings, ...handover };
    const { acceptsChangedKeys: acceptsChanges = false, discovers = false } = settings;
    const { control = (path) => new Bbr(path) } = settings;
    invariant(!discovers || roomKey !== undefined, 'who announces has a room key');
    const outputs = this.#outputs;
    const kept = settings.life?.kept;
    const log = new Log(kept?.log.id ?? Uint8Array.from(crypto.randomBytes(logIdBytes)), kept);
    const memory = new Memory(settings.memoryMaxBytes);
    const pins = new Pins({ known, acceptsChanges, outputs });
    const undelivered = handover?.undelivered ?? 0;
    const roster = new Roster({ targets: peers, log, pins, acceptsChanges, undelivered, outputs });
    const tracer = new NodeTrace({ listener, roster, outputs });
    const ownLines = new OwnLines({ name, log, roster, outputs });
    const seenInits = new SeenInits(roomKey === undefined ? undefined : settings.keptInits);
    const effects = new Effects(tracer);
    const agenda = new Agenda((id: PeerId) => roster.peers.get(id)?.deadline);
    const isKept = settings.life !== undefined;
    const { datagramLocalMaxBytes = datagramLocalBytes } = settings;
    const isLocal = (ip: string): boolean => kindOfIp(ip) === 'loopback' || ownIps.includes(ip);
    const datagramGoalBytes = (ip: string): number =>
      isLocal(ip) ? datagramLocalMaxBytes : datagramBaseBytes;
    const context = {
      crypto,
      log,
      memory,
      datagramGoalBytes,
      control,
      effects,
      outputs,
      agenda,
      pins,
      isKept,
    };
    this.#address = address;
    this.#fingerprint = fingerprintOf(crypto, identity.publicKey);
    this.#agenda = agenda;
    this.#log = log;
    this.#memory = memory;
    this.#pins = pins;
    this.#roster = roster;
    this.#trace = tracer;
    this.#ownLines = ownLines;
    tracer.turn(handover?.isTraced === true, 0);
    if (handover?.closesBy !== undefined) this.#onQuit(handover.closesBy);
    const parts: RoomParts = {
      handshake: { identity, roomKey, crypto, seenInits },
      context,
      tracer,
      own: address,
      isOwn: ({ ip, port }) => port === address.port && (ip === address.ip || ownIps.includes(ip)),
      discovers,
      roster,
      pins,
      ownLines,
      outputs,
    };
    if (isKept) this.#keeping = new Keeping(parts, kept);
    this.#room = new Room(parts);
  }

  /** What the input says; after it, what is due, what can be sent, and what has been settled by it. */
  handle(input: Input, time: number): void {
    if (this.#phase.type === 'closed') return;
    const now = Math.max(this.#now, time);
    this.#now = now;
    if (!this.#started) this.#room.start(now);
    this.#started = true;
    switch (input.type) {
      case 'datagram': {
        const { from, bytes } = input;
        const reason = this.#room.receive(parseDatagram(bytes), from, now);
        if (reason === undefined) break;
        this.#trace.tell?.({ type: 'datagram-dropped', at: now, from, bytes: bytes.length, reason });
        break;
      }
      case 'command':
        this.#onCommand(input.command, now);
        break;
      case 'resolved':
        this.#unresolved.delete(input.host);
        this.#room.onResolved(input.host, input.ip, now);
        break;
      case 'unresolved':
        this.#room.onUnresolved(input.host, now);
        if (!this.#unresolved.has(input.host)) this.#outputs.event(unresolved(input.host, input.reason));
        this.#unresolved.add(input.host);
        break;
      case 'timeout':
        break;
    }
    if (this.#room.isOlderCopy) return this.#endLog();
    // Many lines, or datagrams, at once are settled once.
    if ('more' in input && input.more && !this.#agenda.isPressed) return;
    this.#trace.onTimeout(now);
    this.#room.onTimeout(now);
    this.#ownLines.release(now);
    this.#room.flush(now);
    this.#ownLines.reportSent();
    if (this.#phase.type === 'draining') this.#drainOrClose(this.#phase.until, now);
  }

  drain(): readonly Output[] {
    return this.#outputs.take();
  }

  /** This node is over, and another one has to take its place with a new log: its log is no continuation of what peers have. */
  get needsNewLog(): boolean {
    return this.#room.isOlderCopy;
  }

  /** For the node that takes over. */
  get handover(): Handover {
    return {
      name: this.#ownLines.name,
      knownPeers: this.#pins.known,
      isTraced: this.#trace.isOn,
      closesBy: this.#closesBy,
      undelivered: this.#roster.undelivered,
    };
  }

  /** What has to be kept before anything that was drained leaves; undefined: nothing, or this node keeps nothing. */
  takeChanges(): Changes | undefined {
    return this.#keeping?.take();
  }

  deadline(): number | undefined {
    if (this.#phase.type === 'closed') return undefined;
    if (!this.#started) return 0;
    const at = earliest(this.#room.deadline, this.#ownLines.deadline, this.#trace.deadline);
    return this.#phase.type === 'draining' ? earliest(at, this.#phase.until) : at;
  }

  /** What the node keeps just now, for a judge. */
  get account(): NodeAccount {
    return {
      memoryBytes: this.#memory.usedBytes,
      memoryMaxBytes: this.#memory.maxBytes,
      logBytes: this.#log.costBytes,
      bytesInFlight: [...this.#roster.peers.values()].map((peer) => peer.bytesInFlight),
    };
  }

  #onCommand(command: Command, now: number): void {
    switch (command.type) {
      case 'say':
        return this.#ownLines.add(command);
      case 'say-lines':
        return this.#ownLines.addRun(command);
      case 'taken':
        return this.#roster.onTaken(command.peerId, command.seq, now);
      case 'status':
        return this.#outputs.event(this.#status());
      case 'rename':
        return this.#ownLines.rename(command.name);
      case 'accept':
        return this.#room.accept(command.name, now);
      case 'forget':
        return this.#room.forget(command.name, now);
      case 'trace':
        return this.#trace.turn(command.on, now);
      case 'quit':
        return this.#onQuit(now + Math.max(0, command.drainTimeoutMs));
    }
  }

  #onQuit(until: number): void {
    this.#closesBy = Math.min(this.#closesBy ?? until, until);
    this.#phase = { type: 'draining', until: this.#closesBy };
    this.#ownLines.close();
  }

  #drainOrClose(until: number, now: number): void {
    const isSettled = !this.#ownLines.anyWaiting && !this.#roster.owesLine;
    if (!isSettled && now < until) return;
    this.#ownLines.refuseAll();
    this.#room.close(now);
    const kept = this.#keeping === undefined ? 0 : this.#roster.linesOwed;
    if (kept > 0) this.#outputs.event(linesKept(kept));
    if (this.#keeping === undefined)
      this.#roster.reportAll('it had not confirmed the line when this node left');
    this.#outputs.event({ type: 'closed', undelivered: this.#roster.undelivered + kept });
    this.#phase = { type: 'closed' };
  }

  /** Nobody can tell who has which of the lines: each that somebody is owed is told to be undelivered. */
  #endLog(): void {
    this.#ownLines.refuseAll();
    this.#roster.reportAll('this node went on from an older copy of its state');
    this.#phase = { type: 'closed' };
  }

  #status(): Status {
    return {
      type: 'status',
      name: this.#ownLines.name,
      wire: 'tincan',
      address: this.#address,
      fingerprint: this.#fingerprint,
      said: this.#log.linesSaid,
      peers: [
        ...[...this.#roster.peers.values()].map((peer) => peer.status),
        ...this.#roster.missing.map((target) => this.#statusOfMissing(target)),
      ],
    };
  }

  #statusOfMissing(target: Target): PeerStatus {
    const address = this.#room.addressOf(target);
    return {
      name: target.settings.label,
      peerId: undefined,
      address,
      state: address === undefined ? 'resolving' : 'connecting',
      linesSent: 0,
      linesReceived: 0,
      figures: { linesOwed: this.#log.countLines(target.owedFrom - 1, undefined) },
    };
  }
}
