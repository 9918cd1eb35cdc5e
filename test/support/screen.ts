/**
 * What a person would see: a terminal emulator (xterm's headless package) that turns bytes into a screen.
 *
 * Owns: the emulator.
 */
import xterm from '@xterm/headless';

// As it is loaded it reads its tables from the start of a buffer's memory, which is right only where the buffer is not a
// part of Node's pool: else it fails with "Data error", or knows nothing.
const { poolSize } = Buffer;
Buffer.poolSize = 0;
const { UnicodeGraphemesAddon } = await import('@xterm/addon-unicode-graphemes');
Buffer.poolSize = poolSize;

export interface ScreenOptions {
  readonly columns: number;
  readonly rows: number;
  /** Joins what belongs together (flags, families), as today's terminals do; false: as those of ten years ago. */
  readonly clusters?: boolean;
}

export class Screen {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  /** All that was written so far is on the screen. */
  #written: Promise<void> = Promise.resolve();

  constructor({ columns, rows, clusters = true }: ScreenOptions) {
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      scrollback: 1000,
      // As a pseudo-terminal does on the way out.
      convertEol: true,
    });
    if (clusters) this.#terminal.loadAddon(new UnicodeGraphemesAddon());
  }

  write(text: string): void {
    this.#written = new Promise((resolve) => {
      this.#terminal.write(text, resolve);
    });
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#written;
    this.#terminal.resize(columns, rows);
  }

  /** The rows of the screen, without the blanks at their ends. */
  async rows(): Promise<readonly string[]> {
    await this.#written;
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.#terminal.rows }, (_, row) => rowText(active, active.baseY + row));
  }

  /** What stands in one cell, both from 0. */
  async at(row: number, column: number): Promise<string> {
    await this.#written;
    const { active } = this.#terminal.buffer;
    return (
      active
        .getLine(active.baseY + row)
        ?.getCell(column)
        ?.getChars() ?? ''
    );
  }

  /** As `rows`, without the empty ones at the end: as it stands in a golden file. */
  async text(): Promise<string> {
    return (await this.rows()).join('\n').trimEnd();
  }

  /** The rows of the screen as runs of one style each, blanks in no style left out. */
  async runs(): Promise<readonly (readonly Run[])[]> {
    await this.#written;
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.#terminal.rows }, (_, row) =>
      rowRuns(active.getLine(active.baseY + row), this.#terminal.cols),
    );
  }

  /** Where the cursor is, both from 0. */
  async cursor(): Promise<{ readonly row: number; readonly column: number }> {
    await this.#written;
    const { cursorY: row, cursorX: column } = this.#terminal.buffer.active;
    return { row, column };
  }

  /** The rows that have left the screen at its top. */
  async scrolledOff(): Promise<readonly string[]> {
    await this.#written;
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.baseY }, (_, row) => rowText(active, row));
  }

  /** Private modes that a program must leave as it found them. */
  async modes(): Promise<{ readonly bracketedPaste: boolean; readonly wraparound: boolean }> {
    await this.#written;
    const { bracketedPasteMode: bracketedPaste, wraparoundMode: wraparound } = this.#terminal.modes;
    return { bracketedPaste, wraparound };
  }
}

/** Cells side by side that look alike. */
export interface Run {
  readonly text: string;
  readonly column: number;
  readonly width: number;
  readonly style: RunStyle;
}

export interface RunStyle {
  /** One of the 256; undefined: the terminal's own. */
  readonly color: number | undefined;
  readonly isDim: boolean;
  readonly isBold: boolean;
  readonly isInverse: boolean;
}

type ScreenBuffer = InstanceType<typeof xterm.Terminal>['buffer']['active'];

function rowRuns(line: ReturnType<ScreenBuffer['getLine']>, columns: number): readonly Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < columns; column += 1) {
    const cell = line?.getCell(column);
    const width = cell?.getWidth() ?? 0;
    if (cell === undefined || width === 0) continue;
    const style: RunStyle = {
      color: cell.isFgPalette() ? cell.getFgColor() : undefined,
      isDim: cell.isDim() !== 0,
      isBold: cell.isBold() !== 0,
      isInverse: cell.isInverse() !== 0,
    };
    const text = cell.getChars() || ' ';
    const last = runs.at(-1);
    const joins =
      last !== undefined &&
      last.column + last.width === column &&
      width === 1 &&
      last.text.length === last.width &&
      isSameStyle(last.style, style);
    if (joins) runs.splice(-1, 1, { ...last, text: last.text + text, width: last.width + 1 });
    else runs.push({ text, column, width, style });
  }
  return runs.filter(({ text, style }) => text.trim() !== '' || style.isInverse);
}

function isSameStyle(left: RunStyle, right: RunStyle): boolean {
  return (
    left.color === right.color &&
    left.isDim === right.isDim &&
    left.isBold === right.isBold &&
    left.isInverse === right.isInverse
  );
}

function rowText(buffer: ScreenBuffer, row: number): string {
  return buffer.getLine(row)?.translateToString(true).trimEnd() ?? '';
}
