import { expect, test } from '@jest/globals';
import { logMaxBytes, pieceCostBytes } from '../../src/protocol/limits.ts';
import { Log } from '../../src/protocol/log.ts';

const newLog = (): Log => new Log(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));

test('numbers lines from 1 and gives each back until it is released', () => {
  const log = newLog();
  for (const ref of ['a', 'b', 'c']) log.append(Uint8Array.of(ref.charCodeAt(0)), ref);
  expect([log.head, log.line(1).ref, log.line(3).ref]).toEqual([3, 'a', 'c']);
  expect(log.releaseThrough(2).map((line) => line.seq)).toEqual([1, 2]);
  expect(log.releaseThrough(2)).toEqual([]);
  expect(log.line(3).ref).toBe('c');
  expect(() => log.line(2)).toThrow('a line that is owed is kept');
  expect(log.releaseThrough(99).map((line) => line.seq)).toEqual([3]);
  expect([log.head, log.costBytes]).toEqual([3, 0]);
});

test('is full at its bound, and has room again when lines are released', () => {
  const log = newLog();
  const line = new Uint8Array(65_536);
  while (log.hasRoomFor(line)) log.append(line, undefined);
  expect(log.costBytes).toBeLessThanOrEqual(logMaxBytes);
  expect(log.costBytes + line.length + pieceCostBytes).toBeGreaterThan(logMaxBytes);
  expect(() => log.append(line, undefined)).toThrow('a full log takes no line');
  log.releaseThrough(1);
  expect(log.hasRoomFor(line)).toBe(true);
});
