/**
 * Who can be spoken to, by name or by id, as the events have told.
 *
 * Owns: the peers seen in this run, and which one a name means.
 */
import type { Event, PeerId } from '../kernel/contract.ts';
import { peersKnownMax } from './limits.ts';

export type Found =
  | { readonly type: 'peer'; readonly peerId: PeerId }
  | { readonly type: 'unknown' }
  /** Several are called so: only an id tells them apart. */
  | { readonly type: 'ambiguous'; readonly peerIds: readonly PeerId[] };

export class Peers {
  /** In the order in which they came or went last. */
  readonly #peers = new Map<PeerId, { readonly name: string; readonly here: boolean }>();

  /** Names of those who are here, each once, in alphabetical order. */
  get names(): readonly string[] {
    const here = [...this.#peers.values()].filter((peer) => peer.here);
    return [...new Set(here.map(({ name }) => name))].toSorted();
  }

  onEvent(event: Event): void {
    switch (event.type) {
      case 'peer-joined':
        return this.#put(event.peerId, event.name, true);
      case 'peer-renamed':
        return this.#put(event.peerId, event.name, this.#peers.get(event.peerId)?.here ?? true);
      case 'peer-left':
        return this.#put(event.peerId, event.name, false);
      default:
        return undefined;
    }
  }

  /** An id, or the exact name of one that is here; where none is, of one that was: lines wait for who comes back. */
  find(nameOrId: string): Found {
    const all = [...this.#peers].map(([peerId, peer]) => ({ peerId, ...peer }));
    const byId = all.find(({ peerId }) => peerId === nameOrId);
    if (byId !== undefined) return { type: 'peer', peerId: byId.peerId };
    const called = all.filter(({ name }) => name === nameOrId);
    const here = called.filter((peer) => peer.here);
    const [first, ...others] = here.length > 0 ? here : called;
    if (first === undefined) return { type: 'unknown' };
    if (others.length === 0) return { type: 'peer', peerId: first.peerId };
    return { type: 'ambiguous', peerIds: [first, ...others].map(({ peerId }) => peerId) };
  }

  #put(peerId: PeerId, name: string, here: boolean): void {
    this.#peers.delete(peerId);
    this.#peers.set(peerId, { name, here });
    for (const [id, peer] of this.#peers) {
      if (this.#peers.size <= peersKnownMax) break;
      if (!peer.here) this.#peers.delete(id);
    }
  }
}
