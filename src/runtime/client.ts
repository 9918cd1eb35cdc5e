/**
 * The main thread's end of the line to the network thread.
 *
 * Owns: the worker, batching in both directions, and how many bytes of says are unanswered.
 */
import { Worker } from 'node:worker_threads';
import type { Command, Event, Status } from '../kernel/contract.ts';
import { invariant } from '../kernel/invariant.ts';
import { eventBatchUnits, eventUnits, sayWindowBytes } from '../wires/common/limits.ts';
import { type Crossing, unpackRuns } from './event-runs.ts';
import type { NetworkSettings } from './settings.ts';

/**
 * Events that wait while the face writes. Reason: what becomes of a line is told in several events, so that lines said on and on
 * would fill the memory while nobody reads stdout. Above: the face reads no more lines to say.
 */
const eventsWaitingMax = 10_000;

export class NetworkClient {
  /** Called when says were answered, even while nobody asks for events, and when events were taken: `hasRoom` may have changed. */
  onAnswered: () => void = () => {};
  readonly #worker: Worker;
  #commands: Command[] = [];
  #events: Event[] = [];
  #wake: (() => void) | undefined;
  #failure: unknown = undefined;
  #ended = false;
  /** Sizes of the says that are not answered yet, in order. */
  #unanswered: number[] = [];
  #unansweredBytes = 0;
  /** For each status to come, in order, who asked for it; undefined: the face, which gets it as an event. */
  #statusAskers: (((status: Status) => void) | undefined)[] = [];

  constructor(settings: NetworkSettings) {
    this.#worker = new Worker(new URL('network.ts', import.meta.url), { workerData: settings });
    this.#worker.on('message', (packed: readonly Crossing[]) => this.#receive(unpackRuns(packed)));
    this.#worker.on('error', (error) => {
      this.#failure = error;
      this.#end();
    });
    this.#worker.on('exit', () => this.#end());
  }

  /** False while the face should read no more input: the network has as many says as it may have unanswered. */
  get hasRoom(): boolean {
    return this.#unansweredBytes < sayWindowBytes && this.#events.length < eventsWaitingMax;
  }

  /** Says that are not answered yet. */
  get unanswered(): number {
    return this.#unanswered.length;
  }

  send(command: Command): void {
    if (command.type === 'status') this.#statusAskers.push(undefined);
    this.#send(command);
  }

  /** Asks on the side: the answer is not among the events, so it comes even while these are held up. */
  status(): Promise<Status> {
    return new Promise((resolve) => {
      this.#statusAskers.push(resolve);
      this.#send({ type: 'status' });
    });
  }

  #send(command: Command): void {
    if (command.type === 'say') {
      // At most three bytes of UTF-8 a UTF-16 unit; an empty line counts too.
      const bytes = command.text.length * 3 + 1;
      this.#unanswered.push(bytes);
      this.#unansweredBytes += bytes;
    }
    if (this.#commands.length === 0) setImmediate(() => this.#flush());
    this.#commands.push(command);
  }

  /**
   * Batches of events, in order; ends after `closed`. What comes while a batch is looked at is in the next one.
   *
   * @throws whatever stopped the network thread: a bug of ours.
   */
  async *events(): AsyncGenerator<readonly Event[], void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#events.length > 0) {
        yield this.#takeBatch();
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #takeBatch(): readonly Event[] {
    let count = 0;
    for (let units = 0; units < eventBatchUnits && count < this.#events.length; count += 1) {
      const event = this.#events[count];
      units += eventUnits + (event?.type === 'message' ? event.text.length : 0);
    }
    const wasFull = this.#events.length >= eventsWaitingMax;
    const batch = this.#events.splice(0, count);
    if (wasFull) this.onAnswered();
    return batch;
  }

  /** Resolves when the network thread has ended, or after `timeoutMs`. */
  async ended(timeoutMs: number): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#worker.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #receive(events: readonly Event[]): void {
    let answered = 0;
    for (const event of events) {
      if (event.type === 'queued' || event.type === 'refused') {
        const bytes = this.#unanswered[answered];
        invariant(bytes !== undefined, 'an answer has its say');
        this.#unansweredBytes -= bytes;
        answered += 1;
      }
      if (event.type === 'status') {
        const asker = this.#statusAskers.shift();
        asker?.(event);
        if (asker !== undefined) continue;
      }
      this.#events.push(event);
    }
    if (answered > 0) {
      this.#unanswered = this.#unanswered.slice(answered);
      this.onAnswered();
    }
    this.#wakeUp();
  }

  #end(): void {
    this.#ended = true;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #flush(): void {
    const commands = this.#commands;
    this.#commands = [];
    this.#worker.postMessage(commands);
  }
}
