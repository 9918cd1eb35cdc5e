/**
 * The shape of a sans-IO core, and of one that speaks in datagrams: what goes in, what comes out.
 *
 * Owns: the two unions, the interface that the driver turns (and the simulator, in virtual time), and the list of outputs.
 */
import type { Address, Command, Event } from './contract.ts';

/** `more`: another input follows at once, and what follows from this one can wait for that. */
export type Input =
  | { readonly type: 'datagram'; readonly from: Address; readonly bytes: Uint8Array; readonly more?: boolean }
  | { readonly type: 'command'; readonly command: Command; readonly more?: boolean }
  /** The answers to a `resolve` output: the host's address, or why there is none (now). */
  | { readonly type: 'resolved'; readonly host: string; readonly ip: string }
  | { readonly type: 'unresolved'; readonly host: string; readonly reason: string }
  /** The deadline that the core named last has passed. Early or spurious ones must do no harm. */
  | { readonly type: 'timeout' };

export type Output =
  | { readonly type: 'datagram'; readonly to: Address; readonly bytes: Uint8Array }
  | { readonly type: 'event'; readonly event: Event }
  /**
   * Look this host name up (numeric addresses too, so that there is one way); at most one question a host at a time. A name may
   * have several addresses: the one `inUse` is the answer as long as the name has it, and the next one where it `isDead`.
   */
  | {
      readonly type: 'resolve';
      readonly host: string;
      readonly inUse?: string | undefined;
      readonly isDead?: boolean;
    };

/** A state machine without I/O: `handle` an input, then `drain` what it wants done, then wait until `deadline`. */
export interface SansIoCore<I, O> {
  /** `now` in milliseconds, never going back. */
  handle(input: I, now: number): void;
  /** What `handle` wants done, in order; each output is given once. The byte arrays now belong to the caller. */
  drain(): readonly O[];
  /** When `handle({ type: 'timeout' })` is wanted next, on `now`'s clock; undefined when nothing is owed. */
  deadline(): number | undefined;
}

/** The node of a wire that speaks in datagrams. */
export type DatagramCore = SansIoCore<Input, Output>;

/** What a core wants done, in order, until the core is drained. */
export class Outputs {
  #waiting: Output[] = [];

  push(output: Output): void {
    this.#waiting.push(output);
  }

  event(event: Event): void {
    this.#waiting.push({ type: 'event', event });
  }

  datagram(to: Address, bytes: Uint8Array): void {
    this.#waiting.push({ type: 'datagram', to, bytes });
  }

  /** Each output once; the list is the caller's. */
  take(): readonly Output[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
