/**
 * Packet captures for the report: as much of a pcapng file as a page can carry, compressed; Wireshark opens it as it is.
 *
 * Owns: the cut between two blocks, and the page's budget for all captures together.
 *
 * Blocks are as in the pcapng draft (draft-ietf-opsawg-pcapng), section 3.1: type and total length, 32 bits each, in the
 * byte order that the section's header tells.
 */
import { gzipSync } from 'node:zlib';
import type { CaptureLink } from './case-view.ts';

/** What all captures of a page may take together, compressed; base64 makes a third more of it. */
const pageBudgetBytes = 600_000;
/** One capture alone may take this much. */
const linkMaxBytes = 100_000;

const sectionHeaderBlock = 0x0a0d0d0a;
const enhancedPacketBlock = 6;
const byteOrderMagic = 0x1a2b3c4d;
const blockLeastBytes = 12;

/** Links for captures by their file name; each gets an equal share of the page's budget. */
export function captureLinks(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, CaptureLink> {
  const maxBytes = Math.min(linkMaxBytes, Math.floor(pageBudgetBytes / Math.max(1, files.size)));
  return new Map([...files].map(([name, file]) => [name, captureLink(name, file, maxBytes)]));
}

/** The first packets of a capture, so many that they take at most `maxBytes` when compressed. */
export function captureLink(name: string, file: Uint8Array, maxBytes: number): CaptureLink {
  const cuts = cutsOf(file);
  const packetsInAll = cuts.length - 1;
  let packets = packetsInAll;
  let gzip = gzipSync(file.subarray(0, cuts[packets]));
  while (gzip.length > maxBytes && packets > 0) {
    packets = Math.floor(packets * Math.min(0.9, maxBytes / gzip.length));
    gzip = gzipSync(file.subarray(0, cuts[packets]));
  }
  return {
    fileName: `${name.slice(name.lastIndexOf('/') + 1)}.gz`,
    gzip,
    packets,
    packetsOmitted: packetsInAll - packets,
  };
}

/** Where the file may be cut: `[n]` is the end of its first n packets. A block that is torn off at the end is left out. */
function cutsOf(file: Uint8Array): readonly number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const ends: number[] = [];
  let isLittleEndian = true;
  let headEnd = 0;
  for (let at = 0; at + blockLeastBytes <= view.byteLength;) {
    const type = view.getUint32(at, isLittleEndian);
    if (type === sectionHeaderBlock) isLittleEndian = view.getUint32(at + 8, true) === byteOrderMagic;
    const length = view.getUint32(at + 4, isLittleEndian);
    if (length < blockLeastBytes || at + length > view.byteLength) break;
    at += length;
    if (type === enhancedPacketBlock) ends.push(at);
    else if (ends.length === 0) headEnd = at;
  }
  return [headEnd, ...ends];
}
