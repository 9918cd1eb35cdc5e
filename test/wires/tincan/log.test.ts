import { expect, test } from '@jest/globals';
import { logMaxBytes, pieceCostBytes } from '../../../src/wires/tincan/limits.ts';
import { Log } from '../../../src/wires/tincan/log.ts';
import type { LogContent } from '../../../src/wires/tincan/log.ts';

const line = (bytes: Uint8Array, ref?: string): LogContent => ({ type: 'line', bytes, ref, to: undefined });
const newLog = (): Log => new Log(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));

test('the log numbers lines from 1 and gives each back until it is released', () => {
  const log = newLog();
  for (const ref of ['a', 'b', 'c']) log.append(line(Uint8Array.of(ref.charCodeAt(0)), ref));
  expect([log.head, log.entry(1), log.entry(3)]).toMatchObject([3, { ref: 'a' }, { ref: 'c' }]);
  expect(log.releaseThrough(2).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(log.releaseThrough(2)).toEqual([]);
  expect(log.entry(3)).toMatchObject({ ref: 'c' });
  expect(() => log.entry(2)).toThrow('an entry that is owed is kept');
  expect(log.releaseThrough(99).map(({ seq }) => seq)).toEqual([3]);
  expect([log.head, log.costBytes]).toEqual([3, 0]);
});

test('the log is full at its bound, and has room again when lines are released', () => {
  const log = newLog();
  const long = new Uint8Array(65_536);
  while (log.hasRoomFor(long)) log.append(line(long));
  expect(log.costBytes).toBeLessThanOrEqual(logMaxBytes);
  expect(log.costBytes + long.length + pieceCostBytes).toBeGreaterThan(logMaxBytes);
  expect(() => log.append(line(long))).toThrow('a full log takes no entry');
  log.releaseThrough(1);
  expect(log.hasRoomFor(long)).toBe(true);
});
