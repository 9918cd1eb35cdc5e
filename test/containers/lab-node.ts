/**
 * One tincan node, with a person at its stdio: the text face on pipes, or the terminal face on a terminal.
 *
 * Owns: saying and hearing, as a person would.
 */
import type { StartedTestContainer } from 'testcontainers';
import { Program } from './program.ts';
import type { StdioContainer, StdioOptions } from './stdio-container.ts';
import { DEADLINE_MS, START_DEADLINE_MS, withoutEscapes } from '../support/transcript.ts';

export class LabNode extends Program {
  /** Indexes of heard lines that an expectation has used up: each line answers for one expectation. */
  readonly #used = new Set<number>();
  /** What it has heard from each peer, among the first `seen` lines: a flood is read once, not at every line anew. */
  readonly #heard = new Map<string, { readonly texts: string[]; seen: number }>();
  readonly #isTty: boolean;

  constructor(options: StdioOptions, container: StdioContainer, started: StartedTestContainer) {
    super(options, container, started);
    this.#isTty = options.tty === true;
  }

  /** Resolves when the node has said `ready`. */
  async ready(): Promise<void> {
    const where = this.#isTty ? this.stdout : this.stderr;
    const find = (): true | undefined => where.lines.some((line) => isReady(line, this.name)) || undefined;
    await where.until(`${this.name} to be ready`, find, [this.stdout, this.stderr], START_DEADLINE_MS);
  }

  async says(text: string): Promise<void> {
    // On a terminal, Enter is a carriage return.
    await this.container.write(this.#isTty ? `${text}\r` : `${text}\n`);
  }

  /** Resolves when a line from that peer is there that no earlier call has waited for. */
  async hears(from: string, text: string): Promise<void> {
    const heard = (): true | undefined => {
      const index = this.stdout.lines.findIndex(
        (line, at) => !this.#used.has(at) && this.#isMessage(line, from, text),
      );
      if (index < 0) return undefined;
      this.#used.add(index);
      return true;
    };
    await this.stdout.until(`${this.name} to hear "${from}: ${text}"`, heard, [this.stderr]);
  }

  /** Resolves when at least so many lines from that peer have come, to all of them in order of arrival. */
  async hearsLines(from: string, count: number, deadlineMs = DEADLINE_MS): Promise<readonly string[]> {
    const heard = (): true | undefined => this.#heardFrom(from).length >= count || undefined;
    const awaited = `${this.name} to hear ${count} lines from ${from}`;
    try {
      await this.stdout.until(awaited, heard, [this.stderr], deadlineMs);
    } catch (cause) {
      throw new Error(`${awaited}: it has heard ${this.heard(from).length}`, { cause });
    }
    return this.heard(from);
  }

  /** The texts that it has heard from that peer so far. */
  heard(from: string): readonly string[] {
    return [...this.#heardFrom(from)];
  }

  #heardFrom(from: string): readonly string[] {
    const { lines } = this.stdout;
    const heard = this.#heard.get(from) ?? { texts: [], seen: 0 };
    this.#heard.set(from, heard);
    const prefix = `${from}: `;
    for (const line of lines.slice(heard.seen)) {
      if (line.startsWith(prefix)) heard.texts.push(line.slice(prefix.length));
    }
    heard.seen = lines.length;
    return heard.texts;
  }

  /** Everything that it has heard, with the label. */
  get heardFromAll(): readonly string[] {
    return this.stdout.lines;
  }

  /** Resolves when stderr has a matching line: news that is not a line of chat. */
  async notes(pattern: RegExp): Promise<string> {
    const find = (): string | undefined => this.stderr.lines.find((line) => pattern.test(line));
    return this.stderr.until(`${this.name} to note ${pattern}`, find, [this.stdout]);
  }

  #isMessage(line: string, from: string, text: string): boolean {
    const message = `${from}: ${text}`;
    // On a terminal a time stamp and colours may stand around it.
    return this.#isTty ? withoutEscapes(line).endsWith(message) : line === message;
  }
}

function isReady(line: string, name: string): boolean {
  return withoutEscapes(line).includes(`ready ${name} `);
}
