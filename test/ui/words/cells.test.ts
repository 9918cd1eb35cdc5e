import { expect, test } from '@jest/globals';
import { excerpt, rowsOf } from '../../../src/ui/words/cells.ts';

test.each([
  ['', 10, 1],
  ['x'.repeat(10), 10, 1],
  ['x'.repeat(11), 10, 2],
  ['漢'.repeat(5), 10, 1],
  // The last column stays empty: half a character can't stand there.
  [`x${'漢'.repeat(5)}`, 10, 2],
  ['one\ntwo\n', 10, 3],
  [`\u001B[31m${'x'.repeat(10)}\u001B[39m`, 10, 1],
  // Whatever a terminal thinks of them, these fit.
  ['👨‍👩‍👧', 10, 1],
  ['a\tb', 20, 1],
  ['12:34  · alice: hi', 20, 1],
])('the text %j takes, at %i columns, %i rows', (text, columns, rows) => {
  expect(rowsOf(text, columns)).toBe(rows);
});

test('where terminals may differ, the number of rows is not known', () => {
  expect(rowsOf(`${'x'.repeat(8)}👨‍👩‍👧`, 10)).toBeUndefined();
  expect(rowsOf(`${'x'.repeat(8)}\tb`, 10)).toBeUndefined();
});

test('an excerpt ends in an ellipsis, and in no half character', () => {
  expect(excerpt('short', 5)).toBe('short');
  expect(excerpt('longer', 5)).toBe('long…');
  expect(excerpt('漢字漢字', 6)).toBe('漢字…');
});
