/**
 * Two `Peer`s that are each other's other side, without the nodes around them: sessions are opened by decree, and a test
 * decides what of what they send arrives.
 *
 * Owns: keys, and carrying datagrams.
 */
import type { Address, Event, PeerId } from '../../../../src/kernel/contract.ts';
import type { Established } from '../../../../src/wires/tincan/handshake/handshake.ts';
import { fingerprintOf } from '../../../../src/wires/tincan/handshake/handshake.ts';
import { datagramBaseBytes } from '../../../../src/wires/tincan/limits.ts';
import { Log } from '../../../../src/wires/tincan/log.ts';
import { Memory } from '../../../../src/wires/tincan/memory.ts';
import { parsed } from '../handshake/handshake-pair.ts';
import { Outputs } from '../../../../src/kernel/io.ts';
import type { Output } from '../../../../src/kernel/io.ts';
import { Agenda } from '../../../../src/wires/tincan/peer/agenda.ts';
import { Effects } from '../../../../src/wires/tincan/peer/effects.ts';
import type { Effect } from '../../../../src/wires/tincan/peer/effects.ts';
import { NewReno } from '../delivery/newreno.ts';
import { Peer } from '../../../../src/wires/tincan/peer/peer.ts';
import type { PeerContext } from '../../../../src/wires/tincan/peer/parts.ts';
import type { PeerOptions } from '../../../../src/wires/tincan/peer/peer.ts';
import type { Session } from '../../../../src/wires/tincan/delivery/session.ts';
import { utf8Encode } from '../../../../src/kernel/text.ts';
import { Random } from '../../../../src/relay/model/random.ts';
import { seededCrypto } from '../../../support/seeded-crypto.ts';
import { VirtualTime } from '../../../support/virtual-time.ts';

/** One side: its peer stands for the other one. */
export interface End {
  readonly name: string;
  readonly peer: Peer;
  readonly log: Log;
  readonly effects: Effects;
  readonly sessions: Map<number, Session>;
  readonly events: Event[];
  /** What the node was told, by name. */
  readonly told: string[];
  address: Address;
  /** What the peer has sent and nobody has carried yet. */
  readonly outputs: Outputs;
}

export class PeerPair {
  readonly alice: End;
  readonly bob: End;
  /** Whether a datagram arrives. */
  arrives: (from: End, bytes: Uint8Array) => boolean = () => true;
  readonly #crypto = seededCrypto(new Random(1));
  readonly #time = new VirtualTime(1_700_000_000_000, () => [
    { id: 'alice and bob', nextMs: () => this.#deadline(), wake: () => this.settle() },
  ]);
  #opened = 0;

  constructor() {
    this.alice = this.#makeEnd('alice', 1);
    this.bob = this.#makeEnd('bob', 2);
  }

  get now(): number {
    return this.#time.nowMs;
  }

  /** A test may let time leap past what is due. */
  set now(nowMs: number) {
    this.#time.nowMs = nowMs;
  }

  /** A handshake has succeeded on both sides; `opener` has sent message 3. Carries nothing. */
  open(opener: End = this.alice, ephemeral: Uint8Array = this.#crypto.randomBytes(32)): void {
    this.#opened += 1;
    const [first, second] = [this.#crypto.randomBytes(32), this.#crypto.randomBytes(32)];
    for (const end of [this.#other(opener), opener]) {
      const isOpener = end === opener;
      const established = establishedOf({
        role: isOpener ? 'initiator' : 'responder',
        remoteStatic: end.peer.publicKey,
        fingerprint: end.peer.id,
        sendKey: isOpener ? first : second,
        receiveKey: isOpener ? second : first,
        localIndex: 10 * this.#opened + (isOpener ? 1 : 2),
        remoteIndex: 10 * this.#opened + (isOpener ? 2 : 1),
        hello: { name: this.#other(end).name },
        ownHello: { name: end.name },
        initiatorEphemeral: ephemeral,
      });
      const session = end.peer.open(established, this.#other(end).address, this.now);
      end.sessions.set(session.localIndex, session);
      this.#apply(end);
    }
  }

  say(end: End, text: string): void {
    const bytes = utf8Encode(text);
    if (bytes !== undefined) end.log.append({ type: 'line', bytes, ref: undefined, to: undefined });
  }

  /** Sends and carries until nobody has anything to say at this time. */
  settle(): void {
    for (;;) {
      for (const end of [this.alice, this.bob]) {
        if ((end.peer.deadline ?? Number.POSITIVE_INFINITY) <= this.now) end.peer.onTimeout(this.now);
        end.peer.flush(this.now);
        this.#apply(end);
      }
      if (!this.#carry(this.alice) && !this.#carry(this.bob)) return;
    }
  }

  /** Lets time pass, deadline by deadline, with a round trip of no time at all. */
  run(ms: number): void {
    this.settle();
    this.#time.runUntil(this.now + ms);
  }

  #deadline(): number {
    return Math.min(...[this.alice, this.bob].map(({ peer }) => peer.deadline ?? Infinity));
  }

  /** Gives one datagram to an end, as if it came from there. Why it changed nothing, if so. */
  give(to: End, bytes: Uint8Array, from: Address): string | undefined {
    const session = to.sessions.get(parsed(bytes, 'data').receiverIndex);
    if (session === undefined) return 'unknown-index';
    const packet = to.peer.receiver.open(session, from, bytes, this.now);
    const reason = packet.type === 'dropped' ? packet.reason : to.peer.receiver.take(packet, this.now);
    this.#apply(to);
    return reason;
  }

  /** What a room would do, as far as a pair needs it. */
  #apply(end: End): void {
    for (const effect of end.effects.take()) {
      if (effect.type === 'event') end.events.push(effect.event);
      else if (effect.type === 'session-gone') end.sessions.delete(effect.session.localIndex);
      else end.told.push(toldOf(effect));
    }
  }

  #carry(from: End): boolean {
    this.#apply(from);
    const datagrams = datagramsOf(from);
    const to = this.#other(from);
    for (const { bytes } of datagrams) if (this.arrives(from, bytes)) this.give(to, bytes, from.address);
    return datagrams.length > 0;
  }

  #other(end: End): End {
    return end === this.alice ? this.bob : this.alice;
  }

  #makeEnd(name: string, ordinal: number): End {
    const log = new Log(new Uint8Array(8).fill(ordinal));
    const effects = new Effects({ tell: undefined });
    const outputs = new Outputs();
    const peer = lonePeer(
      { ordinal: 3 - ordinal, name: ordinal === 1 ? 'bob' : 'alice', log, owedFrom: 1 },
      { crypto: this.#crypto, effects, outputs },
    );
    const address = { ip: `192.0.2.${ordinal}`, port: 5_000 };
    return { name, peer, log, effects, sessions: new Map(), events: [], told: [], address, outputs };
  }
}

function toldOf(effect: Effect): string {
  switch (effect.type) {
    case 'left':
      return effect.code;
    case 'renamed':
      return `renamed from ${effect.was}`;
    case 'introduced':
      return `introduced ${effect.frame.address.ip}`;
    case 'rekey-due':
      return 'rekey due';
    default:
      return effect.type;
  }
}

/** A peer of a node that does nothing but what `context` says. Its key and its address follow from its ordinal. */
export function lonePeer(
  options: Pick<PeerOptions, 'name' | 'owedFrom'> & { readonly ordinal: number; readonly log: Log },
  context: Partial<PeerContext> = {},
): Peer {
  const { ordinal, name, log, owedFrom } = options;
  const publicKey = new Uint8Array(32).fill(ordinal);
  return new Peer({
    context: {
      crypto: seededCrypto(new Random(1)),
      log,
      memory: new Memory(),
      datagramGoalBytes: () => datagramBaseBytes,
      control: (path) => new NewReno(path),
      effects: new Effects({ tell: undefined }),
      agenda: new Agenda(() => undefined),
      outputs: new Outputs(),
      pins: { belongsToAnother: () => false },
      isKept: false,
      ...context,
    },
    id: peerIdOf(publicKey),
    publicKey,
    name,
    address: { ip: `192.0.2.${ordinal}`, port: 5_000 },
    owedFrom,
  });
}

/** What a handshake ends with, by decree. */
export function establishedOf(changes: Partial<Established> = {}): Established {
  return {
    role: 'initiator',
    remoteStatic: new Uint8Array(32).fill(2),
    fingerprint: peerIdOf(new Uint8Array(32).fill(2)),
    sendKey: new Uint8Array(32).fill(1),
    receiveKey: new Uint8Array(32).fill(2),
    localIndex: 1,
    remoteIndex: 2,
    hello: { name: 'bob' },
    ownHello: { name: 'alice' },
    initiatorEphemeral: new Uint8Array(32).fill(5),
    roundTripMs: undefined,
    ...changes,
  };
}

export function peerIdOf(publicKey: Uint8Array): PeerId {
  return fingerprintOf(seededCrypto(new Random(1)), publicKey);
}

/** What this end has sent since it was asked last. */
export function datagramsOf({ outputs }: End): readonly Extract<Output, { readonly type: 'datagram' }>[] {
  return outputs.take().filter((output) => output.type === 'datagram');
}

/** Lines that were given to the face of this end. */
export function heard(end: End): readonly string[] {
  return end.events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
}
