/**
 * What the lab's programs print, a JSON object a line: the nodes and the relay.
 *
 * Owns: the shapes, as far as tests look at them.
 */
import type { DropCause } from '../../src/relay/model/direction.ts';
import type { Impairment } from '../../src/relay/model/impairment.ts';

/** An event, and when it reached the test. */
export interface Timed<Event> {
  readonly event: Event;
  /** In ms since the Unix epoch, on the monotonic clock of the test's process. */
  readonly atMs: number;
}

/** One packet, or a note on it, as a node traces it. */
export interface TraceEvent {
  readonly type: 'trace';
  readonly direction: 'in' | 'out' | 'note';
  readonly text: string;
}

/** What a node's JSON face prints. */
export type NodeEvent =
  | { readonly type: 'ready'; readonly name: string; readonly address: string; readonly receipts: boolean }
  | { readonly type: 'peer-joined'; readonly name: string; readonly address: string }
  | { readonly type: 'peer-left'; readonly name: string; readonly reason: string }
  | {
      readonly type: 'message';
      readonly from: string;
      readonly seq: number;
      readonly text: string;
      readonly again?: true;
    }
  | { readonly type: 'sent'; readonly ref: number; readonly seq: number }
  | { readonly type: 'delivered'; readonly ref: number; readonly seq: number; readonly to: string }
  | { readonly type: 'undelivered'; readonly ref: number; readonly seq: number; readonly reason: string }
  | {
      readonly type: 'warning';
      readonly code: string;
      readonly message: string;
      readonly count?: number;
    }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  | TraceEvent
  | { readonly type: 'status'; readonly said: number }
  | { readonly type: 'closed'; readonly undelivered: number };

export type DirectionName = `${string}>${string}`;

/** Faults by name; what is not named stays as it is. */
export type Faults = Partial<Impairment>;
/** For `both`, for one direction, or for each. */
export type FaultPlan = Readonly<Partial<Record<'both' | DirectionName, Faults>>>;

export interface DirectionCounts {
  readonly offered: number;
  readonly duplicated: number;
  readonly departed: number;
  readonly dropped: Readonly<Partial<Record<DropCause, number>>>;
  readonly queued: number;
  readonly held: number;
  readonly corrupted: number;
  readonly truncated: number;
  /** Departed, but nobody knew where the node was. */
  readonly unaddressed: number;
}

export interface RelayCounts {
  readonly directions: Readonly<Record<DirectionName, DirectionCounts>>;
  readonly strangers: number;
  readonly kernelDrops?: number;
  readonly sendErrors: number;
  readonly unlogged: number;
  readonly uncaptured: number;
}

/** What the relay prints. `atMs` counts from its start. */
export type RelayEvent =
  | {
      readonly type: 'ready';
      readonly seed: number;
      readonly startedAt: number;
      readonly directions: readonly DirectionName[];
    }
  | { readonly type: 'address'; readonly atMs: number; readonly name: string; readonly address: string }
  | { readonly type: 'faults'; readonly ref?: number; readonly atMs: number }
  | ({ readonly type: 'counts' | 'closed'; readonly ref?: number; readonly atMs: number } & RelayCounts)
  | {
      readonly type: 'blackhole-began' | 'blackhole-ended';
      readonly atMs: number;
      readonly direction: DirectionName;
    }
  | VerdictLine
  | DepartedLine
  | { readonly type: 'log-gap'; readonly lost: number }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | { readonly type: 'error'; readonly ref?: number; readonly code: string; readonly message: string };

/** A datagram has entered. */
export interface VerdictLine {
  readonly type: 'verdict';
  readonly direction: DirectionName;
  readonly index: number;
  readonly bytes: number;
  readonly atMs: number;
  readonly fate: 'passed' | 'dropped';
  readonly cause?: DropCause;
  readonly duplicated?: boolean;
  readonly held?: boolean;
  readonly corrupted?: boolean;
  readonly truncatedTo?: number | undefined;
}

/** A copy of it has left: 0 the datagram, 1 its duplicate. */
export interface DepartedLine {
  readonly type: 'departed';
  readonly direction: DirectionName;
  readonly index: number;
  readonly copy: number;
  readonly atMs: number;
}
