/** The two decoders of frames, side by side: they read the same, and refuse the same. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeFrames, encodeFrames } from '../../src/wires/tincan/codec/frame-table.ts';
import type { Frame as ProductFrame } from '../../src/wires/tincan/codec/frames.ts';
import { ipToBytes } from '../../src/kernel/address.ts';
import { frame as anyFrame } from '../wires/tincan/codec/any-frame.ts';
import { NotTheSpecification } from './check.ts';
import { readFrames } from './frames.ts';
import type { Frame } from './frames.ts';

/** What the second decoder reads; undefined where it refuses. */
function second(bytes: Uint8Array): readonly Frame[] | undefined {
  try {
    return readFrames(bytes);
  } catch (error) {
    if (error instanceof NotTheSpecification) return undefined;
    throw error;
  }
}

/** What the product reads, in the second decoder's words; undefined where it refuses. */
function first(bytes: Uint8Array): readonly Frame[] | undefined {
  const decoded = decodeFrames(bytes);
  return decoded.ok ? decoded.frames.map(inOtherWords) : undefined;
}

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

function inOtherWords(frame: ProductFrame): Frame {
  switch (frame.type) {
    case 'ping':
      return { type: 'ping' };
    case 'receipt':
    case 'close':
      return frame;
    case 'immediate-ack':
      return { type: 'immediateAck' };
    case 'ack': {
      const ranges = frame.ranges.map(({ from, to }) => ({ smallest: from, largest: to }));
      return { type: 'ack', delaySteps: Math.round(frame.delayMs / 0.008), ranges };
    }
    case 'resume': {
      const { start, head, held, known } = frame;
      const [log, followed] = [hex(frame.logId), hex(frame.followedLogId)];
      return { type: 'resume', log, start, head, followed, held, known };
    }
    case 'introduce': {
      const { ip, port } = frame.address;
      return { type: 'introduce', key: hex(frame.publicKey), ip: hex(ipToBytes(ip)), port };
    }
    case 'path-challenge':
      return { type: 'pathChallenge', token: hex(frame.token) };
    case 'path-response':
      return { type: 'pathResponse', token: hex(frame.token) };
    case 'line': {
      const { kind, seq, offset, fin } = frame;
      const bytes = Uint8Array.from(frame.bytes);
      if (kind === 'name') return { type: 'name', seq, name: bytes };
      if (kind === 'withheld') return { type: 'withheld', seq };
      return { type: 'line', isPrivate: kind === 'private', seq, offset, last: fin, bytes };
    }
    case 'lines': {
      // One byte a character, whatever the bytes.
      const lines = Buffer.from(frame.bytes).toString('latin1').split('\n').slice(0, -1);
      return {
        type: 'lines',
        seq: frame.seq,
        lines: lines.map((line) => Uint8Array.from(Buffer.from(line, 'latin1'))),
      };
    }
  }
}

describe('the decoder that was written from the specification', () => {
  test('the decoder that was written from the specification reads what the product encodes as what it is', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 20 }), (frames) => {
        expect(second(encodeFrames(frames))).toEqual(frames.map(inOtherWords));
      }),
    );
  });

  test('the decoder that was written from the specification reads and refuses what the product reads and refuses, whatever the bytes', () => {
    // Small values come often: they are types, lengths and counts, and get far into a frame.
    const byte = fc.oneof(fc.nat(0x16), fc.nat(0xff));
    const bytes = fc.array(byte, { maxLength: 100 }).map((values) => Uint8Array.from(values));
    fc.assert(
      fc.property(bytes, (any) => {
        expect(second(any)).toEqual(first(any));
      }),
      { numRuns: 5_000 },
    );
  });

  test('the decoder that was written from the specification agrees with the product on a packet with one byte changed, left out or put in', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.nat(2),
        fc.array(fc.nat(0xff), { maxLength: 2 }),
        (frames, draw, removed, put) => {
          const changed = [...encodeFrames(frames)];
          changed.splice(draw % changed.length, removed, ...put);
          const bytes = Uint8Array.from(changed);
          expect(second(bytes)).toEqual(first(bytes));
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

/** Written by hand from the specification: what a receiver must refuse. */
describe.each([
  ['nothing at all', ''],
  ['a type that there is not', '7f'],
  ['padding', '0100'],
  ['257 frames', '01'.repeat(257)],
  ['a varint that could be shorter', '0a4005'],
  ['a varint above 2^53 - 1', '0ac020000000000000'],
  ['line 0', '1100000141'],
  ['an empty piece in the middle of a line', '10010000'],
  ['a piece of 127 bytes in the middle of a line', `100100407f${'61'.repeat(127)}`],
  ['a private piece of 127 bytes in the middle of a line', `120100407f${'61'.repeat(127)}`],
  ['an empty last piece of a line that is not empty', '11010500'],
  ['a piece beyond 65,536 bytes', '1001800100000141'],
  ['a piece cut short', '1101000241'],
  ['a private line 0', '1300000141'],
  ['a name without a letter', '140100'],
  ['a name of 65 bytes', `140141${'61'.repeat(65)}`],
  ['a name cut short', '14010261'],
  ['a withheld line 0', '1500'],
  ['lines from line 0 on', '1600020a0a'],
  ['no lines', '160100'],
  ['lines without a line feed at their end', '160103610a62'],
  ['lines cut short', '1601030a0a'],
  ['lines beyond line 2^53 - 1', '16c01fffffffffffff020a0a'],
  ['65 lines', `16014041${'0a'.repeat(65)}`],
  ['an ack of packet -1', '0301000002'],
  ['33 ranges', `03bfffffff002000${'0000'.repeat(32)}`],
  ['an ack delayed by 2^30 steps', '0301c0000000400000000000'],
  ['a log without an id', `04${'00'.repeat(8)}0100${'00'.repeat(8)}00`],
  ['a log that begins with line 0', `04${'01'.repeat(8)}0000${'00'.repeat(8)}00`],
  ['a log with a head above 2^53 - 1', `04${'01'.repeat(8)}03c01fffffffffffff${'00'.repeat(8)}00`],
  ['an introduction to port 0', `06${'09'.repeat(32)}c00002010000`],
  ['an introduction of a mapped IPv4 address', `07${'09'.repeat(32)}${'00'.repeat(10)}ffffc00002011388`],
])('a packet with %s', (_what, bytes) => {
  const packet = Uint8Array.from(Buffer.from(bytes, 'hex'));

  test('a packet that breaks the rules is refused by the second decoder', () => {
    expect(() => readFrames(packet)).toThrow(NotTheSpecification);
  });

  test('a packet that breaks the rules is refused by the product', () => {
    expect(decodeFrames(packet).ok).toBe(false);
  });
});
