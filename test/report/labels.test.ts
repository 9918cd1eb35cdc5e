import { expect, test } from '@jest/globals';
import { Capture } from '../../src/relay/report/capture.ts';
import type { DirectionName } from '../../src/relay/model/messages.ts';
import { labelsOf } from './labels.ts';

const ALICE = { ip: '10.0.0.2', port: 5000 };
const BOB = { ip: '10.0.1.2', port: 5000 };

test('a datagram is called after its first byte on wire tincan, and after its line on wire plain', () => {
  const capture = captured([
    ['alice>bob', [0x01, 0, 0]],
    ['bob>alice', [0x02]],
    ['alice>bob', [0x40, 9]],
    ['alice>bob', [0x77]],
  ]);
  expect(labelsOf(capture, 'tincan')).toEqual([['handshake 1', 'data', ''], ['handshake 2']]);
  const plain = captured([['bob>alice', [...new TextEncoder().encode('bob 17 ....')]]]);
  expect(labelsOf(plain, 'plain')).toEqual([[], ['line 17']]);
});

/** As the relay writes it: each datagram once as it enters, and once as it leaves. */
function captured(datagrams: readonly (readonly [DirectionName, readonly number[]])[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  const outlet = { hasRoom: true, write: (chunk: Uint8Array) => chunks.push(chunk), flush: () => {} };
  const capture = new Capture({
    outlet: outlet,
    directions: ['alice>bob', 'bob>alice'],
    seed: 7,
    shownTime: (atMs) => atMs,
    maxBytes: Infinity,
    onFull: () => {},
  });
  const counts = new Map<DirectionName, number>();
  for (const [direction, bytes] of datagrams) {
    const index = counts.get(direction) ?? 0;
    counts.set(direction, index + 1);
    const [from, to] = direction === 'alice>bob' ? [ALICE, BOB] : [BOB, ALICE];
    const crossing = { direction, atMs: index, from, to, bytes: Uint8Array.from(bytes) };
    const verdict = { type: 'passed', index, duplicated: false, held: false, corrupted: false } as const;
    capture.record({ type: 'verdict', crossing, verdict });
    capture.record({ type: 'departed', crossing, verdict, copy: 0, afterMs: 0 });
  }
  return Buffer.concat(chunks);
}
