import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { areNumberedLines, endlessLines } from '../../bench/lines.ts';

/** What the command writes first. */
const written = execFileSync('bash', ['-c', `(${endlessLines}) | head -c 123456`], { encoding: 'buffer' });

test('what the command writes are the numbered lines, however it is cut', () => {
  expect(written).toHaveLength(123_456);
  expect(areNumberedLines(written, 0)).toBe(true);
  for (let at = 0; at < written.length; at += 777)
    expect(areNumberedLines(written.subarray(at, at + 777), at)).toBe(true);
});

test('a line that is missing, doubled, out of place or changed is found', () => {
  const line = (index: number): Buffer => written.subarray(index * 1_000, (index + 1) * 1_000);
  expect(areNumberedLines(Buffer.concat([line(0), line(2)]), 0)).toBe(false);
  expect(areNumberedLines(Buffer.concat([line(0), line(0)]), 0)).toBe(false);
  expect(areNumberedLines(Buffer.concat([line(1), line(0)]), 0)).toBe(false);
  const changed = Buffer.from(written);
  changed[50_500] = 0x31;
  expect(areNumberedLines(changed, 0)).toBe(false);
  expect(areNumberedLines(line(3), 2_000)).toBe(false);
});
