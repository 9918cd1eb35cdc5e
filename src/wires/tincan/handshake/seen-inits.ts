/**
 * Each message 1 with a good mac1 that this node has sent or received, so that a recorded one draws no answer: neither from
 * the node that it came from, nor twice from the node that it was for.
 *
 * Owns: which message 1 is new, which repeats one that is under way, which is replayed.
 */
import type { Address } from '../../../kernel/contract.ts';
import { sameAddress } from '../../../kernel/address.ts';
import { toHex } from '../../../kernel/bytes.ts';
import { handshakeGiveUpMs, seenInitsMax } from '../limits.ts';

/** What outlives the process. Only in a room with a key: without one anybody can make a message 1, and needs no recorded one. */
export interface KeptInits {
  /** The mac1 of each that an earlier run has seen, the oldest first. */
  readonly known: readonly Uint8Array[];
  /** This one is seen now; to be on disk before it is answered. */
  readonly keep: (mac1: Uint8Array) => void;
}

export interface SeenInit {
  /** Its sender's address; undefined: this node's own, or an earlier run's. */
  readonly from: Address | undefined;
  /** Its sender has given up repeating it by then. */
  readonly until: number;
  /** The half-open handshake that it has led to. */
  localIndex: number | undefined;
}

export class SeenInits {
  readonly #keep: KeptInits['keep'] | undefined;
  /** By mac1; the oldest first. */
  readonly #seen = new Map<string, SeenInit>();

  constructor(kept?: KeptInits) {
    for (const mac1 of kept?.known ?? []) this.#add(mac1, undefined, 0);
    this.#keep = kept?.keep;
  }

  /** This node sends the message: whoever sends it back gets no answer. */
  onSent(mac1: Uint8Array): void {
    this.#add(mac1, undefined, 0);
  }

  /** undefined: the message is replayed. It is not if it is new, or comes again from its first address while its sender may repeat it. */
  onReceived(mac1: Uint8Array, from: Address, now: number): SeenInit | undefined {
    const seen = this.#seen.get(toHex(mac1));
    if (seen === undefined) return this.#add(mac1, from, now);
    return seen.from !== undefined && now < seen.until && sameAddress(seen.from, from) ? seen : undefined;
  }

  #add(mac1: Uint8Array, from: Address | undefined, now: number): SeenInit {
    const seen = { from, until: now + handshakeGiveUpMs, localIndex: undefined };
    this.#seen.set(toHex(mac1), seen);
    this.#keep?.(mac1);
    if (this.#seen.size > seenInitsMax) {
      const [oldest] = this.#seen.keys();
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return seen;
  }
}
