/**
 * A second decoder of wire `tincan`, written from the specification alone: what an onlooker makes of captured datagrams who
 * was given one side's private keys, and the room key.
 *
 * Owns: telling datagrams apart, following handshakes to their sessions, opening packets. It is strict: what a receiver would
 * refuse, or an honest sender would not send, is an error here.
 */
import { check, present } from './check.ts';
import { readFrames } from './frames.ts';
import type { Frame } from './frames.ts';
import { Keyring, fingerprintOf, hmac, open, stretched } from './keys.ts';
import { begin, read, split } from './noise.ts';
import type { Transcript } from './noise.ts';

export type Decoded =
  | { readonly type: 'init'; readonly bytes: number; readonly cookie: 'none' | 'some' }
  | {
      readonly type: 'response' | 'finish';
      readonly name: string;
      readonly fingerprint: string;
      readonly packet?: Packet;
    }
  | { readonly type: 'cookie' }
  | { readonly type: 'announcement'; readonly port: number }
  | ({ readonly type: 'packet' } & Packet)
  /** Of a handshake or a session whose beginning was not captured, or whose keys are not known. */
  | { readonly type: 'unknown' };

export interface Packet {
  readonly from: 'initiator' | 'responder';
  readonly number: number;
  readonly frames: readonly Frame[];
}

export interface Secrets {
  /** As the members of the room wrote it; undefined: an open room. */
  readonly roomKey: string | undefined;
  /** Static and ephemeral, of at least one side of each handshake. */
  readonly privateKeys: readonly Uint8Array[];
}

/** One direction of a session: the packets to one index. */
interface Direction {
  readonly from: Packet['from'];
  readonly key: Uint8Array;
}

export class Decoder {
  readonly #keyring = new Keyring();
  readonly #roomKey: Uint8Array | undefined;
  readonly #macKey: Uint8Array;
  /** By the initiator's index: after message 1. */
  readonly #opened = new Map<number, { readonly transcript: Transcript; readonly mac1: Uint8Array }>();
  /** By the responder's index: after message 2. */
  readonly #answered = new Map<
    number,
    { readonly transcript: Transcript; readonly initiatorIndex: number }
  >();
  /** By their receiver's index. */
  readonly #directions = new Map<number, Direction>();

  constructor({ roomKey, privateKeys }: Secrets) {
    for (const key of privateKeys) this.#keyring.add(key);
    this.#roomKey = roomKey === undefined ? undefined : stretched(roomKey);
    this.#macKey = hmac(this.#roomKey ?? new Uint8Array(32), 'tincan mac1');
  }

  /** @throws {NotTheSpecification} for what has no place in it. */
  decode(datagram: Uint8Array): Decoded {
    const bytes = Buffer.from(datagram);
    switch (bytes[0]) {
      case 0x01:
        return this.#decodeInit(bytes);
      case 0x02:
        return this.#decodeResponse(bytes);
      case 0x03:
        return this.#decodeFinish(bytes);
      case 0x04:
        return this.#decodeCookie(bytes);
      case 0x05:
        return this.#decodeAnnouncement(bytes);
      default: {
        const packet = this.#decodePacket(bytes);
        return packet === undefined ? { type: 'unknown' } : { type: 'packet', ...packet };
      }
    }
  }

  #decodeInit(bytes: Buffer): Decoded {
    check(bytes.length === 1_200, 'message 1 has 1,200 bytes');
    check(bytes[1] === 2, 'the version is 2');
    const mac1 = bytes.subarray(1_168, 1_184);
    this.#checkMac(mac1, bytes.subarray(0, 1_168));
    const mode = this.#roomKey === undefined ? 'tincan open' : 'tincan room';
    const prologue = Buffer.concat([Buffer.from(mode), bytes.subarray(0, 6)]);
    const { after, payload } = this.#read(
      begin(prologue, this.#roomKey !== undefined),
      bytes.subarray(6, 1_168),
    );
    check(payload.length === (this.#roomKey === undefined ? 1_130 : 1_114), 'message 1 is padded');
    check(isZero(payload), 'the padding of message 1 is zero');
    this.#opened.set(bytes.readUInt32BE(2), { transcript: after, mac1 });
    return { type: 'init', bytes: bytes.length, cookie: isZero(bytes.subarray(1_184)) ? 'none' : 'some' };
  }

  #decodeResponse(bytes: Buffer): Decoded {
    check(bytes.length >= 123 && bytes.length <= 186, 'message 2 has 123 to 186 bytes');
    this.#checkMac(bytes.subarray(-16), bytes.subarray(0, -16));
    const initiatorIndex = bytes.readUInt32BE(1);
    const before = this.#opened.get(initiatorIndex);
    if (before === undefined) return { type: 'unknown' };
    const { after, payload } = this.#read(before.transcript, bytes.subarray(5, -16));
    const responderIndex = Buffer.from(payload).readUInt32BE(0);
    this.#answered.set(responderIndex, { transcript: after, initiatorIndex });
    return { type: 'response', name: readHello(payload.subarray(4)), ...whose(after.keys.sr) };
  }

  #decodeFinish(bytes: Buffer): Decoded {
    const end = 7 + bytes.readUInt16BE(5);
    check(end + 16 >= 89 && end + 16 <= 152, 'message 3 has 89 to 152 bytes');
    check(end + 16 <= bytes.length, 'message 3 is not cut short');
    this.#checkMac(bytes.subarray(end, end + 16), bytes.subarray(0, end));
    const responderIndex = bytes.readUInt32BE(1);
    const before = this.#answered.get(responderIndex);
    if (before === undefined) return { type: 'unknown' };
    const { after, payload } = this.#read(before.transcript, bytes.subarray(7, end));
    // A repetition is the same message: the session goes on as it was.
    if (!this.#directions.has(responderIndex)) {
      const [fromInitiator, fromResponder] = split(after);
      this.#directions.set(responderIndex, { from: 'initiator', key: fromInitiator });
      this.#directions.set(before.initiatorIndex, { from: 'responder', key: fromResponder });
    }
    const finish = { type: 'finish', name: readHello(payload), ...whose(after.keys.si) } as const;
    const rest = bytes.subarray(end + 16);
    if (rest.length === 0) return finish;
    check(rest.readUInt32BE(1) === responderIndex, 'the packet behind message 3 has its receiver index');
    return {
      ...finish,
      packet: present(this.#decodePacket(rest), 'the packet behind message 3 is of its session'),
    };
  }

  #decodeCookie(bytes: Buffer): Decoded {
    check(bytes.length === 37, 'a cookie reply has 37 bytes');
    const before = this.#opened.get(bytes.readUInt32BE(1));
    if (before === undefined) return { type: 'unknown' };
    this.#checkMac(bytes.subarray(21), bytes.subarray(0, 21), before.mac1);
    return { type: 'cookie' };
  }

  #decodeAnnouncement(bytes: Buffer): Decoded {
    check(bytes.length === 36, 'an announcement has 36 bytes');
    check(bytes[1] === 2, 'the version is 2');
    this.#checkMac(bytes.subarray(20), bytes.subarray(0, 20));
    const port = bytes.readUInt16BE(18);
    check(port !== 0, 'an announcement names a port');
    return { type: 'announcement', port };
  }

  /** undefined: its session is not known. */
  #decodePacket(bytes: Buffer): Packet | undefined {
    check(bytes[0] === 0x40, 'a datagram begins with 01, 02, 03, 04, 05 or 40');
    check(bytes.length >= 26, 'a data packet has 26 bytes or more');
    const direction = this.#directions.get(bytes.readUInt32BE(1));
    if (direction === undefined) return undefined;
    const number = bytes.readUInt32BE(5);
    const plaintext = open(direction.key, BigInt(number), bytes.subarray(0, 9), bytes.subarray(9));
    const frames = readFrames(present(plaintext, 'a packet verifies'));
    return { from: direction.from, number, frames };
  }

  #read(before: Transcript, message: Uint8Array): ReturnType<typeof read> {
    return read(before, message, { keyring: this.#keyring, roomKey: this.#roomKey });
  }

  #checkMac(mac: Uint8Array, ...covered: readonly Uint8Array[]): void {
    check(
      hmac(this.#macKey, ...covered)
        .subarray(0, 16)
        .every((byte, at) => byte === mac[at]),
      'the mac fits',
    );
  }
}

function readHello(payload: Uint8Array): string {
  const length = payload[0] ?? 0;
  check(length >= 1 && length <= 64, 'a name has 1 to 64 bytes');
  check(payload.length === 1 + length, 'nothing follows the name');
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload.subarray(1));
}

function whose(publicKey: Uint8Array | undefined): { readonly fingerprint: string } {
  return { fingerprint: fingerprintOf(present(publicKey, 'this message carries a static key')) };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
