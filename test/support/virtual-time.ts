/**
 * Virtual time: a clock that leaps to whatever is due next. Nothing else lets it go on, so that one seed gives one course
 * of events, and a minute costs no more than what happens in it.
 *
 * Owns: the clock, what is planned, and the order of what is due at one time: first what was planned, in the order of
 * planning; then each sleeper, in its order.
 */

/** Whoever has deadlines of its own: a core, a host, a network. */
export interface Sleeper {
  /** For the error where time stands still. */
  readonly id: string;
  /** When it wants to be woken; undefined: never, as things are. */
  nextMs(): number | undefined;
  wake(nowMs: number): void;
}

interface Planned {
  readonly atMs: number;
  readonly run: () => void;
}

/** Steps without time going on: far beyond any honest burst, so that a core that spins is found. */
const stepsAtOneTimeMax = 50_000;

export class VirtualTime {
  /** A test may set it, to let time leap past what is due. */
  nowMs: number;
  readonly #sleepers: () => readonly Sleeper[];
  /** The earliest last; of those at one time, the first that was planned. */
  readonly #planned: Planned[] = [];
  #stepsNow = 0;

  constructor(startMs: number, sleepers: () => readonly Sleeper[] = () => []) {
    this.nowMs = startMs;
    this.#sleepers = sleepers;
  }

  at(atMs: number, run: () => void): void {
    const before = this.#planned.findLastIndex((planned) => planned.atMs > atMs);
    this.#planned.splice(before + 1, 0, { atMs, run });
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** Lets time pass until then, or until `done` says so. Whether it did. */
  runUntil(untilMs: number, done: () => boolean = () => false): boolean {
    while (!done()) if (!this.step(untilMs)) return done();
    return true;
  }

  /** Does all that is due next, if that is by then; otherwise it only becomes then, and the answer is false. */
  step(untilMs: number): boolean {
    const nextMs = this.#nextMs();
    this.#advance(Math.min(nextMs, untilMs));
    if (nextMs > untilMs) return false;
    for (;;) {
      const next = this.#planned.at(-1);
      if (next === undefined || next.atMs > this.nowMs) break;
      this.#planned.pop();
      next.run();
    }
    for (const sleeper of this.#sleepers()) if (this.#isDue(sleeper)) sleeper.wake(this.nowMs);
    return true;
  }

  #nextMs(): number {
    let nextMs = this.#planned.at(-1)?.atMs ?? Infinity;
    for (const sleeper of this.#sleepers()) nextMs = Math.min(nextMs, sleeper.nextMs() ?? Infinity);
    return Math.max(nextMs, this.nowMs);
  }

  #advance(toMs: number): void {
    if (toMs > this.nowMs) this.#stepsNow = 0;
    else if (++this.#stepsNow > stepsAtOneTimeMax) {
      const due = this.#sleepers().filter((sleeper) => this.#isDue(sleeper));
      throw new Error(
        `time stands still: ${stepsAtOneTimeMax} steps at one time, due: ${due.map(({ id }) => id).join(', ') || 'what was planned'}`,
      );
    }
    this.nowMs = toMs;
  }

  #isDue(sleeper: Sleeper): boolean {
    return (sleeper.nextMs() ?? Infinity) <= this.nowMs;
  }
}
