import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { cellsOf, widthOf } from '../../../src/ui/words/cells.ts';
import { styled } from '../../../src/ui/terminal/colors.ts';
import { textOf } from '../../../src/ui/terminal/wrapping.ts';

const line = (after: string) => ({ before: '11:52 ', mark: ' ✓', after: ` ${after}` });
const INDENT = 9;

test('a long line is cut at spaces, and goes on where its words began', () => {
  expect(textOf(line('bob: what a long line this is'), 24)).toBe(
    ['11:52  ✓ bob: what a', '         long line this', '         is'].join('\n'),
  );
});

test('a word that is longer than a row is cut where the row ends', () => {
  expect(textOf(line('see https://example.net/a/long/path ok'), 24)).toBe(
    ['11:52  ✓ see', '         https://example', '         .net/a/long/pat', '         h ok'].join('\n'),
  );
});

test('while nobody looks at a window, and in one that is too narrow for it, only newlines cut', () => {
  const text = line('a line that is longer than this window\nand another row');
  expect(textOf(text)).toBe('11:52  ✓ a line that is longer than this window\n         and another row');
  expect(textOf(text, 2 * INDENT - 1)).toBe(textOf(text));
});

test('blanks inside a row stay, and styles are no columns', () => {
  const text = styled('alarm', 'a  b   c');
  expect(textOf(line(text), 18)).toBe(`11:52  ✓ ${text}`);
});

const word = fc.string({
  unit: fc.constantFrom('a', 'b', '漢', 'é', 'e\u0301', '👍'),
  minLength: 1,
  maxLength: 30,
});
const texts = fc
  .array(fc.tuple(word, fc.constantFrom(' ', '  ', '\n', '\t')))
  .map((parts) => parts.flat().join(''));

test('no row is wider than the window, every further row is indented, and nothing but blanks is lost', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 2 * INDENT, max: 60 }), fc.boolean(), (text, columns, isStyled) => {
      const rows = stripVTControlCharacters(
        textOf(line(isStyled ? styled('dim', text) : text), columns),
      ).split('\n');
      for (const row of rows)
        expect(widthOf(cellsOf(row.replaceAll('\t', '        ')))).toBeLessThanOrEqual(columns);
      for (const row of rows.slice(1)) expect(row).toMatch(/^ {9}(?:\S|$)/u);
      const letters = (all: string): string => all.replaceAll(/\s/gu, '');
      expect(letters(rows.join(''))).toBe(letters(`11:52 ✓${text}`));
    }),
    { numRuns: 500 },
  );
});

test('a row is cut inside a word only where that word fills more than a row', () => {
  const plain = fc.array(fc.stringMatching(/^[a-z]{1,30}$/u), { minLength: 1 });
  fc.assert(
    fc.property(plain, fc.integer({ min: 40, max: 60 }), (words, columns) => {
      const shown = textOf(line(words.join(' ')), columns)
        .slice(INDENT)
        .split(/\s+/u);
      expect(shown).toEqual(words);
    }),
  );
});
