import { expect, test } from '@jest/globals';
import { udpDrops } from './snmp.ts';

const SNMP = `Ip: Forwarding DefaultTTL
Ip: 1 64
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: 1043 2 9 1100 4 1 3 0 0
UdpLite: InDatagrams NoPorts InErrors
UdpLite: 7 7 7
`;

test('a datagram that has its own counter does not count among the other errors as well', () => {
  expect(udpDrops(SNMP)).toEqual({
    InErrors: 2,
    RcvbufErrors: 4,
    SndbufErrors: 1,
    InCsumErrors: 3,
    MemErrors: 0,
  });
});

test('a text without UDP counters is refused', () => {
  expect(() => udpDrops('Ip: 1')).toThrow('no UDP counters');
});
