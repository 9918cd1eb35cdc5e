import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LineFrame } from '../../../../src/wires/tincan/codec/frames.ts';
import { traceFramesMax } from '../../../../src/wires/tincan/limits.ts';
import { utf8Encode } from '../../../../src/kernel/text.ts';
import { traceWords } from '../../../../src/wires/tincan/trace/words.ts';
import type { ToldEvent } from '../../../../src/wires/tincan/trace/words.ts';
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
const packet = { ...ids, packetNumber: 17, keyPhase: 0, bytes: 60, frames: [line({})] };

describe('what happens is told as', () => {
  test.each<[string, string, ToldEvent]>([
    ['out', 'packet 17 (60 B): LINE 4 (12 B)', { type: 'packet-sent', ...packet, to: address, probe: false }],
    [
      'out',
      'probe, packet 17 (60 B): LINE 4 (12 B)',
      { type: 'packet-sent', ...packet, to: address, probe: true },
    ],
    ['in', 'packet 17 (60 B): LINE 4 (12 B)', { type: 'packet-received', ...packet, from: address }],
    [
      'note',
      'packet 17 is taken for lost: what it held goes again, in a new packet',
      { type: 'packet-lost', ...ids, packetNumber: 17, bytes: 60 },
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
