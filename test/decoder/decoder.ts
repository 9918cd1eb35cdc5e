/**
 * A second decoder of wire `tincan`, written from the specification alone.
 *
 * Owns: opening packets and reading their frames. Must not know: anything of `src/protocol`.
 */
import { createDecipheriv } from 'node:crypto';

export type Frame =
  | { readonly type: 'ping' | 'immediateAck' }
  | { readonly type: 'ack'; readonly delayUs: number; readonly ranges: readonly Range[] }
  | {
      readonly type: 'resume';
      readonly log: string;
      readonly start: number;
      readonly lines: number;
      readonly followed: string;
      readonly held: number;
    }
  | { readonly type: 'receipt'; readonly seq: number; readonly creditBytes: number }
  | { readonly type: 'introduce'; readonly key: string; readonly ip: string; readonly port: number }
  | { readonly type: 'pathChallenge' | 'pathResponse'; readonly token: string }
  | { readonly type: 'close'; readonly code: number }
  | {
      readonly type: 'line';
      readonly seq: number;
      readonly offset: number;
      readonly last: boolean;
      readonly bytes: Uint8Array;
    };

/** Packet numbers, both ends included. */
export interface Range {
  readonly smallest: number;
  readonly largest: number;
}

export interface Packet {
  readonly number: number;
  readonly frames: readonly Frame[];
}

/** Undefined where the tag is wrong. `largest`: the largest number opened so far, -1 before the first. */
export function openPacket(bytes: Uint8Array, key: Uint8Array, largest: number): Packet | undefined {
  check(bytes.length >= 26 && bytes[0] === 0x40, 'a data packet has 26 bytes or more and begins with 0x40');
  const number = rebuild(Buffer.from(bytes).readUInt32BE(5), largest + 1);
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(number), 4);
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  decipher.setAAD(bytes.subarray(0, 9));
  decipher.setAuthTag(bytes.subarray(-16));
  const plaintext = decipher.update(bytes.subarray(9, -16));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return { number, frames: readFrames(plaintext) };
}

/** RFC 9000 appendix A.3, with 32 bits. */
function rebuild(truncated: number, expected: number): number {
  const candidate = expected - (expected % 2 ** 32) + truncated;
  if (candidate <= expected - 2 ** 31) return candidate + 2 ** 32;
  if (candidate > expected + 2 ** 31 && candidate >= 2 ** 32) return candidate - 2 ** 32;
  return candidate;
}

export function readFrames(plaintext: Uint8Array): readonly Frame[] {
  const reader = new Reader(plaintext);
  const frames: Frame[] = [];
  while (!reader.done) frames.push(readFrame(reader));
  check(frames.length > 0, 'a packet has a frame');
  return frames;
}

function readFrame(reader: Reader): Frame {
  const type = reader.byte();
  switch (type) {
    case 0x01:
      return { type: 'ping' };
    case 0x02:
      return { type: 'immediateAck' };
    case 0x03:
      return readAck(reader);
    case 0x04:
      return {
        type: 'resume',
        log: reader.hex(8),
        start: reader.varint(1),
        lines: reader.varint(),
        followed: reader.hex(8),
        held: reader.varint(),
      };
    case 0x05:
      return { type: 'receipt', seq: reader.varint(), creditBytes: reader.varint() };
    case 0x06:
    case 0x07:
      return {
        type: 'introduce',
        key: reader.hex(32),
        ip: reader.hex(type === 0x06 ? 4 : 16),
        port: reader.port(),
      };
    case 0x08:
    case 0x09:
      return { type: type === 0x08 ? 'pathChallenge' : 'pathResponse', token: reader.hex(8) };
    case 0x0a:
      return { type: 'close', code: reader.varint() };
    case 0x10:
    case 0x11:
      return readLine(reader, type === 0x11);
    default:
      throw new Error(`frame type ${type} is unknown`);
  }
}

function readLine(reader: Reader, last: boolean): Frame {
  const seq = reader.varint(1);
  const offset = reader.varint();
  const length = reader.varint(last && offset === 0 ? 0 : 1);
  return { type: 'line', seq, offset, last, bytes: reader.take(length) };
}

function readAck(reader: Reader): Frame {
  let largest = reader.varint();
  const delayUs = reader.varint() * 8;
  const further = reader.varint();
  let smallest = largest - reader.varint();
  const ranges: Range[] = [{ smallest, largest }];
  for (let index = 0; index < further; index += 1) {
    largest = smallest - reader.varint() - 2;
    smallest = largest - reader.varint();
    ranges.push({ smallest, largest });
  }
  check(smallest >= 0, 'an ACK does not reach below packet number 0');
  return { type: 'ack', delayUs, ranges };
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    check(end <= this.#bytes.length, 'a frame is cut short');
    const taken = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return taken;
  }

  hex(length: number): string {
    return Buffer.from(this.take(length)).toString('hex');
  }

  byte(): number {
    return Buffer.from(this.take(1)).readUInt8(0);
  }

  port(): number {
    const port = Buffer.from(this.take(2)).readUInt16BE(0);
    check(port > 0, 'a port is not 0');
    return port;
  }

  varint(least = 0): number {
    const first = this.byte();
    const length = 2 ** (first >> 6);
    let value = BigInt(first & 0x3f);
    for (let index = 1; index < length; index += 1) value = value * 256n + BigInt(this.byte());
    check(length === 1 || value >= 1n << BigInt(length * 4 - 2), 'a varint is in its shortest form');
    check(value <= BigInt(Number.MAX_SAFE_INTEGER), 'a varint is at most 2^53 - 1');
    check(value >= BigInt(least), `this varint is at least ${least}`);
    return Number(value);
  }
}

function check(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Error(`not the specification: ${rule}`);
}
