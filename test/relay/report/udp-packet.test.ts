import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { udpPacket } from '../../../src/relay/report/udp-packet.ts';

const from = { ip: '10.0.0.2', port: 5000 };
const to = { ip: '10.1.0.3', port: 5001 };

/** Sums to 0 if a checksum over these bytes is right. */
function foldedSum(...parts: readonly Uint8Array[]): number {
  let total = 0;
  for (const part of parts)
    for (let at = 0; at < part.length; at += 2) total += (part[at] ?? 0) * 256 + (part[at + 1] ?? 0);
  while (total > 0xffff) total = (total % 0x1_0000) + Math.floor(total / 0x1_0000);
  return 0xffff - total;
}

test('an IPv4 packet has the layout of RFC 791 and RFC 768', () => {
  const packet = udpPacket({ from, to, bytes: Uint8Array.of(0x68, 0x69), identification: 7 });
  expect(Buffer.from(packet).toString('hex')).toMatch(
    new RegExp(
      [
        '^4500', // version 4, five words; no service class
        '001e', // 30 bytes
        '0007', // identification
        '0000', // no fragment
        '4011', // 64 hops, UDP
        '....', // checksum
        '0a000002',
        '0a010003',
        '13881389', // ports 5000 and 5001
        '000a', // 10 bytes with this header
        '....',
        '6869$',
      ].join(''),
    ),
  );
});

test('the checksums of a packet are right, whatever the payload', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(0xffff), (bytes, identification) => {
      const packet = udpPacket({ from, to, bytes, identification });
      const udp = packet.subarray(20);
      expect(foldedSum(packet.subarray(0, 20))).toBe(0);
      const pseudoHeader = Uint8Array.of(
        ...packet.subarray(12, 20),
        0,
        17,
        udp.length >> 8,
        udp.length & 0xff,
      );
      expect(foldedSum(pseudoHeader, udp)).toBe(0);
      // 0 would say that there is no checksum.
      expect([udp[6], udp[7]]).not.toEqual([0, 0]);
    }),
  );
});

test('a checksum that comes out as 0 is sent as all ones', () => {
  const { length } = udpPacket({ from, to, bytes: new Uint8Array(2), identification: 0 });
  const seen = new Set<string>();
  for (let high = 0; high < 256; high += 1)
    for (let low = 0; low < 256; low += 1) {
      const packet = udpPacket({ from, to, bytes: Uint8Array.of(high, low), identification: 0 });
      seen.add(`${packet[26]}.${packet[27]}`);
    }
  expect(length).toBe(30);
  expect(seen.has('255.255')).toBe(true);
  expect(seen.has('0.0')).toBe(false);
});

test('a zone, which means something on one machine alone, is no part of a packet', () => {
  const [scoped, bare] = ['fe80::1%eth0', 'fe80::1'].map((ip) =>
    udpPacket({
      from: { ip, port: 1 },
      to: { ip: 'fe80::2', port: 2 },
      bytes: Uint8Array.of(1),
      identification: 0,
    }),
  );
  expect(scoped).toEqual(bare);
});

test('the longest datagram fits into a packet', () => {
  const packet = udpPacket({ from, to, bytes: new Uint8Array(65_507), identification: 0 });
  expect([packet[2], packet[3]]).toEqual([255, 255]);
});

test('an IPv6 packet has the layout of RFC 8200, and an IPv4 address in it is mapped', () => {
  const packet = udpPacket({
    from: { ip: '2001:db8::1', port: 1 },
    to,
    bytes: new Uint8Array(3),
    identification: 9,
  });
  expect(Buffer.from(packet.subarray(0, 40)).toString('hex')).toBe(
    ['60000000000b1140', '20010db8000000000000000000000001', '00000000000000000000ffff0a010003'].join(''),
  );
  const pseudoHeader = Uint8Array.of(...packet.subarray(8, 40), 0, 0, 0, 11, 0, 0, 0, 17);
  expect(foldedSum(pseudoHeader, packet.subarray(40))).toBe(0);
});
