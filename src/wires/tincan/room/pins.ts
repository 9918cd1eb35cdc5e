/**
 * Which key each name belongs to: the first one that said something under it (trust on first use), until a person or script
 * accepts another.
 *
 * Owns: the pins, their bounds, and the alarm when a name comes with another key.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import type { Outputs } from '../../../kernel/io.ts';
import { pinnedNamesMax, pinsPerKeyMax } from '../limits.ts';
import { keyChanged, pinsFull } from '../trace/warnings.ts';

export interface PinsOptions {
  /** Name → fingerprint, from earlier runs. */
  readonly known: ReadonlyMap<string, string>;
  /** Whoever comes with a name takes the name over, as in a lab whose nodes keep no state. The alarm is given all the same. */
  readonly acceptsChanges: boolean;
  readonly outputs: Outputs;
}

export class Pins {
  readonly #options: PinsOptions;
  readonly #keys: Map<string, string>;
  #isFullTold = false;

  constructor(options: PinsOptions) {
    this.#options = options;
    this.#keys = new Map(options.known);
  }

  /** Name → fingerprint, now. */
  get known(): ReadonlyMap<string, string> {
    return this.#keys;
  }

  /** The fingerprint that the name belongs to; undefined: nobody has said anything under it yet. */
  keyOf(name: string): string | undefined {
    return this.#keys.get(name);
  }

  /** Whether a name is this key's. */
  knows(id: PeerId): boolean {
    return [...this.#keys.values()].includes(id);
  }

  /** Whether the name belongs to another key, so that the peer must not be taken for the one that is known by it. */
  belongsToAnother(name: string, id: PeerId): boolean {
    const key = this.#keys.get(name);
    return !this.#options.acceptsChanges && key !== undefined && key !== id;
  }

  /** A peer is there under this name. */
  onSeen(name: string, id: PeerId): void {
    const key = this.#keys.get(name);
    if (key === undefined || key === id) return;
    this.#options.outputs.event(keyChanged(name, key, id));
    if (this.#options.acceptsChanges) this.accept(name, id);
  }

  /** The peer has said or taken a line under this name. Whether the name is the peer's from now on, and was nobody's before. */
  onSaid(name: string, id: PeerId): boolean {
    if (this.#keys.has(name)) return false;
    const { outputs } = this.#options;
    if (this.#keys.size >= pinnedNamesMax) {
      if (!this.#isFullTold) outputs.event(pinsFull());
      this.#isFullTold = true;
      return false;
    }
    let ofKey = 0;
    for (const key of this.#keys.values()) if (key === id) ofKey += 1;
    if (ofKey >= pinsPerKeyMax) return false;
    this.accept(name, id);
    return true;
  }

  /** The name is this key's now, by consent or because it was nobody's. */
  accept(name: string, id: PeerId): void {
    this.#keys.set(name, id);
    this.#options.outputs.event({ type: 'pinned', name, peerId: id });
  }
}
