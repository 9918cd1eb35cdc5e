/**
 * What a node keeps, in memory: the store of the worlds in virtual time, where a process dies and the disk stays.
 *
 * Owns: what becomes of the records when changes are kept.
 */
import type { PeerId } from '../../src/kernel/contract.ts';
import type { Changes, Kept, KeptEntry, KeptLog, KeptPeer, KeptTarget } from '../../src/kernel/kept.ts';

export class KeptInMemory {
  /** Commits so far. */
  commits = 0;
  #log: KeptLog | undefined;
  #entries: readonly KeptEntry[] = [];
  #peers: ReadonlyMap<PeerId, KeptPeer> = new Map();
  #targets: readonly KeptTarget[] = [];

  load(): Kept | undefined {
    if (this.#log === undefined) return undefined;
    return {
      log: this.#log,
      entries: this.#entries,
      peers: [...this.#peers.values()],
      targets: this.#targets,
    };
  }

  commit({ log, entries, releasedThrough, peers, gonePeers, targets }: Changes): void {
    this.commits += 1;
    this.#log = log ?? this.#log;
    this.#entries = [...this.#entries, ...entries].filter((entry) => lastOf(entry) > releasedThrough);
    const kept = new Map(this.#peers);
    for (const peer of peers) {
      kept.delete(peer.peerId);
      kept.set(peer.peerId, peer);
    }
    for (const id of gonePeers) kept.delete(id);
    this.#peers = kept;
    this.#targets = targets ?? this.#targets;
  }

  /** Nobody is owed anything of the log, and the next one, of this id, begins at its first entry. */
  renewLog(id: Uint8Array): void {
    if (this.#log !== undefined) this.#log = { ...this.#log, id, head: 0 };
    this.#entries = [];
    this.#peers = new Map(
      [...this.#peers].map(([peerId, peer]) => [
        peerId,
        { ...peer, settledThrough: 0, toldThrough: undefined },
      ]),
    );
    this.#targets = this.#targets.map((target) => ({ ...target, owedFrom: 1 }));
  }

  /** As of now, and on its own from now on. */
  copy(): KeptInMemory {
    const copy = new KeptInMemory();
    copy.take(this);
    return copy;
  }

  /** What that one holds, in place of what this one held. */
  take(other: KeptInMemory): void {
    // Each of these is replaced where it changes, and never changed.
    this.#log = other.#log;
    this.#entries = other.#entries;
    this.#peers = other.#peers;
    this.#targets = other.#targets;
  }
}

/** Of a run, the number of its last line. */
function lastOf(entry: KeptEntry): number {
  return entry.type === 'run' ? entry.seq + entry.count - 1 : entry.seq;
}
