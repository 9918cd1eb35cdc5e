import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Event, PeerId } from '../../src/kernel/contract.ts';
import { wirePeerId } from '../../src/wires/common/peer-id.ts';
import { packRuns, unpackRuns } from '../../src/runtime/event-runs.ts';

const seq = fc.integer({ min: 1, max: 4 });
const ref = fc.constantFrom(undefined, 'a', 1);
const peer = fc.constantFrom('bob', 'carol').map((name) => ({ name, peerId: peerIdOf(name) }));
const anEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('queued' as const), ref, seq }),
  fc.record({ type: fc.constant('sent' as const), ref, seq }),
  fc.tuple(peer, ref, seq).map(([{ name, peerId }, mark, number]) => ({
    type: 'delivered' as const,
    ref: mark,
    seq: number,
    to: name,
    peerId,
  })),
  fc
    .tuple(peer, seq, fc.constantFrom(1, 2), fc.string(), fc.constantFrom({}, { private: true as const }))
    .map(([{ name, peerId }, number, at, text, more]) => ({
      type: 'message' as const,
      from: name,
      peerId,
      seq: number,
      at,
      text,
      ...more,
    })),
  fc.constant<Event>({ type: 'warning', code: 'any', message: 'any' }),
);

test('events come out of their runs as they went in, one by one and in order', () => {
  fc.assert(
    fc.property(fc.array(anEvent, { maxLength: 40 }), (events) => {
      expect(unpackRuns(structuredClone(packRuns(events)))).toEqual(events);
    }),
  );
});

test('a pipe’s lines cross as one object: their answers, and their texts', () => {
  const numbers = Array.from({ length: 500 }, (_, index) => index + 1);
  const lines = numbers.map((number): Event => ({
    type: 'message',
    from: 'bob',
    peerId: peerIdOf('bob'),
    seq: number,
    at: 1,
    text: `line ${number}`,
  }));
  const answers = numbers.map((number): Event => ({ type: 'queued', ref: undefined, seq: number }));
  expect(packRuns([...answers, ...lines])).toHaveLength(2);
});

function peerIdOf(name: string): PeerId {
  return wirePeerId({ ip: name, port: 1 });
}
