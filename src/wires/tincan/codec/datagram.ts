/**
 * What comes in from the network, told apart by its first byte, and the layouts of the handshake's messages.
 *
 * Owns: lengths and places of fields (README.md, "Handshake"). Classifying a datagram computes nothing and keeps nothing:
 * the fields are views into it.
 */
import { concatBytes, readUint32, writeUint32 } from '../../../kernel/bytes.ts';
import { invariant } from '../../../kernel/invariant.ts';
import {
  announcementNonceBytes,
  initBytes,
  macBytes,
  packetOverheadBytes,
  protocolVersion,
  publicKeyBytes,
  tagBytes,
} from '../limits.ts';
import { nameMaxBytes } from '../../../kernel/limits.ts';

export type Datagram =
  | InitMessage
  | ResponseMessage
  | FinishMessage
  | CookieMessage
  | AnnouncementMessage
  | DataDatagram
  /** Nothing that this version sends. There is no answer to it. */
  | { readonly type: 'unknown' };

/** Message 1. */
export interface InitMessage {
  readonly type: 'init';
  /** The initiator's index of the session to be: its answers bear it. */
  readonly senderIndex: number;
  /** The bytes before the Noise message, which go into the prologue. */
  readonly header: Uint8Array;
  readonly noise: Uint8Array;
  /** What mac1 covers: header and Noise message. */
  readonly covered: Uint8Array;
  readonly mac1: Uint8Array;
  /** Zeroes where the initiator has none. */
  readonly cookie: Uint8Array;
}

export type InitParts = Pick<InitMessage, 'header' | 'noise' | 'mac1' | 'cookie'>;

interface Answer {
  /** The receiver's index of the session to be. */
  readonly receiverIndex: number;
  /** What mac1 covers. */
  readonly covered: Uint8Array;
  readonly mac1: Uint8Array;
}

/** Message 2. The responder's own index is inside, encrypted. */
export interface ResponseMessage extends Answer {
  readonly type: 'response';
  readonly noise: Uint8Array;
}

/** Message 3, and the first data packet where one came along in the same datagram. */
export interface FinishMessage extends Answer {
  readonly type: 'finish';
  readonly noise: Uint8Array;
  readonly packet: DataDatagram | undefined;
}

/** What a busy responder answers to a message 1 without a valid cookie. mac1 covers the mac1 of that message, too. */
export interface CookieMessage extends Answer {
  readonly type: 'cookie';
  readonly cookie: Uint8Array;
}

/** Sent to all on the local network: where a member of the room listens, at the address from which this comes. */
export interface AnnouncementMessage {
  readonly type: 'announcement';
  readonly nonce: Uint8Array;
  readonly port: number;
  /** What mac1 covers. */
  readonly covered: Uint8Array;
  readonly mac1: Uint8Array;
}

export interface DataDatagram {
  readonly type: 'data';
  readonly receiverIndex: number;
  /** The whole packet, as `PacketOpener.open` takes it. */
  readonly bytes: Uint8Array;
}

/** The tag that ends each handshake message: over its parts, under the room key. */
interface MessageMac {
  of(...parts: readonly Uint8Array[]): Uint8Array;
}

/** The first byte of a data packet. The key phase, bit 0, stays 0: each new key comes with a new receiver index. */
export const packetType = 0x40;

const typeByte = { init: 0x01, response: 0x02, finish: 0x03, cookie: 0x04, announcement: 0x05 } as const;

const initHeaderBytes = 6;
/** Type and receiver index. */
const answerHeaderBytes = 5;
/** Type, receiver index and the length of the Noise message. */
const finishHeaderBytes = 7;

/** Type, version, nonce and port. */
const announcementCoveredBytes = 2 + announcementNonceBytes + 2;

const helloMaxBytes = 1 + nameMaxBytes;
/** A name of one byte. */
const helloMinBytes = 2;
/** The ephemeral key, the static key and its tag, the responder's index and its hello with their tag. */
const responseNoiseFixedBytes = publicKeyBytes + publicKeyBytes + tagBytes + 4 + tagBytes;
/** The static key and its tag, the initiator's hello and its tag. */
const finishNoiseFixedBytes = publicKeyBytes + tagBytes + tagBytes;

const unknown: Datagram = Object.freeze({ type: 'unknown' });

/** Never throws, whatever the bytes. */
export function parseDatagram(bytes: Uint8Array): Datagram {
  switch (bytes[0]) {
    case packetType:
      return parsePacket(bytes) ?? unknown;
    case typeByte.init:
      return parseInit(bytes);
    case typeByte.response:
      return parseResponse(bytes);
    case typeByte.finish:
      return parseFinish(bytes);
    case typeByte.cookie:
      return parseCookie(bytes);
    case typeByte.announcement:
      return parseAnnouncement(bytes);
    default:
      return unknown;
  }
}

/** The header of message 1, which both sides put into the prologue. */
export function initHeader(senderIndex: number): Uint8Array {
  const header = new Uint8Array(initHeaderBytes);
  header[0] = typeByte.init;
  header[1] = protocolVersion;
  writeUint32(header, 2, senderIndex);
  return header;
}

/** The zeroes that message 1 carries as its Noise payload, so that it has its full length under the transcript's hash. */
export function initPadding(isRoom: boolean): Uint8Array {
  const noiseBytes = initBytes - initHeaderBytes - 2 * macBytes;
  return new Uint8Array(noiseBytes - publicKeyBytes - (isRoom ? tagBytes : 0));
}

export function encodeInit({ header, noise, mac1, cookie }: InitParts): Uint8Array {
  const bytes = concatBytes(header, noise, mac1, cookie);
  invariant(bytes.length === initBytes, 'message 1 has its one length');
  return bytes;
}

export function encodeResponse(receiverIndex: number, noise: Uint8Array, mac: MessageMac): Uint8Array {
  const header = answerHeader(typeByte.response, receiverIndex);
  const bytes = concatBytes(header, noise, mac.of(header, noise));
  invariant(bytes.length < initBytes, 'message 2 is shorter than what it answers');
  return bytes;
}

/** A data packet may follow in the same datagram, so that message 3 tells its own length. */
export function encodeFinish(receiverIndex: number, noise: Uint8Array, mac: MessageMac): Uint8Array {
  const length = Uint8Array.of(noise.length >>> 8, noise.length);
  const header = concatBytes(answerHeader(typeByte.finish, receiverIndex), length);
  return concatBytes(header, noise, mac.of(header, noise));
}

/** `answered`: the mac1 of the message 1 that this answers. */
export function encodeCookie(
  receiverIndex: number,
  cookie: Uint8Array,
  mac: MessageMac,
  answered: Uint8Array,
): Uint8Array {
  const header = answerHeader(typeByte.cookie, receiverIndex);
  return concatBytes(header, cookie, mac.of(header, cookie, answered));
}

export function encodeAnnouncement(nonce: Uint8Array, port: number, mac: MessageMac): Uint8Array {
  const head = Uint8Array.of(typeByte.announcement, protocolVersion);
  const covered = concatBytes(head, nonce, Uint8Array.of(port >>> 8, port));
  invariant(covered.length === announcementCoveredBytes, 'an announcement has its one length');
  return concatBytes(covered, mac.of(covered));
}

function answerHeader(type: number, receiverIndex: number): Uint8Array {
  const header = new Uint8Array(answerHeaderBytes);
  header[0] = type;
  writeUint32(header, 1, receiverIndex);
  return header;
}

/** undefined for what has not the shape of a packet: its type, its header and tag, at least one byte of frames. */
function parsePacket(bytes: Uint8Array): DataDatagram | undefined {
  if (bytes[0] !== packetType || bytes.length <= packetOverheadBytes) return undefined;
  return { type: 'data', receiverIndex: readUint32(bytes, 1), bytes };
}

function parseInit(bytes: Uint8Array): Datagram {
  if (bytes.length !== initBytes || bytes[1] !== protocolVersion) return unknown;
  const covered = bytes.subarray(0, initBytes - 2 * macBytes);
  return {
    type: 'init',
    senderIndex: readUint32(bytes, 2),
    header: bytes.subarray(0, initHeaderBytes),
    noise: covered.subarray(initHeaderBytes),
    covered,
    mac1: bytes.subarray(initBytes - 2 * macBytes, initBytes - macBytes),
    cookie: bytes.subarray(initBytes - macBytes),
  };
}

function parseResponse(bytes: Uint8Array): Datagram {
  const helloBytes = bytes.length - answerHeaderBytes - responseNoiseFixedBytes - macBytes;
  if (!isHelloLength(helloBytes)) return unknown;
  const answer = parseAnswer(bytes);
  return { type: 'response', ...answer, noise: answer.covered.subarray(answerHeaderBytes) };
}

function parseFinish(bytes: Uint8Array): Datagram {
  if (bytes.length < finishHeaderBytes) return unknown;
  const noiseBytes = (bytes[5] ?? 0) * 256 + (bytes[6] ?? 0);
  const end = finishHeaderBytes + noiseBytes + macBytes;
  if (!isHelloLength(noiseBytes - finishNoiseFixedBytes) || bytes.length < end) return unknown;
  const answer = parseAnswer(bytes.subarray(0, end));
  const rest = bytes.subarray(end);
  const packet = parsePacket(rest);
  if (rest.length > 0 && packet?.receiverIndex !== answer.receiverIndex) return unknown;
  return { type: 'finish', ...answer, noise: answer.covered.subarray(finishHeaderBytes), packet };
}

function parseCookie(bytes: Uint8Array): Datagram {
  if (bytes.length !== answerHeaderBytes + 2 * macBytes) return unknown;
  const answer = parseAnswer(bytes);
  return { type: 'cookie', ...answer, cookie: answer.covered.subarray(answerHeaderBytes) };
}

function parseAnnouncement(bytes: Uint8Array): Datagram {
  if (bytes.length !== announcementCoveredBytes + macBytes || bytes[1] !== protocolVersion) return unknown;
  const covered = bytes.subarray(0, announcementCoveredBytes);
  const port = (bytes[18] ?? 0) * 256 + (bytes[19] ?? 0);
  if (port === 0) return unknown;
  return { type: 'announcement', nonce: covered.subarray(2, 18), port, covered, mac1: bytes.subarray(20) };
}

function parseAnswer(bytes: Uint8Array): Answer {
  const covered = bytes.subarray(0, bytes.length - macBytes);
  return { receiverIndex: readUint32(bytes, 1), covered, mac1: bytes.subarray(covered.length) };
}

function isHelloLength(length: number): boolean {
  return length >= helloMinBytes && length <= helloMaxBytes;
}
