import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Event } from '../../src/kernel/contract.ts';
import { afterLines, countLines, lineEnds, singlesOf, textsOf } from '../../src/kernel/runs.ts';
import { wirePeerId } from '../../src/wires/common/peer-id.ts';

const peerId = wirePeerId({ ip: '10.0.0.2', port: 1 });

const run = (...texts: readonly string[]) => ({
  bytes: new Uint8Array(Buffer.from(texts.map((text) => `${text}\n`).join(''))),
  count: texts.length,
});

test('messages are a message for each line, with the numbers one after the other', () => {
  const messages: Event = {
    type: 'messages',
    from: 'bob',
    peerId,
    seq: 7,
    at: 1,
    again: true,
    ...run('hé', '', 'c\r'),
  };
  const message = { type: 'message', from: 'bob', peerId, at: 1, again: true };
  expect(singlesOf(messages)).toEqual([
    { ...message, seq: 7, text: 'hé' },
    { ...message, seq: 8, text: '' },
    { ...message, seq: 9, text: 'c\r' },
  ]);
});

test('what becomes of many own lines is told of each', () => {
  const delivered: Event = { type: 'delivered', ref: undefined, seq: 3, to: 'bob', peerId, count: 2 };
  const single = { type: 'delivered', ref: undefined, to: 'bob', peerId };
  expect(singlesOf(delivered)).toEqual([
    { ...single, seq: 3 },
    { ...single, seq: 4 },
  ]);
  const refused: Event = { type: 'refused', ref: undefined, code: 'closing', message: 'm', count: 2 };
  const one = { type: 'refused', ref: undefined, code: 'closing', message: 'm' };
  expect(singlesOf(refused)).toEqual([one, one]);
});

test('any other event stands for itself', () => {
  const events: readonly Event[] = [
    { type: 'queued', ref: 'r', seq: 1 },
    { type: 'warning', code: 'c', message: 'm', count: 3 },
    { type: 'closed', undelivered: 0 },
  ];
  expect(events.flatMap(singlesOf)).toEqual(events);
});

test('the lines of a run are those that it was made of', () => {
  const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), (texts) => {
      const { bytes, count } = run(...texts);
      expect(textsOf({ bytes, count })).toEqual(texts);
    }),
  );
});

test('a run that has not as many lines as it says is a fault of ours', () => {
  expect(() => textsOf({ ...run('a', 'b'), count: 3 })).toThrow('as many lines as it says');
});

test('where the lines of a run end is found for all of them, or the run is refused', () => {
  const bytes = new TextEncoder().encode('one\n\nthree\n');
  expect([...lineEnds({ bytes, count: 3 })]).toEqual([4, 5, 11]);
  expect([countLines(bytes), afterLines(bytes, 0), afterLines(bytes, 2)]).toEqual([3, 0, 5]);
  expect(() => lineEnds({ bytes, count: 2 })).toThrow('a run ends with its last line');
  expect(() => lineEnds({ bytes, count: 4 })).toThrow('a run has as many line feeds as lines');
});
