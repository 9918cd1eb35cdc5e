/**
 * How frames are encoded: one row for each kind, with all that the wire knows of it beside its shape (README.md, "Frames").
 * To add a frame: a shape in `frames.ts`, a row here, and the row's name in `rows`.
 *
 * Owns: that each frame has exactly one encoding. Whatever else comes in is refused, so that two implementations can't read
 * one packet in two ways.
 */
import { addressText, ipFromBytes, ipToBytes, unmapIp4 } from '../../../kernel/address.ts';
import { invariant } from '../../../kernel/invariant.ts';
import {
  ackRangesMax,
  fragmentMinBytes,
  framesPerPacketMax,
  linesPerFrameMax,
  publicKeyBytes,
} from '../limits.ts';
import { lineMaxBytes, nameMaxBytes } from '../../../kernel/limits.ts';
import { countLines } from '../../../kernel/runs.ts';
import { lineFeed } from '../../../kernel/lines.ts';
import { utf8Decode } from '../../../kernel/text.ts';
import type { Range } from './ranges.ts';
import { Reader, Writer } from './varint.ts';
import { closeCodes, logIdBytes } from './frames.ts';
import type {
  AckFrame,
  BareFrame,
  CloseFrame,
  Frame,
  IntroduceFrame,
  LineFrame,
  LineKind,
  LinesFrame,
  PathFrame,
  ReceiptFrame,
  ResumeFrame,
} from './frames.ts';

type DecodedFrames =
  | { readonly ok: true; readonly frames: readonly Frame[] }
  | { readonly ok: false; readonly code: FrameFault };

type FrameFault =
  | 'no-frames'
  | 'too-many-frames'
  | 'unknown-frame-type'
  | 'truncated-frame'
  | 'non-canonical-frame';

/**
 * The plaintext of a packet, at the start of `space`, or else in an array of its own. The caller has seen to it that the frames
 * fit into a packet, and into that space.
 */
export function encodeFrames(frames: readonly Frame[], space?: Uint8Array): Uint8Array {
  invariant(
    frames.length > 0 && frames.length <= framesPerPacketMax,
    'a packet has 1 to framesPerPacketMax frames',
  );
  let size = 0;
  for (const frame of frames) size += frameBytes(frame);
  const writer = new Writer(space?.subarray(0, size) ?? new Uint8Array(size));
  for (const frame of frames) writeFrame(writer, frame);
  return writer.finish();
}

/** Frames of one packet's plaintext. Never throws, whatever the bytes; holds views into `bytes`, and copies nothing. */
export function decodeFrames(bytes: Uint8Array): DecodedFrames {
  const reader = new Reader(bytes);
  const frames: Frame[] = [];
  while (reader.remaining > 0) {
    if (frames.length === framesPerPacketMax) return { ok: false, code: 'too-many-frames' };
    const frame = readFrame(reader);
    if (typeof frame === 'string') return { ok: false, code: frame };
    frames.push(frame);
  }
  return frames.length === 0 ? { ok: false, code: 'no-frames' } : { ok: true, frames };
}

/** Encoded size of a frame, bytes. */
export function frameBytes(frame: Frame): number {
  counter.restart();
  writeFrame(counter, frame);
  return counter.length;
}

/** What a piece of a line takes beside the text itself, bytes. Names and withheld entries take less. */
export function lineOverheadBytes(seq: number, offset: number, length: number): number {
  counter.restart();
  writePlace(counter, seq, offset, length);
  return 1 + counter.length;
}

/** The same of a LINES frame. */
export function linesOverheadBytes(seq: number, length: number): number {
  counter.restart();
  counter.varint(seq);
  counter.varint(length);
  return 1 + counter.length;
}

/** Whether the receiver has to acknowledge a packet that holds this frame. */
export function isAckEliciting(frame: Frame): boolean {
  return rowOf(frame).ackEliciting;
}

/** The frame as a trace tells it: `LINE 4 (12 B)`, `ACK 3–5`. */
export function frameWords(frame: Frame): string {
  return rowOf(frame).words(frame);
}

/** Counts what is written and keeps nothing, so that a size comes from the same code as the bytes. */
const counter = new Writer();

function writeFrame(to: Writer, frame: Frame): void {
  const row = rowOf(frame);
  to.byte(row.flag?.(frame) ? row.typeByte + 1 : row.typeByte);
  row.write(to, frame);
}

function readFrame(from: Reader): Frame | FrameFault {
  const type = from.byte();
  const row = rowByTypeByte[type];
  if (row === undefined) return 'unknown-frame-type';
  const frame = row.read(from, type !== row.typeByte);
  // A reader that ran short hands out zeroes: whatever they were taken for, what is wrong is the length.
  if (from.short) return 'truncated-frame';
  return frame === undefined || !from.canonical ? 'non-canonical-frame' : frame;
}

/** One kind of frame. */
interface Row<Kind extends Frame> {
  /** The frame's first byte: this one, or the next one where `flag` holds. */
  readonly typeByte: number;
  readonly ackEliciting: boolean;
  /** Writes what follows the first byte. */
  write(to: Writer, frame: Kind): void;
  /** Reads what `write` has written; undefined for what `write` never writes. */
  read(from: Reader, flag: boolean): Kind | undefined;
  words(frame: Kind): string;
  flag?(frame: Kind): boolean;
}

type RowName = Exclude<Frame['type'], 'line'> | LineKind;

function rowOf(frame: Frame): Row<Frame> {
  return rows[frame.type === 'line' ? frame.kind : frame.type];
}

// ---- Acknowledgements ------------------------------------------------------------------------------------------------

function bareRow(typeByte: number, type: BareFrame['type'], words: string): Row<BareFrame> {
  return { typeByte, ackEliciting: true, write: () => undefined, read: () => ({ type }), words: () => words };
}

/** RFC 9000 §18.2's default ack_delay_exponent, 3: steps of 8 µs. */
const ackDelayStepMs = 0.008;
/** A delay that no honest peer reports; keeps the varint within 4 bytes. */
const ackDelayMaxSteps = 0x3fff_ffff;

const ackRow: Row<AckFrame> = {
  typeByte: 0x03,
  ackEliciting: false,
  write(to, { ranges, delayMs }) {
    const [newest] = ranges;
    invariant(
      newest !== undefined && ranges.length <= ackRangesMax,
      'an ACK frame has 1 to ackRangesMax ranges',
    );
    to.varint(newest.to);
    to.varint(Math.max(0, Math.min(ackDelayMaxSteps, Math.round(delayMs / ackDelayStepMs))));
    to.varint(ranges.length - 1);
    let above: Range | undefined;
    for (const range of ranges) {
      if (above !== undefined) to.varint(above.from - range.to - 2);
      to.varint(range.to - range.from);
      above = range;
    }
  },
  read(from) {
    const largest = from.varint();
    const delaySteps = from.varint();
    const gaps = from.varint();
    let low = largest - from.varint();
    if (low < 0 || delaySteps > ackDelayMaxSteps || gaps >= ackRangesMax || !from.canonical) return undefined;
    const ranges: Range[] = [{ from: low, to: largest }];
    while (ranges.length <= gaps) {
      const to = low - from.varint() - 2;
      low = to - from.varint();
      if (low < 0 || !from.canonical) return undefined;
      ranges.push({ from: low, to });
    }
    return { type: 'ack', ranges, delayMs: delaySteps * ackDelayStepMs };
  },
  words: ({ ranges }) =>
    `ACK ${ranges.map(({ from, to }) => (from === to ? `${to}` : `${from}–${to}`)).join(', ')}`,
};

// ---- Logs: lines, where they stand, what was taken of them -----------------------------------------------------------

const resumeRow: Row<ResumeFrame> = {
  typeByte: 0x04,
  ackEliciting: true,
  write(to, { logId, start, head, followedLogId, held, known }) {
    to.bytes(logId);
    to.varint(start);
    to.varint(head - start + 1);
    to.bytes(followedLogId);
    to.varint(held);
    to.varint(known - held);
  },
  read(from) {
    const logId = from.bytes(logIdBytes);
    const start = from.varint();
    const head = start - 1 + from.varint();
    const followedLogId = from.bytes(logIdBytes);
    const held = from.varint();
    const known = held + from.varint();
    const isNoLog = logId.every((byte) => byte === 0);
    if (start < 1 || !Number.isSafeInteger(head) || !Number.isSafeInteger(known) || isNoLog) return undefined;
    return { type: 'resume', logId, start, head, followedLogId, held, known };
  },
  words: ({ start, head, held }) => `RESUME from ${start} of ${head}, holds ${held}`,
};

function pieceRow(typeByte: number, kind: 'room' | 'private', name: string): Row<LineFrame> {
  return {
    typeByte,
    ackEliciting: true,
    write(to, { seq, offset, bytes }) {
      writePlace(to, seq, offset, bytes.length);
      to.bytes(bytes);
    },
    read(from, fin) {
      const seq = from.varint();
      const offset = from.varint();
      const length = from.varint();
      if (seq < 1 || offset + length > lineMaxBytes || !from.canonical) return undefined;
      if (!fin && length < fragmentMinBytes) return undefined;
      // An empty piece is needed once only: for the empty line.
      if (length === 0 && offset > 0) return undefined;
      return { type: 'line', kind, seq, offset, fin, bytes: from.bytes(length) };
    },
    words({ seq, offset, fin, bytes }) {
      if (fin && offset === 0) return `${name} ${seq} (${bytes.length} B)`;
      return `${name} ${seq} (bytes ${offset}–${offset + bytes.length - 1}${fin ? ', its last' : ''})`;
    },
    flag: ({ fin }) => fin,
  };
}

function writePlace(to: Writer, seq: number, offset: number, length: number): void {
  to.varint(seq);
  to.varint(offset);
  to.varint(length);
}

const linesRow: Row<LinesFrame> = {
  typeByte: 0x16,
  ackEliciting: true,
  write(to, { seq, bytes }) {
    to.varint(seq);
    to.varint(bytes.length);
    to.bytes(bytes);
  },
  read(from) {
    const seq = from.varint();
    const length = from.varint();
    const bytes = from.bytes(length);
    const count = countLines(bytes);
    const isCounted = seq >= 1 && Number.isSafeInteger(seq + (count - 1));
    if (!isCounted || bytes.at(-1) !== lineFeed || count > linesPerFrameMax) return undefined;
    return { type: 'lines', seq, count, bytes };
  },
  words: ({ seq, count, bytes }) =>
    count === 1 ? `LINES ${seq} (${bytes.length} B)` : `LINES ${seq}–${seq + count - 1} (${bytes.length} B)`,
};

const nameRow: Row<LineFrame> = {
  typeByte: 0x14,
  ackEliciting: true,
  write(to, { seq, bytes }) {
    to.varint(seq);
    to.byte(bytes.length);
    to.bytes(bytes);
  },
  read(from) {
    const seq = from.varint();
    const length = from.byte();
    if (seq < 1 || length < 1 || length > nameMaxBytes) return undefined;
    return { type: 'line', kind: 'name', seq, offset: 0, fin: true, bytes: from.bytes(length) };
  },
  words: ({ seq, bytes }) => `NAME ${seq} (${utf8Decode(bytes) ?? 'not UTF-8'})`,
};

const withheldRow: Row<LineFrame> = {
  typeByte: 0x15,
  ackEliciting: true,
  write(to, { seq }) {
    to.varint(seq);
  },
  read(from) {
    const seq = from.varint();
    return seq < 1
      ? undefined
      : { type: 'line', kind: 'withheld', seq, offset: 0, fin: true, bytes: from.bytes(0) };
  },
  words: ({ seq }) => `WITHHELD ${seq}`,
};

const receiptRow: Row<ReceiptFrame> = {
  typeByte: 0x05,
  ackEliciting: true,
  write(to, { seq, creditBytes }) {
    to.varint(seq);
    to.varint(creditBytes);
  },
  read: (from) => ({ type: 'receipt', seq: from.varint(), creditBytes: from.varint() }),
  words: ({ seq }) => `RECEIPT up to ${seq}`,
};

// ---- Peers: other members, paths, the end ----------------------------------------------------------------------------

/** An IPv4 address has one encoding, and that isn't its form mapped into IPv6. */
const introduceRow: Row<IntroduceFrame> = {
  typeByte: 0x06,
  ackEliciting: true,
  write(to, frame) {
    to.bytes(frame.publicKey);
    to.bytes(introducedIp(frame));
    to.byte(frame.address.port >> 8);
    to.byte(frame.address.port & 0xff);
  },
  read(from, isIp6) {
    const publicKey = from.bytes(publicKeyBytes);
    const bytes = from.bytes(isIp6 ? 16 : 4);
    const ip = ipFromBytes(bytes);
    const port = from.byte() * 256 + from.byte();
    if (ip === undefined || port === 0 || unmapIp4(bytes) !== bytes) return undefined;
    return { type: 'introduce', publicKey, address: { ip, port } };
  },
  words: ({ address }) => `INTRODUCE ${addressText(address)}`,
  flag: (frame) => introducedIp(frame).length === 16,
};

function introducedIp({ address }: IntroduceFrame): Uint8Array {
  const ip = ipToBytes(address.ip);
  invariant(ip !== undefined, 'an introduced address is numeric');
  return unmapIp4(ip);
}

const pathTokenBytes = 8;

function pathRow(typeByte: number, type: PathFrame['type'], words: string): Row<PathFrame> {
  return {
    typeByte,
    ackEliciting: true,
    write(to, { token }) {
      to.bytes(token);
    },
    read: (from) => ({ type, token: from.bytes(pathTokenBytes) }),
    words: () => words,
  };
}

const closeRow: Row<CloseFrame> = {
  typeByte: 0x0a,
  ackEliciting: false,
  write(to, { code }) {
    to.varint(code);
  },
  read: (from) => ({ type: 'close', code: from.varint() }),
  words({ code }) {
    const [name] = Object.entries(closeCodes).find(([, value]) => value === code) ?? [`code ${code}`];
    return `CLOSE (${name})`;
  },
};

// ---- The table -------------------------------------------------------------------------------------------------------

const rows: Readonly<Record<RowName, Row<Frame>>> = {
  ping: bareRow(0x01, 'ping', 'PING'),
  'immediate-ack': bareRow(0x02, 'immediate-ack', 'IMMEDIATE_ACK'),
  ack: ackRow,
  resume: resumeRow,
  receipt: receiptRow,
  introduce: introduceRow,
  'path-challenge': pathRow(0x08, 'path-challenge', 'PATH_CHALLENGE'),
  'path-response': pathRow(0x09, 'path-response', 'PATH_RESPONSE'),
  close: closeRow,
  room: pieceRow(0x10, 'room', 'LINE'),
  private: pieceRow(0x12, 'private', 'private LINE'),
  name: nameRow,
  withheld: withheldRow,
  lines: linesRow,
};

const rowByTypeByte: (Row<Frame> | undefined)[] = Array.from({ length: 256 });
for (const row of Object.values(rows)) {
  rowByTypeByte[row.typeByte] = row;
  if (row.flag !== undefined) rowByTypeByte[row.typeByte + 1] = row;
}
