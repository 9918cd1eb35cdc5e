/**
 * A person's window on a node: attached to the pseudo-terminal of its container as `docker attach` does it, with a
 * terminal emulator in which one sees what a person would.
 *
 * Owns: attaching, sizes, golden screens.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Screen } from '../support/screen.ts';
import { until } from '../support/wait.ts';
import { docker } from './engine.ts';
import { attachTo } from './stdio-container.ts';

export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** What the window begins with whenever it is drawn as a whole: a terminal is told to mark what is pasted. */
const DRAWN_ANEW = '\u001B[?2004h';
/** Set to have the golden screens written from what is seen, for a person to look at: `UPDATE_GOLDEN=1`. */
const UPDATES = process.env['UPDATE_GOLDEN'] === '1';
/** When they are written, what is seen counts once it has not changed for so long, in ms. */
const UPDATE_QUIET_MS = 1_000;

export class PersonWindow implements AsyncDisposable {
  readonly screen: Screen;
  readonly #id: string;
  readonly #stdio: Duplex;

  private constructor(id: string, screen: Screen, stdio: Duplex) {
    this.#id = id;
    this.screen = screen;
    this.#stdio = stdio;
  }

  static async attach(
    id: string,
    size: WindowSize,
    onText: (text: string) => void = () => {},
  ): Promise<PersonWindow> {
    const screen = new Screen(size);
    let received = '';
    const stdio = await attachTo(id, true, (text) => {
      received += text;
      screen.write(text);
      onText(text);
    });
    const window = new PersonWindow(id, screen, stdio);
    const drawn = (): number => received.split(DRAWN_ANEW).length - 1;
    // One larger first, as `docker attach` does: a size that does not change is no news to the program. Unlike there each
    // is waited for: what was typed in between would not be on the screen that comes last.
    const larger = { columns: size.columns + 1, rows: size.rows + 1 };
    for (const [times, next] of [larger, size].entries()) {
      await window.#setSize(next);
      await window.#until('a window drawn anew', () => drawn() > times);
    }
    return window;
  }

  type(keys: string): void {
    this.#stdio.write(keys);
  }

  /** Another size, as when a person drags the window's corner. */
  async resize(size: WindowSize): Promise<void> {
    await this.screen.resize(size.columns, size.rows);
    await this.#setSize(size);
  }

  /** Resolves when such a text stands somewhere on the screen. */
  async shows(text: string): Promise<void> {
    await this.#until(JSON.stringify(text), (seen) => seen.includes(text));
  }

  /** Resolves when the text does not stand on the screen any more. */
  async showsNoMore(text: string): Promise<void> {
    await this.#until(`no more ${JSON.stringify(text)}`, (seen) => !seen.includes(text));
  }

  /** Resolves when the screen is as the file in `golden/` has it, times and addresses aside. */
  async showsGolden(name: string): Promise<void> {
    const path = fileURLToPath(new URL(`golden/${name}.txt`, import.meta.url));
    if (UPDATES) {
      writeFileSync(path, `${await this.#settled()}\n`);
      return;
    }
    const golden = existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : '(no such file)';
    await this.#until(`golden/${name}.txt:\n${framed(golden)}\n`, (seen) => normalised(seen) === golden);
  }

  /** Resolves when the terminal has these modes. */
  async modesAre(modes: Awaited<ReturnType<Screen['modes']>>): Promise<void> {
    const awaited = JSON.stringify(modes);
    const look = async (): Promise<true | undefined> =>
      JSON.stringify(await this.screen.modes()) === awaited || undefined;
    await until(`the terminal's modes to be ${awaited}`, look);
  }

  /** The window is closed; the node goes on. */
  detach(): void {
    this.#stdio.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.detach();
  }

  async #setSize({ columns, rows }: WindowSize): Promise<void> {
    await docker.getContainer(this.#id).resize({ w: columns, h: rows });
  }

  async #until(awaited: string, holds: (seen: string) => boolean): Promise<void> {
    let seen = '';
    const look = async (): Promise<true | undefined> => {
      seen = await this.screen.text();
      return holds(seen) ? true : undefined;
    };
    await until(`the screen to show ${awaited}`, look, () => `It shows:\n${framed(normalised(seen))}`);
  }

  async #settled(): Promise<string> {
    const before = await this.screen.text();
    await pause(UPDATE_QUIET_MS);
    const now = await this.screen.text();
    return now === before ? normalised(now) : this.#settled();
  }
}

/** Without what differs from run to run. */
function normalised(screen: string): string {
  return screen
    .replaceAll(/^\d\d:\d\d/gmu, 'HH:MM')
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+\b/gu, '1.2.3.4')
    .replaceAll(/\b[0-9a-f]{4}(?:-[0-9a-f]{4}){7}\b/gu, 'KEY');
}

function framed(screen: string): string {
  return screen
    .split('\n')
    .map((row) => `  │${row}`)
    .join('\n');
}
