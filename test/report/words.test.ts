import { describe, expect, test } from '@jest/globals';
import { fixtureResults } from './fixture.ts';
import { duration, enumeration, linesInWords, lookOf, number, quantity, verdictReasons } from './words.ts';

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

  test('what became of the lines is said with its figures, and whether a sender was told', () => {
    const whole = { said: 60, heard: 60, lost: 0, undelivered: 0, duplicated: 0, reordered: 0, altered: 0 };
    const said = (wire: 'tincan' | 'plain', counts: Partial<typeof whole>): readonly string[] => {
      const flow = {
        from: 'alice',
        to: 'bob',
        lines: [],
        linesOmitted: 0,
        lineCounts: { ...whole, ...counts },
      };
      const { cases } = fixtureResults();
      const labCase = cases.find((one) => one.wire === wire && one.verdict.type === 'pass');
      if (labCase?.evidence === undefined) throw new Error('the fixture has such a case');
      const changed = { ...labCase, evidence: { ...labCase.evidence, flows: [flow, flow] } };
      return [lookOf(changed), linesInWords(changed)];
    };
    expect(said('plain', {})).toEqual(['pass', 'all 120 once, in order']);
    expect(said('plain', { lost: 8, duplicated: 3 })).toEqual([
      'damaged',
      '16 of 120 lost, 6 doubled; no sender was told',
    ]);
    expect(said('plain', { altered: 1, reordered: 2 })).toEqual([
      'damaged',
      '2 of 120 changed, 4 out of order; no sender was told',
    ]);
    expect(said('tincan', { undelivered: 2 })).toEqual(['pass', '4 of 120 reported undelivered']);
    expect(said('tincan', { lost: 1 })).toEqual(['pass', '2 of 120 gone with the node that was killed']);
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
