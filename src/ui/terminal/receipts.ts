/**
 * What has become of each own line, for the marks beside them.
 *
 * A line is delivered once the program of every peer that was there when it was said has taken it (of a private line: of
 * that one peer). With nobody there it waits, and is delivered once somebody who is owed it has it.
 * Owns: that rule.
 */
import type { PeerId } from '../../kernel/contract.ts';
import type { SingleEvent } from '../../kernel/runs.ts';

export type Receipt = 'queued' | 'sent' | 'delivered' | 'undelivered';

/** `L`: what the caller keeps beside each line. */
export class Receipts<L> {
  readonly #undecided = new Map<number, Undecided<L>>();
  readonly #here = new Set<PeerId>();
  #nextRef = 1;
  /** Whether this wire tells more than `sent`. */
  #hasReceipts = false;

  /** A line is said now; gives the `ref` to say it with. */
  say(line: L, to: PeerId | undefined): number {
    const ref = this.#nextRef;
    this.#nextRef += 1;
    this.#undecided.set(ref, { line, to, waitsFor: new Set(), receipt: 'queued' });
    return ref;
  }

  /** What this event changes, if anything. */
  on(event: SingleEvent): { readonly line: L; readonly receipt: Receipt } | undefined {
    switch (event.type) {
      case 'ready':
        this.#hasReceipts = event.receipts;
        return undefined;
      case 'peer-joined':
        this.#here.add(event.peerId);
        return undefined;
      case 'peer-left':
        this.#here.delete(event.peerId);
        return undefined;
      case 'queued':
      case 'refused':
      case 'sent':
      case 'delivered':
      case 'undelivered':
        return typeof event.ref === 'number' ? this.#onFate(event, event.ref) : undefined;
      case 'message':
      case 'peer-renamed':
      case 'renamed':
      case 'forgotten':
      case 'pinned':
      case 'trace':
      case 'status':
      case 'warning':
      case 'error':
      case 'closed':
        return undefined;
      default:
        return event satisfies never;
    }
  }

  #onFate(event: Fate, ref: number): { readonly line: L; readonly receipt: Receipt } | undefined {
    const undecided = this.#undecided.get(ref);
    if (undecided === undefined) return undefined;
    const receipt = this.#receiptAfter(event, undecided);
    if (isFinal(receipt, this.#hasReceipts)) this.#undecided.delete(ref);
    if (receipt === undecided.receipt) return undefined;
    undecided.receipt = receipt;
    return { line: undecided.line, receipt };
  }

  #receiptAfter(event: Fate, undecided: Undecided<L>): Receipt {
    const { to, waitsFor, receipt } = undecided;
    switch (event.type) {
      case 'queued':
        for (const peerId of to === undefined ? this.#here : [to]) waitsFor.add(peerId);
        return receipt;
      case 'sent':
        // With nobody there it was handed to nobody.
        return waitsFor.size > 0 || !this.#hasReceipts ? 'sent' : receipt;
      case 'delivered':
        waitsFor.delete(event.peerId);
        return waitsFor.size === 0 ? 'delivered' : 'sent';
      case 'undelivered':
      case 'refused':
        return 'undelivered';
      default:
        return event satisfies never;
    }
  }
}

interface Undecided<L> {
  readonly line: L;
  readonly to: PeerId | undefined;
  /** The peers that were there when the line got its number, and have not taken it yet. */
  readonly waitsFor: Set<PeerId>;
  receipt: Receipt;
}

type Fate = Extract<
  SingleEvent,
  { readonly type: 'queued' | 'refused' | 'sent' | 'delivered' | 'undelivered' }
>;

function isFinal(receipt: Receipt, hasReceipts: boolean): boolean {
  switch (receipt) {
    case 'queued':
      return false;
    case 'sent':
      return !hasReceipts;
    case 'delivered':
    case 'undelivered':
      return true;
    default:
      return receipt satisfies never;
  }
}
