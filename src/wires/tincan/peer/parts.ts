/**
 * What one peer is made of, for those of its parts that work on the others.
 *
 * Owns: the two lists.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import type { Outputs } from '../../../kernel/io.ts';
import type { Crypto } from '../crypto.ts';
import type { MakeController } from '../delivery/congestion.ts';
import type { Path } from '../delivery/path.ts';
import type { Log } from '../log.ts';
import type { Memory } from '../memory.ts';
import type { Agenda } from './agenda.ts';
import type { Effects, Whose } from './effects.ts';
import type { Incoming } from './incoming.ts';
import type { Link } from './link.ts';
import type { Liveness } from './liveness.ts';
import type { Outgoing } from './outgoing.ts';

/** What all peers of a node share. */
export interface PeerContext {
  readonly crypto: Crypto;
  readonly log: Log;
  readonly memory: Memory;
  /** The largest datagram that is worth a trial on the way to this IP address, bytes. */
  readonly datagramGoalBytes: (ip: string) => number;
  readonly control: MakeController;
  readonly effects: Effects;
  /** Is told of each peer to which something has happened. */
  readonly agenda: Agenda<PeerId>;
  /** Where datagrams go. */
  readonly outputs: Outputs;
  /** Which names belong to which keys. */
  readonly pins: { belongsToAnother(name: string, id: PeerId): boolean };
  /** What the node knows of its peers outlives the process. */
  readonly isKept: boolean;
}

export interface PeerParts extends PeerContext {
  readonly peer: Whose;
  readonly link: Link;
  readonly path: Path;
  readonly liveness: Liveness;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
}
