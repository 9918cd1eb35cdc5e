/**
 * A node's own lines on wires `plain` and `tcp`: numbered, and each accounted for to its end.
 *
 * Owns: the numbers, the says that have to wait, the count of what was not delivered.
 */
import type { Command, Event, Ref, WireName } from '../../kernel/contract.ts';
import { invariant } from '../../kernel/invariant.ts';
import { utf8EncodeLossy } from '../../kernel/text.ts';
import { wireTraits } from '../traits.ts';

/** One own line or a run of them, shared by the queues of all the peers that are owed it. */
export interface Line {
  /** Of a run: each line ended by a line feed. */
  readonly bytes: Uint8Array;
  /** undefined: one line. */
  readonly count: number | undefined;
  readonly ref: Ref | undefined;
  /** Of the first. */
  readonly seq: number;
  /** Peers that it has still to go to. */
  left: number;
  /** Told as undelivered already: the count that the user gets is of lines, not of peers. */
  counted: boolean;
}

/** How many lines that are. */
export function linesIn({ count = 1 }: Line): number {
  return count;
}

export type Say = Extract<Command, { type: 'say' | 'say-lines' }>;
type SingleSay = Extract<Say, { type: 'say' }>;

export class OwnLines {
  readonly #wire: WireName;
  readonly #emit: (event: Event) => void;
  /** Says that came while a queue was full, in order. The face's window bounds them (`sayWindowBytes`). */
  #held: Say[] = [];
  #said = 0;
  #undelivered = 0;

  constructor(wire: WireName, emit: (event: Event) => void) {
    this.#wire = wire;
    this.#emit = emit;
  }

  get said(): number {
    return this.#said;
  }

  get undelivered(): number {
    return this.#undelivered;
  }

  get holding(): boolean {
    return this.#held.length > 0;
  }

  hold(say: Say): void {
    this.#held.push(say);
  }

  /** Takes the held says in order, for as long as `hasRoom`. */
  *takeHeld(hasRoom: () => boolean): Generator<Say> {
    let taken = 0;
    while (taken < this.#held.length && hasRoom()) {
      const say = this.#held[taken];
      invariant(say !== undefined, 'a held say at each index');
      taken += 1;
      yield say;
    }
    this.#held = this.#held.slice(taken);
  }

  /** The line is for one peer, and nobody is known by that id. */
  refuseStranger(say: SingleSay): void {
    this.#refuse(say, 'no-such-peer', 'nobody is known by the id that this line is for');
  }

  /** Gives a line its number, or refuses it: a line goes whole or not at all. */
  accept(say: Say, owedTo: number): Line | undefined {
    if (say.type === 'say-lines') return this.#queued(say.bytes, say.count, undefined, owedTo);
    const { carriesNewlines, lineMaxBytes } = wireTraits[this.#wire];
    if (!carriesNewlines && say.text.includes('\n')) {
      const message = `wire ${this.#wire} ends a line at a newline, so a line can not have one inside; not sent`;
      return this.#refuse(say, 'newline-in-line', message);
    }
    const bytes = utf8EncodeLossy(say.text);
    if (bytes.length > lineMaxBytes) {
      const message = `a line of ${bytes.length} bytes is longer than wire ${this.#wire} carries (${lineMaxBytes}); not sent`;
      return this.#refuse(say, 'line-too-long', message);
    }
    return this.#queued(bytes, undefined, say.ref, owedTo);
  }

  #queued(bytes: Uint8Array, count: number | undefined, ref: Ref | undefined, owedTo: number): Line {
    const seq = this.#said + 1;
    this.#said += count ?? 1;
    this.#emit({ type: 'queued', ref, seq, ...(count !== undefined && { count }) });
    return { bytes, count, ref, seq, left: owedTo, counted: false };
  }

  /** One peer's copy is out; the line is `sent` with the last. */
  sent(line: Line): void {
    line.left -= 1;
    if (line.left > 0 || line.counted) return;
    const { ref, seq, count } = line;
    this.#emit({ type: 'sent', ref, seq, ...(count !== undefined && { count }) });
  }

  /** One peer's copy will not arrive. */
  lost(line: Line, to: string | undefined, reason: string): void {
    const { ref } = line;
    const count = linesIn(line);
    if (!line.counted) this.#undelivered += count;
    line.counted = true;
    line.left -= 1;
    for (let seq = line.seq; seq < line.seq + count; seq += 1)
      this.#emit({ type: 'undelivered', ref, seq, to, reason });
  }

  /** The node leaves: what is still held goes nowhere, and each line says so. */
  loseHeld(): void {
    for (const say of this.#held) {
      const line = this.accept(say, 1);
      if (line !== undefined) this.lost(line, undefined, 'the send queue was full until the end');
    }
    this.#held = [];
  }

  #refuse({ ref }: SingleSay, code: string, message: string): undefined {
    this.#emit({ type: 'refused', ref, code, message });
  }
}
