/**
 * What outlives the process: how the log and everybody's offsets are brought back at the start, and what of them has changed
 * since it was kept last.
 *
 * Owns: which state is kept. Nothing marks what it changes: at each commit the state is held against what was kept, so that
 * no change can be forgotten. What leaves the node (datagrams, events) leaves after the commit of the state that it tells of.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import type { Changes, Kept, KeptEntry, KeptLog, KeptPeer, KeptTarget } from '../../../kernel/kept.ts';
import { equalBytes } from '../../../kernel/bytes.ts';
import { sameAddress } from '../../../kernel/address.ts';
import type { LogSlice } from '../log.ts';
import { Incoming } from '../peer/incoming.ts';
import { Peer } from '../peer/peer.ts';
import type { RoomParts } from './parts.ts';
import type { Target } from './roster.ts';

export class Keeping {
  readonly #parts: RoomParts;
  readonly #peers = new Map<PeerId, KeptPeer>();
  #log: KeptLog | undefined;
  #firstEntry = 1;
  #targets: readonly KeptTarget[] = [];

  /** `kept`: by an earlier life; undefined: this is the first. */
  constructor(parts: RoomParts, kept: Kept | undefined) {
    this.#parts = parts;
    if (kept === undefined) return;
    this.#log = kept.log;
    this.#firstEntry = parts.context.log.firstKept;
    this.#targets = kept.targets;
    for (const peer of kept.peers) this.#restorePeer(peer);
    for (const target of kept.targets) this.#restoreTarget(target);
    if (kept.log.name !== parts.ownLines.name) parts.ownLines.repeatName();
  }

  /** To be kept before anything leaves the node that tells of it; each change is given once. undefined: there is none. */
  take(): Changes | undefined {
    const { log } = this.#parts.context;
    const entries = log.slicesAfter(this.#log?.head ?? 0).map((slice) => keptEntry(slice));
    const changes = {
      log: this.#changedLog(),
      entries,
      releasedThrough: log.firstKept - 1,
      peers: this.#changedPeers(),
      gonePeers: this.#gonePeers(),
      targets: this.#changedTargets(),
    };
    const isReleased = this.#firstEntry < log.firstKept;
    this.#firstEntry = log.firstKept;
    const { peers, gonePeers, targets } = changes;
    const areSame = peers.length === 0 && gonePeers.length === 0 && targets === undefined;
    return areSame && changes.log === undefined && !isReleased ? undefined : changes;
  }

  #restorePeer(kept: KeptPeer): void {
    const { context, roster } = this.#parts;
    const { peerId: id, known, settledThrough, toldThrough = context.log.head, followed } = kept;
    const incoming = new Incoming(context.memory, followed);
    const former = { incoming, settledThrough, toldThrough };
    if (known === undefined) roster.remembered.set(id, former);
    else roster.peers.set(id, new Peer({ context, id, ...known, owedFrom: 1, former }));
    this.#peers.set(id, kept);
  }

  #restoreTarget(kept: KeptTarget): void {
    const { roster } = this.#parts;
    const target = roster.targets.find(({ settings }) => isFor(kept, settings));
    if (target === undefined) {
      if (kept.peerId === undefined) roster.reportUnwanted(kept, 'it is configured no more');
      return;
    }
    target.owedFrom = kept.owedFrom;
    const peer = kept.peerId === undefined ? undefined : roster.peers.get(kept.peerId);
    if (peer !== undefined && roster.admits(target, peer.id)) target.peer = peer;
  }

  #changedLog(): KeptLog | undefined {
    const { context, ownLines } = this.#parts;
    const { log } = context;
    const before = this.#log;
    if (before?.head === log.head && before.name === ownLines.name) return undefined;
    this.#log = { id: log.id, head: log.head, linesSaid: log.linesSaid, name: ownLines.name };
    return this.#log;
  }

  #changedPeers(): readonly KeptPeer[] {
    const { roster } = this.#parts;
    const changed: KeptPeer[] = [];
    for (const [peerId, { incoming, settledThrough, toldThrough }] of roster.remembered) {
      const followed = incoming.kept;
      if (followed === undefined) continue;
      this.#note({ peerId, known: undefined, settledThrough, toldThrough, followed }, changed);
    }
    for (const peer of roster.peers.values()) {
      const followed = peer.incoming.kept;
      // Before the peer's first word there is nothing to go on from.
      if (followed === undefined) continue;
      const { id: peerId, publicKey, ownName: name, path, outgoing } = peer;
      const known = { publicKey, name, address: path.address };
      const { accepted: settledThrough, tellable } = outgoing;
      const toldThrough = tellable === this.#parts.context.log.head ? undefined : tellable;
      this.#note({ peerId, known, settledThrough, toldThrough, followed }, changed);
    }
    return changed;
  }

  #note(peer: KeptPeer, changed: KeptPeer[]): void {
    const before = this.#peers.get(peer.peerId);
    if (before !== undefined && isSame(before, peer)) return;
    this.#peers.set(peer.peerId, peer);
    changed.push(peer);
  }

  #gonePeers(): readonly PeerId[] {
    const { roster } = this.#parts;
    const gone = [...this.#peers.keys()].filter((id) => !roster.peers.has(id) && !roster.remembered.has(id));
    for (const id of gone) this.#peers.delete(id);
    return gone;
  }

  #changedTargets(): readonly KeptTarget[] | undefined {
    const targets = this.#parts.roster.targets.map((target) => keptTarget(target));
    const before = this.#targets;
    const isUnchanged =
      targets.length === before.length &&
      targets.every((target, index) => isSameTarget(target, before[index]));
    if (isUnchanged) return undefined;
    this.#targets = targets;
    return targets;
  }
}

/** What is kept at each commit are entries that no commit has kept: all of their lines. */
function keptEntry({ entry, seq, count }: LogSlice): KeptEntry {
  switch (entry.type) {
    case 'name':
      return { type: 'name', seq, bytes: entry.bytes };
    case 'line': {
      const { bytes, ref, to, copyOf } = entry;
      return { type: 'line', seq, bytes, ref, to, ...(copyOf === undefined ? {} : { as: copyOf.seq }) };
    }
    case 'run':
      return { type: 'run', seq, count, bytes: entry.bytes };
    default:
      return entry satisfies never;
  }
}

function isFor(kept: KeptTarget, { label, host, port }: Target['settings']): boolean {
  return kept.label === label && kept.host === host && kept.port === port;
}

function keptTarget({ settings: { label, host, port }, owedFrom, peer }: Target): KeptTarget {
  return { label, host, port, owedFrom, peerId: peer?.id };
}

function isSameTarget(left: KeptTarget, right: KeptTarget | undefined): boolean {
  if (right === undefined || !isFor(left, right)) return false;
  return left.owedFrom === right.owedFrom && left.peerId === right.peerId;
}

function isSame(left: KeptPeer, right: KeptPeer): boolean {
  if (left.settledThrough !== right.settledThrough || left.toldThrough !== right.toldThrough) return false;
  return isSameKnown(left, right) && isSameFollowed(left, right);
}

function isSameKnown({ known: left }: KeptPeer, { known: right }: KeptPeer): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.name === right.name && sameAddress(left.address, right.address);
}

function isSameFollowed({ followed: left }: KeptPeer, { followed: right }: KeptPeer): boolean {
  if (left.taken !== right.taken || left.given !== right.given || left.head !== right.head) return false;
  return equalBytes(left.logId, right.logId);
}
