import { describe, expect, test } from '@jest/globals';
import { duration, enumeration, number, quantity, verdictReasons } from './words.ts';

describe('words', () => {
  test.each([
    [0, '0 ms'],
    [0.056, '0.06 ms'],
    [1.2, '1.2 ms'],
    [12.34, '12.3 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [5_012, '5.01 s'],
    [10_000, '10 s'],
    [100_000, '1 min 40 s'],
    [119_600, '2 min 0 s'],
  ])('%d ms is said as %s', (ms, said) => {
    expect(duration(ms)).toBe(said);
  });

  test('the thousands of a number stand apart', () => {
    expect([7, 1_234, 1_234_567].map(number)).toEqual(['7', '1\u202F234', '1\u202F234\u202F567']);
  });

  test('a quantity of one is in the singular', () => {
    expect([0, 1, 2].map((count) => quantity(count, 'line'))).toEqual(['0 lines', '1 line', '2 lines']);
  });

  test('the last of several in a list is joined by "and"', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(enumeration)).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });

  test('a reason of several lines is shown as several lines', () => {
    expect(verdictReasons({ type: 'fail', reasons: ['one', 'two\n  three\n\n'] })).toEqual([
      'one',
      'two',
      '  three',
    ]);
    expect(verdictReasons({ type: 'pass' })).toEqual([]);
  });
});
