import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import stringWidth from 'string-width';
import * as sanitize from '../../../src/ui/words/sanitize.ts';
import { writeToScreen } from '../terminal/screen-row.ts';

interface Vector {
  readonly what: string;
  readonly text: string;
  readonly line: string;
  readonly name: string;
}

const { vectors }: { vectors: Vector[] } = JSON.parse(
  readFileSync(new URL('vectors/sanitize.json', import.meta.url), 'utf8'),
);

test.each(vectors)('the shared vector “$what” holds', ({ text, line, name }) => {
  expect(sanitize.line(text)).toBe(line);
  expect(sanitize.name(text)).toBe(name);
});

test('rows are filtered one by one, and their newlines stay', () => {
  expect(sanitize.rows('a\u001B[2J\n\tb\n\u0301')).toBe('a\u241B[2J\n\tb\n\u25CC\u0301');
});

/** Any UTF-16 at all, rich in what could do harm. */
const hostile = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 0x9f }),
      fc.integer({ min: 0x2000, max: 0x206f }),
      fc.integer({ min: 0xd7f0, max: 0xe00f }),
    ),
  )
  .map((units) => String.fromCharCode(...units));

test('no output holds a control character but tab, or half of a surrogate pair', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(sanitize.line(text).replaceAll('\t', '')).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(sanitize.name(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(sanitize.line(text).isWellFormed()).toBe(true);
      expect(sanitize.name(text).isWellFormed()).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('isolates in an output balance, and no directional character stands outside of one', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const output of [sanitize.line(text), sanitize.name(text)]) {
        const { outside, depths } = isolates(output);
        expect(outside).not.toMatch(/[\u202A-\u202E\p{Script=Hebrew}\p{Script=Arabic}]/u);
        expect(Math.min(...depths)).toBe(0);
        expect(depths.at(-1)).toBe(0);
      }
    }),
    { numRuns: 2000 },
  );
});

/** The text outside of all isolates, and the depth at the start and after each character. */
function isolates(text: string): { outside: string; depths: number[] } {
  const depths = [0];
  let depth = 0;
  let outside = '';
  for (const character of text) {
    if (/[\u2066-\u2068]/u.test(character)) depth += 1;
    else if (character === '\u2069') depth -= 1;
    else if (depth === 0) outside += character;
    depths.push(depth);
  }
  return { outside, depths };
}

test('nothing in a name is invisible, but the isolate around it', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(sanitize.name(text).replaceAll(/^"?\u2068|\u2069"?$/gu, '')).not.toMatch(
        /\p{Default_Ignorable_Code_Point}|[\p{Zs}--[ ]]|[\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}]/v,
      );
    }),
    { numRuns: 2000 },
  );
});

/** Control sequences as terminals know them, around any text: what a fuzzer of single characters rarely makes. */
const sequences = fc
  .array(
    fc.oneof(
      hostile,
      fc.constantFrom(
        '\u001B[2J',
        '\u001B[1A',
        '\u001B[6n',
        '\u001B[c',
        '\u001B[?1049h',
        '\u001B[31m',
        '\u001B[8;9;9t',
      ),
      fc.constantFrom(
        '\u001B]0;title\u0007',
        '\u001B]52;c;aGk=\u001B\\',
        '\u001BP$q"p\u001B\\',
        '\u001Bc',
        '\u001B#8',
      ),
      fc.constantFrom(
        '\u009B2J',
        '\u009D0;title\u009C',
        '\u0090$q"p\u009C',
        '\u0085',
        '\u000E',
        '\u0007',
        '\b\b\b',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

/** Tab is let through on purpose: it moves the cursor to the right, over cells that the emulator keeps empty. */
const noTab = (text: string): string => text.replaceAll('\t', '');

test.each([
  ['\u0007', 'bell'],
  ['\u001B]0;x\u0007', 'title x'],
  ['\u001B[c', 'answer "\\u001b[?1;2c"'],
  ['\n', 'line feed'],
  ['\u001B[1A\u001B[2K', 'row 1: '],
  ['\u001B[31m', 'style'],
  ['\u001B[?2004h', 'modes'],
  ['\u001B[?1049h', 'other screen'],
])('the emulator tells what the raw text %j would have done', async (text, effect) => {
  expect((await writeToScreen(text)).sideEffects).toContain(effect);
});

test('a terminal shows exactly the output in its row, and nothing else happens', async () => {
  await fc.assert(
    fc.asyncProperty(sequences, fc.constantFrom(sanitize.line, sanitize.name), async (text, filter) => {
      const output = `<${noTab(filter(text))}>`;
      const { row, cursor, sideEffects } = await writeToScreen(output);
      expect(sideEffects).toEqual([]);
      expect(row).toBe(output);
      expect(cursor[1]).toBe(2);
    }),
    { numRuns: 300 },
  );
});

/** Where the emulator's table of widths (Unicode 6) and the one of string-width (17) say the same. */
const agreedWidths = fc
  .array(
    fc.oneof(
      fc.constantFrom('漢', '字', 'ア', 'e\u0301', 'ß', 'я', '<', '\uD800', '\uDC00'),
      fc.integer({ min: 0, max: 0xac }).map((code) => String.fromCharCode(code)),
    ),
  )
  .map((parts) => parts.join(''));

test('the cursor stands where the width of the output says', async () => {
  await fc.assert(
    fc.asyncProperty(agreedWidths, fc.constantFrom(sanitize.line, sanitize.name), async (text, filter) => {
      const output = noTab(filter(text));
      const { cursor, sideEffects } = await writeToScreen(output);
      expect(sideEffects).toEqual([]);
      expect(cursor).toEqual([stringWidth(output), 2]);
    }),
    { numRuns: 300 },
  );
});

test('what stands before an output looks as it did: nothing joins it', () => {
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  fc.assert(
    fc.property(
      fc.oneof(
        hostile,
        fc.string({ unit: 'binary' }),
        fc.constantFrom('\u0301', '\u200D', '\uFE0F', '\u20DD', '\u0903', '\u{1F3FD}', '\u{E0020}'),
      ),
      (text) => {
        for (const output of [sanitize.line(text), sanitize.name(text)]) {
          expect(graphemes.segment(`x${output}`)[Symbol.iterator]().next().value?.segment).toBe('x');
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('text without anything unsafe passes unchanged', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~äöüßéñ漢字€✓]*$/u), (text) => {
      expect(sanitize.line(text)).toBe(text);
      expect(sanitize.word(text)).toBe(text);
    }),
  );
});

test('a name is one word without a colon, or an address, or stands between the only two quotes', () => {
  const nearly = fc.string({
    unit: fc.constantFrom(
      'a',
      '漢',
      ' ',
      ':',
      '"',
      '(',
      ')',
      '1',
      '\u3000',
      '\u2800',
      '：',
      '[',
      ']',
      '\u05D0',
      '\n',
    ),
  });
  fc.assert(
    fc.property(fc.oneof(nearly, hostile), (text) => {
      expect(sanitize.name(text)).toMatch(/^(?:[^\s":]+|[^\s"]+:\d{1,5}|"[^"]*")$/u);
    }),
    { numRuns: 3000 },
  );
});
