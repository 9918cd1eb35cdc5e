import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  encodeAnnouncement,
  encodeFinish,
  encodeResponse,
  initPadding,
  parseDatagram,
} from '../../../../src/wires/tincan/codec/datagram.ts';
import { initBytes, protocolVersion } from '../../../../src/wires/tincan/limits.ts';
import { RoomMac } from '../../../../src/wires/tincan/handshake/strangers.ts';
import { PacketSealer } from '../../../../src/wires/tincan/delivery/packet.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { exchange, parsed, roomKey, settingsOf } from '../handshake/handshake-pair.ts';

const packetOf = (receiverIndex: number): Uint8Array =>
  new PacketSealer({ sendKey: roomKey, receiverIndex, crypto: nodeCrypto }).seal(Uint8Array.of(1)).bytes;

function oneOfEachType(): Uint8Array[] {
  const { init, response, finish, session } = exchange();
  const cookie = Uint8Array.of(4, ...new Uint8Array(36));
  const announcement = encodeAnnouncement(new Uint8Array(16), 5000, new RoomMac(nodeCrypto, roomKey));
  return [init, response, finish, cookie, announcement, packetOf(session.remoteIndex), Uint8Array.of(6)];
}

test('any bytes, also behind each type byte, are classified without an error', () => {
  const seen = new Set<string>();
  const type = fc.constantFrom(0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x40, 0x41);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.uint8Array({ minLength: 150, maxLength: 300 }),
    fc
      .uint8Array({ minLength: 150, maxLength: 300 })
      .map((rest) => Uint8Array.of(0, 0, 0, 0, 0, 80, ...rest.subarray(0, 96))),
    fc.uint8Array({ minLength: 1_198, maxLength: 1_199 }),
    fc.constant(Uint8Array.of(1, ...Buffer.alloc(1_198))),
    fc.uint8Array({ minLength: 36, maxLength: 36 }),
  );
  fc.assert(
    fc.property(type, bytes, (first, rest) => {
      seen.add(parseDatagram(Uint8Array.of(first, ...rest)).type);
      seen.add(parseDatagram(rest).type);
    }),
    // Chance may miss a type within its runs: one of each is always among them.
    { numRuns: 500, examples: oneOfEachType().map((whole) => [whole[0] ?? 0, whole.subarray(1)]) },
  );
  expect(seen).toEqual(new Set(['init', 'response', 'finish', 'cookie', 'announcement', 'data', 'unknown']));
  expect(parseDatagram(new Uint8Array(0)).type).toBe('unknown');
});

test('message 1 has exactly 1,200 bytes, with or without a room key', () => {
  for (const key of [roomKey, undefined]) {
    const { init } = exchange(settingsOf({ roomKey: key }), settingsOf({ roomKey: key }));
    expect(init.length).toBe(initBytes);
    expect(parseDatagram(init.subarray(1)).type).toBe('unknown');
    expect(parseDatagram(Uint8Array.of(...init, 0)).type).toBe('unknown');
    expect(parseDatagram(init.subarray(0, initBytes - 1)).type).toBe('unknown');
  }
  expect(initPadding(false).length - initPadding(true).length).toBe(16);
});

test('message 1 of another version is unknown', () => {
  const { init } = exchange();
  init[1] = protocolVersion - 1;
  expect(parseDatagram(init).type).toBe('unknown');
});

test('message 3 may bring a data packet of the same session along, and nothing else', () => {
  const { finish, session } = exchange();
  expect(parsed(finish, 'finish').packet).toBeUndefined();
  const packet = packetOf(session.remoteIndex);
  const together = parsed(Uint8Array.of(...finish, ...packet), 'finish');
  expect(together.packet).toEqual({ type: 'data', receiverIndex: session.remoteIndex, bytes: packet });
  expect(together.covered).toEqual(parsed(finish, 'finish').covered);
  for (const rest of [Uint8Array.of(0), packet.subarray(0, 25), packetOf(session.remoteIndex + 1), finish]) {
    expect(parseDatagram(Uint8Array.of(...finish, ...rest)).type).toBe('unknown');
  }
});

test('a length of message 3 that reaches past the datagram is unknown', () => {
  const { finish } = exchange();
  for (let length = 0; length < finish.length; length += 1) {
    expect(parseDatagram(finish.subarray(0, length)).type).toBe('unknown');
  }
});

test('a message 2 or 3 that no hello within the limits could make is unknown', () => {
  const mac = new RoomMac(nodeCrypto, roomKey);
  const least = { response: 32 + 48 + 4 + 2 + 16, finish: 48 + 2 + 16 };
  const most = { response: least.response - 2 + 1 + 64, finish: least.finish - 2 + 1 + 64 };
  for (const noise of [least.response, most.response]) {
    expect(parseDatagram(encodeResponse(7, new Uint8Array(noise), mac)).type).toBe('response');
  }
  for (const noise of [least.finish, most.finish]) {
    expect(parseDatagram(encodeFinish(7, new Uint8Array(noise), mac)).type).toBe('finish');
  }
  expect(parseDatagram(encodeResponse(7, new Uint8Array(least.response - 1), mac)).type).toBe('unknown');
  expect(parseDatagram(encodeResponse(7, new Uint8Array(most.response + 1), mac)).type).toBe('unknown');
  expect(parseDatagram(encodeFinish(7, new Uint8Array(least.finish - 1), mac)).type).toBe('unknown');
  expect(parseDatagram(encodeFinish(7, new Uint8Array(most.finish + 1), mac)).type).toBe('unknown');
});

test('the text of another program is unknown: a node on this wire never shows a plain datagram', () => {
  expect(parseDatagram(Uint8Array.from(Buffer.from('hello, is anybody there?'))).type).toBe('unknown');
});

test('an announcement has exactly 36 bytes of this version, a port, and a tag over what stands before', () => {
  const nonce = Uint8Array.from({ length: 16 }, (_, index) => index);
  const mac = new RoomMac(nodeCrypto, roomKey);
  const bytes = encodeAnnouncement(nonce, 0x1388, mac);
  expect([...bytes.subarray(0, 20)]).toEqual([5, protocolVersion, ...nonce, 0x13, 0x88]);
  const covered = bytes.subarray(0, 20);
  expect(parseDatagram(bytes)).toEqual({
    type: 'announcement',
    nonce,
    port: 5000,
    covered,
    mac1: mac.of(covered),
  });
  expect(parseDatagram(bytes.subarray(0, 35)).type).toBe('unknown');
  expect(parseDatagram(Uint8Array.of(...bytes, 0)).type).toBe('unknown');
  expect(parseDatagram(bytes.with(1, protocolVersion + 1)).type).toBe('unknown');
  expect(parseDatagram(encodeAnnouncement(nonce, 0, mac)).type).toBe('unknown');
});
