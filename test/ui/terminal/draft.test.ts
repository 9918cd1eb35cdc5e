import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { graphemesOf } from '../../../src/ui/words/cells.ts';
import {
  type Draft,
  EMPTY_DRAFT,
  type Motion,
  cut,
  draftOf,
  draftText,
  inserted,
  moved,
  pasted,
  startsWithTypedSlash,
  typed,
} from '../../../src/ui/terminal/draft.ts';
import { pasteShownMaxLength } from '../../../src/ui/limits.ts';

/** The text with a bar where the cursor is. */
function shown({ atoms, cursor }: Draft): string {
  return `${draftText(atoms.slice(0, cursor))}|${draftText(atoms.slice(cursor))}`;
}

function at(withBar: string): Draft {
  const [before = '', after = ''] = withBar.split('|');
  const whole = typed(EMPTY_DRAFT, before + after);
  return { atoms: whole.atoms, cursor: graphemesOf(before).length };
}

test.each([
  ['one two|', 'word-left', 'one |two'],
  ['one  two  |', 'word-left', 'one  |two  '],
  ['one.two|', 'word-left', 'one.|two'],
  ['one.two|', 'blank-left', '|one.two'],
  ['|one two', 'word-right', 'one| two'],
  ['one| two', 'word-right', 'one two|'],
  ['日本 語|', 'word-left', '日本 |語'],
  ['a👨‍👩‍👧|b', 'left', 'a|👨‍👩‍👧b'],
  ['|🇩🇪x', 'right', '🇩🇪|x'],
  ['|x', 'left', '|x'],
  ['x|', 'right', 'x|'],
  ['ab|c', 'start', '|abc'],
  ['ab|c', 'end', 'abc|'],
] satisfies [string, Motion, string][])('a cursor in %j that moves %s is at %j', (from, motion, to) => {
  expect(shown(moved(at(from), motion))).toBe(to);
});

test.each([
  ['e\u0301|x', 'left', '|x'],
  ['a|👍🏽b', 'right', 'a|b'],
  ['say one two|', 'word-left', 'say one |'],
  ['say| one two', 'end', 'say|'],
] satisfies [string, Motion, string][])('the draft %j, cut %s, is %j', (from, motion, to) => {
  expect(shown(cut(at(from), motion).draft)).toBe(to);
});

test('what is typed joins the character before it, if it belongs to it', () => {
  const combined = typed(typed(EMPTY_DRAFT, 'e'), '\u0301');
  expect(combined.atoms.length).toBe(1);
  expect(shown(combined)).toBe('e\u0301|');
});

test('what comes together by a deletion is one character from then on', () => {
  const flag = cut(at('🇩x|🇪'), 'left').draft;
  expect(flag.atoms.length).toBe(1);
  expect(flag.cursor).toBe(1);
});

test('a pasted text of several lines, or a very long one, is one thing with a label', () => {
  for (const text of ['one\ntwo', 'x'.repeat(pasteShownMaxLength + 1)]) {
    const draft = pasted(at('see | there'), text);
    expect(draftText(draft.atoms)).toBe(`see ${text} there`);
    expect(cut(draft, 'left').removed.map((atom) => atom.text)).toEqual([text]);
    expect(cut(draft, 'word-left').removed.map((atom) => atom.text)).toEqual([text]);
  }
});

test('only a slash that was typed starts a command', () => {
  expect(startsWithTypedSlash(typed(EMPTY_DRAFT, '/quit'))).toBe(true);
  expect(startsWithTypedSlash(pasted(EMPTY_DRAFT, '/quit'))).toBe(false);
  expect(startsWithTypedSlash(pasted(typed(EMPTY_DRAFT, '/'), 'quit'))).toBe(true);
  expect(startsWithTypedSlash(draftOf('/quit\nnow'))).toBe(false);
});

test('nothing in a draft is invisible or could move the cursor', () => {
  const odd = [
    '\t',
    '\u001B',
    '\u202E',
    '\u200B',
    '\u0301',
    '\u00AD',
    '\u{E0041}',
    '\uD800',
    '\u2028',
    '\uFE0F',
  ];
  for (const character of odd) {
    const [atom] = pasted(EMPTY_DRAFT, character).atoms;
    expect(atom?.text).toBe(character);
    expect(atom?.cells.reduce((width, cell) => width + cell.width, 0)).toBeGreaterThan(0);
    expect(atom?.cells.map(({ text }) => text).join('')).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Bidi_Control}]/v);
  }
});

const texts = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '/',
    'e',
    '\u0301',
    '🇩',
    '🇪',
    '👩',
    '\u200D',
    '👧',
    '🏽',
    'ก',
    '็',
    '\u0600',
    '한',
  ),
  maxLength: 8,
});
const motions = fc.constantFrom<Motion>(
  'left',
  'right',
  'word-left',
  'word-right',
  'blank-left',
  'start',
  'end',
);
const edits = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('type'), text: texts }),
    fc.record({ type: fc.constant('move'), motion: motions }),
    fc.record({ type: fc.constant('cut'), motion: motions }),
    fc.record({ type: fc.constant('yank'), text: texts }),
  ),
);

test('after any edits, the atoms are the characters of the text, and the cursor is between two of them', () => {
  fc.assert(
    fc.property(edits, (all) => {
      let draft = EMPTY_DRAFT;
      let text = '';
      for (const edit of all) {
        const before = draftText(draft.atoms.slice(0, draft.cursor)).length;
        switch (edit.type) {
          case 'type':
            draft = typed(draft, edit.text);
            text = text.slice(0, before) + edit.text + text.slice(before);
            break;
          case 'yank':
            draft = inserted(draft, typed(EMPTY_DRAFT, edit.text).atoms);
            text = text.slice(0, before) + edit.text + text.slice(before);
            break;
          case 'move':
            draft = moved(draft, edit.motion);
            break;
          case 'cut': {
            const { draft: rest, removed } = cut(draft, edit.motion);
            const target = draftText(draft.atoms.slice(0, moved(draft, edit.motion).cursor)).length;
            const start = Math.min(before, target);
            text = text.slice(0, start) + text.slice(start + draftText(removed).length);
            draft = rest;
            break;
          }
        }
        expect(draft.atoms.map((atom) => atom.text)).toEqual(graphemesOf(text));
        expect(draft.cursor).toBeGreaterThanOrEqual(0);
        expect(draft.cursor).toBeLessThanOrEqual(draft.atoms.length);
      }
    }),
  );
});
