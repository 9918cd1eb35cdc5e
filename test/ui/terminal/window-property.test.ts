/**
 * Whatever is typed, printed and resized: what a terminal shows is what the model says, at every width.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Cell } from '../../../src/ui/words/cells.ts';
import { LineEditor } from '../../../src/ui/terminal/editor.ts';
import { TypedLinesInMemory } from '../../../src/store/in-memory.ts';
import type { Layout, Size } from '../../../src/ui/terminal/layout.ts';
import { Window } from '../../../src/ui/terminal/window.ts';
import { type PrintedLine, textOf } from '../../../src/ui/terminal/wrapping.ts';
import { Screen } from '../../support/screen.ts';
import { FakeKeyboard, settled } from '../fakes.ts';
import { ESC, paste } from './terminal-bench.ts';

/** Editor, window and screen, put together as the terminal face does it. */
class WindowBench {
  readonly screen: Screen;
  readonly #keyboard = new FakeKeyboard();
  readonly #window: Window;
  readonly #editor: LineEditor;
  readonly #printed: PrintedLine[] = [];
  #size: Size;

  constructor(size: Size, clusters: boolean) {
    this.#size = size;
    this.screen = new Screen({ ...size, clusters });
    this.#window = new Window({
      write: (text) => this.screen.write(text),
      size: () => this.#size,
      layout: (now) => this.#editor.layout(now),
      styledPrompt: (text) => text,
    });
    this.#editor = new LineEditor({
      stdin: this.#keyboard,
      typedLines: new TypedLinesInMemory(),
      on: {
        touched: () => this.#window.wake(),
        changed: () => this.#window.refresh(),
        entry: (draft) => this.#editor.remember(draft.atoms.map(({ text }) => text).join('')),
        complete: () => '',
        redraw: () => this.#window.resize([]),
        interrupt: () => this.#editor.clearDraft(),
        suspend: () => {},
        end: () => {},
        pasteTooLarge: () => {},
      },
    });
    this.#editor.setPrompt('alice> ');
    this.#window.wake();
  }

  async perform(step: Step): Promise<void> {
    switch (step.type) {
      case 'keys':
        this.#keyboard.write(step.keys);
        return settled();
      case 'print': {
        const line = { before: '11:52 ', mark: ' ·', after: ` ${step.text}` };
        this.#printed.push(line);
        return this.#window.print([line]);
      }
      case 'mark': {
        const line = this.#printed[step.line % Math.max(1, this.#printed.length)];
        if (line === undefined) return undefined;
        const before = line.mark;
        line.mark = step.mark;
        // Where it is not certainly on the screen, nothing is drawn, and what is there says what it said.
        if (this.#window.amend(new Set([line])).length > 0) line.mark = before;
        return undefined;
      }
      case 'resize':
        await this.screen.resize(step.size.columns, step.size.rows);
        this.#size = step.size;
        return this.#window.resize([]);
      default:
        return step satisfies never;
    }
  }

  get layout(): Layout {
    return this.#editor.layout(this.#size);
  }

  /** What has been printed, as rows of the window's width. */
  get printedRows(): readonly string[] {
    const { columns } = this.#size;
    return this.#printed.flatMap((line) =>
      textOf(line, columns)
        .split('\n')
        .flatMap((row) => chunks(row, columns))
        .map((row) => row.trimEnd()),
    );
  }

  close(): void {
    this.#editor.close();
  }
}

type Step =
  | { readonly type: 'keys'; readonly keys: string }
  | { readonly type: 'print'; readonly text: string }
  | { readonly type: 'mark'; readonly line: number; readonly mark: string }
  | { readonly type: 'resize'; readonly size: Size };

const PLAIN = ['a', 'Z', ' ', 'word ', '/', '.', 'é', 'ß', 'Ж'];
const WIDE = ['漢', '字', '한', 'ひ'];
const CLUSTERS = ['e\u0301', '👍', '👍🏽', '👨‍👩‍👧', '🇩🇪', '🇨🇭', '❤️', '1️⃣', '🏳️‍🌈', 'ก็'];
const HALVES = ['\u0301', '\u200D', '🇩', '🇪', '\uFE0F', '👩'];
/** Of a skin tone on nothing every emulator thinks otherwise. */
const DISPUTED = ['🏽'];
const CONTROL_KEYS = '\u0001\u0005\u0015\u000B\u0019\u0017\u007F\r\u0003\u000C';
const KEYS = [
  ...CONTROL_KEYS.split(''),
  ...['[A', '[B', '[C', '[D', '[H', '[F', '[3~', '[1;5C', '[1;5D', 'b', 'f', 'd', '\u007F'].map(
    (rest) => ESC + rest,
  ),
  ...['one', 'tw\to', 'three\rlines\rlong'].map(paste),
];

const sizes = fc.record({
  columns: fc.oneof(fc.integer({ min: 2, max: 12 }), fc.constantFrom(20, 40, 80)),
  rows: fc.integer({ min: 1, max: 12 }),
});

function steps(typed: readonly string[]): fc.Arbitrary<readonly Step[]> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ type: fc.constant('keys'), keys: fc.constantFrom(...typed, ...KEYS) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('print'),
        text: fc.string({ unit: fc.constantFrom('x', 'y', ' '), maxLength: 60 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('mark'),
        line: fc.nat(20),
        mark: fc.constantFrom(' ✓', '✓✓', ' ✗'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('resize'), size: sizes }) },
  );
  return fc.array(step, { maxLength: 40 });
}

async function afterEach(
  size: Size,
  all: readonly Step[],
  clusters: boolean,
  check: (bench: WindowBench) => Promise<void>,
) {
  const bench = new WindowBench(size, clusters);
  try {
    for (const step of all) {
      await bench.perform(step);
      await check(bench);
    }
  } finally {
    bench.close();
  }
}

/** The prompt stands where the cursor says, and what was printed right above it. */
async function showsTheModel(bench: WindowBench): Promise<void> {
  const { rows, cursor } = bench.layout;
  const at = await bench.screen.cursor();
  expect(at.column).toBe(cursor.column);
  const top = at.row - cursor.row;
  const screen = await bench.screen.rows();
  for (const [index, { prompt, draft }] of rows.entries()) {
    expect(screen[top + index]?.normalize()).toMatch(pattern([...prompt, ...draft]));
  }
  expect(screen.slice(top + rows.length).join('')).toBe('');
  const above = screen.slice(0, top);
  expect(above).toEqual(bench.printedRows.slice(bench.printedRows.length - above.length));
}

test('what is typed, printed and marked stands where the model says, at every size', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, steps([...PLAIN, ...WIDE, ...CLUSTERS, ...HALVES]), (size, all) =>
      afterEach(size, all, true, showsTheModel),
    ),
    { numRuns: 150 },
  );
});

test('on a terminal that takes joined characters apart, all else still stands where the model says', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, steps([...PLAIN, ...CLUSTERS, ...HALVES, ...DISPUTED]), (size, all) =>
      afterEach(size, all, false, showsWhatIsSure),
    ),
    { numRuns: 100 },
  );
});

async function showsWhatIsSure(bench: WindowBench): Promise<void> {
  const { rows, cursor } = bench.layout;
  const at = await bench.screen.cursor();
  expect(at.column).toBe(cursor.column);
  const top = at.row - cursor.row;
  for (const [index, { prompt, draft }] of rows.entries()) {
    let column = 0;
    for (const { text, width, sure } of [...prompt, ...draft]) {
      if (sure && text !== ' ') expect(await bench.screen.at(top + index, column)).toBe(text);
      column += width;
    }
  }
  const above = (await bench.screen.rows()).slice(0, top);
  expect(above).toEqual(bench.printedRows.slice(bench.printedRows.length - above.length));
}

function chunks(text: string, columns: number): readonly string[] {
  return Array.from({ length: Math.max(1, Math.ceil(text.length / columns)) }, (_, row) =>
    text.slice(row * columns, (row + 1) * columns),
  );
}

/** Such a row, where a blank may follow what takes more room than this emulator thinks. Blanks at its end are gone. */
function pattern(cells: readonly Cell[]): RegExp {
  const shown = cells.slice(0, cells.findLastIndex(({ text }) => text !== ' ') + 1);
  const parts = shown.map(({ text, sure }) => RegExp.escape(text.normalize()) + (sure ? '' : ' ?'));
  return new RegExp(`^${parts.join('')}$`, 'u');
}
