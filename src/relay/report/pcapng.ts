/**
 * The pcapng capture format, as far as the relay writes it.
 *
 * Owns: the byte layout of its blocks and options (draft-ietf-opsawg-pcapng), little-endian, one section.
 */

/** LINKTYPE_RAW: a packet begins with its IPv4 or IPv6 header. */
const rawIpLinkType = 101;

/** Block types. */
const sectionHeaderBlock = 0x0a0d0d0a;
const interfaceBlock = 1;
const enhancedPacketBlock = 6;

const byteOrderMagic = 0x1a2b3c4d;

/** Option codes. The first two are for every block, the others for the block that they are named after. */
const endOfOptions = 0;
const commentOption = 1;
const sectionApplicationOption = 4;
const interfaceNameOption = 2;
const interfaceDescriptionOption = 3;
const packetDropCountOption = 4;

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

/** Begins the section: the first block of a file. */
export function sectionHeader({
  application,
  comment,
}: {
  application: string;
  comment: string;
}): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, byteOrderMagic, true);
  // Version 1.0, and a section of unknown length.
  view.setUint16(4, 1, true);
  view.setUint16(6, 0, true);
  view.setBigInt64(8, -1n, true);
  return block(
    sectionHeaderBlock,
    [body],
    [text(commentOption, comment), text(sectionApplicationOption, application)],
  );
}

/** Describes the next interface: the first is number 0. Its packets are IP, their times in microseconds. */
export function interfaceDescription({
  name,
  description,
}: {
  name: string;
  description: string;
}): Uint8Array {
  const body = new Uint8Array(8);
  // The rest stays 0: no limit to a packet's length.
  new DataView(body.buffer).setUint16(0, rawIpLinkType, true);
  return block(
    interfaceBlock,
    [body],
    [text(interfaceNameOption, name), text(interfaceDescriptionOption, description)],
  );
}

export interface EnhancedPacket {
  readonly interfaceNumber: number;
  /** In milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** From the IP header on. */
  readonly packet: Uint8Array;
  readonly comment: string;
  /** Packets of this interface that are missing since the one before. */
  readonly dropCount: number;
}

export function enhancedPacket({
  interfaceNumber,
  atMs,
  packet,
  comment,
  dropCount,
}: EnhancedPacket): Uint8Array {
  const head = new Uint8Array(20);
  const view = new DataView(head.buffer);
  const microseconds = BigInt(Math.round(atMs * 1_000));
  view.setUint32(0, interfaceNumber, true);
  view.setUint32(4, Number(microseconds >> 32n), true);
  view.setUint32(8, Number(microseconds & 0xffff_ffffn), true);
  // Captured and original length: all of it.
  view.setUint32(12, packet.length, true);
  view.setUint32(16, packet.length, true);
  const options = [text(commentOption, comment)];
  if (dropCount > 0) options.push({ code: packetDropCountOption, value: uint64(dropCount) });
  return block(enhancedPacketBlock, [head, packet], options);
}

/** Type, length, body, options, length again; each part padded to a multiple of four bytes. */
function block(type: number, body: readonly Uint8Array[], options: readonly Option[]): Uint8Array {
  const parts = [
    ...body,
    ...options.flatMap(({ code, value }) => [optionHead(code, value.length), value]),
    optionHead(endOfOptions, 0),
  ];
  const sizeBytes = parts.reduce((sum, part) => sum + padded(part.length), 12);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, sizeBytes, true);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += padded(part.length);
  }
  view.setUint32(at, sizeBytes, true);
  return bytes;
}

function optionHead(code: number, sizeBytes: number): Uint8Array {
  const head = new Uint8Array(4);
  const view = new DataView(head.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, sizeBytes, true);
  return head;
}

function text(code: number, value: string): Option {
  return { code, value: utf8.encode(value) };
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

function padded(sizeBytes: number): number {
  return (sizeBytes + 3) & ~3;
}

const utf8 = new TextEncoder();
