import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { clock, wallTime } from '../../src/runtime/clock.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a time that is shown is the wall clock`s, also after that was set or the machine has slept; timers go on as before', () => {
  const hourMs = 3_600_000;
  const started = clock();
  expect(Math.abs(wallTime() - Date.now())).toBeLessThan(2);
  for (const step of [hourMs, -2 * hourMs]) {
    jest.setSystemTime(Date.now() + step);
    expect(Math.abs(wallTime() - Date.now())).toBeLessThan(2);
  }
  expect(clock() - started).toBeLessThan(2);
  expect(wallTime(clock() - 500)).toBeCloseTo(wallTime() - 500, 0);
});

test('the whole milliseconds of the wall clock let no shown time go back', () => {
  const shown: number[] = [];
  for (let step = 0; step < 5_000; step += 1) {
    jest.advanceTimersByTime(step % 2);
    shown.push(wallTime());
  }
  expect(shown).toEqual(shown.toSorted((one, other) => one - other));
});
