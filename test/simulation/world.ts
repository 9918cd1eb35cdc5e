/**
 * Hosts on a network, in virtual time. One seed gives one course of events, to the last byte.
 *
 * Owns: who is there, the name service, and the rules that are checked at every step. Which faults are planned, and why, is
 * in `plan.ts`.
 */
import type { Address, PeerId, PeerTarget } from '../../src/kernel/contract.ts';
import type { SingleEvent } from '../../src/kernel/runs.ts';
import { kindOfIp } from '../../src/kernel/address.ts';
import { datagramBaseBytes, datagramLocalBytes, logMaxBytes } from '../../src/wires/tincan/limits.ts';
import type { NodeSettings } from '../../src/wires/tincan/node.ts';
import { fingerprintOf } from '../../src/wires/tincan/handshake/handshake.ts';
import type { TraceEvent } from '../../src/wires/tincan/trace/trace.ts';
import { Random } from '../../src/relay/model/random.ts';
import { type Sleeper, VirtualTime } from '../support/virtual-time.ts';
import { AmplificationWatch } from './amplification.ts';
import { NonceWatch, seededCrypto } from './crypto.ts';
import { Host, type JudgedCore, type HostListener } from './host.ts';
import { Judge, Violation, type OwedFromStart } from './judge.ts';
import { Network, keyOf, type Crossing, type Station } from './network.ts';
import { RoamingWatch } from './roaming.ts';

/** The one line that plugs a protocol in. */
export type CoreFactory = (settings: NodeSettings) => JudgedCore;

export interface Seat {
  readonly name: string;
  readonly address: Address;
  readonly peers: readonly PeerTarget[];
  readonly roomKey: Uint8Array | undefined;
  readonly timerLatenessMs: number;
  /** Undefined: what nodes have by default. */
  readonly memoryMaxBytes?: number | undefined;
  readonly saysRuns?: boolean;
  readonly turnMs?: number;
}

/** For the space-time trace; building the story costs time, so there is none unless somebody listens. */
export interface Onlooker {
  event(host: Host, event: SingleEvent): void;
  protocol(host: string, event: TraceEvent): void;
  note(text: string): void;
}

/** An ordinary date, so that times have the size that they have in life. */
export const epochMs = 1_750_000_000_000;

/** The name service's answer takes this long. */
const resolveMs = 3;

/** What a datagram to this address may hold, bytes: to another machine, what every path carries. */
function datagramMaxBytes({ ip }: Address): number {
  return kindOfIp(ip) === 'loopback' ? datagramLocalBytes : datagramBaseBytes;
}

export class World {
  readonly network: Network;
  readonly judge: Judge;
  readonly random: Random;
  readonly nonces = new NonceWatch();
  readonly amplification = new AmplificationWatch();
  readonly #roaming = new RoamingWatch();
  readonly #seed: number;
  readonly #factory: CoreFactory;
  readonly #hosts = new Map<string, Host>();
  readonly #guests = new Set<string>();
  /** By process: questions to the name service that wait for their answers. */
  readonly #questions = new Map<string, number>();
  #onlooker: Onlooker | undefined;
  /** What the clock wakes, in its order: the network, then the hosts. */
  #sleepers: readonly Sleeper[];
  readonly #time = new VirtualTime(epochMs, () => this.#sleepers);
  steps = 0;
  /** Datagrams that hosts may send in all. Beyond: they flood each other, and the run would have no end. */
  datagramsMax = Number.POSITIVE_INFINITY;
  #datagrams = 0;

  constructor(seed: number, factory: CoreFactory, owedFromStart: OwedFromStart = () => true) {
    this.#seed = seed;
    this.#factory = factory;
    this.network = new Network(seed);
    this.#sleepers = [this.network];
    this.judge = new Judge(owedFromStart);
    this.random = new Random(seed, 0x7011d);
    this.network.tap((crossing) => this.#account(crossing));
  }

  get nowMs(): number {
    return this.#time.nowMs;
  }

  /** Since the start. */
  get elapsedMs(): number {
    return this.nowMs - epochMs;
  }

  watch(onlooker: Onlooker): void {
    this.#onlooker = onlooker;
  }

  note(text: string): void {
    this.#onlooker?.note(text);
  }

  /** The process that has this name now, if one runs. */
  host(name: string): Host | undefined {
    const host = this.#hosts.get(name);
    return host === undefined || host.closed ? undefined : host;
  }

  running(): Host[] {
    return [...this.#hosts.values()].filter((host) => !host.closed);
  }

  /** Starts a process: the first of its name, or the next one. `clockAheadMs` is inherited: it is the machine's. */
  start(seat: Seat): Host {
    const previous = this.#hosts.get(seat.name);
    const incarnation = (previous?.incarnation ?? 0) + 1;
    const id = `${seat.name}#${incarnation}`;
    const crypto = seededCrypto(new Random(this.#seed, hashOf(id), 0xc0), this.nonces);
    const identity = crypto.generateKeyPair();
    this.judge.started(id, fingerprintOf(crypto, identity.publicKey));
    const core = this.#factory({
      name: seat.name,
      address: seat.address,
      peers: seat.peers,
      roomKey: seat.roomKey,
      identity,
      crypto,
      trace: (event) => this.#protocolEvent(id, event),
      ...(seat.memoryMaxBytes === undefined ? {} : { memoryMaxBytes: seat.memoryMaxBytes }),
    });
    const clockAheadMs = previous?.clockAheadMs ?? 0;
    const host = new Host({ ...seat, incarnation, clockAheadMs }, core, this.#listener, this.#time);
    this.#hosts.set(seat.name, host);
    this.#sleepers = [this.network, ...this.#hosts.values()];
    this.network.attach(seat.address, host);
    this.note(`${id} starts`);
    return host;
  }

  /** Lets somebody take part who has keys and keeps no promise. What has arrived there has shown that somebody is there. */
  admit(guest: Station & { readonly address: Address; readonly id: PeerId }): void {
    this.#guests.add(guest.name);
    this.judge.distrust(guest.id, guest.name);
    this.network.attach(guest.address, guest);
  }

  get hasGuests(): boolean {
    return this.#guests.size > 0;
  }

  /** Ends a process without a word, as a power cut does. */
  kill(host: Host): void {
    host.closed = true;
    this.network.detach(host.address);
    this.note(`${host.id} is killed`);
  }

  /** The host has another address from now on; what is on its way to the old one is lost. */
  move(host: Host, address: Address): void {
    this.network.detach(host.address);
    host.address = address;
    this.network.attach(address, host);
    this.note(`${host.id} moves to ${keyOf(address)}`);
  }

  at(atMs: number, run: () => void): void {
    this.#time.at(atMs, run);
  }

  after(delayMs: number, run: () => void): void {
    this.#time.after(delayMs, run);
  }

  /** Turns until this time has come, or `done` says so; checks every rule at each step. */
  runUntil(untilMs: number, done: () => boolean = () => false): void {
    while (!done() && this.#time.step(untilMs)) {
      this.steps++;
      this.#check();
    }
  }

  #check(): void {
    if (this.nonces.fault !== undefined) throw new Violation(this.nonces.fault);
    for (const host of this.#hosts.values()) {
      if (host.closed) continue;
      this.#checkAccount(host);
      if (host.coreDeadline !== undefined || this.#questions.has(host.id)) continue;
      if (this.judge.owes(host.id)) {
        throw new Violation(`${host.id} owes lines, but has no deadline: it would never wake again`);
      }
    }
  }

  /** What a core says that it keeps is within its limits, and no less than what is seen from outside. */
  #checkAccount(host: Host): void {
    const { account } = host;
    if (account === undefined) return;
    const { memoryBytes, memoryMaxBytes, logBytes, bytesInFlight } = account;
    if (!(memoryBytes <= memoryMaxBytes)) {
      throw new Violation(`${host.id} keeps ${memoryBytes} B where ${memoryMaxBytes} B are the most`);
    }
    if (!(logBytes >= 0 && logBytes <= logMaxBytes))
      throw new Violation(`${host.id} has a log of ${logBytes} B`);
    if (host.untakenBytes > memoryBytes) {
      throw new Violation(
        `${host.id} keeps account of ${memoryBytes} B, but ${host.untakenBytes} B wait to be taken`,
      );
    }
    for (const bytes of bytesInFlight) {
      if (!(bytes >= 0)) throw new Violation(`${host.id} counts ${bytes} bytes in flight`);
    }
  }

  /** Hosts alone count as having shown themselves: what the attacker swallows proves nothing to the sender. */
  #account(crossing: Crossing): void {
    if (crossing.type !== 'arrived' || crossing.to === undefined) return;
    const { origin, to, source, destination, bytes } = crossing;
    const receiver = this.#hosts.get(to);
    const sender = this.#hosts.get(origin);
    const isTakenIn = receiver !== undefined || this.#guests.has(to);
    if (isTakenIn && sender !== undefined) this.amplification.reached(sender.id, keyOf(destination));
    if (receiver !== undefined) this.amplification.received(receiver.id, keyOf(source), bytes);
  }

  readonly #listener: HostListener = {
    datagram: (host, to, bytes) => {
      if (bytes.length > datagramMaxBytes(to) || bytes.length === 0) {
        throw new Violation(`${host.id} sent a datagram of ${bytes.length} B`);
      }
      this.#datagrams += 1;
      if (this.#datagrams > this.datagramsMax) {
        throw new Violation(
          `the hosts have sent ${this.datagramsMax} datagrams, the last of them ${host.id}`,
        );
      }
      this.amplification.sent(host.id, keyOf(to), bytes);
      this.network.send(host.name, host.address, to, bytes, this.nowMs);
    },
    event: (host, event) => {
      this.#onlooker?.event(host, event);
      this.judge.heard(host.id, event);
      if (event.type === 'closed') {
        this.network.detach(host.address);
        this.note(`${host.id} has closed`);
      }
    },
    resolve: (host, name) => {
      // Whoever waits for an answer will be woken by it.
      this.#questions.set(host.id, (this.#questions.get(host.id) ?? 0) + 1);
      this.after(resolveMs, () => this.#resolve(host, name));
    },
    taken: (host, peerId, seq) => this.judge.taken(host.id, peerId, seq),
    said: (host, text, to, ref) => this.judge.said(host.id, text, to, ref),
    renamed: (host, name) => this.judge.toldName(host.id, name),
  };

  /** A host's name is `bob.test`; anything else is taken for a numeric address. */
  #resolve(host: Host, name: string): void {
    const open = (this.#questions.get(host.id) ?? 0) - 1;
    if (open > 0) this.#questions.set(host.id, open);
    else this.#questions.delete(host.id);
    if (!name.endsWith('.test')) {
      host.feed({ type: 'resolved', host: name, ip: name });
      return;
    }
    const found = this.#hosts.get(name.slice(0, -'.test'.length));
    if (found === undefined || found.closed) {
      host.feed({ type: 'unresolved', host: name, reason: 'ENOTFOUND' });
    } else {
      host.feed({ type: 'resolved', host: name, ip: found.address.ip });
    }
  }

  #protocolEvent(id: string, event: TraceEvent): void {
    this.#roaming.told(id, event);
    this.#onlooker?.protocol(id, event);
  }
}

/** FNV-1a, to give each process a stream of its own. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
