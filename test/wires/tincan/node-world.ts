/**
 * A few nodes in virtual time, joined by links that a test shapes: the smallest world in which `TincanNode` can be tried.
 * (`test/simulation` is the large one, with faults by plan.)
 *
 * Owns: the links, a person and a reader for each node. Random, but by seed alone.
 */
import { sameAddress } from '../../../src/kernel/address.ts';
import type { Address, Command } from '../../../src/kernel/contract.ts';
import { type SingleEvent, singlesOf } from '../../../src/kernel/runs.ts';
import type { Output } from '../../../src/kernel/io.ts';
import { TincanNode } from '../../../src/wires/tincan/node.ts';
import { announcementGroups } from '../../../src/wires/tincan/room/discovery.ts';
import type { NodeSettings } from '../../../src/wires/tincan/node.ts';
import { Random } from '../../../src/relay/model/random.ts';
import { nodeCrypto } from '../../../src/runtime/crypto.ts';
import { KeptInMemory } from '../../support/kept-in-memory.ts';
import { type Sleeper, VirtualTime } from '../../support/virtual-time.ts';

/** When a datagram arrives, ms from now; none: never; two: twice. */
export type Link = (from: string, to: string, bytes: Uint8Array) => readonly number[];

export type MakeNode = (settings: NodeSettings) => TincanNode;

/** A number: after the commit, when so many outputs have left; where a new log is due, before that is on disk. */
export type CrashPoint = 'before-commit' | number;

export interface WorldNode {
  readonly name: string;
  readonly node: TincanNode;
  readonly events: SingleEvent[];
  /** What it was made with, but for what an earlier life has kept. */
  readonly settings: NodeSettings;
  /** What outlives the process. */
  readonly disk: KeptInMemory | undefined;
  address: Address;
  /** Whether the face takes each message at once. */
  takes: boolean;
  /** Datagrams sent. */
  datagrams: number;
  bytes: number;
}

/** All nodes here have IPv4 addresses. */
const [group = { ip: '', port: 0 }] = announcementGroups;

export class NodeWorld {
  link: Link = () => [1];
  readonly nodes = new Map<string, WorldNode>();
  /** Datagrams to where no node is. */
  readonly astray: { readonly to: Address; readonly bytes: Uint8Array }[] = [];
  /** Called with each event as it comes. */
  onEvent: (node: WorldNode, event: SingleEvent) => void = () => undefined;
  /** How far a process gets in what follows from an input, before it dies; undefined: to the end. */
  crashPoint: (node: WorldNode) => CrashPoint | undefined = () => undefined;
  /** Called when a process has died there. */
  onCrash: (node: WorldNode) => void = () => undefined;
  readonly random: Random;
  readonly #makeNode: MakeNode;
  readonly #sleepers = new Map<WorldNode, Sleeper>();
  /** As long as nothing has happened to the node. */
  readonly #deadlines = new Map<WorldNode, number | undefined>();
  readonly #time = new VirtualTime(1_700_000_000_000, () =>
    [...this.nodes.values()].map((each) => this.#sleeperOf(each)),
  );

  constructor(seed = 1, makeNode: MakeNode = (settings) => new TincanNode(settings)) {
    this.#makeNode = makeNode;
    this.random = new Random(seed);
  }

  get now(): number {
    return this.#time.nowMs;
  }

  add(name: string, peers: readonly string[] = [], settings: Partial<NodeSettings> = {}): WorldNode {
    return this.#start(name, {
      name,
      address: { ip: `192.0.2.${this.nodes.size + 1}`, port: 5000 },
      peers: peers.map((peer) => ({ label: peer, host: peer, port: 5000 })),
      roomKey: new Uint8Array(32).fill(7),
      identity: nodeCrypto.generateKeyPair(),
      crypto: nodeCrypto,
      ...settings,
    });
  }

  /** A node that keeps what its next life needs. */
  addDurable(
    name: string,
    peers: readonly string[] = [],
    settings: Partial<NodeSettings> = {},
    disk = new KeptInMemory(),
  ): WorldNode {
    this.nodes.delete(name);
    const node = this.add(name, peers, settings);
    return this.restart(node, disk);
  }

  /** The process dies in this moment, and a next one starts on what is kept, or on what is given. */
  restart(node: WorldNode, disk = node.disk, settings: Partial<NodeSettings> = {}): WorldNode {
    return this.#start(node.name, { ...node.settings, ...settings }, disk);
  }

  /** The process dies. */
  kill(node: WorldNode): void {
    this.nodes.delete(node.name);
  }

  #start(name: string, settings: NodeSettings, disk?: KeptInMemory): WorldNode {
    const { address } = settings;
    const node = this.#makeNode(disk === undefined ? settings : { ...settings, life: { kept: disk.load() } });
    const added = { name, node, settings, disk, events: [], address, takes: true, datagrams: 0, bytes: 0 };
    this.nodes.set(name, added);
    return added;
  }

  say(from: WorldNode, text: string, ref?: string): void {
    this.command(from, { type: 'say', text, ref });
  }

  command(to: WorldNode, command: Command): void {
    to.node.handle({ type: 'command', command }, this.now);
    this.#settle(to);
  }

  /** A datagram from outside this world. Gives the answers; what else follows goes its way. */
  give(to: WorldNode, from: Address, bytes: Uint8Array): readonly Uint8Array[] {
    to.node.handle({ type: 'datagram', from, bytes }, this.now);
    this.#deadlines.delete(to);
    const answers: Uint8Array[] = [];
    for (const output of to.node.drain()) {
      if (output.type === 'datagram' && sameAddress(output.to, from)) answers.push(output.bytes);
      else this.#carry(to, output);
    }
    return answers;
  }

  /** `act` in `ms` from now. */
  later(ms: number, act: () => void): void {
    this.#time.after(ms, act);
  }

  /** Runs `ms`, or until `done` says so. Whether it did. */
  run(ms: number, done?: () => boolean): boolean {
    return this.#time.runUntil(this.now + ms, done);
  }

  #sleeperOf(each: WorldNode): Sleeper {
    const known = this.#sleepers.get(each);
    if (known !== undefined) return known;
    const sleeper = {
      id: each.name,
      nextMs: () => {
        if (!this.#deadlines.has(each)) this.#deadlines.set(each, each.node.deadline());
        return this.#deadlines.get(each);
      },
      wake: (nowMs: number) => {
        each.node.handle({ type: 'timeout' }, nowMs);
        this.#settle(each);
      },
    };
    this.#sleepers.set(each, sleeper);
    return sleeper;
  }

  #settle(from: WorldNode): void {
    this.#deadlines.delete(from);
    const outputs = from.node.drain();
    const crashPoint = this.crashPoint(from);
    if (crashPoint === 'before-commit') return this.#crash(from);
    const changes = from.node.takeChanges();
    if (changes !== undefined) from.disk?.commit(changes);
    for (const output of outputs.slice(0, crashPoint)) this.#carry(from, output);
    if (crashPoint !== undefined) return this.#crash(from);
    if (from.node.needsNewLog && this.nodes.get(from.name) === from) {
      from.disk?.renewLog(from.settings.crypto.randomBytes(8));
      this.restart(from, from.disk, { handover: from.node.handover });
    }
  }

  #crash(node: WorldNode): void {
    this.kill(node);
    this.onCrash(node);
  }

  #carry(from: WorldNode, output: Output): void {
    switch (output.type) {
      case 'datagram': {
        from.datagrams += 1;
        from.bytes += output.bytes.length;
        const isAnnouncement = sameAddress(output.to, group);
        const receivers = [...this.nodes.values()].filter(({ address, settings }) =>
          isAnnouncement ? settings.discovers === true : sameAddress(address, output.to),
        );
        if (receivers.length === 0) this.astray.push(output);
        const { address } = from;
        for (const to of receivers.slice(0, isAnnouncement ? undefined : 1)) {
          for (const delay of this.link(from.name, to.name, output.bytes)) {
            this.later(delay, () => {
              if (this.nodes.get(to.name) !== to) return;
              to.node.handle({ type: 'datagram', from: address, bytes: output.bytes }, this.now);
              this.#settle(to);
            });
          }
        }
        return;
      }
      case 'event': {
        for (const event of singlesOf(output.event)) this.#hear(from, event);
        return;
      }
      case 'resolve': {
        const { host } = output;
        const ip = this.nodes.get(host)?.address.ip;
        this.later(0, () => {
          from.node.handle(
            ip === undefined
              ? { type: 'unresolved', host, reason: 'no such host' }
              : { type: 'resolved', host, ip },
            this.now,
          );
          this.#settle(from);
        });
      }
    }
  }

  #hear(from: WorldNode, event: SingleEvent): void {
    from.events.push(event);
    this.onEvent(from, event);
    const isTaken = from.takes && (event.type === 'message' || event.type === 'peer-renamed');
    if (!isTaken || event.seq === undefined) return;
    const { peerId, seq } = event;
    this.later(0, () => {
      if (this.nodes.get(from.name) === from) this.command(from, { type: 'taken', peerId, seq });
    });
  }
}

export function texts(node: WorldNode): readonly string[] {
  return node.events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
}

export function eventsOf<Type extends SingleEvent['type']>(
  node: WorldNode,
  type: Type,
): readonly Extract<SingleEvent, { readonly type: Type }>[] {
  return node.events.filter(
    (event): event is Extract<SingleEvent, { readonly type: Type }> => event.type === type,
  );
}

/** Loses, duplicates and delays at random. */
export function faulty(
  world: NodeWorld,
  {
    loss = 0,
    duplicates = 0,
    delayMs = 1,
    jitterMs = 0,
  }: { loss?: number; duplicates?: number; delayMs?: number; jitterMs?: number },
): Link {
  const delay = (): number => delayMs + world.random.fraction() * jitterMs;
  return () => {
    if (world.random.fraction() < loss) return [];
    return world.random.fraction() < duplicates ? [delay(), delay()] : [delay()];
  };
}
