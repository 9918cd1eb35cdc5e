/**
 * Recordings as asciicast, version 2: a header line, then one line an event. https://docs.asciinema.org/manual/asciicast/v2/
 *
 * Owns: that format, and putting several screens into one terminal.
 */
import type { Run, RunStyle } from '../support/screen.ts';

export interface Cast {
  readonly columns: number;
  readonly rows: number;
  readonly events: readonly CastEvent[];
}

export interface CastEvent {
  /** Milliseconds since the start. */
  readonly atMs: number;
  /** What the terminal got then. */
  readonly output: string;
}

export function formatCast({ columns, rows, events }: Cast, title: string): string {
  const header = JSON.stringify({ version: 2, width: columns, height: rows, title });
  const lines = events.map(({ atMs, output }) => JSON.stringify([Math.round(atMs) / 1000, 'o', output]));
  return `${[header, ...lines].join('\n')}\n`;
}

/** @throws {Error} if it is not one of ours. */
export function parseCast(text: string): Cast {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const { version, width, height }: Record<string, unknown> = JSON.parse(header);
  if (version !== 2 || typeof width !== 'number' || typeof height !== 'number') {
    throw new Error(`no asciicast of version 2: ${header}`);
  }
  return { columns: width, rows: height, events: lines.map(parseEvent) };
}

function parseEvent(line: string): CastEvent {
  const [atSec, type, output]: unknown[] = JSON.parse(line);
  if (typeof atSec !== 'number' || type !== 'o' || typeof output !== 'string') {
    throw new Error(`no event of an asciicast: ${line}`);
  }
  return { atMs: atSec * 1000, output };
}

/** What draws these rows at a place of a larger terminal; rows that are as before are left out. */
export class Compositor {
  readonly #drawn = new Map<number, string>();
  readonly #column: number;
  readonly #row: number;
  readonly #columns: number;

  constructor(place: { readonly column: number; readonly row: number }, columns: number) {
    this.#column = place.column;
    this.#row = place.row;
    this.#columns = columns;
  }

  draw(rows: readonly (readonly Run[])[]): string {
    let output = '';
    for (const [index, runs] of rows.entries()) {
      const drawn = this.#drawnRow(index, runs);
      if (this.#drawn.get(index) === drawn) continue;
      this.#drawn.set(index, drawn);
      output += drawn;
    }
    return output;
  }

  #drawnRow(index: number, runs: readonly Run[]): string {
    const to = (column: number): string => `\u001B[${this.#row + index + 1};${this.#column + column + 1}H`;
    const erased = `${to(0)}\u001B[${this.#columns}X`;
    return (
      erased + runs.map(({ text, column, style }) => to(column) + sgr(style) + text + '\u001B[0m').join('')
    );
  }
}

function sgr({ color, isDim, isBold, isInverse }: RunStyle): string {
  const codes = [
    ...(isBold ? ['1'] : []),
    ...(isDim ? ['2'] : []),
    ...(isInverse ? ['7'] : []),
    ...(color === undefined ? [] : [`38;5;${color}`]),
  ];
  return codes.length === 0 ? '' : `\u001B[${codes.join(';')}m`;
}
