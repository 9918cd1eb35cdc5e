/**
 * The face's end of the line to the network.
 *
 * Owns: batching in both directions, and how many bytes of says are unanswered.
 */
import type { Command, Event, Status } from '../kernel/contract.ts';
import { invariant } from '../kernel/invariant.ts';
import { eventBatchUnits, eventUnits, sayWindowBytes } from '../wires/common/limits.ts';
import type { Connect, Connection } from './connect.ts';
import type { NetworkSettings } from './settings.ts';

/**
 * Events that wait while the face writes. Reason: what becomes of a line is told in several events, so that lines said on and on
 * would fill the memory while nobody reads stdout. Above: the face reads no more lines to say.
 */
const eventsWaitingMax = 10_000;

export class NetworkClient {
  /** Called when says were answered, even while nobody asks for events, and when events were taken: `hasRoom` may have changed. */
  onAnswered: () => void = () => {};
  readonly #connection: Connection;
  #commands: Command[] = [];
  #events: Event[] = [];
  #wake: (() => void) | undefined;
  #failure: unknown = undefined;
  #ended = false;
  readonly #whenEnded = Promise.withResolvers<void>();
  /** The says that are not answered yet, in order. */
  #unanswered: Unanswered[] = [];
  #unansweredBytes = 0;
  /** For each status to come, in order, who asked for it; undefined: the face, which gets it as an event. */
  #statusAskers: (((status: Status) => void) | undefined)[] = [];

  constructor(settings: NetworkSettings, connect: Connect) {
    this.#connection = connect(settings, {
      onEvents: (events) => this.#receive(events),
      onEnd: () => this.#end(),
      onFailed: (error) => {
        this.#failure = error;
        this.#end();
      },
    });
  }

  /** False while the face should read no more input: the network has as many says as it may have unanswered. */
  get hasRoom(): boolean {
    return this.#unansweredBytes < sayWindowBytes && this.#events.length < eventsWaitingMax;
  }

  /** Lines that are said and not answered yet. */
  get unanswered(): number {
    return this.#unanswered.reduce((lines, { count }) => lines + count, 0);
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
    const said = unansweredOf(command);
    if (said !== undefined) {
      this.#unanswered.push(said);
      this.#unansweredBytes += said.bytes;
    }
    if (this.#commands.length === 0) queueMicrotask(() => this.#flush());
    this.#commands.push(command);
  }

  /**
   * Batches of events, in order; ends after `closed`. What comes while a batch is looked at is in the next one.
   *
   * @throws whatever stopped the network: a bug of ours.
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
      units += unitsOf(this.#events[count]);
    }
    const wasFull = this.#events.length >= eventsWaitingMax;
    const isAll = count === this.#events.length;
    const batch = isAll ? this.#events : this.#events.slice(0, count);
    this.#events = isAll ? [] : this.#events.slice(count);
    if (wasFull) this.onAnswered();
    return batch;
  }

  /** Resolves when the network has ended, or after `timeoutMs`. */
  async ended(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#whenEnded.resolve(), timeoutMs);
    await this.#whenEnded.promise;
    clearTimeout(timer);
  }

  #receive(events: readonly Event[]): void {
    let answered = 0;
    for (const event of events) {
      if (event.type === 'queued' || event.type === 'refused') {
        const said = this.#unanswered[answered];
        invariant(said?.count === (event.count ?? 1), 'an answer is to all that was said at once');
        this.#unansweredBytes -= said.bytes;
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
    this.#whenEnded.resolve();
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #flush(): void {
    const commands = this.#commands;
    this.#commands = [];
    this.#connection.send(commands);
  }
}

function unitsOf(event: Event | undefined): number {
  if (event?.type === 'messages') return event.count * eventUnits + event.bytes.length;
  return eventUnits + (event?.type === 'message' ? event.text.length : 0);
}

/** A say, or a run of lines that is answered as one. */
interface Unanswered {
  readonly bytes: number;
  readonly count: number;
}

function unansweredOf(command: Command): Unanswered | undefined {
  if (command.type === 'say-lines') return { bytes: command.bytes.length, count: command.count };
  // At most three bytes of UTF-8 a UTF-16 unit; an empty line counts too.
  return command.type === 'say' ? { bytes: command.text.length * 3 + 1, count: 1 } : undefined;
}
