/**
 * Films two windows side by side: what has changed in either, as output of one larger terminal.
 *
 * Owns: looking at the windows.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { PersonWindow } from '../containers/window.ts';
import type { Run, RunStyle } from '../support/screen.ts';
import { type CastEvent, Compositor } from './cast.ts';
import { CAPTION_ROW, PANE, PANES, STAGE } from './stage.ts';

/** Milliseconds between two looks. */
const FRAME_MS = 40;

export class Camera {
  readonly #onCaption: (caption: string) => void;
  /** The line below the windows. */
  #caption = '';
  readonly #events: CastEvent[] = [];
  readonly #startedAt = performance.now();
  readonly #filming: Promise<void>;
  #isOn = true;

  constructor(alice: PersonWindow, bob: PersonWindow, onCaption: (caption: string) => void) {
    this.#onCaption = onCaption;
    this.#filming = this.#film(alice, bob);
  }

  show(caption: string): void {
    this.#caption = caption;
    this.#onCaption(caption);
  }

  async stop(): Promise<readonly CastEvent[]> {
    this.#isOn = false;
    await this.#filming;
    return this.#events;
  }

  async #film(alice: PersonWindow, bob: PersonWindow): Promise<void> {
    const panes = [
      { window: alice, compositor: new Compositor(PANES.alice, PANE.columns) },
      { window: bob, compositor: new Compositor(PANES.bob, PANE.columns) },
    ];
    const below = new Compositor({ column: 0, row: CAPTION_ROW }, STAGE.columns);
    while (this.#isOn) {
      const atMs = performance.now() - this.#startedAt;
      let output = '';
      for (const { window, compositor } of panes) output += compositor.draw(await shot(window));
      output += below.draw([[centred(this.#caption)]]);
      if (output !== '') this.#events.push({ atMs, output: `\u001B[?25l${output}` });
      await pause(FRAME_MS);
    }
  }
}

const PLAIN: RunStyle = { color: undefined, isDim: false, isBold: false, isInverse: false };

/** What a window shows, with its cursor: the larger terminal has only one of its own. */
async function shot(window: PersonWindow): Promise<readonly (readonly Run[])[]> {
  const rows = await window.screen.runs();
  const { row, column } = await window.screen.cursor();
  const cursor: Run = { text: ' ', column, width: 1, style: { ...PLAIN, isInverse: true } };
  return rows.map((runs, index) =>
    index === row ? [...runs.flatMap((run) => before(run, column) ?? []), cursor] : runs,
  );
}

/** What of a run stands before that column. */
function before(run: Run, column: number): Run | undefined {
  if (run.column + run.width <= column) return run;
  const width = column - run.column;
  // Only characters of one column are in runs with others.
  return width > 0 ? { ...run, text: run.text.slice(0, width), width } : undefined;
}

function centred(text: string): Run {
  const column = Math.max(0, Math.floor((STAGE.columns - text.length) / 2));
  return { text, column, width: text.length, style: { ...PLAIN, isDim: true } };
}
