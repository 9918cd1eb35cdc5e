import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Status } from '../../src/kernel/contract.ts';
import { readStatus } from '../../src/runtime/status-answer.ts';
import { wirePeerId } from '../../src/wires/common/peer-id.ts';
import { peersTable, statsTable } from '../../src/ui/words/tables.ts';
import { toJson } from '../../src/ui/pipe/json-output.ts';

const STATUS: Status = {
  type: 'status',
  name: 'alice',
  wire: 'tincan',
  address: { ip: '127.0.0.1', port: 5000 },
  said: 3,
  peers: [
    {
      name: 'bob',
      peerId: wirePeerId({ ip: '::1', port: 5001 }),
      address: { ip: '::1', port: 5001 },
      state: 'open',
      linesSent: 1,
      linesReceived: 2,
      figures: { rttMs: 0.5 },
    },
    {
      name: 'carol',
      peerId: undefined,
      address: undefined,
      state: 'resolving',
      linesSent: 0,
      linesReceived: 0,
      figures: {},
    },
  ],
};

/** `value` with one value in it, at any depth, replaced by one of the others: all of these. */
function replaced(value: unknown, others: readonly unknown[]): unknown[] {
  if (typeof value !== 'object' || value === null) return [...others];
  const keys = Object.keys(value);
  return keys.flatMap((key) =>
    replaced(Object.getOwnPropertyDescriptor(value, key)?.value, others).map((other) =>
      Array.isArray(value)
        ? value.map((item, index) => (String(index) === key ? other : item))
        : { ...value, [key]: other },
    ),
  );
}

test('the answer of a node is its status', () => {
  expect(readStatus(JSON.stringify(STATUS))).toEqual(STATUS);
});

test('an answer in which something has another type or is missing is no status', () => {
  const wrong = replaced(STATUS, [null, [], {}, true]).map((answer) => JSON.stringify(answer));
  expect(wrong.length).toBeGreaterThan(60);
  expect(wrong.filter((answer) => readStatus(answer) !== undefined)).toEqual([]);
  for (const field of Object.keys(STATUS))
    expect(readStatus(JSON.stringify({ ...STATUS, [field]: undefined }))).toBeUndefined();
});

test('whatever answers, reading and showing it neither fails nor writes a control character', () => {
  const evil = fc.string({ unit: 'binary' });
  const status = fc.record({
    type: fc.constant('status'),
    name: evil,
    wire: fc.oneof(fc.constant('tincan'), fc.constant('__proto__'), evil),
    address: fc.record({ ip: evil, port: fc.oneof(fc.double(), evil) }),
    said: fc.oneof(fc.double(), fc.constant('\u001B[2J')),
    peers: fc.array(
      fc.record({
        name: evil,
        peerId: evil,
        address: fc.record({ ip: evil, port: fc.nat() }),
        state: fc.oneof(fc.constant('open'), evil),
        linesSent: fc.nat(),
        linesReceived: fc.oneof(fc.nat(), evil),
        figures: fc.dictionary(evil, fc.oneof(fc.double(), evil)),
      }),
    ),
  });
  fc.assert(
    fc.property(fc.oneof(status, fc.jsonValue()), (answer) => {
      const read = readStatus(JSON.stringify(answer));
      if (read === undefined) return;
      const shown = [...peersTable(read, true), ...statsTable(read, 80)];
      for (const row of shown) expect(row).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      expect(() => JSON.parse(toJson(read))).not.toThrow();
    }),
    { numRuns: 500 },
  );
});
