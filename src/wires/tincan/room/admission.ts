/**
 * Which key may be here, behind which target, and under which name.
 *
 * Owns: which peers are expected behind which targets (`Target`), and whom a target has met instead of its own key.
 */
import type { Address, PeerId } from '../../../kernel/contract.ts';
import { knownPlacesShare, peersMax, peersPerSourceMax } from '../limits.ts';
import type { Effect } from '../peer/effects.ts';
import type { Peer } from '../peer/peer.ts';
import { keyChanged, nobodyToAccept } from '../trace/warnings.ts';
import type { RoomParts } from './parts.ts';
import type { Target } from './roster.ts';

export class Admission {
  readonly #parts: RoomParts;

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** Whether somebody can be here. Configured peers find all places, known ones all but theirs, newcomers the common ones. */
  hasRoomFor(id: PeerId, from: Address, target: Target | undefined): boolean {
    const { roster, pins, context } = this.#parts;
    const before = roster.peers.get(id);
    if (before?.hasSession === true) return true;
    const isTarget = target !== undefined && roster.admits(target, id);
    const isConfigured = isTarget || (before !== undefined && roster.isConfigured(before));
    const isKnown = isConfigured || before !== undefined || pins.knows(id);
    const spare = isConfigured ? 0 : roster.missingCount;
    if (!context.memory.admits({ isKnown, spare })) return false;
    if (isKnown) return isConfigured || before !== undefined || roster.peers.size + spare < peersMax;
    return (
      roster.peers.size + spare < peersMax * (1 - knownPlacesShare) &&
      roster.countFrom(from) < peersPerSourceMax
    );
  }

  /** The target, if its lines may go to this key. If not, another key answers where the target's was: an alarm. */
  admitting(target: Target | undefined, id: PeerId): Target | undefined {
    const { roster, outputs } = this.#parts;
    if (target === undefined || roster.admits(target, id)) return target;
    const key = roster.keyOf(target);
    if (key !== undefined) outputs.event(keyChanged(target.settings.label, key, id));
    target.contender = id;
    return undefined;
  }

  /** The peer that is here was met at the target's address. Whether the target may be the peer's: then it is, if nobody is there. */
  meet(target: Target, peer: Peer, now: number): boolean {
    const { roster } = this.#parts;
    if (!roster.admits(target, peer.id)) {
      target.contender = peer.id;
      return false;
    }
    if (target.peer?.joined !== true) roster.bind(target, peer, now);
    return true;
  }

  /** A peer that was expected behind targets takes those behind which no other peer is there, as far as is known. */
  bind(peer: Peer, now: number): void {
    const { roster } = this.#parts;
    for (const target of roster.targets) {
      if (target.peer !== peer && target.peer?.joined === true) continue;
      if (target.expected.delete(peer.id)) roster.bind(target, peer, now);
    }
  }

  /** The peer will not join. Whether it was expected behind a target. */
  expectNoMore(peer: Peer): boolean {
    return this.#parts.roster.targets.filter(({ expected }) => expected.delete(peer.id)).length > 0;
  }

  onRenamed({ peerId, was, name, ownName, seq }: Extract<Effect, { readonly type: 'renamed' }>): void {
    const { outputs, pins } = this.#parts;
    outputs.event({ type: 'peer-renamed', peerId, was, name, ...(seq === undefined ? {} : { seq }) });
    pins.onSeen(ownName, peerId);
  }

  /** The name has just become this key's: any other peer that is here under it is shown as another. */
  onSpoke(name: string, id: PeerId): void {
    const { outputs, pins, roster } = this.#parts;
    if (!pins.onSaid(name, id)) return;
    for (const other of roster.joined) {
      if (other.id === id || other.ownName !== name) continue;
      outputs.event({ type: 'peer-renamed', peerId: other.id, was: name, name: other.name });
    }
  }

  /**
   * The peer that is here under another key's name, or was met where that key used to be, takes the key's place: it gets the name,
   * and the lines that wait. Gives the target whose lines these were.
   */
  accept(name: string, now: number): Target | undefined {
    const { outputs, ownLines, pins, roster } = this.#parts;
    const target = roster.targets.find(({ settings }) => settings.label === name);
    const contender = target?.contender === undefined ? undefined : roster.peers.get(target.contender);
    const claimant = roster.joined.findLast(
      (peer) => peer.ownName === name && pins.belongsToAnother(name, peer.id),
    );
    const peer = claimant ?? contender;
    if (peer?.joined !== true) {
      outputs.event(nobodyToAccept(name));
      return undefined;
    }
    const was = peer.name;
    pins.accept(name, peer.id);
    if (was !== peer.name) outputs.event({ type: 'peer-renamed', peerId: peer.id, was, name: peer.name });
    if (target === undefined || target.peer?.joined === true || target.peer === peer) return undefined;
    ownLines.sayAgain(roster.succeed(target, peer, now), peer.id);
    return target;
  }
}
