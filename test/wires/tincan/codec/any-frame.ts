/** Frames for property tests. */
import * as fc from 'fast-check';
import type { AckFrame, Frame } from '../../../../src/wires/tincan/codec/frames.ts';
import { ackRangesMax, fragmentMinBytes, linesPerFrameMax } from '../../../../src/wires/tincan/limits.ts';
import { lineMaxBytes, nameMaxBytes } from '../../../../src/kernel/limits.ts';

const number = fc.oneof(
  fc.nat(63),
  fc.nat(20_000),
  fc.nat(0x7fff_ffff),
  fc.nat({ max: 2 ** 31 }).map((n) => n * 2 ** 20),
);
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const ack: fc.Arbitrary<AckFrame> = fc
  .record({
    steps: fc.nat(100_000),
    runs: fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { minLength: 1, maxLength: ackRangesMax }),
  })
  .map(({ steps, runs }) => {
    let to = 100_000;
    const ranges = runs.map(([gap, length]) => {
      const range = { from: to - length, to };
      to -= length + gap + 2;
      return range;
    });
    return { type: 'ack', ranges, delayMs: steps * 0.008 };
  });

const whole = { type: 'line', offset: 0, fin: true } as const;

/** Any frame that may be sent. */
export const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.constantFrom<Frame>({ type: 'ping' }, { type: 'immediate-ack' }),
  ack,
  fc
    .record({
      logId: bytesOf(8).filter((id) => id.some((byte) => byte !== 0)),
      start: number,
      lines: fc.nat(1_000_000),
      followedLogId: bytesOf(8),
      held: number,
      more: fc.nat(1_000_000),
    })
    .map(({ logId, start, lines, followedLogId, held, more }) => ({
      type: 'resume' as const,
      logId,
      start: start + 1,
      head: start + lines,
      followedLogId,
      held,
      known: held + more,
    })),
  fc.record({ type: fc.constant('receipt' as const), seq: number, creditBytes: number }),
  fc
    .record({
      publicKey: bytesOf(32),
      ip: fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::1:0:2')),
      port: fc.integer({ min: 1, max: 65_535 }),
    })
    .map(({ publicKey, ip, port }) => ({ type: 'introduce' as const, publicKey, address: { ip, port } })),
  fc.record({
    type: fc.constantFrom('path-challenge' as const, 'path-response' as const),
    token: bytesOf(8),
  }),
  fc.record({ type: fc.constant('close' as const), code: number }),
  fc
    .record({
      seq: number,
      offset: fc.nat(lineMaxBytes - 300),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      kind: fc.constantFrom('room' as const, 'private' as const),
      fin: fc.boolean(),
    })
    .map(({ seq, fin, ...piece }) => ({
      ...piece,
      fin: fin || piece.bytes.length < fragmentMinBytes,
      type: 'line' as const,
      seq: seq + 1,
    })),
  fc
    .record({ seq: number, bytes: fc.uint8Array({ minLength: 1, maxLength: nameMaxBytes }) })
    .map(({ seq, bytes }) => ({ ...whole, kind: 'name' as const, seq: seq + 1, bytes })),
  fc
    .record({
      seq: number,
      lines: fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: linesPerFrameMax }),
    })
    .map(({ seq, lines }) => ({
      type: 'lines' as const,
      seq: seq + 1,
      count: lines.length,
      bytes: Uint8Array.from(lines.flatMap((line) => [...line.filter((byte) => byte !== 10), 10])),
    })),
  number.map((seq) => ({
    ...whole,
    kind: 'withheld' as const,
    seq: seq + 1,
    bytes: new Uint8Array(0),
  })),
);
