/**
 * What goes into and comes out of the sans-IO core of wire `tcp`.
 *
 * Owns: the two unions. It has no code, only types.
 */
import type { Address } from '../../kernel/contract.ts';
import type { Input, Output } from '../../kernel/io.ts';

/** One TCP connection, for as long as the process runs. */
export type ConnectionId = number;

export type TcpInput =
  | Exclude<Input, { type: 'datagram' }>
  /** `dial`: the number of the `dial` output that it answers; undefined for one that the other side dialled. */
  | {
      readonly type: 'opened';
      readonly connection: ConnectionId;
      readonly dial: number | undefined;
      readonly local: Address;
      readonly remote: Address;
    }
  /** `portsTaken`: it was not even tried, as none of `localPorts` can be had. */
  | {
      readonly type: 'dial-failed';
      readonly dial: number;
      readonly reason: string;
      readonly portsTaken: boolean;
    }
  | { readonly type: 'received'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** The kernel has taken so many bytes more of what was written. */
  | { readonly type: 'flushed'; readonly connection: ConnectionId; readonly bytes: number }
  /** The other side has ended its half: nothing more will be received. */
  | { readonly type: 'ended'; readonly connection: ConnectionId }
  /** Both halves are gone. `failure`: why, if it was not by agreement. */
  | { readonly type: 'closed'; readonly connection: ConnectionId; readonly failure: string | undefined };

export type TcpOutput =
  | Exclude<Output, { type: 'datagram' }>
  /** `localPorts`: the source ports to try, in this order; no other does (see `sourcePorts`). */
  | {
      readonly type: 'dial';
      readonly dial: number;
      readonly to: Address;
      readonly localPorts: readonly number[];
    }
  | { readonly type: 'write'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** End our half after what is written; the other half may go on. */
  | { readonly type: 'end'; readonly connection: ConnectionId }
  /** Drop the connection at once. */
  | { readonly type: 'destroy'; readonly connection: ConnectionId }
  /** Stop or go on reading: how a stalled reader holds the sender back. */
  | { readonly type: 'pause'; readonly connection: ConnectionId }
  | { readonly type: 'resume'; readonly connection: ConnectionId };
