/**
 * A scenario: what happens to the string between alice and bob while both talk at once, and what must hold all the same.
 *
 * Owns: the words that the files beside this one are written in.
 */
import type { Backend, Wire } from '../outcome.ts';
import type { FaultPlan } from '../events.ts';

export type NodeName = 'alice' | 'bob';
export type Direction = 'alice>bob' | 'bob>alice';

export const NODES: readonly NodeName[] = ['alice', 'bob'];
export const DIRECTIONS: readonly Direction[] = ['alice>bob', 'bob>alice'];

/** One after the other, while both go on talking. */
export type Step =
  /** Until each of those who can talk has said so many lines more. */
  | { readonly type: 'talk'; readonly lines: number }
  | { readonly type: 'blackhole'; readonly direction: Direction | 'both'; readonly forMs: number }
  | { readonly type: 'pause'; readonly node: NodeName; readonly forMs: number }
  /** SIGKILL; what it was told to say and had not sent goes with it. */
  | { readonly type: 'kill'; readonly node: NodeName }
  /** Anew, under the same name: on wire `tincan` with the state that it had kept, on the others with nothing left of what it was. */
  | { readonly type: 'start'; readonly node: NodeName }
  | { readonly type: 'disconnect'; readonly node: NodeName }
  | { readonly type: 'reconnect'; readonly node: NodeName }
  | { readonly type: 'readdress'; readonly node: NodeName }
  | { readonly type: 'stop-relay' }
  | { readonly type: 'start-relay' };

/** What must hold at the end. */
export type Holds =
  /** Every line was heard once, in order, unchanged; where the wire has receipts, its sender knows. */
  | 'everything-once-in-order'
  /** What was heard is what left the relay, copy by copy and in that order: its damage, no more and no less. */
  | 'damage-as-injected'
  /** No line twice, none out of order; those that are missing were said one after the other, around the fault. */
  | 'one-gap';

export interface Scenario {
  /** As on the command line and in the report. */
  readonly id: string;
  readonly title: string;
  /** One sentence: what is known when it passes. */
  readonly proves: string;
  /** One sentence for a learner: what to look at. */
  readonly see: string;
  /** Who does the harm. What the relay does is done by netem, too, where the kernel has it. */
  readonly backend: Exclude<Backend, 'netem'>;
  /** With backend `engine`: a relay that does nothing stands between and keeps the record, where the wire is UDP. */
  readonly witness?: true;
  /** On the other wires it would prove nothing; absent: on all of them something. */
  readonly wires?: readonly Wire[];
  /** Every run has the same one, unless it is told another. */
  readonly seed: number;
  /** Each says a line this often, in ms. */
  readonly everyMs: number;
  /** Bytes of a line, about: see `lineText`. */
  readonly lineBytes: number;
  /** From the first datagram on. */
  readonly faults: FaultPlan;
  readonly steps: readonly Step[];
  readonly holds: Readonly<Record<Wire, Holds>>;
}

/** A conversation's pace: quick enough that many lines are under way at once on a slow string. */
export const CONVERSATION = { everyMs: 20, lineBytes: 48 } as const;
/** Where what matters is how long something lasts: fewer lines in that time. */
export const UNHURRIED = { everyMs: 100, lineBytes: 48 } as const;

/**
 * Talk through faults of the relay goes on until so many datagrams have come each way: a wire that puts several lines into
 * one may send few, and a fault that is rare would strike none of them. Every seed strikes within these.
 */
export const DATAGRAMS_MIN = 40;

/** For faults that live in the relay: the wires that can only show the damage, and the one that repairs it. */
export const REPAIRED: Scenario['holds'] = {
  tincan: 'everything-once-in-order',
  plain: 'damage-as-injected',
  tcp: 'everything-once-in-order',
};

/**
 * The text of line `number`. Its length differs from that of its neighbours, so that a datagram can be told by its size;
 * it ends in a character that no flip of one bit turns into a newline.
 */
export function lineText(name: string, number: number, bytes: number): string {
  const head = `${name} ${number} `;
  return `${head}${'.'.repeat(Math.max(1, bytes + (number % 11) - head.length))}`;
}
