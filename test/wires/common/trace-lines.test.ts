import { expect, test } from '@jest/globals';
import type { Event } from '../../../src/kernel/contract.ts';
import { traceLinesMax, traceWindowMs } from '../../../src/wires/common/limits.ts';
import { TraceLines } from '../../../src/wires/common/trace-lines.ts';

function told(): { lines: TraceLines; texts: string[]; built: () => number; tell: (now: number) => void } {
  const texts: string[] = [];
  let built = 0;
  const lines = new TraceLines((event: Event) => {
    if (event.type === 'trace') texts.push(event.text);
  });
  const tell = (now: number): void =>
    lines.tell(now, () => {
      built += 1;
      return { direction: 'out', peer: 'bob', text: `line ${built}` };
    });
  return { lines, texts, built: () => built, tell };
}

test('a few trace lines are told as they come, and nothing is owed after them', () => {
  const { lines, texts, tell } = told();
  for (let count = 0; count < traceLinesMax; count += 1) tell(1_000);
  expect(texts).toHaveLength(traceLinesMax);
  expect(lines.deadline).toBeUndefined();
});

test('of many trace lines, some are told and the rest is counted when the while is over; no word of the rest is built', () => {
  const { lines, texts, built, tell } = told();
  for (let count = 0; count < 100; count += 1) tell(1_000);
  expect([texts.length, built()]).toEqual([traceLinesMax, traceLinesMax]);
  expect(lines.deadline).toBe(1_000 + traceWindowMs);
  lines.onTimeout(1_000 + traceWindowMs - 1);
  expect(texts).toHaveLength(traceLinesMax);
  lines.onTimeout(1_000 + traceWindowMs);
  expect(texts.at(-1)).toBe(`… and ${100 - traceLinesMax} more`);
  expect(lines.deadline).toBeUndefined();
});

test('the count of trace lines left out comes before the next line, where that comes first, and at once where nothing follows', () => {
  const { lines, texts, tell } = told();
  for (let count = 0; count < traceLinesMax + 2; count += 1) tell(1_000);
  tell(5_000);
  expect(texts.slice(-2)).toEqual(['… and 2 more', `line ${traceLinesMax + 1}`]);
  for (let count = 0; count < traceLinesMax; count += 1) tell(5_000);
  lines.stop(5_001);
  expect(texts.at(-1)).toBe('… and 1 more');
});
