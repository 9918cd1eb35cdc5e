/**
 * A wire's core with an onlooker: while a face asks for it, each input and output is told in words as well.
 *
 * Owns: whether anybody listens; `trace` commands end here. Nothing is put into words while nobody listens, and the core does
 * the same either way.
 */
import { earliest } from '../../kernel/deadline.ts';
import type { Input, Output, SansIoCore } from '../../kernel/io.ts';
import { Outputs } from './outputs.ts';
import { type TraceLine, TraceLines } from './trace-lines.ts';

type Command = Extract<Input, { type: 'command' }>;
type Timeout = Extract<Input, { type: 'timeout' }>;
type EventOutput = Extract<Output, { type: 'event' }>;

/** undefined: no word about it. */
export interface TraceWords<I, O> {
  input(input: I): TraceLine | undefined;
  output(output: O): TraceLine | undefined;
}

export class Traced<I extends { readonly type: string }, O extends { readonly type: string }> {
  readonly #core: SansIoCore<I | Command | Timeout, O | EventOutput>;
  readonly #words: TraceWords<I | Command | Timeout, O | EventOutput>;
  readonly #outputs = new Outputs<O>();
  readonly #lines = new TraceLines(this.#outputs.emit);
  #on = false;

  constructor(
    core: SansIoCore<I | Command | Timeout, O | EventOutput>,
    words: TraceWords<I | Command | Timeout, O | EventOutput>,
  ) {
    this.#core = core;
    this.#words = words;
  }

  handle(input: I | Command | Timeout, now: number): void {
    if (this.#lines.deadline !== undefined) this.#lines.onTimeout(now);
    if (isCommand(input) && input.command.type === 'trace') {
      if (!input.command.on) this.#lines.stop(now);
      this.#on = input.command.on;
      return;
    }
    if (this.#on) this.#tell(this.#words.input(input), now);
    this.#core.handle(input, now);
    for (const output of this.#core.drain()) {
      if (this.#on) this.#tell(this.#words.output(output), now);
      this.#outputs.add(output);
    }
  }

  drain(): readonly (O | EventOutput)[] {
    return this.#outputs.drain();
  }

  deadline(): number | undefined {
    return earliest(this.#core.deadline(), this.#lines.deadline);
  }

  #tell(line: TraceLine | undefined, now: number): void {
    if (line !== undefined) this.#lines.tell(now, () => line);
  }
}

// A wire's own inputs are never called `command`: that is what makes this check sound.
function isCommand(input: { readonly type: string }): input is Command {
  return input.type === 'command';
}
