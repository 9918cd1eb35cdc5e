/**
 * What one stream of a program has said so far, as lines, and waiting for more of it.
 *
 * Owns: the lines, and the error that explains a deadline that has passed.
 */

/** How long a wait may take, in ms. Generous: it is only ever used up by a failure. */
export const DEADLINE_MS = 15_000;
/** How long a program may take to start, in ms. Where others keep the machine busy, containers come last. */
export const START_DEADLINE_MS = 60_000;
/** Lines of each transcript that an error shows. */
const TAIL_LINES = 12;

export class Transcript {
  readonly name: string;
  readonly lines: string[] = [];
  /** When each line was whole, in ms since the Unix epoch, on this process's monotonic clock. */
  readonly arrivedMs: number[] = [];
  #partial = '';
  readonly #listeners = new Set<() => void>();

  constructor(name: string) {
    this.name = name;
  }

  /** The unfinished line: what has no newline yet, such as a prompt. */
  get partial(): string {
    return this.#partial;
  }

  push(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    const nowMs = performance.timeOrigin + performance.now();
    for (const line of lines) {
      this.lines.push(line.replace(/\r+$/, ''));
      this.arrivedMs.push(nowMs);
    }
    this.poke();
  }

  /** Something else than a new line has happened that a wait may look for. */
  poke(): void {
    for (const listener of this.#listeners) listener();
  }

  /**
   * Resolves with what `look` finds, as soon as it finds something; looks again whenever there is more to see.
   *
   * @throws after `deadlineMs`, with what was awaited and the ends of `context` and of this transcript.
   */
  until<T>(
    awaited: string,
    look: () => T | undefined,
    context: readonly Transcript[] = [],
    deadlineMs = DEADLINE_MS,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#listeners.delete(check);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(check);
        const ends = [this, ...context.filter((other) => other !== this)].map((transcript) =>
          transcript.tail(),
        );
        reject(new Error(`waited ${deadlineMs} ms for ${awaited}\n${ends.join('\n')}`));
      }, deadlineMs);
      this.#listeners.add(check);
      check();
    });
  }

  /** The last lines, for an error. */
  tail(): string {
    const lines = [
      ...this.lines.slice(-TAIL_LINES),
      ...(this.#partial === '' ? [] : [`${this.#partial}⏎ missing`]),
    ];
    const more = this.lines.length > TAIL_LINES ? [`  … ${this.lines.length - TAIL_LINES} lines before`] : [];
    return [`--- ${this.name}`, ...more, ...lines.map((line) => `  ${JSON.stringify(line)}`)].join('\n');
  }
}

/** Without what moves a cursor or sets a colour. */
export function withoutEscapes(text: string): string {
  return text.replaceAll(ESCAPES, '');
}

const ESCAPES = new RegExp(String.raw`\u001B\[[0-9;?]*[A-Za-z]|\u001B[()][A-Z0-9]|\r`, 'gu');
