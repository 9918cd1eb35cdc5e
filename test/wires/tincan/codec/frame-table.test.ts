import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  decodeFrames,
  encodeFrames,
  frameBytes,
  frameWords,
  isAckEliciting,
  lineOverheadBytes,
} from '../../../../src/wires/tincan/codec/frame-table.ts';
import type { Frame, LineFrame } from '../../../../src/wires/tincan/codec/frames.ts';
import { ackRangesMax, fragmentMinBytes, framesPerPacketMax } from '../../../../src/wires/tincan/limits.ts';
import { utf8Encode } from '../../../../src/kernel/text.ts';
import { frame } from './any-frame.ts';

/** What is accepted, encoded again; what is refused, as it was. */
function recoded(bytes: Uint8Array): Uint8Array {
  const decoded = decodeFrames(bytes);
  return decoded.ok ? encodeFrames(decoded.frames) : bytes;
}

describe('frames', () => {
  test('what is encoded in frames is decoded as it was, in the size that was foretold', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), (frames) => {
        const encoded = encodeFrames(frames);
        expect(encoded).toHaveLength(frames.reduce((sum, each) => sum + frameBytes(each), 0));
        expect(decodeFrames(encoded)).toEqual({ ok: true, frames });
      }),
    );
  });

  test('any bytes are decoded as frames without an exception, and what is accepted has no other encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_500 }), (any) => {
        expect(recoded(any)).toEqual(any);
      }),
      { numRuns: 2_000 },
    );
  });

  test('one changed or missing byte is never read as something with another encoding', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.nat(255),
        (frames, place, value) => {
          const encoded = encodeFrames(frames);
          const changed = encoded.slice(0, encoded.length - (place % 3));
          if (changed.length > 0) changed[place % changed.length] = value;
          expect(recoded(changed)).toEqual(changed);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('an IPv4 address that a socket shows mapped into IPv6 is introduced as what it is', () => {
    const publicKey = new Uint8Array(32);
    const introduce = (ip: string): Frame => ({ type: 'introduce', publicKey, address: { ip, port: 5000 } });
    expect(encodeFrames([introduce('::ffff:192.0.2.1')])).toEqual(encodeFrames([introduce('192.0.2.1')]));
  });

  test('a line is a view: decoding allocates nothing by a declared length', () => {
    const encoded = encodeFrames([
      { type: 'line', kind: 'room', seq: 1, offset: 0, fin: true, bytes: new Uint8Array(500) },
    ]);
    const decoded = decodeFrames(encoded);
    const [line] = decoded.ok ? decoded.frames : [];
    expect(line?.type === 'line' && line.bytes.buffer === encoded.buffer).toBe(true);
    // 64 KiB declared, nothing there.
    expect(decodeFrames(Uint8Array.of(0x11, 1, 0, 0x80, 1, 0, 0))).toEqual({
      ok: false,
      code: 'truncated-frame',
    });
  });
});

describe('a packet with', () => {
  test.each([
    ['nothing at all', [], 'no-frames'],
    ['an unknown type', [0x7f], 'unknown-frame-type'],
    ['the type 0, which padding would be', [0], 'unknown-frame-type'],
    ['a varint longer than it need be', [0x0a, 0x40, 0x05], 'non-canonical-frame'],
    ['a varint above 2^53', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 'non-canonical-frame'],
    ['line 0', [0x11, 0, 0, 1, 65], 'non-canonical-frame'],
    ['an empty piece that ends nothing', [0x10, 1, 0, 0], 'non-canonical-frame'],
    [
      'a piece that ends nothing and is shorter than a piece has to be',
      [0x10, 1, 0, 0x40, fragmentMinBytes - 1, ...new Uint8Array(fragmentMinBytes - 1)],
      'non-canonical-frame',
    ],
    ['an empty last piece of a line that is not empty', [0x11, 1, 5, 0], 'non-canonical-frame'],
    ['a piece beyond the longest line', [0x10, 1, 0x80, 1, 0, 0, 1, 65], 'non-canonical-frame'],
    ['an ack below packet 0', [0x03, 1, 0, 0, 2], 'non-canonical-frame'],
    ['an ack whose second range is below packet 0', [0x03, 4, 0, 1, 0, 5, 0], 'non-canonical-frame'],
    ['an ack of too many ranges', [0x03, 0x3f, 0, ackRangesMax, 0], 'non-canonical-frame'],
    [
      'an introduction to port 0',
      [0x06, ...Array.from({ length: 32 }, () => 9), 10, 0, 0, 1, 0, 0],
      'non-canonical-frame',
    ],
    [
      'an introduction of an IPv4 address mapped into IPv6',
      [0x07, ...Array.from({ length: 42 }, () => 0), 0xff, 0xff, 192, 0, 2, 1, 0x13, 0x88],
      'non-canonical-frame',
    ],
    ['an ack delayed by 2^30 steps', [0x03, 1, 0xc0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0], 'non-canonical-frame'],
    ['a frame cut short', [0x08, 1, 2, 3], 'truncated-frame'],
    ['too many frames', Array.from({ length: framesPerPacketMax + 1 }, () => 1), 'too-many-frames'],
  ])('a packet with %s is refused whole', (_what, wrong, code) => {
    expect(decodeFrames(Uint8Array.from(wrong))).toEqual({ ok: false, code });
  });
});

const bytes = (text: string): Uint8Array => utf8Encode(text) ?? new Uint8Array(0);
const line = (changes: Partial<LineFrame>): LineFrame => ({
  type: 'line',
  kind: 'room',
  seq: 4,
  offset: 0,
  fin: true,
  bytes: bytes('hello, world'),
  ...changes,
});

test.each<[string, Frame]>([
  ['LINE 4 (12 B)', line({})],
  ['private LINE 4 (12 B)', line({ kind: 'private' })],
  ['LINE 4 (bytes 100–111)', line({ offset: 100, fin: false })],
  ['LINE 4 (bytes 100–111, its last)', line({ offset: 100 })],
  ['NAME 4 (alicia)', line({ kind: 'name', bytes: bytes('alicia') })],
  ['WITHHELD 4', line({ kind: 'withheld', bytes: bytes('') })],
  [
    'ACK 9, 3–5',
    {
      type: 'ack',
      delayMs: 0,
      ranges: [
        { from: 9, to: 9 },
        { from: 3, to: 5 },
      ],
    },
  ],
  ['RECEIPT up to 7', { type: 'receipt', seq: 7, creditBytes: 1 }],
  [
    'INTRODUCE 192.0.2.3:5000',
    { type: 'introduce', publicKey: bytes(''), address: { ip: '192.0.2.3', port: 5000 } },
  ],
  ['CLOSE (leaving)', { type: 'close', code: 0 }],
  ['CLOSE (code 99)', { type: 'close', code: 99 }],
  [
    'RESUME from 2 of 6, holds 3',
    { type: 'resume', logId: bytes(''), start: 2, head: 6, followedLogId: bytes(''), held: 3, known: 4 },
  ],
])('a frame is told as “%s”', (words, told) => {
  expect(frameWords(told)).toBe(words);
});

test('only an ACK and a CLOSE ask for no acknowledgement', () => {
  const silent = new Set<string>();
  fc.assert(
    fc.property(frame, (any) => {
      if (!isAckEliciting(any)) silent.add(any.type);
    }),
    { numRuns: 500, examples: [[{ type: 'close', code: 0 }]] },
  );
  expect(silent).toEqual(new Set(['ack', 'close']));
});

test('what a piece of a line takes beside its text is what is foretold', () => {
  fc.assert(
    fc.property(frame, (any) => {
      if (any.type !== 'line' || any.kind === 'name' || any.kind === 'withheld') return;
      const { seq, offset, bytes: text } = any;
      expect(lineOverheadBytes(seq, offset, text.length)).toBe(encodeFrames([any]).length - text.length);
    }),
    { numRuns: 500 },
  );
});
