/**
 * The terminal's window: printed lines, and below them the prompt with its draft.
 *
 * Owns: every escape sequence that moves the cursor, what is known about the screen, and the day that it has come to.
 * Asleep until `wake`: printed lines go out plainly, so that a log without a reader stays readable.
 */
import { rowsOf, widthOf } from '../words/cells.ts';
import type { Layout, LayoutRow, Size } from './layout.ts';
import { type PrintedLine, textOf } from './wrapping.ts';
import { recentMaxLength, recentMaxLines } from '../limits.ts';

export interface WindowOptions {
  readonly write: (text: string) => void;
  readonly size: () => Size;
  /** The prompt and the draft as they are now. */
  readonly layout: (size: Size) => Layout;
  readonly styledPrompt: (text: string) => string;
}

export class Window {
  readonly #options: WindowOptions;
  #state: 'asleep' | 'awake' | 'closed' = 'asleep';
  /** The terminal was asked to put pastes between brackets. */
  #pastesHaveBrackets = false;
  /** The prompt as it stands on the screen, and the size that it was drawn for. */
  #drawn: Layout = NO_LAYOUT;
  #drawnSize: Size = { columns: 0, rows: 0 };
  #painted = '';
  /** How many rows above the prompt are certainly on the screen, with what `#recent` says in them. */
  #rowsAbove = 0;
  #day: string | undefined;
  /** The newest printed lines, oldest first. */
  #recent: PrintedLine[] = [];
  #recentLength = 0;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** Draws the prompt, and keeps it drawn until `sleep` or `close`. */
  wake(): void {
    if (this.#state !== 'asleep') return;
    this.#state = 'awake';
    this.#drawn = NO_LAYOUT;
    this.#rowsAbove = 0;
    this.#options.write(this.#bracketPastes() + this.#paint());
  }

  /** Removes the prompt, and draws none until `wake`. Pastes keep their brackets: a text may be pasted at any time. */
  sleep(): void {
    if (this.#state !== 'awake') return;
    this.#state = 'asleep';
    this.#options.write(this.#erase());
  }

  /** Prints lines above the prompt, in a single write. */
  print(undated: readonly PrintedLine[]): void {
    const lines = undated.flatMap((line) => [...this.#newDay(line), line]);
    const columns = this.#state === 'awake' ? this.#options.size().columns : undefined;
    const text = lines.map((line) => `${textOf(line, columns)}\n`).join('');
    this.#remember(lines);
    if (this.#state !== 'awake') {
      if (text !== '') this.#options.write(text);
      return;
    }
    const erased = this.#erase();
    this.#distrustOtherSize();
    this.#raise(lines);
    this.#options.write(erased + text + this.#paint());
  }

  /** Draws the prompt as it is now. */
  refresh(): void {
    if (this.#state !== 'awake') return;
    const erased = this.#erase();
    const before = this.#painted;
    const painted = this.#paint();
    if (painted !== before) this.#options.write(erased + painted);
  }

  /**
   * The marks of these lines have changed: draws them where they stand. Gives those that are not certainly on the
   * screen.
   */
  amend(lines: ReadonlySet<PrintedLine>): readonly PrintedLine[] {
    this.#distrustOtherSize();
    const heights = this.#state === 'awake' ? this.#heightsOf(lines) : new Map<PrintedLine, number>();
    const moves = [...heights].map(([line, height]) => this.#redrawnMark(line, height));
    if (moves.length > 0) this.#options.write(moves.join(''));
    return [...lines].filter((line) => !heights.has(line));
  }

  /** For a window of which nothing is known, whose cursor stands at a free row: draws everything below that. */
  attach(header: readonly PrintedLine[]): void {
    this.#redraw(`\r${ERASE_BELOW}`, header);
  }

  /** For a window whose size has changed: what stood where is lost, so it is drawn anew from its top on. */
  resize(header: readonly PrintedLine[]): void {
    this.#redraw(HOME + ERASE_BELOW, header);
  }

  /** Empties the screen and forgets what was on it. */
  clear(): void {
    this.#recent = [];
    this.#recentLength = 0;
    if (this.#state === 'awake') this.resize([]);
  }

  /** Leaves the terminal as it was found. The draft stays visible, if `keepDraft`. Callable more than once. */
  close(keepDraft: boolean): void {
    if (this.#state === 'closed') return;
    const below = this.#drawn.rows.length - 1 - this.#drawn.cursor.row;
    const prompt = keepDraft ? '\n'.repeat(below + 1) : this.#erase();
    const text =
      (this.#state === 'awake' ? prompt : '') + (this.#pastesHaveBrackets ? BRACKETED_PASTE_OFF : '');
    this.#state = 'closed';
    if (text !== '') this.#options.write(text);
  }

  #redraw(start: string, header: readonly PrintedLine[]): void {
    if (this.#state === 'closed') return;
    this.#state = 'awake';
    const size = this.#options.size();
    const room = size.rows - this.#options.layout(size).rows.length;
    const headerRows = estimatedRows(header, size.columns);
    // A window too low for both shows the chat.
    const shownHeader = headerRows * 2 <= room ? header : [];
    const recent = this.#newestFitting(room - (shownHeader.length === 0 ? 0 : headerRows), size.columns);
    const lines = [...shownHeader, ...recent];
    this.#drawn = NO_LAYOUT;
    this.#rowsAbove = 0;
    this.#raise(recent);
    // Whoever has just attached brings a terminal that was told nothing yet.
    this.#options.write(
      this.#bracketPastes() +
        start +
        lines.map((line) => `${textOf(line, size.columns)}\n`).join('') +
        this.#paint(),
    );
  }

  /** A row for the day, where it is another one than that of the lines before. */
  #newDay({ day }: PrintedLine): readonly PrintedLine[] {
    const before = this.#day;
    if (day === undefined || (before !== undefined && day <= before)) return [];
    this.#day = day;
    return before === undefined ? [] : [{ before: '', mark: '', after: day }];
  }

  #bracketPastes(): string {
    this.#pastesHaveBrackets = true;
    return BRACKETED_PASTE_ON;
  }

  /** Until `resize` has drawn it anew, nobody knows what the terminal has made of the lines above. */
  #distrustOtherSize(): void {
    const { columns, rows } = this.#options.size();
    if (columns !== this.#drawnSize.columns || rows !== this.#drawnSize.rows) this.#rowsAbove = 0;
  }

  #newestFitting(room: number, columns: number): readonly PrintedLine[] {
    let rows = 0;
    let first = this.#recent.length;
    for (const line of this.#recent.toReversed()) {
      if (line.isHeader !== true) rows += estimatedRows([line], columns);
      if (rows > room) break;
      first -= 1;
    }
    return this.#recent.slice(first).filter(({ isHeader }) => isHeader !== true);
  }

  #remember(lines: readonly PrintedLine[]): void {
    this.#recent.push(...lines.slice(-recentMaxLines));
    for (const line of lines) this.#recentLength += lengthOf(line);
    let forgotten = 0;
    for (const line of this.#recent) {
      if (this.#recent.length - forgotten <= recentMaxLines && this.#recentLength <= recentMaxLength) break;
      this.#recentLength -= lengthOf(line);
      forgotten += 1;
    }
    if (forgotten > 0) this.#recent = this.#recent.slice(forgotten);
  }

  /** These lines have been printed: they push up what stands above. */
  #raise(lines: readonly PrintedLine[]): void {
    const { columns, rows: rowsMax } = this.#options.size();
    let added = 0;
    for (const line of lines.toReversed()) {
      const rows = rowsOf(textOf(line, columns), columns);
      if (rows === undefined) {
        this.#rowsAbove = added;
        return;
      }
      added += rows;
      if (added >= rowsMax) break;
    }
    this.#rowsAbove = Math.min(this.#rowsAbove + added, rowsMax);
  }

  /** How many rows above the prompt each of these lines starts, as far as that is certain. */
  #heightsOf(lines: ReadonlySet<PrintedLine>): ReadonlyMap<PrintedLine, number> {
    const { columns } = this.#options.size();
    const heights = new Map<PrintedLine, number>();
    let height = 0;
    for (const line of this.#recent.toReversed()) {
      if (heights.size === lines.size) break;
      const rows = rowsOf(textOf(line, columns), columns);
      if (rows === undefined) break;
      height += rows;
      if (height > this.#rowsAbove) break;
      if (lines.has(line)) heights.set(line, height);
    }
    return heights;
  }

  #redrawnMark({ before, mark }: PrintedLine, height: number): string {
    return SAVE_CURSOR + up(this.#drawn.cursor.row + height) + `\r${before}${mark}` + RESTORE_CURSOR;
  }

  #erase(): string {
    return `${up(this.#drawn.cursor.row)}\r${ERASE_BELOW}`;
  }

  /** Draws the prompt from the cursor's row on, which is empty, and leaves the cursor where it belongs in the draft. */
  #paint(): string {
    const size = this.#options.size();
    const layout = this.#options.layout(size);
    this.#drawn = layout;
    this.#drawnSize = size;
    this.#rowsAbove = Math.min(this.#rowsAbove, size.rows - layout.rows.length);
    const { rows, cursor } = layout;
    const isSure = rows.every(({ draft, prompt }) => [...prompt, ...draft].every(({ sure }) => sure));
    const drawn = rows.map((row) => this.#paintedRow(row)).join('\n');
    const back = `${up(rows.length - 1 - cursor.row)}${toColumn(cursor.column)}`;
    // A terminal that thinks a cell wider than it is must not start a row of its own.
    this.#painted = (isSure ? drawn : WRAP_OFF + drawn + WRAP_ON) + back;
    return this.#painted;
  }

  #paintedRow({ prompt, draft }: LayoutRow): string {
    const label = prompt.map(({ text }) => text).join('');
    let row = label === '' ? '' : this.#options.styledPrompt(label);
    let column = widthOf(prompt);
    if (prompt.some(({ sure }) => !sure)) row += toColumn(column);
    for (const { text, width, sure } of draft) {
      column += width;
      row += text;
      // Wherever the terminal thinks that the cursor is now, it goes on from where it has to be.
      if (!sure) row += toColumn(column);
    }
    return row;
  }
}

const NO_LAYOUT: Layout = { rows: [], cursor: { row: 0, column: 0 } };

function lengthOf({ before, mark, after }: PrintedLine): number {
  return before.length + mark.length + after.length;
}

/** Where terminals may differ, one row more than a guess: too much is drawn over nobody's lines. */
function estimatedRows(lines: readonly PrintedLine[], columns: number): number {
  let rows = 0;
  for (const text of lines.flatMap((line) => textOf(line, columns).split('\n'))) {
    rows += rowsOf(text, columns) ?? Math.ceil((text.length * 2) / columns) + 1;
  }
  return rows;
}

/** Select Graphic Rendition and the rest of ECMA-48, as every terminal of today has it; DEC's private modes. */
const ESC = '\u001B';
const BRACKETED_PASTE_ON = `${ESC}[?2004h`;
const BRACKETED_PASTE_OFF = `${ESC}[?2004l`;
const WRAP_ON = `${ESC}[?7h`;
const WRAP_OFF = `${ESC}[?7l`;
const HOME = `${ESC}[H`;
const ERASE_BELOW = `${ESC}[J`;
const SAVE_CURSOR = `${ESC}7`;
const RESTORE_CURSOR = `${ESC}8`;

function up(rows: number): string {
  return rows > 0 ? `${ESC}[${rows}A` : '';
}

/** Columns count from 0 here, from 1 there. */
function toColumn(column: number): string {
  return `${ESC}[${column + 1}G`;
}
