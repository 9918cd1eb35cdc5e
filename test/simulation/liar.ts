/**
 * A member of the room that lies. It has a key of its own and real sessions with everybody, so that each of its packets is
 * authentic and well-formed. What the packets say is false: numbers of packets, acks, receipts, resumes, lines and
 * introductions are off by steps of up to 2^53.
 *
 * Owns: the lies, and just enough of the protocol to be listened to for a while: handshakes that the liar opens, and true
 * frames between the false ones.
 */
import type { Address, PeerId } from '../../src/kernel/contract.ts';
import { lineMaxBytes } from '../../src/kernel/limits.ts';
import { lineFeed } from '../../src/kernel/lines.ts';
import { utf8Encode } from '../../src/kernel/text.ts';
import { writeUint32 } from '../../src/kernel/bytes.ts';
import { Random } from '../../src/relay/model/random.ts';
import { packetType, parseDatagram } from '../../src/wires/tincan/codec/datagram.ts';
import { lastOf } from '../../src/wires/tincan/codec/frames.ts';
import type { Frame, LineKind, ResumeFrame } from '../../src/wires/tincan/codec/frames.ts';
import { decodeFrames, encodeFrames, frameBytes } from '../../src/wires/tincan/codec/frame-table.ts';
import { type Range, RangeSet } from '../../src/wires/tincan/codec/ranges.ts';
import type { Aead, Crypto, KeyPair } from '../../src/wires/tincan/crypto.ts';
import { PacketOpener } from '../../src/wires/tincan/delivery/packet.ts';
import type { Established } from '../../src/wires/tincan/handshake/handshake.ts';
import { fingerprintOf } from '../../src/wires/tincan/handshake/handshake.ts';
import { Initiator } from '../../src/wires/tincan/handshake/initiator.ts';
import {
  ackRangesMax,
  datagramBaseBytes,
  fragmentMinBytes,
  packetHeaderBytes,
  packetNumbersMax,
  packetOverheadBytes,
} from '../../src/wires/tincan/limits.ts';
import { SeenInits } from '../../src/wires/tincan/handshake/seen-inits.ts';
import { NonceWatch, seededCrypto } from './crypto.ts';
import type { Station } from './network.ts';
import type { World } from './world.ts';

/** What a session lies about; about all else it tells the truth, so that the lie comes far. */
export const lieKinds = [
  'packet-numbers',
  'acks',
  'receipts',
  'resumes',
  'lines',
  'names',
  'introductions',
  'paths',
  'everything',
] as const;
export type LieKind = (typeof lieKinds)[number];

const liarName = 'liar';

const everyMs = 40;
const packetsAtOnceMax = 6;
const framesAtOnceMax = 12;
const framesMaxBytes = datagramBaseBytes - packetOverheadBytes;
const creditBytes = 200_000;
/** So many packets of a session bring its RESUME: on the worst network of a plan, one of them arrives. */
const resumesMin = 40;

/** One session, as far as the liar has listened. */
interface Talk {
  readonly kind: LieKind;
  readonly established: Established;
  readonly aead: Aead;
  readonly opener: PacketOpener;
  readonly received: RangeSet;
  endsAtMs: number;
  address: Address;
  packetNumber: number;
  heardBack: boolean;
  peerLogId: Uint8Array;
  peerHead: number;
  peerTaken: number;
  ownSeq: number;
  packets: number;
  resume: ResumeFrame | undefined;
}

/** One host of the room: a handshake under way with it, or a session. */
interface Acquaintance {
  initiator: Initiator | undefined;
  talk: Talk | undefined;
}

export class Liar implements Station {
  readonly name = liarName;
  readonly id: PeerId;
  readonly address: Address = { ip: '10.7.7.7', port: 777 };
  /** Packets sent, by what they lied about. */
  readonly told = new Map<LieKind, number>();
  readonly #world: World;
  readonly #random: Random;
  readonly #crypto: Crypto;
  readonly #identity: KeyPair;
  readonly #roomKey: Uint8Array | undefined;
  readonly #logId: Uint8Array;
  readonly #known = new Map<string, Acquaintance>();
  #nextIndex = 1;
  #stopped = false;

  constructor(world: World, seed: number, roomKey: Uint8Array | undefined) {
    this.#world = world;
    this.#random = new Random(seed, 0x11a2);
    // A watch of its own: whoever has the key may well use a number twice, and nobody promises that it doesn't.
    this.#crypto = seededCrypto(this.#random, new NonceWatch());
    this.#identity = this.#crypto.generateKeyPair();
    this.#roomKey = roomKey;
    this.#logId = this.#random.bytes(8);
    this.id = fingerprintOf(this.#crypto, this.#identity.publicKey);
  }

  /** Lies to these hosts until it is stopped. */
  start(names: readonly string[]): void {
    for (const name of names) this.#known.set(name, { initiator: undefined, talk: undefined });
    this.#turn();
  }

  /** Says no more, not even goodbye. */
  stop(): void {
    this.#stopped = true;
  }

  receive(bytes: Uint8Array, from: Address): void {
    if (this.#stopped) return;
    const datagram = parseDatagram(bytes);
    if (datagram.type === 'response') {
      for (const known of this.#known.values()) this.#onResponse(known, datagram, from);
    } else if (datagram.type === 'data') {
      const talk = [...this.#known.values()]
        .map((known) => known.talk)
        .find((one) => one?.established.localIndex === datagram.receiverIndex);
      if (talk !== undefined) this.#onPacket(talk, datagram.bytes, from);
    }
  }

  #turn(): void {
    if (this.#stopped) return;
    for (const [name, known] of this.#known) {
      if (known.talk !== undefined && this.#world.nowMs >= known.talk.endsAtMs) known.talk = undefined;
      if (known.talk === undefined) known.initiator ??= this.#dial();
      this.#shakeHands(name, known);
      if (known.talk?.heardBack === true) this.#talkTo(known.talk);
    }
    this.#world.after(everyMs, () => this.#turn());
  }

  #dial(): Initiator {
    const settings = { identity: this.#identity, roomKey: this.#roomKey, crypto: this.#crypto };
    const seenInits = new SeenInits();
    return new Initiator({ ...settings, seenInits, newIndex: () => this.#nextIndex++ }, this.#world.nowMs);
  }

  #shakeHands(name: string, known: Acquaintance): void {
    const host = this.#world.host(name);
    const step = known.initiator?.timeout(this.#world.nowMs);
    if (step?.type === 'gave-up') {
      known.initiator = undefined;
      known.talk = undefined;
    } else if (step?.type === 'send' && host !== undefined) {
      this.#send(known.talk?.address ?? host.address, step.bytes);
    }
  }

  #onResponse(
    known: Acquaintance,
    message: Parameters<Initiator['receiveResponse']>[0],
    from: Address,
  ): void {
    const { initiator } = known;
    const nowMs = this.#world.nowMs;
    if (initiator?.receiveResponse(message, nowMs).type !== 'responded') return;
    const { finish, session } = initiator.finish({ name: liarName }, nowMs);
    known.talk = {
      kind: this.#random.pick(lieKinds),
      established: session,
      aead: this.#crypto.aead(session.sendKey),
      opener: new PacketOpener({ receiveKey: session.receiveKey, crypto: this.#crypto }),
      received: new RangeSet(ackRangesMax),
      endsAtMs: nowMs + this.#random.pick([500, 3_000, 20_000, 200_000]),
      address: from,
      packetNumber: -1,
      heardBack: false,
      peerLogId: new Uint8Array(8),
      peerHead: 0,
      peerTaken: 0,
      ownSeq: 0,
      packets: 0,
      resume: undefined,
    };
    this.#send(from, finish);
  }

  #onPacket(talk: Talk, bytes: Uint8Array, from: Address): void {
    const opened = talk.opener.open(bytes);
    if (opened.type !== 'opened') return;
    const decoded = decodeFrames(opened.frames);
    if (!decoded.ok) return;
    if (!talk.heardBack) {
      talk.heardBack = true;
      for (const known of this.#known.values()) {
        if (known.talk === talk) known.initiator = undefined;
      }
    }
    talk.address = from;
    talk.received.add(opened.packetNumber);
    for (const frame of decoded.frames) {
      if (frame.type === 'resume') {
        talk.peerLogId = frame.logId.slice();
        talk.peerHead = Math.max(talk.peerHead, frame.head);
        talk.peerTaken = Math.max(talk.peerTaken, frame.start - 1);
      } else if (frame.type === 'line') {
        talk.peerHead = Math.max(talk.peerHead, frame.seq);
        if (frame.seq === talk.peerTaken + 1 && frame.fin) talk.peerTaken = frame.seq;
      } else if (frame.type === 'lines') {
        talk.peerHead = Math.max(talk.peerHead, lastOf(frame));
        if (frame.seq <= talk.peerTaken + 1) talk.peerTaken = Math.max(talk.peerTaken, lastOf(frame));
      } else if (frame.type === 'close') {
        talk.endsAtMs = this.#world.nowMs;
      }
    }
  }

  #talkTo(talk: Talk): void {
    for (let packets = this.#random.integer(1, packetsAtOnceMax); packets > 0; packets--) {
      const lies = (kind: LieKind): boolean =>
        (talk.kind === kind || talk.kind === 'everything') && this.#random.chance(0.6);
      // The first RESUME of a session counts, and nothing before it: so it goes first, until it must have arrived.
      talk.resume ??= this.#resume(talk, lies('resumes'));
      const frames: Frame[] = talk.packets < resumesMin ? [talk.resume] : [];
      let bytes = frameBytes(talk.resume);
      for (let count = this.#random.integer(1, framesAtOnceMax); count > 0; count--) {
        const frame = this.#frame(talk, lies);
        bytes += frameBytes(frame);
        if (bytes > framesMaxBytes) break;
        frames.push(frame);
      }
      if (frames.length === 0) continue;
      talk.packetNumber += lies('packet-numbers') ? Math.max(1, this.#step(32)) : 1;
      talk.packets += 1;
      this.told.set(talk.kind, (this.told.get(talk.kind) ?? 0) + 1);
      this.#send(talk.address, this.#sealed(talk, frames));
    }
  }

  #frame(talk: Talk, lies: (kind: LieKind) => boolean): Frame {
    switch (this.#random.integer(0, 9)) {
      case 0:
        return { type: 'ping' };
      case 1:
        return { type: 'immediate-ack' };
      case 2:
        return talk.resume ?? { type: 'ping' };
      case 3:
        return this.#receipt(talk, lies('receipts'));
      case 4:
        return this.#introduction(lies('introductions'));
      case 5:
        return this.#path(lies('paths'));
      case 6:
        return lies('names') ? this.#name(talk) : { type: 'ping' };
      case 7:
        return this.#ack(talk, lies('acks'));
      default:
        return this.#line(talk, lies('lines'));
    }
  }

  #lieOfHeld(truth: number): Pick<ResumeFrame, 'held' | 'known'> {
    const held = this.#off(truth);
    return { held, known: Math.max(held, this.#off(held)) };
  }

  #resume(talk: Talk, lie: boolean): ResumeFrame {
    const truth = {
      type: 'resume',
      logId: this.#logId,
      start: 1,
      head: talk.ownSeq,
      followedLogId: talk.peerLogId,
      held: talk.peerTaken,
      known: talk.peerTaken,
    } as const;
    if (!lie) return truth;
    const start = Math.max(1, this.#off(truth.start));
    talk.ownSeq = start - 1;
    return {
      ...truth,
      logId: this.#random.chance(0.3) ? this.#random.bytes(8) : truth.logId,
      start,
      head: Math.max(start - 1, this.#off(start)),
      followedLogId: this.#random.chance(0.3) ? this.#random.bytes(8) : truth.followedLogId,
      ...this.#lieOfHeld(truth.held),
    };
  }

  #receipt(talk: Talk, lie: boolean): Frame {
    if (!lie) return { type: 'receipt', seq: talk.peerTaken, creditBytes };
    const seq = this.#random.chance(0.8) ? this.#random.integer(0, talk.peerHead) : this.#off(talk.peerTaken);
    return { type: 'receipt', seq, creditBytes: this.#off(creditBytes) };
  }

  /** Descending, and never touching: a liar's ranges are well-formed. */
  #ack(talk: Talk, lie: boolean): Frame {
    const truth = talk.received.ranges;
    const newest = truth[0]?.to ?? 0;
    if (!lie) return truth.length === 0 ? { type: 'ping' } : { type: 'ack', ranges: truth, delayMs: 0 };
    const ranges: Range[] = [];
    // Most of the time of what was sent indeed, but in other pieces than it came in: that is not found out at once.
    const isPlausible = this.#random.chance(0.8);
    let to = isPlausible ? this.#random.integer(0, newest) : this.#off(newest);
    while (ranges.length < this.#random.integer(1, ackRangesMax)) {
      const from = Math.max(0, to - this.#step(isPlausible ? 3 : 53));
      ranges.push({ from, to });
      to = from - 2 - this.#step(isPlausible ? 3 : 53);
      if (to < 0) break;
    }
    return { type: 'ack', ranges, delayMs: this.#step(40) };
  }

  #line(talk: Talk, lie: boolean): Frame {
    if (this.#random.chance(0.2)) return this.#lines(talk, lie);
    if (!lie) {
      talk.ownSeq = Math.min(talk.ownSeq + 1, Number.MAX_SAFE_INTEGER);
      return lineOf('room', talk.ownSeq, 0, true, utf8Encode(`${liarName} ${talk.ownSeq}`));
    }
    const seq = Math.max(1, this.#off(talk.ownSeq));
    if (this.#random.chance(0.2)) return lineOf('withheld', seq, 0, true, new Uint8Array(0));
    // Its pieces agree on where it ends and whom it is for, most of the time: a contradiction is found out.
    const isPlausible = this.#random.chance(0.98);
    const kind = isPlausible === (seq % 2 === 0) ? 'room' : 'private';
    const length = isPlausible ? 1 + ((seq * 977) % lineMaxBytes) : lineMaxBytes;
    const bytes = new Uint8Array(Math.min(length, this.#random.integer(1, 2 * fragmentMinBytes)));
    bytes.fill(this.#random.chance(0.99) ? 0x78 : 0xff);
    const last = length - bytes.length;
    const isLast = bytes.length < fragmentMinBytes || this.#random.chance(0.2);
    const offset = isLast ? last : Math.min(this.#step(16), last);
    return lineOf(kind, seq, offset, offset === last, bytes);
  }

  /** Several at once; as a lie, cut in any places, and some of them no text. */
  #lines(talk: Talk, lie: boolean): Frame {
    const count = this.#random.integer(1, 8);
    const seq = lie ? Math.max(1, this.#off(talk.ownSeq)) : talk.ownSeq + 1;
    const last = Math.min(seq + count - 1, Number.MAX_SAFE_INTEGER);
    if (!lie) talk.ownSeq = last;
    const bytes = new Uint8Array((last - seq + 1) * 2).fill(lie && this.#random.chance(0.01) ? 0xff : 0x78);
    for (let end = 1; end < bytes.length; end += 2) bytes[end] = lineFeed;
    return { type: 'lines', seq: Math.min(seq, last), count: last - seq + 1, bytes };
  }

  /** Always its own name's: a liar that calls itself bob would be an honest fault of the judge's. */
  #name(talk: Talk): Frame {
    const next = Math.min(talk.ownSeq + 1, Number.MAX_SAFE_INTEGER);
    const isNext = this.#random.chance(0.5);
    if (isNext) talk.ownSeq = next;
    const seq = isNext ? next : Math.max(1, this.#off(talk.ownSeq));
    return lineOf('name', seq, 0, true, utf8Encode(`${liarName}~${this.#step(31)}`));
  }

  #introduction(lie: boolean): Frame {
    const ip = lie ? `10.${this.#random.integer(0, 255)}.0.${this.#random.integer(1, 254)}` : this.address.ip;
    const port = lie ? this.#random.integer(1, 65_535) : this.address.port;
    const keys = [...this.#known.values()].flatMap(({ talk }) => talk?.established.remoteStatic ?? []);
    const isKnown = lie && keys.length > 0 && this.#random.chance(0.5);
    const publicKey = isKnown
      ? this.#random.pick(keys)
      : lie
        ? this.#random.bytes(32)
        : this.#identity.publicKey;
    return { type: 'introduce', publicKey, address: { ip, port } };
  }

  #path(lie: boolean): Frame {
    if (!lie) return { type: 'ping' };
    return {
      type: this.#random.pick(['path-challenge', 'path-response']),
      token: this.#random.bytes(8),
    };
  }

  /** Some whole number near or far from the true one, 0 to 2^53 - 1. */
  #off(truth: number): number {
    const step = this.#step(53) * (this.#random.chance(0.5) ? 1 : -1);
    return Math.min(Math.max(0, truth + step), Number.MAX_SAFE_INTEGER);
  }

  /** 0, or about a power of two below 2^bits. */
  #step(bits: number): number {
    const power = 2 ** this.#random.integer(0, bits);
    return Math.max(0, Math.min(power - this.#random.integer(0, 2), Number.MAX_SAFE_INTEGER));
  }

  /** After the last number the first one comes again, as from a sender that does not care. */
  #sealed(talk: Talk, frames: readonly Frame[]): Uint8Array {
    const packetNumber = talk.packetNumber % packetNumbersMax;
    const header = new Uint8Array(packetHeaderBytes);
    header[0] = packetType;
    writeUint32(header, 1, talk.established.remoteIndex);
    writeUint32(header, 5, packetNumber);
    const bytes = talk.aead.seal(packetNumber, header, encodeFrames(frames), packetHeaderBytes);
    bytes.set(header);
    return bytes;
  }

  #send(to: Address, bytes: Uint8Array): void {
    this.#world.network.send(this.name, this.address, to, bytes, this.#world.nowMs);
  }
}

function lineOf(
  kind: LineKind,
  seq: number,
  offset: number,
  fin: boolean,
  bytes: Uint8Array | undefined,
): Frame {
  return { type: 'line', kind, seq, offset, fin, bytes: bytes ?? new Uint8Array(0) };
}
