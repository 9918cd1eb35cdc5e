/**
 * The text that a person is writing: graphemes, pasted texts, and a cursor between them. Pure.
 *
 * Owns: what each edit does to it. What one sees as one character is one atom, and so is a pasted text that does not
 * fit into a line; cursor and deletions go by atoms.
 */
import { type Cell, cellsOf, graphemesOf } from '../words/cells.ts';
import { count } from '../words/describe.ts';
import { pasteShownMaxLength } from '../limits.ts';
import * as sanitize from '../words/sanitize.ts';

export type Atom =
  | {
      readonly type: 'grapheme';
      readonly text: string;
      readonly pasted: boolean;
      readonly cells: readonly Cell[];
    }
  /** A pasted text, for which a label stands. Its newlines are LF. */
  | { readonly type: 'paste'; readonly text: string; readonly cells: readonly Cell[] };

export interface Draft {
  /** Together they are cut where graphemes end: none joins the next. */
  readonly atoms: readonly Atom[];
  /** How many atoms stand before the cursor. */
  readonly cursor: number;
}

export const EMPTY_DRAFT: Draft = { atoms: [], cursor: 0 };

export type Motion =
  | 'left'
  | 'right'
  | 'word-left'
  | 'word-right'
  /** To the white space before the word, as Ctrl-W goes. */
  | 'blank-left'
  | 'start'
  | 'end';

export function draftText(atoms: readonly Atom[]): string {
  return atoms.map(({ text }) => text).join('');
}

/** The draft starts with a slash, and that slash was typed, not pasted. */
export function startsWithTypedSlash({ atoms: [first] }: Draft): boolean {
  return first?.type === 'grapheme' && !first.pasted && first.text === '/';
}

/** A draft with this text, the cursor at its end. One with newlines, or a very long one, stands behind a label. */
export function draftOf(text: string): Draft {
  return mustHide(text) ? pasted(EMPTY_DRAFT, text) : typed(EMPTY_DRAFT, text);
}

/** The draft with a typed text put in at the cursor. */
export function typed(draft: Draft, text: string): Draft {
  return inserted(draft, graphemeAtoms(text, false));
}

/** The draft with a pasted text put in at the cursor: one short line as it is, a longer text behind a label. */
export function pasted(draft: Draft, text: string): Draft {
  return inserted(draft, mustHide(text) ? [pasteAtom(text)] : graphemeAtoms(text, true));
}

export function inserted({ atoms, cursor }: Draft, between: readonly Atom[]): Draft {
  const before = joined(atoms.slice(0, cursor), between);
  return joined(before.atoms, atoms.slice(cursor));
}

export function moved(draft: Draft, motion: Motion): Draft {
  return { atoms: draft.atoms, cursor: target(draft, motion) };
}

/** The draft without the atoms between the cursor and where the motion leads, and those atoms. */
export function cut(draft: Draft, motion: Motion): { draft: Draft; removed: readonly Atom[] } {
  const { atoms, cursor } = draft;
  const to = target(draft, motion);
  const [from, through] = to < cursor ? [to, cursor] : [cursor, to];
  return { draft: joined(atoms.slice(0, from), atoms.slice(through)), removed: atoms.slice(from, through) };
}

function target({ atoms, cursor }: Draft, motion: Motion): number {
  switch (motion) {
    case 'left':
      return Math.max(0, cursor - 1);
    case 'right':
      return Math.min(atoms.length, cursor + 1);
    case 'start':
      return 0;
    case 'end':
      return atoms.length;
    case 'word-left':
      return backOver(
        atoms,
        backOver(atoms, cursor, (atom) => !isWord(atom)),
        isWord,
      );
    case 'blank-left':
      return backOver(atoms, backOver(atoms, cursor, isBlank), (atom) => !isBlank(atom));
    case 'word-right': {
      const word = firstFrom(atoms, cursor, isWord);
      return firstFrom(atoms, word, (atom) => !isWord(atom));
    }
    default:
      return motion satisfies never;
  }
}

function backOver(atoms: readonly Atom[], from: number, isOver: (atom: Atom) => boolean): number {
  return atoms.slice(0, from).findLastIndex((atom) => !isOver(atom)) + 1;
}

function firstFrom(atoms: readonly Atom[], from: number, isIt: (atom: Atom) => boolean): number {
  const found = atoms.findIndex((atom, index) => index >= from && isIt(atom));
  return found === -1 ? atoms.length : found;
}

/** A label counts as a word. */
function isWord(atom: Atom): boolean {
  return atom.type === 'paste' || WORD.test(atom.text);
}

function isBlank(atom: Atom): boolean {
  return atom.type === 'grapheme' && BLANK.test(atom.text);
}

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const BLANK = /^\s/u;

/**
 * Two halves, cut anew where they meet: there a grapheme may have come into being (a base and its mark, two halves of a
 * flag). The cursor is where the first half ends; if that is inside a new grapheme, after it.
 */
function joined(before: readonly Atom[], after: readonly Atom[]): Draft {
  const last = before.at(-1);
  const [next] = after;
  if (last?.type !== 'grapheme' || next?.type !== 'grapheme') {
    return { atoms: [...before, ...after], cursor: before.length };
  }
  // Flags pair up from their run's start on, so all of the run after the seam is cut anew: up to plain ASCII.
  const plain = after.findIndex((atom) => atom.type === 'paste' || ASCII.test(atom.text));
  const run = after
    .slice(0, plain === -1 ? after.length : plain + 1)
    .filter((atom) => atom.type === 'grapheme');
  const seam = [last, ...run];
  const anew = graphemesOf(draftText(seam));
  if (anew.length === seam.length && anew[0] === last.text) {
    return { atoms: [...before, ...after], cursor: before.length };
  }
  const cutAnew = anew.map((text) => graphemeAtom(text, last.pasted));
  return {
    atoms: [...before.slice(0, -1), ...cutAnew, ...after.slice(run.length)],
    cursor: before.length,
  };
}

const ASCII = /^[ -~]$/u;

function graphemeAtoms(text: string, isPasted: boolean): readonly Atom[] {
  return graphemesOf(text).map((grapheme) => graphemeAtom(grapheme, isPasted));
}

function graphemeAtom(text: string, isPasted: boolean): Atom {
  return { type: 'grapheme', text, pasted: isPasted, cells: shown(text) };
}

function pasteAtom(text: string): Atom {
  const lines = text.split('\n').length;
  const label = lines === 1 ? count(text.length, 'character') : count(lines, 'line');
  return { type: 'paste', text, cells: cellsOf(`[${label} pasted]`) };
}

/** How a grapheme looks in a draft: whatever would not show by itself does so as its code, or on a dotted circle. */
function shown(text: string): readonly Cell[] {
  const cells = cellsOf(HIDDEN.test(text) ? sanitize.word(text) : text);
  return cells.some(({ width }) => width > 0) ? cells : cellsOf(sanitize.word(text));
}

/** Controls, lone surrogates, separators, what joins the character before it, and what reorders the text around it. */
const HIDDEN =
  /^[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{M}\p{Grapheme_Extend}\p{Emoji_Modifier}\p{Bidi_Control}\u200B-\u200D\u2060\uFEFF]/v;

function mustHide(text: string): boolean {
  return text.length > pasteShownMaxLength || text.includes('\n');
}
