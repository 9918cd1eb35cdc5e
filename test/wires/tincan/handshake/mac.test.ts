import { expect, test } from '@jest/globals';
import { RoomMac } from '../../../../src/wires/tincan/handshake/mac.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { flipped, roomKey } from './handshake-pair.ts';

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
