import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type SingleEvent, singlesOf } from '../../../src/kernel/runs.ts';
import { type Told, toJson } from '../../../src/ui/pipe/json-output.ts';
import { alternatives, jsonSchema, problemWith, problemWithOwn } from '../../support/json-contract.ts';
import { eventsWith } from '../events.ts';
import { bobId, message, ready } from '../fakes.ts';

function isTold(event: SingleEvent): event is Told {
  return event.type !== 'queued';
}

const parsed = (event: Told): Record<string, unknown> => JSON.parse(toJson(event));

test('every event, around any text, is in the contract, with no field beyond it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const event of eventsWith(text).flatMap(singlesOf).filter(isTold)) {
        const value = parsed(event);
        expect({ value, problem: problemWithOwn('output', value) }).toEqual({ value, problem: undefined });
      }
    }),
  );
});

test('each kind of output in the contract is one that the face writes, and the other way round', () => {
  const written = eventsWith('x').flatMap(singlesOf).filter(isTold).map(parsed);
  expect(new Set(written.map(({ type }) => type))).toEqual(new Set(alternatives('output')));
  for (const value of written) expect(problemWithOwn(String(value['type']), value)).toBeUndefined();
});

test('the contract is not met by less: each field that it requires can be missed', () => {
  for (const event of eventsWith('x').flatMap(singlesOf).filter(isTold)) {
    const value = parsed(event);
    const required: string[] = jsonSchema['$defs'][String(value['type'])].required;
    for (const field of required) {
      const { [field]: _, ...less } = value;
      expect({ less, problem: problemWith('output', less) }).toMatchObject({ problem: expect.any(String) });
    }
  }
});

test('the first event tells the version of the contract, which is the one in the schema', () => {
  expect(jsonSchema['$id']).toBe(`urn:tincan:json:${String(parsed(ready())['contract'])}`);
});

test('every output is one line without a control character, and a parser reads the exact text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = toJson(message(text));
      expect(json).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(JSON.parse(json)).toMatchObject({ text });
    }),
  );
});

test('times are UTC, an address is one string, and what the wire refused is an error', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  expect(parsed({ type: 'trace', at, direction: 'note', peer: undefined, text: 't' })).toEqual({
    type: 'trace',
    at: '2026-01-02T03:04:05.006Z',
    direction: 'note',
    text: 't',
  });
  expect(
    parsed({ type: 'peer-joined', name: 'bob', peerId: bobId, address: { ip: '::1', port: 7 } }),
  ).toMatchObject({ address: '[::1]:7' });
  expect(parsed({ type: 'refused', ref: 1, code: 'c', message: 'm' })).toEqual({
    type: 'error',
    ref: 1,
    code: 'c',
    message: 'm',
  });
});
