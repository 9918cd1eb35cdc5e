/** Owns: what the network is given at the start. Plain data, so that it survives a structured clone. */
import type { HostPort } from '../kernel/address.ts';
import type { PeerTarget, WireName } from '../kernel/contract.ts';

export interface NetworkSettings {
  readonly name: string;
  readonly bind: HostPort;
  readonly peers: readonly PeerTarget[];
  readonly wire: WireName;
  /** What the user wrote as the room key; only wire `tincan` has a use for it. */
  readonly roomKey?: Uint8Array | undefined;
  /** A raw X25519 private key, and which key each name had: what an earlier run has left, for wire `tincan`. */
  readonly identity?: Uint8Array | undefined;
  readonly knownPeers?: ReadonlyMap<string, string> | undefined;
  /** Where wire `tincan` keeps its log and offsets, and which handshakes it has seen; the main thread has it open. */
  readonly stateDirectory?: string | undefined;
  /** Lines of the chat that are kept there. */
  readonly historyLimit?: number | undefined;
  /** Whether each commit there waits for the disk. */
  readonly isPowerSafe?: boolean;
  /** Whether a changed key is accepted without being asked about; for wire `tincan`. */
  readonly acceptsChangedKeys?: boolean;
  /** Whether members are sought on the local network; for wire `tincan` with a room key. */
  readonly discovers?: boolean;
}
