/**
 * From a packet's plaintext to frames.
 *
 * Owns: refusing whatever is not the one encoding of a frame, so that two implementations can't read one packet in two
 * ways. Must not know: keys, packet numbers, what a frame does.
 */
import {
  ackDelayMaxSteps,
  ackDelayStepMs,
  frameType,
  logIdBytes,
  pathTokenBytes,
  publicKeyBytes,
} from './frames.ts';
import type { AckFrame, Frame, IntroduceFrame, LineFrame, ReceiptFrame, ResumeFrame } from './frames.ts';
import { ipFromBytes, unmapIp4 } from '../../../kernel/address.ts';
import { ackRangesMax, framesPerPacketMax } from '../limits.ts';
import { lineMaxBytes, nameMaxBytes } from '../../../kernel/limits.ts';
import type { Range } from './ranges.ts';
import { Reader } from './varint.ts';

export type DecodedFrames =
  | { readonly ok: true; readonly frames: readonly Frame[] }
  | { readonly ok: false; readonly code: FrameFault };

export type FrameFault =
  | 'no-frames'
  | 'too-many-frames'
  | 'unknown-frame-type'
  | 'truncated-frame'
  | 'non-canonical-frame';

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
    case frameType.ping:
      return { type: 'ping' };
    case frameType.immediateAck:
      return { type: 'immediate-ack' };
    case frameType.ack:
      return decodeAck(reader);
    case frameType.resume:
      return decodeResume(reader);
    case frameType.receipt:
      return decodeReceipt(reader);
    case frameType.introduce4:
      return decodeIntroduce(reader, 4);
    case frameType.introduce6:
      return decodeIntroduce(reader, 16);
    case frameType.pathChallenge:
      return { type: 'path-challenge', token: reader.bytes(pathTokenBytes) };
    case frameType.pathResponse:
      return { type: 'path-response', token: reader.bytes(pathTokenBytes) };
    case frameType.close: {
      const code = reader.varint();
      return code === undefined ? 'non-canonical-frame' : { type: 'close', code };
    }
    case frameType.line:
      return decodeLine(reader, 'room', false);
    case frameType.lineFin:
      return decodeLine(reader, 'room', true);
    case frameType.privateLine:
      return decodeLine(reader, 'private', false);
    case frameType.privateLineFin:
      return decodeLine(reader, 'private', true);
    case frameType.name:
      return decodeName(reader);
    case frameType.withheld:
      return decodeWithheld(reader);
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

function decodeLine(reader: Reader, kind: 'room' | 'private', fin: boolean): LineFrame | FrameFault {
  const seq = reader.varint();
  const offset = reader.varint();
  const length = reader.varint();
  if (seq === undefined || offset === undefined || length === undefined) return 'non-canonical-frame';
  if (seq < 1 || offset + length > lineMaxBytes) return 'non-canonical-frame';
  // An empty piece is needed once only: for the empty line.
  if (length === 0 && !(fin && offset === 0)) return 'non-canonical-frame';
  return { type: 'line', kind, seq, offset, fin, bytes: reader.bytes(length) };
}

function decodeName(reader: Reader): LineFrame | FrameFault {
  const seq = reader.varint();
  const length = reader.byte();
  if (seq === undefined || seq < 1 || length < 1 || length > nameMaxBytes) return 'non-canonical-frame';
  return { type: 'line', kind: 'name', seq, offset: 0, fin: true, bytes: reader.bytes(length) };
}

function decodeWithheld(reader: Reader): LineFrame | FrameFault {
  const seq = reader.varint();
  if (seq === undefined || seq < 1) return 'non-canonical-frame';
  return { type: 'line', kind: 'withheld', seq, offset: 0, fin: true, bytes: reader.bytes(0) };
}
