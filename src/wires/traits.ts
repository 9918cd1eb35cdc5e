/**
 * What each wire can do, in one record: whoever has to know asks here, and a new wire answers every question at once.
 *
 * Owns: the facts about each wire, and with them the list of the wires.
 */
import type { WireName } from '../kernel/contract.ts';
import { datagramMaxBytes, lineMaxBytes } from '../kernel/limits.ts';

export interface WireTraits {
  /** The wire tells when a peer's program has taken a line (`delivered`). */
  readonly hasReceipts: boolean;
  /** A peer is a key (`PeerId` is its fingerprint), so its name can be pinned; elsewhere a peer is an address. */
  readonly hasIdentities: boolean;
  /** A room key closes the room; elsewhere a given room key protects nothing. */
  readonly usesRoomKey: boolean;
  /** With a state directory, the network keeps the node's log, what others are owed, and the lines of the chat. */
  readonly keepsLog: boolean;
  /** A line may have newlines inside. */
  readonly carriesNewlines: boolean;
  /** The longest line, in bytes of UTF-8. A longer one is refused. */
  readonly lineMaxBytes: number;
}

export const wireTraits: Readonly<Record<WireName, WireTraits>> = {
  tincan: {
    hasReceipts: true,
    hasIdentities: true,
    usesRoomKey: true,
    keepsLog: true,
    carriesNewlines: true,
    lineMaxBytes,
  },
  plain: {
    hasReceipts: false,
    hasIdentities: false,
    usesRoomKey: false,
    keepsLog: false,
    carriesNewlines: true,
    lineMaxBytes: datagramMaxBytes,
  },
  tcp: {
    hasReceipts: false,
    hasIdentities: false,
    usesRoomKey: false,
    keepsLog: false,
    carriesNewlines: false,
    lineMaxBytes,
  },
};

function isWireName(text: string): text is WireName {
  return Object.hasOwn(wireTraits, text);
}

/** In the order in which they are told to a user. */
export const wireNames: readonly WireName[] = Object.keys(wireTraits).filter(isWireName);
