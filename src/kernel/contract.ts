/**
 * The contract between the faces (`ui/`) and the network (`wires/`): one union of commands, one of events.
 *
 * Owns: the words that cross the thread boundary; each is plain data, so that it survives a structured clone. It has no code,
 * only types.
 */

/** How lines cross the network. */
export type WireName = 'tincan' | 'plain' | 'tcp';

/**
 * Names a peer for certain within one run. On wire `tincan` the fingerprint of its identity key; on `plain` and `tcp`,
 * which carry no identity, its `address:port`.
 */
export type PeerId = string & { readonly brand: 'PeerId' };

/** A numeric IP address and port: where a datagram comes from or goes to. Never a host name. */
export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** A peer that this node was told to reach. */
export interface PeerTarget {
  /** What the user calls it; shown on wires that carry no names. */
  readonly label: string;
  /** A host name or a numeric IP address, as written. */
  readonly host: string;
  readonly port: number;
  /** The key that is expected there, where the user knows it; on wire `tincan`. */
  readonly fingerprint?: PeerId | undefined;
}

/** A script's own mark on a line that it says, given back with everything that is told about that line. */
export type Ref = string | number;

/** Lines one after the other, as one thing. None of them has a line feed in it. */
export interface LineRun {
  /** UTF-8, each line ended by a line feed. The bytes belong to whoever is given the run. */
  readonly bytes: Uint8Array;
  /** How many lines there are, at least one. */
  readonly count: number;
}

/**
 * What a face asks of the network.
 *
 * A `say` is answered by exactly one `queued` or `refused`, in the order of the says; a caller keeps at most
 * `sayWindowBytes` (see `limits.ts`) unanswered, which is how a full send queue stops stdin in the end.
 */
export type Command =
  | {
      readonly type: 'say';
      readonly text: string;
      readonly ref: Ref | undefined;
      /** Only this peer gets the line; absent: everybody. */
      readonly to?: PeerId;
    }
  /** Many lines for everybody, as a pipe brings them. Answered as one say: by one `queued` or `refused` for all of them. */
  | ({ readonly type: 'say-lines' } & LineRun)
  /** From now on this node is called so. Answered by `renamed`, or by a `warning` where the wire carries no names. */
  | { readonly type: 'rename'; readonly name: string }
  /**
   * Whoever is there under a name that belongs to another key takes that key's place, with the lines that wait for it.
   * Answered by `pinned`, or by a `warning` where nobody is there whom this could mean.
   */
  | { readonly type: 'accept'; readonly name: string }
  /**
   * What the peer of this name or id is owed is given up, each line reported as `undelivered`. Answered by `forgotten`, or by a
   * `warning` where nobody is called so, or several are.
   */
  | { readonly type: 'forget'; readonly name: string }
  /** Tell each packet as it goes and comes (`trace` events), or stop telling. Off at the start. */
  | { readonly type: 'trace'; readonly on: boolean }
  /** This program has taken this peer's messages and names up to `seq`: what a receipt promises, and what renews credit. */
  | { readonly type: 'taken'; readonly peerId: PeerId; readonly seq: number }
  /** Asks for one `status` event. */
  | { readonly type: 'status' }
  /**
   * Take no more says, wait at most `drainTimeoutMs` until nothing is owed to anybody (0: do not wait), then say goodbye
   * to every peer and report what stays undelivered. The last event is `closed`. A later, shorter `quit` shortens the wait.
   */
  | { readonly type: 'quit'; readonly drainTimeoutMs: number };

/** What the network tells the faces. Times (`at`) are in milliseconds since the Unix epoch: a core's own `now`, and the wall clock's once they have left the network. */
export type Event =
  /** The node can be used. `receipts`: this wire tells when a peer's program has taken a line. */
  | {
      readonly type: 'ready';
      readonly name: string;
      readonly address: Address;
      readonly wire: WireName;
      readonly receipts: boolean;
      /** Of the own key, where the wire has keys: what peers see as this node's `peerId`. */
      readonly fingerprint?: PeerId;
    }
  | {
      readonly type: 'peer-joined';
      readonly name: string;
      readonly peerId: PeerId;
      readonly address: Address;
    }
  | {
      readonly type: 'peer-left';
      readonly name: string;
      readonly peerId: PeerId;
      readonly reason: string;
    }
  /** `seq`: the line's number in the sender's log (`tincan`), else the count of lines taken in from this peer. */
  | {
      readonly type: 'message';
      readonly from: string;
      readonly peerId: PeerId;
      /** The id of the peer's log, in hexadecimal digits, where the wire has logs: a peer that starts anew has another. */
      readonly log?: string;
      readonly seq: number;
      readonly at: number;
      readonly text: string;
      /** Said to this node alone. */
      readonly private?: true;
      /** An earlier life of this node may have shown the line, and has not taken it. */
      readonly again?: true;
    }
  /** `seq`: the name's number in the peer's log, where it stands there; then it is taken as a message is. */
  | {
      readonly type: 'peer-renamed';
      readonly peerId: PeerId;
      readonly was: string;
      readonly name: string;
      readonly seq?: number;
    }
  /** Many messages to everybody, as the peer said them in a row: the first has the number `seq`. */
  | ({
      readonly type: 'messages';
      readonly from: string;
      readonly peerId: PeerId;
      readonly log?: string;
      readonly seq: number;
      readonly at: number;
      /** As in `message`, of all of them. */
      readonly again?: true;
    } & LineRun)
  /** From now on this name belongs to this key, also in later runs: the key has said something first, or was accepted. */
  | { readonly type: 'pinned'; readonly name: string; readonly peerId: PeerId }
  /** This node is called so now. */
  | { readonly type: 'renamed'; readonly name: string }
  /** What crossed the network, or was decided, in words that a learner can follow. One line, no newline in it. */
  | {
      readonly type: 'trace';
      readonly at: number;
      readonly direction: 'out' | 'in' | 'note';
      /** The peer's name as known; undefined where it is nobody's yet. */
      readonly peer: string | undefined;
      readonly text: string;
    }
  /**
   * What becomes of own lines. `count` says that it is the same for so many lines, with the numbers `seq`, `seq + 1` and so on;
   * absent: for one.
   *
   * An own line has its number: it is in the log, and the caller may say more.
   */
  | { readonly type: 'queued'; readonly ref: Ref | undefined; readonly seq: number; readonly count?: number }
  /** An own line that this wire can't carry (`line-too-long`, `newline-in-line`). It has no number; nothing changed. */
  | {
      readonly type: 'refused';
      readonly ref: Ref | undefined;
      readonly code: string;
      readonly message: string;
      readonly count?: number;
    }
  /** An own line has been handed to the network for every peer that is there. */
  | { readonly type: 'sent'; readonly ref: Ref | undefined; readonly seq: number; readonly count?: number }
  /** A peer's program has taken an own line. Only where `ready.receipts`. */
  | {
      readonly type: 'delivered';
      readonly ref: Ref | undefined;
      readonly seq: number;
      readonly to: string;
      readonly peerId: PeerId;
      readonly count?: number;
    }
  /** An own line will not reach a peer that was owed it; `to` is undefined where there was nobody to send it to. */
  | {
      readonly type: 'undelivered';
      readonly ref: Ref | undefined;
      readonly seq: number;
      readonly to: string | undefined;
      readonly reason: string;
      /** An earlier life of this node has given the line up, and may have told it. */
      readonly again?: true;
    }
  /** This peer is owed nothing of what was said so far. `lines`: how many it was owed. */
  | {
      readonly type: 'forgotten';
      readonly name: string;
      readonly peerId: PeerId | undefined;
      readonly lines: number;
    }
  | Status
  /** Something the user should know that stops nothing. `count` where the warning counts something (lines missed…). */
  | {
      readonly type: 'warning';
      readonly code: string;
      readonly message: string;
      readonly count?: number;
    }
  /** Why the node can't go on (before `ready`: why it can't be set up). Only `closed` follows. */
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  /** Goodbye is said; nothing follows. `undelivered`: how many own lines some peer was owed and did not get. */
  | { readonly type: 'closed'; readonly undelivered: number };

/** A snapshot of the node and its peers, for `/stats`, `/peers` and `tincan status`. */
export interface Status {
  readonly type: 'status';
  readonly name: string;
  readonly wire: WireName;
  readonly address: Address;
  /** Of the own key, where the wire has keys. */
  readonly fingerprint?: PeerId;
  /** Own lines numbered so far. */
  readonly said: number;
  readonly peers: readonly PeerStatus[];
}

export interface PeerStatus {
  readonly name: string;
  readonly peerId: PeerId | undefined;
  readonly address: Address | undefined;
  /**
   * `resolving`: its host name has no address yet; `connecting`: nobody has answered there yet, or not any more;
   * `open`: lines can go (on `plain`, which can know no more: its address is known).
   */
  readonly state: 'resolving' | 'connecting' | 'open';
  readonly linesSent: number;
  readonly linesReceived: number;
  /** More figures that a wire has, by name with the unit last (`rttMs`, `packetsLost`, …). */
  readonly figures: Readonly<Record<string, number>>;
}
