/**
 * What a person would see: a terminal emulator (xterm's headless package) that turns bytes into a screen.
 *
 * Owns: the emulator. Must not know: what is drawn.
 */
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import xterm from '@xterm/headless';

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

  /** As `rows`, without the empty ones at the end: as it stands in a golden file. */
  async text(): Promise<string> {
    return (await this.rows()).join('\n').trimEnd();
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

function rowText(buffer: InstanceType<typeof xterm.Terminal>['buffer']['active'], row: number): string {
  return buffer.getLine(row)?.translateToString(true).trimEnd() ?? '';
}
