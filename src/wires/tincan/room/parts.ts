/** What the parts of the room are given, and share. */
import type { Address } from '../../../kernel/contract.ts';
import type { Outputs } from '../../../kernel/io.ts';
import type { HandshakeSettings } from '../handshake/handshake.ts';
import type { PeerContext } from '../peer/parts.ts';
import type { Tracer } from '../trace/trace.ts';
import type { OwnLines } from './own-lines.ts';
import type { Pins } from './pins.ts';
import type { Roster } from './roster.ts';

export interface RoomParts {
  readonly handshake: Omit<HandshakeSettings, 'newIndex'>;
  /** What all peers share; the room empties its `effects`. */
  readonly context: PeerContext;
  readonly tracer: Tracer;
  /** Where this node is bound, and whether it listens at an address. */
  readonly own: Address;
  readonly isOwn: (address: Address) => boolean;
  /** Whether this node announces itself on the local network, and dials whoever does. */
  readonly discovers: boolean;
  readonly roster: Roster;
  readonly pins: Pins;
  readonly ownLines: OwnLines;
  readonly outputs: Outputs;
}
