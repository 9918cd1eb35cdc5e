/**
 * Where things stand in the recording: two windows side by side in one terminal, and a line that tells what happens.
 *
 * Owns: that geometry.
 */

export interface Pane {
  readonly title: string;
  /** Its first column and row in the whole terminal, from 0. */
  readonly column: number;
  readonly row: number;
}

export const PANE = { columns: 58, rows: 20 } as const;

const GAP_COLUMNS = 2;

export const PANES = {
  alice: { title: 'docker attach alice', column: 0, row: 0 },
  bob: { title: 'docker attach bob', column: PANE.columns + GAP_COLUMNS, row: 0 },
} as const satisfies Record<string, Pane>;

/** The caption's row is below both, with one between. */
export const CAPTION_ROW = PANE.rows + 1;

export const STAGE = { columns: PANES.bob.column + PANE.columns, rows: CAPTION_ROW + 1 } as const;
