import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  CookieJar,
  RoomMac,
  SourceRates,
  sourceOf,
} from '../../../../src/wires/tincan/handshake/strangers.ts';
import {
  cookieSecretMs,
  handshakesBurst,
  handshakesPerSecond,
  rateSourcesMax,
} from '../../../../src/wires/tincan/limits.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { alice, flipped, roomKey } from './handshake-pair.ts';

const message = Uint8Array.from(Buffer.from('a handshake message'));

test('whoever has the room key makes and checks the same 16 bytes', () => {
  const mac = new RoomMac(nodeCrypto, roomKey).of(message);
  expect(mac.length).toBe(16);
  expect(new RoomMac(nodeCrypto, Uint8Array.from(roomKey)).fits(mac, message)).toBe(true);
});

test('a mac made with another room key or none, or with any bit turned over, does not fit', () => {
  const room = new RoomMac(nodeCrypto, roomKey);
  const mac = room.of(message);
  expect(new RoomMac(nodeCrypto, new Uint8Array(32).fill(8)).fits(mac, message)).toBe(false);
  expect(new RoomMac(nodeCrypto, undefined).fits(mac, message)).toBe(false);
  for (let bit = 0; bit < 8 * mac.length; bit += 1) expect(room.fits(flipped(mac, bit), message)).toBe(false);
  for (let bit = 0; bit < 8 * message.length; bit += 1)
    expect(room.fits(mac, flipped(message, bit))).toBe(false);
  expect(room.fits(mac.subarray(0, 15), message)).toBe(false);
});

test('open rooms share one key for their macs', () => {
  const mac = new RoomMac(nodeCrypto, undefined).of(message);
  expect(new RoomMac(nodeCrypto, undefined).fits(mac, message)).toBe(true);
});

test('a room key that was not stretched is our own bug', () => {
  expect(() => new RoomMac(nodeCrypto, Uint8Array.of(1, 2, 3))).toThrow('32 bytes');
});

const mac1 = new Uint8Array(16).fill(4);

test('a cookie is accepted from the address and for the message that it was baked for, and no other', () => {
  const jar = new CookieJar(nodeCrypto);
  const cookie = jar.bake(mac1, alice, 0);
  expect(cookie.length).toBe(16);
  expect(jar.accepts(cookie, mac1, alice, 1_000)).toBe(true);
  expect(jar.accepts(cookie, mac1, { ...alice, port: 5001 }, 1_000)).toBe(false);
  expect(jar.accepts(cookie, mac1, { ...alice, ip: '192.0.2.2' }, 1_000)).toBe(false);
  expect(jar.accepts(cookie, flipped(mac1, 5), alice, 1_000)).toBe(false);
  for (let bit = 0; bit < 128; bit += 1)
    expect(jar.accepts(flipped(cookie, bit), mac1, alice, 0)).toBe(false);
  expect(new CookieJar(nodeCrypto).accepts(cookie, mac1, alice, 0)).toBe(false);
});

test('a cookie dies with the secret it was baked with', () => {
  const jar = new CookieJar(nodeCrypto);
  const cookie = jar.bake(mac1, alice, 0);
  expect(jar.accepts(cookie, mac1, alice, cookieSecretMs - 1)).toBe(true);
  expect(jar.accepts(cookie, mac1, alice, cookieSecretMs)).toBe(false);
  expect(jar.accepts(cookie, mac1, alice, cookieSecretMs - 1)).toBe(false);
});

test('a source has its burst at once, and its rate for good', () => {
  const rates = new SourceRates();
  const taken = Array.from({ length: 10 }, () => rates.take('a', 0));
  expect(taken.filter(Boolean)).toHaveLength(handshakesBurst);
  expect(rates.take('b', 0)).toBe(true);
  let count = 0;
  for (let now = 1; now <= 10_000; now += 1) if (rates.take('a', now)) count += 1;
  expect(count).toBe(10 * handshakesPerSecond);
});

test('whatever the times, no window of a second sees more than the rate and one burst', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 120 }), { maxLength: 300 }), (gaps) => {
      const rates = new SourceRates();
      const allowed: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        if (rates.take('a', now)) allowed.push(now);
      }
      for (const start of allowed) {
        const within = allowed.filter((at) => at >= start && at < start + 1_000);
        expect(within.length).toBeLessThanOrEqual(handshakesPerSecond + handshakesBurst);
      }
    }),
  );
});

test('invented sources fill the table and no more, and make room again by themselves', () => {
  const rates = new SourceRates();
  const fill = (now: number, first: number): boolean[] =>
    Array.from({ length: rateSourcesMax }, (_, index) => rates.take(`source ${first + index}`, now));
  expect(fill(0, 0)).not.toContain(false);
  expect(rates.take('one more', 0)).toBe(false);
  expect(fill(1_000, rateSourcesMax)).not.toContain(false);
  expect(rates.take('one more', 1_000)).toBe(false);
});

test('an IPv4 host is one source, and so is an IPv6 /64', () => {
  expect(sourceOf({ ip: '192.0.2.1', port: 1 })).toBe(sourceOf({ ip: '192.0.2.1', port: 2 }));
  expect(sourceOf({ ip: '192.0.2.1', port: 1 })).not.toBe(sourceOf({ ip: '192.0.2.2', port: 1 }));
  expect(sourceOf({ ip: '2001:db8::1', port: 1 })).toBe(
    sourceOf({ ip: '2001:db8::ffff:ffff:ffff:2', port: 1 }),
  );
  expect(sourceOf({ ip: '2001:db8::1', port: 1 })).not.toBe(sourceOf({ ip: '2001:db8:0:1::1', port: 1 }));
  expect(sourceOf({ ip: '::ffff:192.0.2.1', port: 1 })).toBe(sourceOf({ ip: '192.0.2.1', port: 1 }));
  expect(sourceOf({ ip: 'fe80::1%eth0', port: 1 })).toBe(sourceOf({ ip: 'fe80::2%eth1', port: 1 }));
});
