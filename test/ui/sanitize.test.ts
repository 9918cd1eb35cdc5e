import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import * as sanitize from '../../src/ui/sanitize.ts';

interface Vector {
  readonly what: string;
  readonly text: string;
  readonly line: string;
  readonly name: string;
}

const vectors: Vector[] = JSON.parse(readFileSync(new URL('vectors/sanitize.json', import.meta.url), 'utf8'));

test.each(vectors)('vector: $what', ({ text, line, name }) => {
  expect(sanitize.line(text)).toBe(line);
  expect(sanitize.name(text)).toBe(name);
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
      expect(sanitize.name(text).replaceAll(/^\u2068|\u2069$/gu, '')).not.toMatch(
        /\p{Default_Ignorable_Code_Point}/u,
      );
    }),
    { numRuns: 2000 },
  );
});

test('text without anything unsafe passes unchanged', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~äöüßéñ漢字€✓]*$/u), (text) => {
      expect(sanitize.line(text)).toBe(text);
      expect(sanitize.name(text)).toBe(text);
    }),
  );
});
