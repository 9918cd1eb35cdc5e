import { expect, test } from '@jest/globals';
import { receiveBufferErrors } from '../../../src/relay/report/kernel-drops.ts';

const SNMP = `Ip: Forwarding DefaultTTL
Ip: 1 64
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: 123 4 57 99 56 2 1 0 0
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
UdpLite: 0 0 0 0 7 0 0 0 0
`;

test("the kernel's table gives the datagrams that had no room in a receive buffer", () => {
  expect(receiveBufferErrors(SNMP)).toBe(56);
});

test('a table without that count gives none', () => {
  expect(receiveBufferErrors('Udp: InDatagrams\nUdp: 5\n')).toBeUndefined();
  expect(receiveBufferErrors('')).toBeUndefined();
});
