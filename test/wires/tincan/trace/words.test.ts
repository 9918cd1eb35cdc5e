import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LineFrame } from '../../../../src/wires/tincan/codec/frames.ts';
import { traceFramesMax } from '../../../../src/wires/tincan/limits.ts';
import { utf8Encode } from '../../../../src/kernel/text.ts';
import { repeatWords, traceWords } from '../../../../src/wires/tincan/trace/words.ts';
import type { TraceEvent } from '../../../../src/wires/tincan/trace/trace.ts';
import { frame } from '../codec/any-frame.ts';

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

const at = 0;
const address = { ip: '192.0.2.1', port: 5000 };
const ids = { at, peer: '9f86-d081', session: 1 };
const packet = { ...ids, packetNumber: 17, bytes: 60, frames: [line({})] };
const sent = { type: 'packet-sent', ...packet, to: address, probe: false, repeats: [] } as const;
const lost = {
  type: 'packet-lost',
  ...ids,
  packetNumber: 4,
  bytes: 60,
  sign: 'ack-gap',
  agoMs: 111.7,
  lines: [],
} as const;

describe('what happens is told as', () => {
  test.each<[string, string, TraceEvent]>([
    ['out', 'packet 17 (60 B): LINE 4 (12 B)', sent],
    ['out', 'probe, packet 17 (60 B): LINE 4 (12 B)', { ...sent, probe: true }],
    ['in', 'packet 17 (60 B): LINE 4 (12 B)', { type: 'packet-received', ...packet, from: address }],
    ['note', 'packet 4 lost: later ones have arrived, this one has not; it carried no line', lost],
    [
      'note',
      'packet 4 lost: a later one has arrived, this one has not within 112 ms; line 2 will be sent again',
      { ...lost, sign: 'timer', lines: [{ seq: 2, fate: 'goes-again', packetNumber: undefined }] },
    ],
    [
      'note',
      'packet 4 lost: later ones have arrived, this one has not; ' +
        'lines 2 and 4 will be sent again; line 3 had arrived in packet 6; line 5 is under way in another packet, too',
      {
        ...lost,
        lines: [
          { seq: 2, fate: 'goes-again', packetNumber: undefined },
          { seq: 3, fate: 'arrived', packetNumber: 6 },
          { seq: 4, fate: 'goes-again', packetNumber: undefined },
          { seq: 5, fate: 'under-way', packetNumber: undefined },
        ],
      },
    ],
    [
      'in',
      'dropped 60 B from 192.0.2.1:5000: its sender does not know the room key',
      { type: 'datagram-dropped', at, from: address, bytes: 60, reason: 'bad-mac1' },
    ],
    [
      'out',
      'handshake message 1 to 192.0.2.1:5000: asks for a session',
      { type: 'handshake', at, role: 'initiator', step: 'sent-1', address },
    ],
    [
      'note',
      'no answer at the new address; back to 192.0.2.1:5000',
      { type: 'path', at, peer: '', step: 'reverted', address },
    ],
  ])('what happens (%s) is told as: %s', (direction, text, event) => {
    expect(traceWords(event)).toEqual({ direction, text });
  });

  test('each repair is told: which packet was lost, which line went again, in which packet, how much later', () => {
    const gap = { cause: 'ack-gap', packetBefore: 4, laterMs: 131.6 } as const;
    const probe = { seq: 5, cause: 'probe', packetBefore: 8, laterMs: 300 } as const;
    const piggyback = { seq: 9, cause: 'piggyback', packetBefore: 16, laterMs: 40 } as const;
    // Line 2 went in two pieces.
    const repeats = [{ ...gap, seq: 2 }, probe, { ...gap, seq: 3 }, { ...gap, seq: 2 }, piggyback];
    expect(repeatWords({ ...sent, repeats }).map(({ direction, text }) => [direction, text])).toEqual([
      ['note', 'packet 4 lost, lines 2 and 3 sent again in packet 17, 132 ms later'],
      ['note', 'packet 8 not acknowledged yet, line 5 sent again in packet 17 as a probe, 300 ms later'],
      ['note', 'packet 17 had room, line 9 sent again in it, 40 ms after packet 16, in case that is lost'],
    ]);
    expect(repeatWords(sent)).toEqual([]);
  });

  test('a packet is told as a line of bounded length, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 50 }), (frames) => {
        const { text } = traceWords({ type: 'packet-received', ...packet, frames, from: address });
        expect(text.includes(`and ${frames.length - traceFramesMax} more frames`)).toBe(
          frames.length > traceFramesMax,
        );
        // The longest frame is an ACK of 32 ranges.
        expect(text.length).toBeLessThan(traceFramesMax * 32 * 40);
      }),
    );
  });
});
