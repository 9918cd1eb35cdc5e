/**
 * How prompt and draft lie in rows of a given width. Pure.
 *
 * Owns: wrapping, and which rows show where there are more than fit. Nothing is left to the terminal's own wrapping.
 */
import { type Cell, widthOf } from '../words/cells.ts';
import type { Draft } from './draft.ts';

export interface Layout {
  readonly rows: readonly LayoutRow[];
  /** Within `rows`. There is always a column for it: after a full row it stands in the next. */
  readonly cursor: { readonly row: number; readonly column: number };
}

export interface LayoutRow {
  /** The part of the prompt that is in this row; it comes first. */
  readonly prompt: readonly Cell[];
  readonly draft: readonly Cell[];
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export function layOut(prompt: readonly Cell[], { atoms, cursor }: Draft, size: Size): Layout {
  const before = atoms.slice(0, cursor).flatMap(({ cells }) => cells);
  const after = atoms.slice(cursor).flatMap(({ cells }) => cells);
  const beforeCursor = wrapped([], [...prompt, ...before], size.columns);
  const last = beforeCursor.at(-1) ?? [];
  const [next] = after;
  // The cursor stands where the next cell will, and needs a column even where there is none.
  const nextWidth = next === undefined ? 1 : Math.max(1, fitting(next, size.columns).width);
  const isFull = widthOf(last) + nextWidth > size.columns;
  const at = isFull
    ? { row: beforeCursor.length, column: 0 }
    : { row: beforeCursor.length - 1, column: widthOf(last) };
  const all = isFull
    ? [...beforeCursor, ...wrapped([], after, size.columns)]
    : [...beforeCursor.slice(0, -1), ...wrapped(last, after, size.columns)];
  const first = firstShown(all.length, at.row, size.rows);
  let promptCells = prompt.length;
  const rows = all.map((cells) => {
    const row = { prompt: cells.slice(0, promptCells), draft: cells.slice(promptCells) };
    promptCells = Math.max(0, promptCells - cells.length);
    return row;
  });
  return {
    rows: rows.slice(first, first + size.rows),
    cursor: { row: at.row - first, column: at.column },
  };
}

/** `row`, filled up with the cells, and the rows that follow it. */
function wrapped(
  row: readonly Cell[],
  cells: readonly Cell[],
  columns: number,
): readonly (readonly Cell[])[] {
  const rows: Cell[][] = [];
  let current = [...row];
  let column = widthOf(row);
  for (const cell of cells) {
    const fitted = fitting(cell, columns);
    if (column + fitted.width > columns) {
      rows.push(current);
      current = [];
      column = 0;
    }
    current.push(fitted);
    column += fitted.width;
  }
  return [...rows, current];
}

/** The cell, or a `?` in the place of one that is wider than the whole terminal. */
function fitting(cell: Cell, columns: number): Cell {
  return cell.width > columns ? { text: '?', width: 1, sure: true } : cell;
}

/** The first row that shows: where the draft is higher than the terminal, the rows around the cursor do. */
function firstShown(rows: number, cursorRow: number, rowsMax: number): number {
  if (rows <= rowsMax) return 0;
  const centred = cursorRow - Math.floor(rowsMax / 2);
  return Math.min(Math.max(0, centred), rows - rowsMax);
}
