/**
 * Who is to be dialled, when and why: configured peers that are not here, lost ones, those whose session gets old.
 *
 * Owns: what starts and ends the dialling of these, and how long each is left alone.
 */
import { redialDelayMaxMs, steadyMs } from '../limits.ts';
import type { LeaveCode } from '../peer/effects.ts';
import type { Peer } from '../peer/peer.ts';
import { ownAddress } from '../trace/warnings.ts';
import type { Admission } from './admission.ts';
import type { BackOffs } from './back-offs.ts';
import type { DialReason, Dialler } from './dialler.ts';
import { introducedKey, keyOf } from './introductions.ts';
import type { RoomParts } from './parts.ts';
import type { Target } from './roster.ts';

export interface SeekingParts extends RoomParts {
  readonly admission: Admission;
  readonly backOffs: BackOffs;
  readonly dialler: Dialler;
}

export class Seeking {
  readonly #parts: SeekingParts;

  constructor(parts: SeekingParts) {
    this.#parts = parts;
  }

  /** Each configured peer is dialled, and each that an earlier life has lost. */
  start(now: number): void {
    const { roster } = this.#parts;
    for (const target of roster.targets) this.#dialTarget(target, now);
    for (const peer of roster.peers.values()) if (!roster.isConfigured(peer)) this.dialPeer(peer, now);
  }

  /** A configured address that leads to this node is not dialled: nobody is there to be owed a line. */
  onResolved(host: string, ip: string): void {
    const { dialler, isOwn, outputs, roster } = this.#parts;
    for (const target of roster.targets) {
      const { settings } = target;
      if (settings.host !== host || !isOwn({ ip, port: settings.port })) continue;
      dialler.stop(target.key);
      target.isSelf = true;
      outputs.event(ownAddress(settings.label));
    }
  }

  /** Whoever is here is not dialled. */
  onJoined(peer: Peer): void {
    for (const key of this.#keysOf(peer)) this.#parts.dialler.stop(key);
  }

  /** The peer's session is over. `onAway` follows once it is known who stands in its place. */
  onLeft(peer: Peer, code: LeaveCode, lastedMs: number, now: number): void {
    const ending = code === 'violated' ? 'was-violated' : lastedMs < steadyMs ? 'was-short' : 'lasted';
    for (const key of this.#keysOf(peer)) this.#parts.backOffs.onEnded(key, ending, now);
  }

  /** Whoever is still wanted is sought. */
  onAway(peer: Peer, code: LeaveCode, now: number): void {
    const { roster } = this.#parts;
    const target = roster.targets.find((it) => it.peer === peer);
    if (target !== undefined) this.#dialTarget(target, now);
    else if (code === 'lost' && roster.peers.has(peer.id)) this.dialPeer(peer, now);
  }

  /** Whether the peer is not one that comes and goes all the time. */
  isSteady(peer: Peer, now: number): boolean {
    return this.#keysOf(peer).every((key) => now >= this.#parts.backOffs.until(key));
  }

  #dialTarget(target: Target, at: number): void {
    this.#parts.dialler.start(target.key, { type: 'target', target: target.settings }, at);
  }

  /** A dial that led to somebody else than the target's own key is over: the key is sought again after a while. */
  seekMissing(now: number): void {
    for (const target of this.#parts.roster.targets) {
      const isThere = target.peer?.joined === true || target.expected.size > 0;
      if (!isThere && !target.isSelf) this.#dialTarget(target, now + redialDelayMaxMs);
    }
  }

  dialPeer(peer: Peer, at: number): void {
    this.#parts.dialler.start(keyOf(peer.id), { type: 'peer', peer, address: peer.path.address }, at);
  }

  targetOf(reason: DialReason): Target | undefined {
    if (reason.type !== 'target') return undefined;
    return this.#parts.roster.targets.find((target) => target.settings === reason.target);
  }

  /** Under which keys the peer is dialled. */
  #keysOf(peer: Peer): readonly string[] {
    const targets = this.#parts.roster.targets.filter((target) => target.peer === peer);
    return [keyOf(peer.id), introducedKey(peer.path.address), ...targets.map(({ key }) => key)];
  }

  /** Whether what is dialled under this key is to be dialled again after a failure. */
  isStillWanted(key: string): boolean {
    const { dialler, roster } = this.#parts;
    const reason = dialler.dials.get(key)?.reason;
    // A rekey is asked for again in its time; a lost peer is sought until it is forgotten.
    if (reason?.type === 'peer') return !reason.peer.joined && roster.peers.has(reason.peer.id);
    return reason?.type === 'target';
  }
}
