/**
 * A core of a wire, turned by hand in virtual time.
 *
 * Owns: what the core has put out since it was last looked at.
 */
import type { Command, Event } from '../../src/kernel/contract.ts';
import { type SingleEvent, singlesOf } from '../../src/kernel/runs.ts';
import { VirtualTime } from './virtual-time.ts';

type Timeout = { readonly type: 'timeout' };

interface AnyCore<I, O> {
  handle(input: I | Timeout, now: number): void;
  drain(): readonly O[];
  deadline(): number | undefined;
}

type EventOutput = { readonly type: 'event'; readonly event: Event };
type CommandInput = { readonly type: 'command'; readonly command: Command };

export class CoreBench<I extends { readonly type: string }, O extends { readonly type: string }> {
  readonly core: AnyCore<I | CommandInput, O | EventOutput>;
  readonly #time = new VirtualTime(1_000_000, () => [
    { id: 'the core', nextMs: () => this.core.deadline(), wake: () => this.give({ type: 'timeout' }) },
  ]);
  #outputs: (O | EventOutput)[] = [];

  constructor(core: AnyCore<I | CommandInput, O | EventOutput>) {
    this.core = core;
  }

  get now(): number {
    return this.#time.nowMs;
  }

  give(...inputs: readonly (I | Timeout)[]): void {
    for (const input of inputs) {
      this.core.handle(input, this.now);
      this.#outputs.push(...this.core.drain());
    }
  }

  command(...commands: readonly Command[]): void {
    for (const command of commands) {
      this.core.handle({ type: 'command', command }, this.now);
      this.#outputs.push(...this.core.drain());
    }
  }

  say(...texts: readonly string[]): void {
    this.command(...texts.map((text): Command => ({ type: 'say', text, ref: text.slice(0, 20) })));
  }

  /** Lets time pass, with a timeout at each deadline on the way. */
  pass(ms: number): void {
    this.#time.runUntil(this.now + ms);
  }

  /** What came out since the last look. */
  outputs(): (O | EventOutput)[] {
    return this.#outputs.splice(0);
  }

  /** The events among it, each line's by itself, of these types only if any is given. */
  events(...types: readonly Event['type'][]): SingleEvent[] {
    return this.outputs()
      .flatMap((output) => (isEvent(output) ? singlesOf(output.event) : []))
      .filter(({ type }) => types.length === 0 || types.includes(type));
  }
}

function isEvent(output: { readonly type: string }): output is EventOutput {
  return output.type === 'event';
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const fromUtf8 = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true }).decode(bytes);
