/**
 * The one loop: turns a sans-IO core with a real clock, one timer, a transport and a resolver.
 *
 * Owns: when `handle` is called, and with which time.
 */
import type { Command, Event } from '../kernel/contract.ts';
import type { Input, Output, SansIoCore } from '../kernel/io.ts';
import { AddressChoice } from './address-choice.ts';
import { clock } from './clock.ts';
import { LookupError, addressesOf } from '../transport/resolver.ts';
import type { Transport } from '../transport/transport.ts';

/** What every core takes and gives, whatever its transport: `C` is its kind of command, `E` its kind of event. */
type CommonInput<C> =
  | Extract<Input, { type: 'resolved' | 'unresolved' | 'timeout' }>
  | { readonly type: 'command'; readonly command: C; readonly more?: boolean };
type Question = Extract<Output, { type: 'resolve' }>;
type CommonOutput<E> = Question | { readonly type: 'event'; readonly event: E };

export type DrivenCore<I, O, C = Command, E = Event> = SansIoCore<I | CommonInput<C>, O | CommonOutput<E>>;

export interface Keeping<E, C> {
  /** Keeps what has changed in the core, so that what the core has given may leave, these events too. Throws if it can't. */
  keep(events: readonly E[]): void;
  /** The core is at its end: what comes now is for the one that takes over. */
  isOver(): boolean;
  /** Keeps that the core is over, once its last events were told: a crash before that tells them again. Throws if it can't. */
  takeOver(): C;
  /** It could not: nothing leaves any more, as the node must not tell what its next life would not know. */
  onFailed(cause: unknown): void;
}

interface Typed {
  readonly type: string;
}

export class Driver<I extends Typed, O extends Typed, C extends Typed = Command, E extends Typed = Event> {
  #core: DrivenCore<I, O, C, E>;
  readonly #transport: Transport<O>;
  readonly #onEvents: (events: readonly E[]) => void;
  readonly #keeping: Keeping<E, DrivenCore<I, O, C, E>> | undefined;
  readonly #choice = new AddressChoice();
  #isUnkept = false;
  /** What waits for the next commit: all that follows from what one turn of the event loop brings. */
  #held: (O | CommonOutput<E>)[] = [];
  #events: E[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #handling = false;
  /** The last input was given with `more`: what follows from it waits. */
  #isUnsettled = false;
  #settlesSoon = false;
  /** `closed` has been handed over: nothing follows it. */
  #closed = false;
  readonly #waiting: (I | CommonInput<C>)[] = [];

  constructor(
    core: DrivenCore<I, O, C, E>,
    transport: Transport<O>,
    onEvents: (events: readonly E[]) => void,
    keeping?: Keeping<E, DrivenCore<I, O, C, E>>,
  ) {
    this.#core = core;
    this.#transport = transport;
    this.#onEvents = onEvents;
    this.#keeping = keeping;
    this.#arm();
  }

  /** One input, and everything that follows from it. An input that a transport gives meanwhile waits its turn. */
  input(input: I | CommonInput<C>): void {
    if (this.#isUnkept) return;
    this.#waiting.push(input);
    if (this.#handling) return;
    this.#handling = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#core.handle(next, clock());
      this.#isUnsettled = 'more' in next && next.more;
      const outputs = this.#core.drain();
      if (this.#keeping === undefined) for (const output of outputs) this.#perform(output);
      else this.#hold(outputs);
      if (this.#keeping?.isOver() === true) this.#release();
    }
    this.#handling = false;
    if (!this.#isUnsettled) this.#arm();
  }

  /**
   * As `input`, for a core that takes `more`: what follows from all that one turn of the event loop brings is done once, at its end.
   */
  inputOfTurn(input: I): void {
    this.input({ ...input, more: true });
    if (this.#settlesSoon) return;
    this.#settlesSoon = true;
    setImmediate(() => {
      this.#settlesSoon = false;
      this.#settle();
    });
  }

  commands(commands: readonly C[]): void {
    for (const [index, command] of commands.entries()) {
      this.input({ type: 'command', command, more: commands[index + 1]?.type === command.type });
    }
  }

  /** The kernel refused a datagram. */
  onSendFailed(error: Error): void {
    this.#choice.onSendFailed(error);
  }

  emit(event: E): void {
    // Everything that one turn of the event loop brings crosses to the other thread as one message.
    if (this.#closed) return;
    if (this.#events.length === 0) setImmediate(() => this.#flush());
    this.#events.push(event);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timerAt = -Infinity;
  }

  #settle(): void {
    if (this.#isUnsettled) this.input({ type: 'timeout' });
  }

  #hold(outputs: readonly (O | CommonOutput<E>)[]): void {
    if (this.#held.length === 0 && outputs.length > 0) setImmediate(() => this.#release());
    this.#held.push(...outputs);
  }

  #release(): void {
    this.#settle();
    const keeping = this.#keeping;
    const outputs = this.#held;
    this.#held = [];
    const events = outputs.flatMap((output) => (isEvent(output) ? [output.event] : []));
    if (!this.#keeps(() => keeping?.keep(events))) return;
    for (const output of outputs) this.#perform(output);
    if (keeping?.isOver() === true) {
      this.#flush();
      const isKept = this.#keeps(() => {
        this.#core = keeping.takeOver();
      });
      if (!isKept) return;
    }
    this.#arm();
  }

  /** Whether it could be kept. */
  #keeps(keep: () => void): boolean {
    try {
      keep();
      return true;
    } catch (error) {
      this.#isUnkept = true;
      this.stop();
      this.#keeping?.onFailed(error);
      return false;
    }
  }

  #perform(output: O | CommonOutput<E>): void {
    if (isEvent<E>(output)) this.emit(output.event);
    else if (isQuestion(output)) void this.#resolve(output);
    else this.#transport.perform(output);
  }

  async #resolve({ host, inUse, isDead = false }: Question): Promise<void> {
    let answer: CommonInput<C>;
    try {
      const ips = await addressesOf(host, this.#transport.reach);
      answer = { type: 'resolved', host, ip: this.#choice.choose(ips, inUse, isDead) };
    } catch (error) {
      if (!(error instanceof LookupError)) throw error;
      answer = { type: 'unresolved', host, reason: error.message };
    }
    this.input(answer);
  }

  #flush(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    const closedAt = events.findIndex(({ type }) => type === 'closed');
    this.#closed = closedAt >= 0;
    // The kernel refuses a datagram only after the core has closed: that, too, is told before the last word.
    if (this.#closed) events.push(...events.splice(closedAt, 1));
    this.#onEvents(events);
  }

  /** The timer is moved only forward in time by a nearer deadline; one that fires too early just arms it again. */
  #arm(): void {
    const deadline = this.#core.deadline() ?? Infinity;
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = setTimeout(() => this.#fire(), Math.max(0, Math.ceil(deadline - clock())));
  }

  #fire(): void {
    if (this.#timerAt === -Infinity) return;
    this.#timerAt = Infinity;
    if ((this.#core.deadline() ?? Infinity) <= clock()) this.input({ type: 'timeout' });
    else this.#arm();
  }
}

// A wire's own outputs are never called `event` or `resolve`: that is what makes these two checks sound.
function isEvent<E>(output: Typed | CommonOutput<E>): output is Extract<CommonOutput<E>, { type: 'event' }> {
  return output.type === 'event';
}

function isQuestion(output: Typed): output is Question {
  return output.type === 'resolve';
}
