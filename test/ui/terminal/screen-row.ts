/**
 * A real terminal emulator that watches what one written text does to the screen.
 *
 * Owns: everything that a text could reach beside its own cells.
 */
import xterm from '@xterm/headless';

const COLUMNS = 4_000;
const ROWS = 5;
/** The row that is written to; the others must stay as they are. */
const ROW = 2;
const OTHERS = 'untouched';

export interface Written {
  /** What the row shows, its end trimmed; cells hold what was combined into them. */
  readonly row: string;
  /** Where the cursor is, as column and row. */
  readonly cursor: readonly [column: number, row: number];
  /** What happened that is no text in this row: other rows changed, a title, a bell, an answer to the host … */
  readonly sideEffects: readonly string[];
}

/** Writes `text` to the third of five rows, from the first column on. It must fit into `COLUMNS`. */
export async function writeToScreen(text: string): Promise<Written> {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const sideEffects: string[] = [];
  await written(terminal, `${OTHERS}\r\n`.repeat(ROWS - 1) + `${OTHERS}\u001B[${ROW + 1};1H\u001B[2K`);
  terminal.onBell(() => sideEffects.push('bell'));
  terminal.onTitleChange((title) => sideEffects.push(`title ${title}`));
  terminal.onData((data) => sideEffects.push(`answer ${JSON.stringify(data)}`));
  terminal.onBinary((data) => sideEffects.push(`binary answer ${JSON.stringify(data)}`));
  terminal.onLineFeed(() => sideEffects.push('line feed'));
  terminal.onScroll(() => sideEffects.push('scroll'));
  terminal.onResize(() => sideEffects.push('resize'));
  terminal.buffer.onBufferChange(() => sideEffects.push('other screen'));
  const modes = JSON.stringify(terminal.modes);
  await written(terminal, text);
  if (JSON.stringify(terminal.modes) !== modes) sideEffects.push('modes');
  const { active } = terminal.buffer;
  const cursor = [active.cursorX, active.cursorY] as const;
  // A change of style or of the character set shows in what comes next.
  await written(terminal, '\u001B[1;1Hq');
  const next = active.getLine(0)?.getCell(0);
  if (next?.getChars() !== 'q' || !next.isAttributeDefault()) sideEffects.push('style');
  for (let row = 0; row < ROWS; row += 1) {
    const shown = active.getLine(row)?.translateToString(true);
    const expected = row === 0 ? `q${OTHERS.slice(1)}` : OTHERS;
    if (row !== ROW && shown !== expected) sideEffects.push(`row ${row}: ${shown}`);
  }
  const row = active.getLine(ROW)?.translateToString(true) ?? '';
  terminal.dispose();
  return { row, cursor, sideEffects };
}

function written(terminal: InstanceType<typeof xterm.Terminal>, text: string): Promise<void> {
  return new Promise((resolve) => {
    terminal.write(text, resolve);
  });
}
