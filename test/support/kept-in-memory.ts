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
  readonly #peers = new Map<PeerId, KeptPeer>();
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
    for (const peer of peers) {
      this.#peers.delete(peer.peerId);
      this.#peers.set(peer.peerId, peer);
    }
    for (const id of gonePeers) this.#peers.delete(id);
    this.#targets = targets ?? this.#targets;
  }

  /** Nobody is owed anything of the log, and the next one, of this id, begins at its first entry. */
  renewLog(id: Uint8Array): void {
    if (this.#log !== undefined) this.#log = { ...this.#log, id, head: 0 };
    this.#entries = [];
    for (const [peerId, peer] of this.#peers) this.#peers.set(peerId, { ...peer, settledThrough: 0 });
    this.#targets = this.#targets.map((target) => ({ ...target, owedFrom: 1 }));
  }

  /** As of now, and on its own from now on. */
  copy(): KeptInMemory {
    const copy = new KeptInMemory();
    const kept = this.load();
    if (kept === undefined) return copy;
    copy.commit({ ...kept, releasedThrough: 0, gonePeers: [] });
    return copy;
  }
}

/** Of a run, the number of its last line. */
function lastOf(entry: KeptEntry): number {
  return entry.type === 'run' ? entry.seq + entry.count - 1 : entry.seq;
}
