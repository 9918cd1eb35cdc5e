/**
 * Cores of wire `tcp` on a network of their own, in virtual time: what TCP promises (order, no loss while a connection
 * lives) and nothing more, with latencies, pauses and cuts that a seed decides.
 *
 * Owns: connections, listeners.
 */
import type { Address, PeerTarget } from '../../src/kernel/contract.ts';
import { type SingleEvent, singlesOf } from '../../src/kernel/runs.ts';
import { addressText } from '../../src/kernel/address.ts';
import type { TcpInput, TcpOutput } from '../../src/wires/tcp/io.ts';
import { TcpNode } from '../../src/wires/tcp/node.ts';
import { Random } from '../../src/relay/model/random.ts';
import { type Sleeper, VirtualTime } from './virtual-time.ts';

/** What a kernel takes from a program for a connection whose other side does not read, in bytes. */
const WINDOW_BYTES = 100_000;
const DIAL_TIMEOUT_MS = 5_000;

/** One side's view of a connection. */
class End {
  readonly id: number;
  readonly node: VirtualNode;
  readonly local: Address;
  readonly remote: Address;
  other: End | undefined;
  /** Arrived and not read: bytes, or the end of the stream. */
  readonly inbox: (Uint8Array | 'fin')[] = [];
  /** Written, and for want of room at the other side not yet on its way. */
  readonly outbox: (Uint8Array | 'fin')[] = [];
  onItsWayBytes = 0;
  arrivesAt = 0;
  reading = false;
  opened = false;
  finRead = false;
  finSent = false;
  gone = false;
  /** Reset by the other side: what has arrived can still be read, then it is over. */
  failure: string | undefined;

  constructor(id: number, node: VirtualNode, local: Address, remote: Address) {
    this.id = id;
    this.node = node;
    this.local = local;
    this.remote = remote;
  }

  get inboxBytes(): number {
    return this.inbox.reduce((sum, piece) => sum + (piece === 'fin' ? 0 : piece.length), 0);
  }
}

export class TcpWorld {
  readonly random: Random;
  readonly nodes: VirtualNode[] = [];
  readonly #latencyMs: number;
  readonly #time = new VirtualTime(1_000_000, () => this.nodes);
  #connections = 0;

  constructor(seed: number, latencyMs = 30) {
    this.random = new Random(seed);
    this.#latencyMs = latencyMs;
  }

  get now(): number {
    return this.#time.nowMs;
  }

  add(label: string, address: Address): VirtualNode {
    const node = new VirtualNode(this, label, address);
    this.nodes.push(node);
    return node;
  }

  after(ms: number, run: () => void): void {
    this.#time.after(ms, run);
  }

  /** Lets time pass: everything that is planned until then happens in its order. */
  pass(ms: number): void {
    this.#time.runUntil(this.now + ms);
  }

  /** Connections that are open on both sides, as `alice-bob`, one for each. */
  connections(): string[] {
    return this.nodes.flatMap((node) =>
      node.ends.flatMap((end) =>
        !end.gone && end.opened && end.other?.opened === true && end.id < end.other.id
          ? [[node.label, end.other.node.label].toSorted().join('-')]
          : [],
      ),
    );
  }

  latency(): number {
    return this.random.fraction() * this.#latencyMs;
  }

  dial(from: VirtualNode, { dial, to, localPorts }: Extract<TcpOutput, { type: 'dial' }>): void {
    const life = from.life;
    const taken = new Set([
      ...from.takenPorts,
      ...from.ends.flatMap((end) => (end.gone ? [] : [end.local.port])),
    ]);
    const port = localPorts.find((each) => !taken.has(each));
    if (port === undefined) {
      this.after(0, () => {
        if (from.life === life)
          from.give({ type: 'dial-failed', dial, reason: 'EADDRINUSE', portsTaken: true });
      });
      return;
    }
    const local = { ip: from.address.ip, port };
    this.after(this.latency(), () => {
      const target = this.nodes.find((node) => node.isUp && addressText(node.address) === addressText(to));
      if (target === undefined) {
        const silent = this.random.fraction() < 0.2;
        this.after(silent ? DIAL_TIMEOUT_MS : this.latency(), () => {
          if (from.life === life)
            from.give({ type: 'dial-failed', dial, reason: 'refused', portsTaken: false });
        });
        return;
      }
      const here = this.#end(from, local, to);
      const there = this.#end(target, to, local);
      here.other = there;
      there.other = here;
      target.ends.push(there);
      const targetLife = target.life;
      // The dialler has a connection first: the other side accepts it when the third packet of the handshake is there.
      this.after(this.latency(), () => {
        if (from.life !== life || there.gone) return;
        here.opened = true;
        from.ends.push(here);
        here.arrivesAt = this.now + this.latency();
        this.after(here.arrivesAt - this.now, () => {
          if (target.life !== targetLife || there.gone) {
            this.reset(here);
            return;
          }
          there.opened = true;
          target.give({ type: 'opened', connection: there.id, dial: undefined, local: to, remote: local });
          this.read(there);
        });
        from.give({ type: 'opened', connection: here.id, dial, local, remote: to });
      });
    });
  }

  write(end: End, piece: Uint8Array | 'fin'): void {
    if (end.gone || end.finSent) return;
    if (piece === 'fin') end.finSent = true;
    end.outbox.push(piece);
    this.#transmit(end);
  }

  /** Gives the program what has arrived, in pieces that have nothing to do with how it was written. */
  read(end: End): void {
    while (end.opened && !end.gone && end.reading && end.inbox.length > 0) {
      const [piece] = end.inbox;
      if (piece === undefined) return;
      if (piece === 'fin') {
        end.inbox.shift();
        end.finRead = true;
        end.node.give({ type: 'ended', connection: end.id });
        this.closeIfDone(end);
        return;
      }
      const size = Math.max(1, Math.ceil(piece.length * this.random.fraction()));
      if (size >= piece.length) end.inbox.shift();
      else end.inbox[0] = piece.subarray(size);
      end.node.give({ type: 'received', connection: end.id, bytes: piece.slice(0, size) });
    }
    if (end.failure !== undefined && end.inbox.length === 0) this.#close(end, end.failure);
    else if (end.other !== undefined) this.#transmit(end.other);
  }

  /** Both halves are over. */
  closeIfDone(end: End): void {
    if (end.finRead && end.finSent && end.outbox.length === 0 && end.onItsWayBytes === 0)
      this.#close(end, undefined);
  }

  /** The program drops it: whatever is under way in either direction is lost. */
  destroy(end: End): void {
    const { other } = end;
    this.#close(end, undefined);
    if (other !== undefined) this.after(this.latency(), () => this.reset(other));
  }

  /** The other side is not there any more. */
  reset(end: End): void {
    if (end.gone) return;
    end.failure = 'reset';
    if (end.inbox.length === 0) this.#close(end, 'reset');
    else this.read(end);
  }

  #end(node: VirtualNode, local: Address, remote: Address): End {
    this.#connections += 1;
    return new End(this.#connections, node, local, remote);
  }

  #close(end: End, failure: string | undefined): void {
    if (end.gone) return;
    end.gone = true;
    end.outbox.length = 0;
    if (end.opened) end.node.give({ type: 'closed', connection: end.id, failure });
  }

  /** The kernel takes what the other side has room for; it arrives in order. */
  #transmit(end: End): void {
    const { other } = end;
    if (other === undefined || end.gone) return;
    while (end.outbox.length > 0 && other.inboxBytes + end.onItsWayBytes < WINDOW_BYTES) {
      const piece = end.outbox.shift();
      if (piece === undefined) return;
      if (piece !== 'fin') end.onItsWayBytes += piece.length;
      end.arrivesAt = Math.max(end.arrivesAt, this.now + this.latency());
      this.after(end.arrivesAt - this.now, () => this.#arrive(end, other, piece));
      if (piece === 'fin') this.closeIfDone(end);
    }
  }

  #arrive(from: End, to: End, piece: Uint8Array | 'fin'): void {
    if (piece !== 'fin') from.onItsWayBytes -= piece.length;
    // A cut has overtaken it: it was never taken, so it is not flushed.
    if (to.gone || to.failure !== undefined || from.failure !== undefined) return;
    to.inbox.push(piece);
    if (piece !== 'fin' && !from.gone)
      from.node.give({ type: 'flushed', connection: from.id, bytes: piece.length });
    this.closeIfDone(from);
    this.read(to);
  }
}

/** One machine: a node runs on it, or not. */
export class VirtualNode implements Sleeper {
  readonly world: TcpWorld;
  readonly label: string;
  readonly address: Address;
  readonly events: SingleEvent[] = [];
  readonly dials: number[] = [];
  /** Which other programs of this machine have. */
  takenPorts: readonly number[] = [];
  ends: End[] = [];
  /** The face writes nothing: what has arrived is not taken. */
  isStalled = false;
  /** How many times it was started; even when it is down. */
  life = 0;
  #peers: readonly PeerTarget[] = [];
  #core: TcpNode | undefined;
  #handling = false;
  readonly #waiting: TcpInput[] = [];
  readonly #untaken: Extract<SingleEvent, { type: 'message' }>[] = [];

  constructor(world: TcpWorld, label: string, address: Address) {
    this.world = world;
    this.label = label;
    this.address = address;
  }

  get id(): string {
    return this.label;
  }

  nextMs(): number | undefined {
    return this.#core?.deadline();
  }

  wake(): void {
    this.give({ type: 'timeout' });
  }

  get isUp(): boolean {
    return this.#core !== undefined;
  }

  /** How others configure this node. */
  get target(): PeerTarget {
    return { label: this.label, host: this.address.ip, port: this.address.port };
  }

  start(peers: readonly PeerTarget[]): void {
    this.#peers = peers;
    this.life += 1;
    const { label: name, address, world } = this;
    this.#core = new TcpNode({ name, address, peers, random: () => world.random.fraction() });
    this.give({ type: 'timeout' });
  }

  /** The machine is gone, and its kernel tells nobody until they ask. */
  kill(): void {
    this.#core = undefined;
    this.life += 1;
    this.#untaken.length = 0;
    for (const end of this.ends) {
      const { other } = end;
      end.gone = true;
      if (other !== undefined) this.world.after(this.world.latency(), () => this.world.reset(other));
    }
    this.ends = [];
  }

  restart(): void {
    this.start(this.#peers);
  }

  say(...texts: readonly string[]): void {
    for (const text of texts) this.give({ type: 'command', command: { type: 'say', text, ref: text } });
  }

  quit(drainTimeoutMs: number): void {
    this.give({ type: 'command', command: { type: 'quit', drainTimeoutMs } });
  }

  stall(): void {
    this.isStalled = true;
  }

  unstall(): void {
    this.isStalled = false;
    for (const message of this.#untaken.splice(0)) this.#take(message);
  }

  /** Cuts every connection in the middle of whatever it does. */
  cut(): void {
    for (const end of this.ends.filter(({ gone }) => !gone)) {
      const { other } = end;
      this.world.reset(end);
      if (other !== undefined) this.world.reset(other);
    }
  }

  /** Texts heard from that node, whatever it was called. */
  heardFrom(label: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'message' && event.from === label ? [event.text] : [],
    );
  }

  refs(type: 'sent' | 'undelivered'): unknown[] {
    return this.events.flatMap((event) => (event.type === type && 'ref' in event ? [event.ref] : []));
  }

  of<T extends SingleEvent['type']>(type: T): Extract<SingleEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<SingleEvent, { type: T }> => event.type === type);
  }

  give(input: TcpInput): void {
    this.#waiting.push(input);
    if (this.#handling) return;
    this.#handling = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.#core === undefined) continue;
      this.#core.handle(next, this.world.now);
      for (const output of this.#core.drain()) this.#perform(output);
    }
    this.#handling = false;
  }

  #perform(output: TcpOutput): void {
    const { world, life } = this;
    if (output.type === 'event') {
      for (const event of singlesOf(output.event)) this.#show(event);
    } else if (output.type === 'resolve') {
      const { host } = output;
      world.after(world.latency() / 10, () => {
        if (this.life === life) this.give({ type: 'resolved', host, ip: host });
      });
    } else if (output.type === 'dial') {
      this.dials.push(world.now);
      world.dial(this, output);
    } else {
      this.#performOn(output);
    }
  }

  #performOn(output: Exclude<TcpOutput, { type: 'event' | 'resolve' | 'dial' }>): void {
    const { world } = this;
    const end = this.ends.find(({ id, gone }) => id === output.connection && !gone);
    if (end === undefined) return;
    switch (output.type) {
      case 'write':
        world.write(end, output.bytes);
        break;
      case 'end':
        world.write(end, 'fin');
        break;
      case 'destroy':
        world.destroy(end);
        break;
      case 'pause':
        end.reading = false;
        break;
      case 'resume':
        end.reading = true;
        world.after(0, () => world.read(end));
        break;
      default:
        output satisfies never;
    }
  }

  #show(event: SingleEvent): void {
    this.events.push(event);
    if (event.type === 'message') {
      if (this.isStalled) this.#untaken.push(event);
      else this.world.after(0, () => this.#take(event));
    }
    if (event.type === 'closed') this.#core = undefined;
  }

  #take({ peerId, seq }: Extract<SingleEvent, { type: 'message' }>): void {
    this.give({ type: 'command', command: { type: 'taken', peerId, seq } });
  }
}
