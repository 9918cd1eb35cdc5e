/**
 * What a node tells of its own doings: to the listener that it was made with, and in words to the faces while they ask for it.
 *
 * Owns: whether anybody listens.
 */
import type { Outputs } from '../../../kernel/io.ts';
import type { Trace, TraceEvent, Tracer } from './trace.ts';
import { TraceLines } from '../../common/trace-lines.ts';
import { repeatWords, traceWords } from './words.ts';

export interface NodeTraceParts {
  readonly listener: Trace | undefined;
  /** Gives a peer's name by its `traceId`. */
  readonly roster: { nameOf(traceId: string): string | undefined };
  readonly outputs: Outputs;
}

export class NodeTrace implements Tracer {
  tell: Trace | undefined;
  readonly #parts: NodeTraceParts;
  readonly #lines: TraceLines;
  #isOn = false;

  constructor(parts: NodeTraceParts) {
    this.tell = parts.listener;
    this.#parts = parts;
    this.#lines = new TraceLines((event) => parts.outputs.event(event));
  }

  get deadline(): number | undefined {
    return this.#lines.deadline;
  }

  onTimeout(now: number): void {
    if (this.#lines.deadline !== undefined) this.#lines.onTimeout(now);
  }

  /** Whether the faces get words. */
  get isOn(): boolean {
    return this.#isOn;
  }

  turn(on: boolean, now: number): void {
    const { listener } = this.#parts;
    this.#isOn = on;
    if (!on) this.#lines.stop(now);
    this.tell = on ? (event) => this.#tell(event) : listener;
  }

  #tell(event: TraceEvent): void {
    const { listener, roster } = this.#parts;
    listener?.(event);
    const peer = 'peer' in event ? roster.nameOf(event.peer) : undefined;
    this.#lines.tell(event.at, () => ({ ...traceWords(event), peer }));
    if (event.type !== 'packet-sent') return;
    for (const words of repeatWords(event)) this.#lines.tell(event.at, () => ({ ...words, peer }));
  }
}
