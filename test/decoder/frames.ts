/**
 * The frames of a packet's plaintext ("Frames"), by the second decoder, written from the specification alone.
 *
 * Owns: each frame's layout and its one canonical encoding; the rest is refused.
 */
import { NotTheSpecification, check } from './check.ts';

export type Frame =
  | { readonly type: 'ping' }
  | { readonly type: 'immediateAck' }
  | { readonly type: 'ack'; readonly delaySteps: number; readonly ranges: readonly Range[] }
  | {
      readonly type: 'resume';
      readonly log: string;
      readonly start: number;
      readonly head: number;
      readonly followed: string;
      readonly held: number;
      readonly known: number;
    }
  | { readonly type: 'receipt'; readonly seq: number; readonly creditBytes: number }
  | { readonly type: 'introduce'; readonly key: string; readonly ip: string; readonly port: number }
  | { readonly type: 'pathChallenge'; readonly token: string }
  | { readonly type: 'pathResponse'; readonly token: string }
  | { readonly type: 'close'; readonly code: number }
  | {
      readonly type: 'line';
      /** For the receiver of the packet alone. */
      readonly isPrivate: boolean;
      readonly seq: number;
      readonly offset: number;
      readonly last: boolean;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'name'; readonly seq: number; readonly name: Uint8Array }
  | { readonly type: 'withheld'; readonly seq: number }
  /** The first of the lines has the number `seq`. */
  | { readonly type: 'lines'; readonly seq: number; readonly lines: readonly Uint8Array[] };

/** Packet numbers, both ends included. */
interface Range {
  readonly smallest: number;
  readonly largest: number;
}

const framesPerPacketMax = 256;
const ackRangesMax = 32;
const linesPerFrameMax = 64;
const lineMaxBytes = 65_536;
const nameMaxBytes = 64;
/** 8 µs each. */
const ackDelaySteps = 2 ** 30;

/** @throws {NotTheSpecification} where a receiver would refuse the packet. Byte strings and keys are in hexadecimal. */
export function readFrames(plaintext: Uint8Array): readonly Frame[] {
  const reader = new Reader(plaintext);
  const frames: Frame[] = [];
  while (!reader.done) {
    check(frames.length < framesPerPacketMax, `a packet has at most ${framesPerPacketMax} frames`);
    frames.push(readFrame(reader));
  }
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
      return readResume(reader);
    case 0x05:
      return { type: 'receipt', seq: reader.varint(), creditBytes: reader.varint() };
    case 0x06:
      return { type: 'introduce', key: reader.hex(32), ip: reader.hex(4), port: reader.port() };
    case 0x07: {
      const frame = {
        type: 'introduce',
        key: reader.hex(32),
        ip: reader.hex(16),
        port: reader.port(),
      } as const;
      check(!frame.ip.startsWith('00000000000000000000ffff'), 'a mapped IPv4 address goes in a frame 06');
      return frame;
    }
    case 0x08:
      return { type: 'pathChallenge', token: reader.hex(8) };
    case 0x09:
      return { type: 'pathResponse', token: reader.hex(8) };
    case 0x0a:
      return { type: 'close', code: reader.varint() };
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
      return readLine(reader, { isPrivate: type >= 0x12, last: type % 2 === 1 });
    case 0x14:
      return readName(reader);
    case 0x15:
      return { type: 'withheld', seq: reader.varint(1) };
    case 0x16:
      return readLines(reader);
    default:
      throw new NotTheSpecification(`there is no frame of type ${type}`);
  }
}

function readAck(reader: Reader): Frame {
  let largest = reader.varint();
  const delaySteps = reader.varint();
  check(delaySteps < ackDelaySteps, "an ack's delay is below 2^30 steps");
  const further = reader.varint();
  check(further < ackRangesMax, `an ACK has at most ${ackRangesMax} ranges`);
  let smallest = largest - reader.varint();
  const ranges: Range[] = [{ smallest, largest }];
  for (let index = 0; index < further; index += 1) {
    largest = smallest - reader.varint() - 2;
    smallest = largest - reader.varint();
    ranges.push({ smallest, largest });
  }
  check(smallest >= 0, 'an ACK does not reach below packet number 0');
  return { type: 'ack', delaySteps, ranges };
}

function readResume(reader: Reader): Frame {
  const log = reader.hex(8);
  check(/[^0]/.test(log), 'the id of a log is not zero');
  const start = reader.varint(1);
  const head = start - 1 + reader.varint();
  check(Number.isSafeInteger(head), 'the head of a log is at most 2^53 - 1');
  const followed = reader.hex(8);
  const held = reader.varint();
  const known = held + reader.varint();
  check(Number.isSafeInteger(known), 'the last entry that is known of is at most 2^53 - 1');
  return { type: 'resume', log, start, head, followed, held, known };
}

function readLine(reader: Reader, { isPrivate, last }: { isPrivate: boolean; last: boolean }): Frame {
  const seq = reader.varint(1);
  const offset = reader.varint();
  const length = reader.varint(last ? Math.min(1, offset) : 128);
  check(offset + length <= lineMaxBytes, `a line has at most ${lineMaxBytes} bytes`);
  return { type: 'line', isPrivate, seq, offset, last, bytes: reader.take(length) };
}

function readLines(reader: Reader): Frame {
  const seq = reader.varint(1);
  const bytes = reader.take(reader.varint(1));
  check(bytes.at(-1) === 0x0a, 'a line feed ends the last of the lines');
  const lines: Uint8Array[] = [];
  for (let rest = bytes; rest.length > 0; rest = rest.subarray(rest.indexOf(0x0a) + 1)) {
    lines.push(rest.subarray(0, rest.indexOf(0x0a)));
  }
  check(lines.length <= linesPerFrameMax, `a LINES has at most ${linesPerFrameMax} lines`);
  check(Number.isSafeInteger(seq + (lines.length - 1)), 'a line has a number of at most 2^53 - 1');
  return { type: 'lines', seq, lines };
}

function readName(reader: Reader): Frame {
  const seq = reader.varint(1);
  const length = reader.byte();
  check(length >= 1 && length <= nameMaxBytes, `a name has 1 to ${nameMaxBytes} bytes`);
  return { type: 'name', seq, name: reader.take(length) };
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
    check(end <= this.#bytes.length, 'no frame is cut short');
    const taken = Uint8Array.from(this.#bytes.subarray(this.#at, end));
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
