/**
 * What a terminal shows in one place: a grapheme, with the columns that it takes.
 *
 * Owns: widths, and whether all terminals agree on them. (Segments by Intl.Segmenter, widths by `string-width`.)
 */
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

export interface Cell {
  /** One grapheme, safe to write. */
  readonly text: string;
  /** Columns; 0 only where nothing shows (the isolates around directional text). */
  readonly width: number;
  /** Every terminal takes this width for it. Of emoji, joined letters and the like some think otherwise. */
  readonly sure: boolean;
}

/** The graphemes of a text that is safe to write (no control characters). */
export function cellsOf(text: string): readonly Cell[] {
  if (ASCII.test(text)) return Array.from(text, (character) => ({ text: character, width: 1, sure: true }));
  return Array.from(graphemes.segment(text), ({ segment }) => cellOf(segment));
}

/** The graphemes of any text, as texts. */
export function graphemesOf(text: string): readonly string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

export function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((width, cell) => width + cell.width, 0);
}

/**
 * How many rows a terminal of that width needs for printed text (it may have newlines, tabs and colours);
 * undefined where terminals may differ.
 */
export function rowsOf(text: string, columns: number): number | undefined {
  let rows = 0;
  for (const line of stripVTControlCharacters(text).split('\n')) {
    const lineRows = rowsOfLine(line, columns);
    if (lineRows === undefined) return undefined;
    rows += lineRows;
  }
  return rows;
}

/** `text` cut to `columns`, with an ellipsis where something is missing. Safe text only. */
export function excerpt(text: string, columns: number): string {
  const cells = cellsOf(text);
  if (widthOf(cells) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const cell of cells) {
    width += cell.width;
    if (width >= columns) break;
    kept += cell.text;
  }
  return `${kept}…`;
}

const graphemes = new Intl.Segmenter();

const ASCII = /^[ -~]*$/u;

function cellOf(text: string): Cell {
  const width = stringWidth(text);
  // Room for the widest that a terminal may draw: a blank too many looks better than half an emoji.
  if (EMOJI.test(text)) return { text, width: Math.max(width, 2), sure: false };
  const sure = SURE.test(text) && width === stringWidth(text, { ambiguousIsNarrow: false });
  return { text, width, sure };
}

function rowsOfLine(line: string, columns: number): number | undefined {
  if (ASCII.test(line)) return Math.max(1, Math.ceil(line.length / columns));
  const cells = cellsOf(line);
  if (cells.every(({ sure }) => sure)) return wrappedRows(cells, columns);
  return widestOf(cells) <= columns ? 1 : undefined;
}

function wrappedRows(cells: readonly Cell[], columns: number): number {
  let rows = 1;
  let column = 0;
  for (const { width } of cells) {
    if (column + width > columns) {
      rows += 1;
      column = 0;
    }
    column += width;
  }
  return rows;
}

/** No terminal needs more columns for them. */
function widestOf(cells: readonly Cell[]): number {
  let columns = 0;
  for (const { text, width, sure } of cells) {
    if (sure) columns += width;
    else columns += text === '\t' ? TAB_COLUMNS : 2 * Array.from(text).length;
  }
  return columns;
}

const TAB_COLUMNS = 8;

/** Drawn as an emoji, or by some. */
const EMOJI = /[\p{Emoji_Presentation}\p{Regional_Indicator}\p{Emoji_Modifier}\uFE0F]/v;

/** One code point that is no mark, no format character and no emoji. */
const SURE = /^[[\p{L}\p{N}\p{P}\p{S}\p{Zs}]--\p{Extended_Pictographic}--[\p{Emoji_Component}--\p{ASCII}]]$/v;
