/**
 * The one filter that every string which this program did not write itself passes before it reaches a terminal, a log or
 * text output: a peer's lines and names, reasons, addresses, what the user gave as a flag, file names, key labels.
 *
 * Owns: which characters could move the reader's cursor, hide, or change the text around them, and how each is shown
 * instead. `test/ui/words/vectors/sanitize.json` gives examples with their results, for other programs, too.
 *
 * C0 and DEL become their Control Pictures (U+2400…, U+2421), which every font shows in one column; whatever else is
 * dangerous becomes `<U+009B>`. What would join the character before it (a combining mark at the start) gets a dotted
 * circle to stand on, as in the Unicode charts.
 */

import { delimitedName } from '../../kernel/name.ts';

/**
 * A line (or a message, a reason, a file name): one row of text, safe to write.
 *
 * Tab stays. Directional text keeps its look, but can't reorder what stands around it: it is wrapped in FSI … PDI,
 * and isolates inside are balanced (Unicode Annex 9, BD9: an isolate's end also ends the embeddings and overrides
 * inside it, so that these need no closing). Joiners and other invisible characters stay, as scripts and emoji need
 * them.
 */
export function line(text: string): string {
  return contained(UNSAFE_IN_LINE.test(text) ? text.replaceAll(UNSAFE_IN_LINE_ALL, visible) : text);
}

/** Several rows, each as `line`: what is allowed to have a newline in it (a stack trace, a text of our own). */
export function rows(text: string): string {
  return text.split('\n').map(line).join('\n');
}

/**
 * A name: as `word`, and nobody can take it for the words around it: unless it is one word itself, it stands between quotes
 * (`delimitedName` has the rule).
 */
export function name(text: string): string {
  const seen = withCodes(text);
  const delimited = delimitedName(seen);
  return delimited === seen ? contained(seen) : `"${contained(delimited.slice(1, -1))}"`;
}

/**
 * An address, a key, one character of a draft: as `line`, and nothing in it may be invisible. Tab, blanks but the space,
 * directional controls and all default-ignorable characters are shown as code points, so that two names that look the same
 * are not made so by hidden characters.
 */
export function word(text: string): string {
  return contained(withCodes(text));
}

function withCodes(text: string): string {
  return UNSAFE_IN_NAME.test(text) ? text.replaceAll(UNSAFE_IN_NAME_ALL, visible) : text;
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** Keeps what is left from changing the text around it. */
function contained(text: string): string {
  return isolated(JOINS_BEFORE.test(text) ? DOTTED_CIRCLE + text : text);
}

/** Directional text in an isolate of its own, if there is any. */
function isolated(text: string): string {
  if (!DIRECTIONAL.test(text)) return text;
  let open = 0;
  const balanced = text.replaceAll(ISOLATE_CONTROLS, (control) => {
    if (control !== PDI) {
      open += 1;
      return control;
    }
    // One that closes nothing inside would close our own isolate.
    if (open === 0) return visible(PDI);
    open -= 1;
    return control;
  });
  return FSI + balanced + PDI.repeat(open + 1);
}

const DOTTED_CIRCLE = '\u25CC';
/** Combining marks, joiners, variation selectors, skin tones: what is drawn onto the character before it. */
const JOINS_BEFORE = /^[\p{M}\p{Grapheme_Extend}\p{Emoji_Modifier}\u200D]/u;

const FSI = '\u2068';
const PDI = '\u2069';
const ISOLATE_CONTROLS = /[\u2066-\u2069]/gu;

/*
 * C0 but tab, DEL, C1; the line and paragraph separators (a paragraph's end would also end our isolate); lone
 * surrogates, which no UTF-8 can carry: such a pattern matches \p{Cs} only where one stands alone.
 */
const UNSAFE_IN_LINE = /[[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]--[\t]]/v;
const UNSAFE_IN_LINE_ALL = new RegExp(UNSAFE_IN_LINE, 'gv');

/*
 * Also tab; all spaces but the one of ASCII, and the other characters of which nothing is drawn (the blank of Braille and of
 * musical notes, fillers of hieroglyphs and of Khitan); all default-ignorable characters (\p{DI}: zero-width space and
 * joiners, directional marks and controls, variation selectors, tags, fillers of Hangul …) and all format characters, but
 * the visible ones that prefix a number.
 */
const UNSAFE_IN_NAME =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}[\p{Zs}--[ ]]\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}\p{DI}[\p{Cf}--[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}]]]/v;
const UNSAFE_IN_NAME_ALL = new RegExp(UNSAFE_IN_NAME, 'gv');

/*
 * Directional controls, and the blocks in which characters are right-to-left by default (DerivedBidiClass.txt of the
 * Unicode Character Database: all code points of class R or AL, assigned or not, lie here).
 */
const DIRECTIONAL =
  /[\u200E\u200F\u202A-\u202E\u2066-\u2069\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFE\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
