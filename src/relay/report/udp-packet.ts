/**
 * IP packets that were never on a network: a datagram's payload with the headers that it would have had.
 *
 * Owns: the layout of IPv4, IPv6 and UDP headers (RFC 791, 8200, 768) and their checksum (RFC 1071).
 */
import type { Address } from '../../kernel/contract.ts';
import { invariant } from '../../kernel/invariant.ts';
import { ipToBytes } from '../../kernel/address.ts';

const udpProtocol = 17;
const hopLimit = 64;
const udpHeaderBytes = 8;

export interface Datagram {
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
  /** 0 to 65,535; IPv4 alone has a field for it. */
  readonly identification: number;
}

/** The whole packet, with checksums that are right. IPv6 if one of the addresses is. */
export function udpPacket({ from, to, bytes, identification }: Datagram): Uint8Array {
  const isV6 = from.ip.includes(':') || to.ip.includes(':');
  const addresses = [addressBytes(from.ip, isV6), addressBytes(to.ip, isV6)].flatMap((address) => [
    ...address,
  ]);
  const udpBytes = udpHeaderBytes + bytes.length;
  const head = isV6 ? ip6Header(addresses, udpBytes) : ip4Header(addresses, udpBytes, identification);
  const packet = new Uint8Array(head.length + udpBytes);
  packet.set(head);
  packet.set(bytes, head.length + udpHeaderBytes);
  const udp = packet.subarray(head.length);
  const view = new DataView(packet.buffer, head.length);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, udpBytes);
  // The checksum covers addresses, protocol and length as well; a sum of 0 is sent as all ones, since 0 means none.
  const pseudoHeader = sum(addresses) + udpProtocol + udpBytes;
  view.setUint16(6, checksum(pseudoHeader + sum(udp)) || 0xffff);
  return packet;
}

function ip4Header(addresses: readonly number[], udpBytes: number, identification: number): Uint8Array {
  const head = new Uint8Array(20);
  const view = new DataView(head.buffer);
  // Version 4, a header of five words.
  view.setUint8(0, 0x45);
  view.setUint16(2, head.length + udpBytes);
  view.setUint16(4, identification);
  view.setUint8(8, hopLimit);
  view.setUint8(9, udpProtocol);
  head.set(addresses, 12);
  view.setUint16(10, checksum(sum(head)));
  return head;
}

function ip6Header(addresses: readonly number[], udpBytes: number): Uint8Array {
  const head = new Uint8Array(40);
  const view = new DataView(head.buffer);
  // Version 6.
  view.setUint8(0, 0x60);
  view.setUint16(4, udpBytes);
  view.setUint8(6, udpProtocol);
  view.setUint8(7, hopLimit);
  head.set(addresses, 8);
  return head;
}

/** An IPv4 address among IPv6 ones is mapped into them. A zone (`fe80::1%eth0`) is no part of a packet. */
function addressBytes(ip: string, isV6: boolean): Uint8Array {
  const bytes = ipToBytes(isV6 && !ip.includes(':') ? `::ffff:${ip}` : ip.replace(/%.*/u, ''));
  invariant(bytes !== undefined, `${ip} is a numeric address`);
  return bytes;
}

/** Of 16-bit big-endian words; an odd last byte counts as the upper half of one. */
function sum(bytes: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  return total;
}

/** The ones' complement of the ones' complement sum. */
function checksum(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return 0xffff - folded;
}
