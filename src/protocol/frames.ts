/**
 * The typed units inside a packet: their byte layout, both ways.
 *
 * Owns: the wire encoding of frames (spec: README.md, "Frames"). Each frame has exactly one encoding; anything else is
 * refused whole, so that two implementations can't read one packet in two ways.
 * Must not know: keys, packet numbers, who sent it, or what a frame does.
 */
import type { Address } from '../contract.ts';
import { ipFromBytes, ipToBytes, unmapIp4 } from './ip.ts';
import { invariant } from './invariant.ts';
import { ackRangesMax, framesPerPacketMax, lineMaxBytes } from './limits.ts';
import type { Range } from './ranges.ts';
import { Reader, Writer, varintBytes } from './varint.ts';

export type Frame =
  | PingFrame
  | ImmediateAckFrame
  | AckFrame
  | ResumeFrame
  | LineFrame
  | ReceiptFrame
  | IntroduceFrame
  | PathFrame
  | CloseFrame;

/** Asks for an acknowledgement, and says nothing else. */
export interface PingFrame {
  readonly type: 'ping';
}

/** Asks for an acknowledgement of this packet now, not after the delay (as IMMEDIATE_ACK of QUIC's ack-frequency draft). */
export interface ImmediateAckFrame {
  readonly type: 'immediate-ack';
}

/** Packets of this session that came in, newest range first (RFC 9000 §19.3). Not ack-eliciting. */
export interface AckFrame {
  readonly type: 'ack';
  readonly ranges: readonly Range[];
  /** How long the newest one waited for this ack, ms; on the wire in steps of 8 µs. */
  readonly delayMs: number;
}

/** Where the two logs of a session stand, as its sender sees it. No LINE means anything before it. */
export interface ResumeFrame {
  readonly type: 'resume';
  /** The sender's own log. */
  readonly logId: Uint8Array;
  /** The first line of that log that the receiver is owed. */
  readonly start: number;
  /** The last line of that log so far; `start - 1` or more. */
  readonly head: number;
  /** The receiver's log that the sender last followed; zeroes: none. */
  readonly followedLogId: Uint8Array;
  /** All lines of the followed log up to here are held by the sender. */
  readonly held: number;
}

/** A piece of one line of the sender's log. `fin`: the line ends with this piece. */
export interface LineFrame {
  readonly type: 'line';
  readonly seq: number;
  readonly offset: number;
  readonly fin: boolean;
  readonly bytes: Uint8Array;
}

/** The sender's program has taken all lines up to `seq`; lines after it may be under way up to a cost of `creditBytes`. */
export interface ReceiptFrame {
  readonly type: 'receipt';
  readonly seq: number;
  readonly creditBytes: number;
}

/** Another member of the room, by its static key, and where the sender reaches it. */
export interface IntroduceFrame {
  readonly type: 'introduce';
  readonly publicKey: Uint8Array;
  readonly address: Address;
}

export interface PathFrame {
  readonly type: 'path-challenge' | 'path-response';
  readonly token: Uint8Array;
}

/** The sender has ended the conversation, with a code of `closeCodes`. Nothing answers it. */
export interface CloseFrame {
  readonly type: 'close';
  readonly code: number;
}

/** Why a conversation was ended, on the wire. */
export const closeCodes = {
  /** The node was asked to stop. */
  leaving: 0,
  /** A packet that was authentic but not well-formed, or a frame that makes no sense where it came. */
  protocolViolation: 1,
  /** An ack of a packet that was never sent. */
  optimisticAck: 2,
  /** A line that isn't UTF-8. */
  invalidText: 3,
} as const;

export type DecodedFrames =
  | { readonly ok: true; readonly frames: readonly Frame[] }
  | { readonly ok: false; readonly code: FrameFault };

export type FrameFault =
  | 'no-frames'
  | 'too-many-frames'
  | 'unknown-frame-type'
  | 'truncated-frame'
  | 'non-canonical-frame';

export const logIdBytes = 8;
const pathTokenBytes = 8;
const publicKeyBytes = 32;
/** RFC 9000 §18.2's default ack_delay_exponent, 3: steps of 8 µs. */
const ackDelayStepMs = 0.008;
/** A delay that no honest peer reports; keeps the varint within 4 bytes. */
const ackDelayMaxSteps = 0x3fff_ffff;

const typeByte = {
  ping: 0x01,
  immediateAck: 0x02,
  ack: 0x03,
  resume: 0x04,
  receipt: 0x05,
  introduce4: 0x06,
  introduce6: 0x07,
  pathChallenge: 0x08,
  pathResponse: 0x09,
  close: 0x0a,
  line: 0x10,
  lineFin: 0x11,
} as const;

/** Frames of one packet's plaintext. Never throws, whatever the bytes; holds views into `bytes`, and copies nothing. */
export function decodeFrames(bytes: Uint8Array): DecodedFrames {
  const reader = new Reader(bytes);
  const frames: Frame[] = [];
  while (reader.remaining > 0) {
    if (frames.length === framesPerPacketMax) return { ok: false, code: 'too-many-frames' };
    const frame = decodeFrame(reader);
    if (typeof frame === 'string') return { ok: false, code: frame };
    frames.push(frame);
  }
  return frames.length === 0 ? { ok: false, code: 'no-frames' } : { ok: true, frames };
}

function decodeFrame(reader: Reader): Frame | FrameFault {
  const type = reader.byte();
  const frame = decodeBody(type, reader);
  // A reader that ran short hands out zeroes: whatever they were taken for, what is wrong is the length.
  if (reader.short) return 'truncated-frame';
  return frame;
}

function decodeBody(type: number, reader: Reader): Frame | FrameFault {
  switch (type) {
    case typeByte.ping:
      return { type: 'ping' };
    case typeByte.immediateAck:
      return { type: 'immediate-ack' };
    case typeByte.ack:
      return decodeAck(reader);
    case typeByte.resume:
      return decodeResume(reader);
    case typeByte.receipt:
      return decodeReceipt(reader);
    case typeByte.introduce4:
      return decodeIntroduce(reader, 4);
    case typeByte.introduce6:
      return decodeIntroduce(reader, 16);
    case typeByte.pathChallenge:
      return { type: 'path-challenge', token: reader.bytes(pathTokenBytes) };
    case typeByte.pathResponse:
      return { type: 'path-response', token: reader.bytes(pathTokenBytes) };
    case typeByte.close: {
      const code = reader.varint();
      return code === undefined ? 'non-canonical-frame' : { type: 'close', code };
    }
    case typeByte.line:
      return decodeLine(reader, false);
    case typeByte.lineFin:
      return decodeLine(reader, true);
    default:
      return 'unknown-frame-type';
  }
}

function decodeAck(reader: Reader): AckFrame | FrameFault {
  const largest = reader.varint();
  const delaySteps = reader.varint();
  const further = reader.varint();
  const firstLength = reader.varint();
  if (
    largest === undefined ||
    delaySteps === undefined ||
    delaySteps > ackDelayMaxSteps ||
    further === undefined ||
    further >= ackRangesMax ||
    firstLength === undefined ||
    firstLength > largest
  ) {
    return 'non-canonical-frame';
  }
  const ranges: Range[] = [{ from: largest - firstLength, to: largest }];
  let from = largest - firstLength;
  for (let index = 0; index < further; index += 1) {
    const gap = reader.varint();
    const length = reader.varint();
    if (gap === undefined || length === undefined) return 'non-canonical-frame';
    const to = from - gap - 2;
    if (to - length < 0) return 'non-canonical-frame';
    from = to - length;
    ranges.push({ from, to });
  }
  return { type: 'ack', ranges, delayMs: delaySteps * ackDelayStepMs };
}

function decodeResume(reader: Reader): ResumeFrame | FrameFault {
  const logId = reader.bytes(logIdBytes);
  const start = reader.varint();
  const linesSince = reader.varint();
  const followedLogId = reader.bytes(logIdBytes);
  const held = reader.varint();
  if (start === undefined || start < 1 || linesSince === undefined || held === undefined || isNoLog(logId)) {
    return 'non-canonical-frame';
  }
  const head = start - 1 + linesSince;
  if (!Number.isSafeInteger(head)) return 'non-canonical-frame';
  return { type: 'resume', logId, start, head, followedLogId, held };
}

/** Zeroes, where a log's id would be. */
function isNoLog(logId: Uint8Array): boolean {
  return logId.every((byte) => byte === 0);
}

function decodeReceipt(reader: Reader): ReceiptFrame | FrameFault {
  const seq = reader.varint();
  const creditBytes = reader.varint();
  if (seq === undefined || creditBytes === undefined) return 'non-canonical-frame';
  return { type: 'receipt', seq, creditBytes };
}

function decodeIntroduce(reader: Reader, ipBytes: 4 | 16): IntroduceFrame | FrameFault {
  const publicKey = reader.bytes(publicKeyBytes);
  const bytes = reader.bytes(ipBytes);
  const ip = ipFromBytes(bytes);
  const port = reader.byte() * 256 + reader.byte();
  // An IPv4 address has one encoding, and that isn't its mapped form.
  if (ip === undefined || port === 0 || unmapIp4(bytes) !== bytes) return 'non-canonical-frame';
  return { type: 'introduce', publicKey, address: { ip, port } };
}

function decodeLine(reader: Reader, fin: boolean): LineFrame | FrameFault {
  const seq = reader.varint();
  const offset = reader.varint();
  const length = reader.varint();
  if (seq === undefined || offset === undefined || length === undefined) return 'non-canonical-frame';
  if (seq < 1 || offset + length > lineMaxBytes) return 'non-canonical-frame';
  // An empty piece is needed once only: for the empty line.
  if (length === 0 && !(fin && offset === 0)) return 'non-canonical-frame';
  return { type: 'line', seq, offset, fin, bytes: reader.bytes(length) };
}

/** The plaintext of a packet. The caller has seen to it that the frames fit and are within the limits. */
export function encodeFrames(frames: readonly Frame[]): Uint8Array {
  invariant(
    frames.length > 0 && frames.length <= framesPerPacketMax,
    'a packet has 1 to framesPerPacketMax frames',
  );
  let size = 0;
  for (const frame of frames) size += frameBytes(frame);
  const writer = new Writer(size);
  for (const frame of frames) encodeFrame(writer, frame);
  return writer.finish();
}

/** Encoded size of a frame, bytes. */
export function frameBytes(frame: Frame): number {
  switch (frame.type) {
    case 'ping':
    case 'immediate-ack':
      return 1;
    case 'ack':
      return ackBytes(frame);
    case 'resume':
      return (
        1 +
        logIdBytes +
        varintBytes(frame.start) +
        varintBytes(frame.head - frame.start + 1) +
        logIdBytes +
        varintBytes(frame.held)
      );
    case 'line':
      return lineOverheadBytes(frame.seq, frame.offset, frame.bytes.length) + frame.bytes.length;
    case 'receipt':
      return 1 + varintBytes(frame.seq) + varintBytes(frame.creditBytes);
    case 'introduce':
      return 1 + publicKeyBytes + introducedIp(frame).length + 2;
    case 'path-challenge':
    case 'path-response':
      return 1 + pathTokenBytes;
    case 'close':
      return 1 + varintBytes(frame.code);
    default:
      return frame satisfies never;
  }
}

/** What a LINE frame takes beside the text itself, bytes. */
export function lineOverheadBytes(seq: number, offset: number, length: number): number {
  return 1 + varintBytes(seq) + varintBytes(offset) + varintBytes(length);
}

function ackBytes(frame: AckFrame): number {
  const [first, ...further] = frame.ranges;
  invariant(first !== undefined, 'an ACK frame has a range');
  let size = 1 + varintBytes(first.to) + varintBytes(ackDelaySteps(frame.delayMs));
  size += varintBytes(further.length) + varintBytes(first.to - first.from);
  let above = first.from;
  for (const range of further) {
    size += varintBytes(above - range.to - 2) + varintBytes(range.to - range.from);
    above = range.from;
  }
  return size;
}

function encodeFrame(writer: Writer, frame: Frame): void {
  switch (frame.type) {
    case 'ping':
      return writer.byte(typeByte.ping);
    case 'immediate-ack':
      return writer.byte(typeByte.immediateAck);
    case 'ack':
      return encodeAck(writer, frame);
    case 'resume':
      writer.byte(typeByte.resume);
      writer.bytes(frame.logId);
      writer.varint(frame.start);
      writer.varint(frame.head - frame.start + 1);
      writer.bytes(frame.followedLogId);
      return writer.varint(frame.held);
    case 'line':
      writer.byte(frame.fin ? typeByte.lineFin : typeByte.line);
      writer.varint(frame.seq);
      writer.varint(frame.offset);
      writer.varint(frame.bytes.length);
      return writer.bytes(frame.bytes);
    case 'receipt':
      writer.byte(typeByte.receipt);
      writer.varint(frame.seq);
      return writer.varint(frame.creditBytes);
    case 'introduce':
      return encodeIntroduce(writer, frame);
    case 'path-challenge':
      writer.byte(typeByte.pathChallenge);
      return writer.bytes(frame.token);
    case 'path-response':
      writer.byte(typeByte.pathResponse);
      return writer.bytes(frame.token);
    case 'close':
      writer.byte(typeByte.close);
      return writer.varint(frame.code);
  }
}

function encodeAck(writer: Writer, frame: AckFrame): void {
  const [first, ...further] = frame.ranges;
  invariant(
    first !== undefined && further.length < ackRangesMax,
    'an ACK frame has 1 to ackRangesMax ranges',
  );
  writer.byte(typeByte.ack);
  writer.varint(first.to);
  writer.varint(ackDelaySteps(frame.delayMs));
  writer.varint(further.length);
  writer.varint(first.to - first.from);
  let above = first.from;
  for (const range of further) {
    writer.varint(above - range.to - 2);
    writer.varint(range.to - range.from);
    above = range.from;
  }
}

function ackDelaySteps(delayMs: number): number {
  return Math.max(0, Math.min(ackDelayMaxSteps, Math.round(delayMs / ackDelayStepMs)));
}

function introducedIp({ address }: IntroduceFrame): Uint8Array {
  const ip = ipToBytes(address.ip);
  invariant(ip !== undefined, 'an introduced address is numeric');
  return unmapIp4(ip);
}

function encodeIntroduce(writer: Writer, frame: IntroduceFrame): void {
  const ip = introducedIp(frame);
  writer.byte(ip.length === 4 ? typeByte.introduce4 : typeByte.introduce6);
  writer.bytes(frame.publicKey);
  writer.bytes(ip);
  writer.byte(frame.address.port >> 8);
  writer.byte(frame.address.port & 0xff);
}
