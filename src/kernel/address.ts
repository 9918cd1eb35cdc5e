/**
 * Addresses: numeric ones between their text and their bytes, and `HOST:PORT` as people write it.
 *
 * Owns: the one text form of each numeric address (RFC 5952, as inet_ntop writes it and sockets report it), so that
 * addresses can be compared as text.
 */
import type { Address } from './contract.ts';
import { toHex } from './bytes.ts';

/** Where to reach somebody, as written: a host name or a numeric IP address. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** 4 or 16 bytes; undefined for what isn't the text of an address (a host name, a scoped address such as `fe80::1%eth0`). */
export function ipToBytes(ip: string): Uint8Array | undefined {
  return ip.includes(':') ? ip6ToBytes(ip) : ip4ToBytes(ip);
}

/** The text of 4 or 16 bytes; undefined for any other length. */
export function ipFromBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length === 16) return ip6FromBytes(bytes);
  return undefined;
}

/** The IPv4 address where these are the bytes of one that is mapped into IPv6 (`::ffff:192.0.2.1`), else the bytes themselves. */
export function unmapIp4(bytes: Uint8Array): Uint8Array {
  const isMapped = bytes.length === 16 && toHex(bytes.subarray(0, 12)) === '00000000000000000000ffff';
  return isMapped ? bytes.subarray(12) : bytes;
}

/**
 * The one text of a numeric address, whatever way it is written (`0::1`, `::FFFF:127.0.0.1`): only such texts can be compared.
 * A zone (`fe80::1%eth0`) stays as it is; undefined for what isn't the text of an address.
 */
export function canonicalIp(ip: string): string | undefined {
  const [written = '', ...zone] = ip.split('%');
  const bytes = ipToBytes(written);
  const text = bytes && ipFromBytes(unmapIp4(bytes));
  return text && [text, ...zone].join('%');
}

/** Whether two addresses, each in its one text, are the same place. */
export function sameAddress(left: Address, right: Address): boolean {
  return left.port === right.port && left.ip === right.ip;
}

/**
 * What a numeric address stands for. `nowhere`: not for one single host that a datagram could be sent to (unspecified, broadcast,
 * multicast, reserved, a network's own zero, or link-local without a zone; RFC 6890), or no such address at all.
 */
export function kindOfIp(ip: string): 'ordinary' | 'loopback' | 'nowhere' {
  const written = ipToBytes(ip);
  if (written === undefined) return 'nowhere';
  const bytes = unmapIp4(written);
  const [first = 0, second = 0] = bytes;
  if (bytes.length === 4) {
    if (first === 127) return 'loopback';
    return first === 0 || first >= 224 ? 'nowhere' : 'ordinary';
  }
  if (first === 0xff || (first === 0xfe && second >= 0x80 && second < 0xc0)) return 'nowhere';
  const head = bytes.subarray(0, 15);
  if (head.some((byte) => byte !== 0)) return 'ordinary';
  return bytes[15] === 1 ? 'loopback' : 'nowhere';
}

/** `HOST:PORT`, with brackets where the host is an IPv6 address. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A numeric address as `HOST:PORT`, for keys of maps and for people. */
export function addressText({ ip, port }: Address): string {
  return formatHostPort({ host: ip, port });
}

function ip4ToBytes(ip: string): Uint8Array | undefined {
  const parts = ip.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

function ip6ToBytes(ip: string): Uint8Array | undefined {
  const halves = expandTail(ip)?.split('::');
  if (halves === undefined || halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

/** `::ffff:192.0.2.1` → `::ffff:c000:201`. */
function expandTail(ip: string): string | undefined {
  if (!ip.includes('.')) return ip;
  const cut = ip.lastIndexOf(':') + 1;
  const tail = ip4ToBytes(ip.slice(cut));
  if (tail === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = tail;
  return `${ip.slice(0, cut)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function ip6FromBytes(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0),
  );
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  const gap = longestZeroRun(groups);
  const text = groups.map((group) => group.toString(16));
  if (gap.length < 2) return text.join(':');
  return `${text.slice(0, gap.at).join(':')}::${text.slice(gap.at + gap.length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { at: index - length + 1, length };
  }
  return best;
}
