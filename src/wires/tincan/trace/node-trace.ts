/**
 * What a node tells of its own doings: to the listener that it was made with, and in words to the faces while they ask for it.
 *
 * Owns: whether anybody listens. Must not know: what happens.
 */
import type { Event } from '../../../kernel/contract.ts';
import type { Trace, TraceEvent, Tracer } from './trace.ts';
import { TraceLines } from '../../common/trace-lines.ts';
import { traceWords } from './words.ts';

export interface NodeTraceParts {
  readonly listener: Trace | undefined;
  /** The name of a peer, by the beginning of its id that trace events bear. */
  readonly nameOf: (peer: string) => string | undefined;
  readonly emit: (event: Event) => void;
}

export class NodeTrace implements Tracer {
  tell: Trace | undefined;
  readonly #parts: NodeTraceParts;
  readonly #lines: TraceLines;

  constructor(parts: NodeTraceParts) {
    this.tell = parts.listener;
    this.#parts = parts;
    this.#lines = new TraceLines(parts.emit);
  }

  get deadline(): number | undefined {
    return this.#lines.deadline;
  }

  onTimeout(now: number): void {
    if (this.#lines.deadline !== undefined) this.#lines.onTimeout(now);
  }

  /** Words for the faces from now on, or no more. */
  turn(on: boolean, now: number): void {
    const { listener } = this.#parts;
    if (!on) this.#lines.stop(now);
    this.tell = on ? (event) => this.#tell(event) : listener;
  }

  #tell(event: TraceEvent): void {
    const { listener, nameOf } = this.#parts;
    listener?.(event);
    if (event.type === 'recovery') return;
    this.#lines.tell(event.at, () => ({
      ...traceWords(event),
      peer: 'peer' in event ? nameOf(event.peer) : undefined,
    }));
  }
}
