import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  packetHeaderBytes,
  packetOverheadBytes,
  replayWindowPackets,
} from '../../../../src/wires/tincan/limits.ts';
import { PacketOpener, PacketSealer, ReplayWindow } from '../../../../src/wires/tincan/delivery/packet.ts';
import type { ReplayVerdict } from '../../../../src/wires/tincan/delivery/packet.ts';
import { writeUint32 } from '../../../../src/kernel/bytes.ts';
import { parseDatagram } from '../../../../src/wires/tincan/codec/datagram.ts';
import { nodeCrypto } from '../../../../src/runtime/crypto.ts';
import { flipped } from '../handshake/handshake-pair.ts';

const key = new Uint8Array(32).fill(3);
const receiverIndex = 0xfeed_beef;
const frames = Uint8Array.from(Buffer.from('some frames'));

function newSealer(crypto = nodeCrypto): PacketSealer {
  return new PacketSealer({ sendKey: key, receiverIndex, crypto });
}

function newOpener(): PacketOpener {
  return new PacketOpener({ receiveKey: key, crypto: nodeCrypto });
}

test('a packet carries its frames, at 25 bytes more, under its receiver index', () => {
  const { bytes, packetNumber } = newSealer().seal(frames);
  expect(packetOverheadBytes).toBe(25);
  expect(bytes.length).toBe(frames.length + 25);
  expect(parseDatagram(bytes)).toEqual({ type: 'data', receiverIndex, bytes });
  expect(Buffer.from(bytes).includes(Buffer.from(frames))).toBe(false);
  expect(newOpener().open(bytes)).toEqual({ type: 'opened', packetNumber, frames, newest: true });
});

test('any frames come back as they went, in any order of arrival, each once', () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { minLength: 1, maxLength: 20 })
        .chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })),
        ),
      ([all, order]) => {
        const sealer = newSealer();
        const opener = newOpener();
        const packets = all.map((plaintext) => sealer.seal(plaintext));
        let highest = -1;
        for (const index of order) {
          const packet = packets[index];
          if (packet === undefined) throw new Error('the order names packets that there are');
          const { packetNumber } = packet;
          const newest = packetNumber > highest;
          highest = Math.max(highest, packetNumber);
          expect(opener.open(packet.bytes)).toEqual({
            type: 'opened',
            packetNumber,
            frames: all[index],
            newest,
          });
          expect(opener.open(packet.bytes)).toEqual({ type: 'dropped', reason: 'duplicate' });
        }
      },
    ),
  );
});

test('with any bit turned over, a packet is dropped and changes nothing', () => {
  const opener = newOpener();
  const { bytes } = newSealer().seal(frames);
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const forged = flipped(bytes, bit);
    // Type and index lead elsewhere before any key is asked; the tag covers them all the same.
    expect(opener.open(forged)).toEqual({ type: 'dropped', reason: 'forged' });
  }
  expect(opener.open(bytes)).toMatchObject({ type: 'opened', newest: true });
});

test('any bytes with the shape of a packet are dropped without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: packetOverheadBytes + 1, maxLength: 200 }), (bytes) => {
      expect(newOpener().open(bytes)).toEqual({ type: 'dropped', reason: 'forged' });
    }),
  );
});

test('a packet under another key is dropped', () => {
  const other = new PacketOpener({ receiveKey: new Uint8Array(32), crypto: nodeCrypto });
  expect(other.open(newSealer().seal(frames).bytes)).toEqual({ type: 'dropped', reason: 'forged' });
});

test('a packet that comes after a whole replay window is dropped, and so is its copy', () => {
  const sealer = newSealer();
  const opener = newOpener();
  const first = sealer.seal(frames);
  let last = sealer.seal(frames);
  while (last.packetNumber <= replayWindowPackets) last = sealer.seal(frames);
  expect(opener.open(last.bytes).type).toBe('opened');
  expect(opener.open(first.bytes)).toEqual({ type: 'dropped', reason: 'too-old' });
});

test('no packet number is used twice, and some are skipped; an ack of one of those is known for a lie', () => {
  const sealer = newSealer();
  let previous = -1;
  let skips = 0;
  for (let count = 0; count < 5_000; count += 1) {
    const { packetNumber } = sealer.seal(Uint8Array.of(1));
    expect(packetNumber).toBeGreaterThan(previous);
    expect(sealer.acknowledgesUnsent(packetNumber, packetNumber)).toBe(false);
    for (let skipped = previous + 1; skipped < packetNumber; skipped += 1) {
      skips += 1;
      expect(sealer.acknowledgesUnsent(skipped, skipped)).toBe(true);
      expect(sealer.acknowledgesUnsent(Math.max(previous, 0), packetNumber)).toBe(true);
    }
    previous = packetNumber;
  }
  // About one in 128: 39 of 5,000, give or take.
  expect(skips).toBeGreaterThan(15);
  expect(skips).toBeLessThan(100);
  // The next number may be one that is skipped, which is never sent either.
  expect(sealer.acknowledgesUnsent(previous + 1, previous + 1)).toBe(true);
  expect(sealer.acknowledgesUnsent(previous, previous + 1)).toBe(true);
});

test('no packet has a number beyond the four bytes of its header, however far its sender jumps', () => {
  const opener = newOpener();
  const aead = nodeCrypto.aead(key);
  const sealedUnder = (packetNumber: number): Uint8Array => {
    const { bytes: header } = newSealer().seal(frames);
    writeUint32(header, 5, packetNumber % 2 ** 32);
    const bytes = aead.seal(packetNumber, header.subarray(0, packetHeaderBytes), frames, packetHeaderBytes);
    bytes.set(header.subarray(0, packetHeaderBytes));
    return bytes;
  };
  const jumps = [0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 2 ** 31, 2 ** 33 - 5].map(
    (packetNumber) => opener.open(sealedUnder(packetNumber)).type,
  );
  expect(jumps).toEqual(['opened', 'opened', 'opened', 'dropped', 'dropped', 'dropped']);
});

test('the header is in the clear and nothing else is: 9 bytes', () => {
  const sealer = newSealer();
  const [first, second] = [sealer.seal(frames), sealer.seal(frames)];
  expect(first.bytes.subarray(0, 5)).toEqual(second.bytes.subarray(0, 5));
  expect(first.bytes.subarray(packetHeaderBytes)).not.toEqual(second.bytes.subarray(packetHeaderBytes));
});

test('an empty packet is our own bug on the way out, and not a packet on the way in', () => {
  expect(() => newSealer().seal(new Uint8Array(0))).toThrow('at least one frame');
  expect(parseDatagram(newSealer().seal(frames).bytes.subarray(0, 25)).type).toBe('unknown');
});

// ---- Replays --------------------------------------------------------------------------------------------------------

/** The same by a set that forgets nothing: too slow and too large, but plainly right. */
class NaiveWindow {
  readonly #seen = new Set<number>();
  #newest = -1;

  check(packetNumber: number): ReplayVerdict {
    if (packetNumber <= this.#newest - replayWindowPackets) return 'too-old';
    return this.#seen.has(packetNumber) ? 'duplicate' : 'fresh';
  }

  commit(packetNumber: number): void {
    this.#seen.add(packetNumber);
    this.#newest = Math.max(this.#newest, packetNumber);
  }
}

test('the replay window says what a set of all numbers would say, however the numbers jump', () => {
  const verdicts = new Map<ReplayVerdict, number>();
  // Steps from the newest number: mostly near, sometimes at the window's far edge, sometimes far ahead.
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -70, max: 70 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, -1, -31, -32, -33) },
    { weight: 3, arbitrary: fc.integer({ min: -replayWindowPackets - 3, max: -replayWindowPackets + 3 }) },
    { weight: 2, arbitrary: fc.integer({ min: -replayWindowPackets, max: replayWindowPackets * 2 }) },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(0, 2 ** 31, 2 ** 32 - 40),
      fc.array(step, { minLength: 20, maxLength: 200 }),
      (start, steps) => {
        const window = new ReplayWindow();
        const naive = new NaiveWindow();
        for (const distance of steps) {
          const packetNumber = Math.max(0, Math.max(window.newest, start) + distance);
          const verdict = window.check(packetNumber);
          verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
          expect(verdict).toBe(naive.check(packetNumber));
          if (verdict !== 'fresh') continue;
          window.commit(packetNumber);
          naive.commit(packetNumber);
        }
      },
    ),
    { numRuns: 300 },
  );
  for (const verdict of ['fresh', 'duplicate', 'too-old'] as const) {
    expect(verdicts.get(verdict) ?? 0).toBeGreaterThan(100);
  }
});

test('checking a number changes nothing, so that a forged one cannot move the replay window', () => {
  const window = new ReplayWindow();
  window.commit(5);
  expect(window.check(2 ** 40)).toBe('fresh');
  expect(window.newest).toBe(5);
  expect(window.check(4)).toBe('fresh');
});

test('the replay window reaches exactly as far back as it says', () => {
  const window = new ReplayWindow();
  window.commit(replayWindowPackets + 99);
  expect(window.check(100)).toBe('fresh');
  expect(window.check(99)).toBe('too-old');
});

test('committing a packet number twice is our own bug', () => {
  const window = new ReplayWindow();
  window.commit(7);
  expect(() => {
    window.commit(7);
  }).toThrow('accepted once');
});

test('a jump over the whole ring of the replay window forgets the place where it began', () => {
  const window = new ReplayWindow();
  window.commit(0);
  // 257 words of 32 bits: 8,224 stands where 0 stood.
  window.commit(8_224 + 40);
  expect(window.check(8_224)).toBe('fresh');
});
