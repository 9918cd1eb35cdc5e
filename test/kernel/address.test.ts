import { expect, test } from '@jest/globals';
import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { addressText, canonicalIp, ipFromBytes, ipToBytes, sameAddress } from '../../src/kernel/address.ts';

test('text becomes bytes and the same text again', () => {
  for (const ip of [
    '0.0.0.0',
    '192.0.2.1',
    '255.255.255.255',
    '::',
    '::1',
    '2001:db8::1',
    '1::',
    'fe80::1:0:0:2',
    '::ffff:192.0.2.1',
  ]) {
    const bytes = ipToBytes(ip);
    expect(bytes === undefined ? undefined : ipFromBytes(bytes)).toBe(ip);
  }
});

test('any 4 or 16 bytes have one text, which is an address', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
      ),
      (bytes) => {
        const text = ipFromBytes(bytes) ?? '';
        expect(isIP(text)).toBe(bytes.length === 4 ? 4 : 6);
        expect(ipToBytes(text)).toEqual(bytes);
      },
    ),
  );
});

test('what is no numeric address is refused', () => {
  for (const wrong of [
    '',
    'bob',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.-4',
    ':::',
    '1::2::3',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::g',
    '1:2:3:4:5:6:7',
  ]) {
    expect([wrong, ipToBytes(wrong)]).toEqual([wrong, undefined]);
  }
  expect(ipFromBytes(new Uint8Array(5))).toBeUndefined();
});

test('addresses are compared by ip and port, and written so that they can be told apart', () => {
  expect(sameAddress({ ip: '::1', port: 1 }, { ip: '::1', port: 1 })).toBe(true);
  expect(sameAddress({ ip: '::1', port: 1 }, { ip: '::1', port: 2 })).toBe(false);
  expect(addressText({ ip: '::1', port: 5000 })).toBe('[::1]:5000');
  expect(addressText({ ip: '192.0.2.1', port: 5000 })).toBe('192.0.2.1:5000');
});

test('each way to write an address has the same one text; a zone stays, and a name has none', () => {
  const texts = {
    '0::1': '::1',
    '0:0:0:0:0:0:0:1': '::1',
    '2001:DB8:0:0::A': '2001:db8::a',
    '::FFFF:127.0.0.1': '127.0.0.1',
    '::ffff:7f00:1': '127.0.0.1',
    'FE80:0::1%eth0': 'fe80::1%eth0',
    '10.0.0.2': '10.0.0.2',
  };
  for (const [written, text] of Object.entries(texts)) expect(canonicalIp(written)).toBe(text);
  for (const name of ['localhost', '10.0.0', '', '%eth0']) expect(canonicalIp(name)).toBeUndefined();
});
