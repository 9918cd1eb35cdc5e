/**
 * What a node keeps so that its next life goes on where this one ends, however it ends.
 *
 * Owns: the records that a core gives and gets back, and what a store does with them. It has no code, only types.
 */
import type { Address, PeerId, Ref } from './contract.ts';

/** The node's own log. */
export interface KeptLog {
  readonly id: Uint8Array;
  /** Number of the last entry. */
  readonly head: number;
  /** Lines numbered in all lives. */
  readonly linesSaid: number;
  /** What the node was called last. */
  readonly name: string;
}

/** An entry of the log that somebody is owed. */
export type KeptEntry =
  | {
      readonly type: 'line';
      readonly seq: number;
      readonly bytes: Uint8Array;
      readonly ref: Ref | undefined;
      readonly to: PeerId | undefined;
      readonly as?: number;
    }
  | { readonly type: 'name'; readonly seq: number; readonly bytes: Uint8Array }
  /** Lines to everybody that were said at once, each ended by a line feed; `seq`: the first one's. */
  | { readonly type: 'run'; readonly seq: number; readonly count: number; readonly bytes: Uint8Array };

/** How far two logs have come between this node and a peer. */
export interface KeptPeer {
  readonly peerId: PeerId;
  /** undefined: the peer is known no more; only its offsets are kept, so that nothing happens twice. */
  readonly known:
    | { readonly publicKey: Uint8Array; readonly name: string; readonly address: Address }
    | undefined;
  /** The peer has taken the own entries up to here, or they were reported undelivered to it. */
  readonly settledThrough: number;
  /** The peer may have heard of the own entries up to here; undefined: up to the head. */
  readonly toldThrough: number | undefined;
  /** The peer's log. */
  readonly followed: KeptFollowed;
}

export interface KeptFollowed {
  readonly logId: Uint8Array;
  /** Last entry known of. */
  readonly head: number;
  /** Entries up to here have been given to the face: after a crash they may have been shown. */
  readonly given: number;
  /** Entries up to here have been taken by the face, and are never asked for again. */
  readonly taken: number;
}

/** A configured peer. */
export interface KeptTarget {
  readonly label: string;
  readonly host: string;
  readonly port: number;
  /** The first own entry that the peer is owed, while nobody was found there. */
  readonly owedFrom: number;
  /** The peer that was last found there. */
  readonly peerId: PeerId | undefined;
}

/** All that is kept. */
export interface Kept {
  readonly log: KeptLog;
  /** Without gaps, up to the head. */
  readonly entries: readonly KeptEntry[];
  readonly peers: readonly KeptPeer[];
  readonly targets: readonly KeptTarget[];
}

/** What has changed since the last time. Either all of it is kept, or none. */
export interface Changes {
  readonly log: KeptLog | undefined;
  /** New ones, in order. */
  readonly entries: readonly KeptEntry[];
  /** Entries up to here are owed to nobody any more. */
  readonly releasedThrough: number;
  /** New or changed ones. */
  readonly peers: readonly KeptPeer[];
  readonly gonePeers: readonly PeerId[];
  /** All of them, if any has changed. */
  readonly targets: readonly KeptTarget[] | undefined;
}
