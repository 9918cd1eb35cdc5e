/**
 * From frames to a packet's plaintext.
 *
 * Owns: the one encoding of each frame, and its size beforehand. Must not know: keys, packet numbers, which frames go
 * together.
 */
import {
  ackDelayMaxSteps,
  ackDelayStepMs,
  frameType,
  logIdBytes,
  pathTokenBytes,
  publicKeyBytes,
} from './frames.ts';
import type { AckFrame, Frame, IntroduceFrame, LineFrame } from './frames.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { ipToBytes, unmapIp4 } from '../../../kernel/address.ts';
import { ackRangesMax, framesPerPacketMax } from '../limits.ts';
import { Writer, varintBytes } from './varint.ts';

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
      return lineBytes(frame);
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

function lineBytes({ kind, seq, offset, bytes }: LineFrame): number {
  switch (kind) {
    case 'room':
    case 'private':
      return lineOverheadBytes(seq, offset, bytes.length) + bytes.length;
    case 'name':
      return 1 + varintBytes(seq) + 1 + bytes.length;
    case 'withheld':
      return 1 + varintBytes(seq);
    default:
      return kind satisfies never;
  }
}

/** What a piece of a line takes beside the text itself, bytes. Names and withheld entries take less. */
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
      return writer.byte(frameType.ping);
    case 'immediate-ack':
      return writer.byte(frameType.immediateAck);
    case 'ack':
      return encodeAck(writer, frame);
    case 'resume':
      writer.byte(frameType.resume);
      writer.bytes(frame.logId);
      writer.varint(frame.start);
      writer.varint(frame.head - frame.start + 1);
      writer.bytes(frame.followedLogId);
      return writer.varint(frame.held);
    case 'line':
      return encodeLine(writer, frame);
    case 'receipt':
      writer.byte(frameType.receipt);
      writer.varint(frame.seq);
      return writer.varint(frame.creditBytes);
    case 'introduce':
      return encodeIntroduce(writer, frame);
    case 'path-challenge':
      writer.byte(frameType.pathChallenge);
      return writer.bytes(frame.token);
    case 'path-response':
      writer.byte(frameType.pathResponse);
      return writer.bytes(frame.token);
    case 'close':
      writer.byte(frameType.close);
      return writer.varint(frame.code);
  }
}

function encodeLine(writer: Writer, { kind, seq, offset, fin, bytes }: LineFrame): void {
  switch (kind) {
    case 'room':
      writer.byte(fin ? frameType.lineFin : frameType.line);
      break;
    case 'private':
      writer.byte(fin ? frameType.privateLineFin : frameType.privateLine);
      break;
    case 'name':
      writer.byte(frameType.name);
      writer.varint(seq);
      writer.byte(bytes.length);
      return writer.bytes(bytes);
    case 'withheld':
      writer.byte(frameType.withheld);
      return writer.varint(seq);
  }
  writer.varint(seq);
  writer.varint(offset);
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function encodeAck(writer: Writer, frame: AckFrame): void {
  const [first, ...further] = frame.ranges;
  invariant(
    first !== undefined && further.length < ackRangesMax,
    'an ACK frame has 1 to ackRangesMax ranges',
  );
  writer.byte(frameType.ack);
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
  writer.byte(ip.length === 4 ? frameType.introduce4 : frameType.introduce6);
  writer.bytes(frame.publicKey);
  writer.bytes(ip);
  writer.byte(frame.address.port >> 8);
  writer.byte(frame.address.port & 0xff);
}
