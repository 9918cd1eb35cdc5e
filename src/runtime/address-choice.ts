/**
 * Which of a name's addresses is used: a machine may have no way to one of them, and a wire without answers (`plain`, the relay)
 * would send there for ever.
 *
 * Owns: where the kernel had no way to.
 */
import { invariant } from '../kernel/invariant.ts';
import { fromKernel } from '../transport/address.ts';

/** Addresses that are kept in mind. Reason: guests can invent addresses. Beyond: all are forgotten, and found again. */
const refusedMax = 64;

/** There is no way for any datagram: no route, or no address of that family to send from. */
const noWay = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL']);

export class AddressChoice {
  readonly #refused = new Set<string>();

  onSendFailed(error: Error): void {
    if (!('code' in error) || !noWay.has(String(error.code)) || !('address' in error)) return;
    if (this.#refused.size >= refusedMax) this.#refused.clear();
    this.#refused.add(fromKernel(String(error.address)));
  }

  /** The address in use, as long as the name has it; the one after it, where it is dead or there is no way to it; else the first. */
  choose(ips: readonly string[], inUse: string | undefined, isDead: boolean): string {
    const index = inUse === undefined ? -1 : ips.indexOf(inUse);
    // Once: there may be a way again when the other addresses have had their turn.
    const isRefused = inUse !== undefined && this.#refused.delete(inUse);
    const chosen = index >= 0 && !isDead && !isRefused ? inUse : ips[(index + 1) % ips.length];
    invariant(chosen !== undefined, 'a name that was found has an address');
    return chosen;
  }
}
