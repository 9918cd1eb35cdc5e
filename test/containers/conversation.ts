/**
 * Two who talk at once, each a line at every tick, whatever the string does meanwhile.
 *
 * Owns: the tick, who talks now, and the record of what each was told to say.
 */
import { setInterval } from 'node:timers/promises';
import type { Said } from '../verdict/account.ts';
import { lineText, type NodeName } from '../lab-model/scenarios/scenario.ts';
import type { ScriptedNode } from './scripted-node.ts';

interface Speaker {
  readonly node: ScriptedNode;
  readonly said: Said[];
}

interface Waiter {
  ticksLeft: number;
  readonly resolve: () => void;
}

export class Conversation {
  readonly #lineBytes: number;
  readonly #stop = new AbortController();
  readonly #speakers = new Map<NodeName, Speaker>();
  readonly #numbers = new Map<NodeName, number>();
  readonly #waiters = new Set<Waiter>();
  readonly #ticking: Promise<void>;

  constructor(everyMs: number, lineBytes: number) {
    this.#lineBytes = lineBytes;
    this.#ticking = this.#tick(everyMs);
  }

  /** From the next tick on this node talks. What it is told to say is added to `said`. */
  join(name: NodeName, node: ScriptedNode, said: Said[]): void {
    this.#speakers.set(name, { node, said });
  }

  /** Its next line is the one after this. */
  goOnAfter(name: NodeName, number: number): void {
    this.#numbers.set(name, number);
  }

  /** That node says no more. */
  silence(name: NodeName): void {
    this.#speakers.delete(name);
  }

  /** Resolves when each of those who talk has said so many lines more. */
  async goesOn(lines: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiters.add({ ticksLeft: lines, resolve });
    });
  }

  /** Nobody says any more. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#ticking;
  }

  /** One line more of everybody who talks, now. */
  say(): void {
    for (const [name, { node, said }] of this.#speakers) {
      const number = (this.#numbers.get(name) ?? 0) + 1;
      this.#numbers.set(name, number);
      const text = lineText(name, number, this.#lineBytes);
      said.push({ number, text, atMs: performance.timeOrigin + performance.now() });
      // A node that is frozen takes it later, one that is dead never: its lines and receipts tell.
      node.says(text, number).catch(() => {});
    }
  }

  async #tick(everyMs: number): Promise<void> {
    try {
      for await (const _ of setInterval(everyMs, undefined, { signal: this.#stop.signal })) {
        this.say();
        for (const waiter of this.#waiters) {
          waiter.ticksLeft -= 1;
          if (waiter.ticksLeft > 0) continue;
          this.#waiters.delete(waiter);
          waiter.resolve();
        }
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }
}
