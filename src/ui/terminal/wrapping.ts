/**
 * How a printed line lies in rows of a window: it is cut at spaces, and each further row is indented to where the words begin.
 *
 * Owns: that layout. No further row starts in the first column, so that none can be taken for a line of its own.
 */
import { type Cell, cellsOf, widthOf } from '../words/cells.ts';

/** A printed line, or several. Its mark may change later (`Window.amend`); the text before and after the mark may not. */
export interface PrintedLine {
  readonly before: string;
  /** Takes as many columns whatever it says. */
  mark: string;
  readonly after: string;
  /** The day of its time stamp, such that a later day is greater. */
  readonly day?: string;
  /** Part of the header, which a person who attaches gets at the top: so it is not repeated among the last lines. */
  readonly isHeader?: true;
}

/**
 * `columns`: of the window; undefined while nobody looks at one. Then, and in a window with hardly any room for words, rows are
 * left as long as they are.
 */
export function textOf({ before, mark, after }: PrintedLine, columns?: number): string {
  const start = before + mark;
  const indent = widthOf(cellsOf(start.replaceAll(STYLES, ''))) + (after.startsWith(' ') ? 1 : 0);
  const rows = (start + after).split('\n');
  const room = columns === undefined || columns < 2 * indent ? Infinity : columns;
  return rows
    .flatMap((row, index) => wrapped(row, index === 0 ? 0 : indent, indent, room))
    .join(`\n${' '.repeat(indent)}`);
}

/** `from`: the column where the first row starts; it is not cut before `indent`, where all the others start. */
function wrapped(text: string, from: number, indent: number, columns: number): readonly string[] {
  if (columns === Infinity || (PLAIN.test(text) && from + text.length <= columns)) return [text];
  const rows: string[] = [];
  let row: Cell[] = [];
  let column = from;
  for (const cell of cellsOfStyled(text)) {
    while (column + cell.width > columns && widthOf(row) > 0) {
      const at = isBlank(cell) ? row.length : startOfLastWord(row, column - indent);
      rows.push(textOfCells(row.slice(0, at)).replace(BLANKS_AT_END, '$1'));
      row = row.slice(at);
      column = indent + widthOf(row);
    }
    // The blanks at which a row was cut are gone.
    if (isBlank(cell) && rows.length > 0 && widthOf(row) === 0) continue;
    row.push(cell);
    column += cell.width;
  }
  return [...rows, textOfCells(row)];
}

/** Of a row that ends so many columns after its words begin; a single long word starts after the row, to be cut there. */
function startOfLastWord(row: readonly Cell[], columns: number): number {
  let left = columns;
  for (const [index, cell] of [...row.entries()].toReversed()) {
    if (left <= 0) break;
    if (isBlank(cell)) return index + 1;
    left -= cell.width;
  }
  return row.length;
}

function cellsOfStyled(text: string): readonly Cell[] {
  return text
    .split(STYLES)
    .flatMap((part) => (part.startsWith(ESC) ? [{ text: part, width: 0, sure: true }] : cellsOf(part)))
    .map((cell) => (cell.text === '\t' ? { ...cell, width: TAB_COLUMNS } : cell));
}

function textOfCells(cells: readonly Cell[]): string {
  return cells.map(({ text }) => text).join('');
}

function isBlank({ text }: Cell): boolean {
  return text === ' ' || text === '\t';
}

const ESC = '\u001B';
/** The parenthesis keeps them when a text is split. */
const STYLES = new RegExp(String.raw`(\u001B\[[\d;]*m)`, 'gu');
const PLAIN = /^[ -~]*$/u;
/** Styles that end there stay. */
const BLANKS_AT_END = new RegExp(String.raw`[ \t]+((?:\u001B\[[\d;]*m)*)$`, 'u');
/** What a tab takes at most. */
const TAB_COLUMNS = 8;
