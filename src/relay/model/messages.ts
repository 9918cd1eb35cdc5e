/**
 * What crosses the relay's stdio, as types: commands in, events out. `README.md` beside this file is normative.
 *
 * Owns: the two unions. It has no code, only types.
 */
import type { Address, Ref } from '../../kernel/contract.ts';
import type { ImpairmentCounts, DatagramVerdict } from './direction.ts';
import type { Impairment } from './impairment.ts';

/** `alice>bob`. */
export type DirectionName = `${string}>${string}`;

/** The faults that are named; the others stay as they are. Times of blackholes in ms, see `timesFrom`. */
export type Faults = Partial<Impairment>;

export type Command = { readonly ref?: Ref | undefined } & (
  | {
      readonly type: 'impair';
      /** At least one, each once. */
      readonly directions: readonly DirectionName[];
      readonly faults: Faults;
      /** What the times of its blackholes count from: this command, or the relay's start. */
      readonly timesFrom: 'command' | 'start';
    }
  | { readonly type: 'heal'; readonly directions: readonly DirectionName[] }
  | { readonly type: 'faults' | 'counts' | 'quit' }
);

export interface DirectionFaults {
  /** The first datagram that they strike. */
  readonly fromIndex: number;
  /** Times of blackholes in ms since the relay's start; those that are over are left out. */
  readonly faults: Impairment;
}

export interface DirectionCounts extends ImpairmentCounts {
  /** Departed, but nobody knows where the node is. */
  readonly unaddressed: number;
}

export interface Counts {
  readonly directions: Readonly<Record<DirectionName, DirectionCounts>>;
  /** Datagrams from anybody but the two nodes. */
  readonly strangers: number;
}

/** Where a datagram was on its way through the relay. */
interface Crossing {
  readonly direction: DirectionName;
  readonly atMs: number;
  /** The node that it came from, and the one that it is for; undefined while nobody knows where that is. */
  readonly from: Address;
  readonly to: Address | undefined;
  readonly bytes: Uint8Array;
}

/** `atMs` is in milliseconds since the relay's start. */
export type Event =
  | {
      readonly type: 'ready';
      readonly address: Address;
      readonly between: readonly string[];
      readonly directions: readonly DirectionName[];
      readonly seed: number;
      /** In ms since the Unix epoch. */
      readonly startedAt: number;
    }
  | { readonly type: 'verdict'; readonly crossing: Crossing; readonly verdict: DatagramVerdict }
  | {
      readonly type: 'departed';
      readonly crossing: Crossing;
      readonly verdict: DatagramVerdict;
      /** 0: the datagram; 1: its duplicate. */
      readonly copy: 0 | 1;
      /** How long it took through the relay, in ms. */
      readonly afterMs: number;
    }
  | {
      readonly type: 'address';
      readonly atMs: number;
      readonly name: string;
      readonly address: Address;
    }
  | {
      readonly type: 'faults';
      readonly ref?: Ref | undefined;
      readonly atMs: number;
      readonly directions: Readonly<Record<DirectionName, DirectionFaults>>;
    }
  | {
      readonly type: 'counts' | 'closed';
      readonly ref?: Ref | undefined;
      readonly atMs: number;
      readonly counts: Counts;
    }
  | {
      readonly type: 'blackhole-began' | 'blackhole-ended';
      readonly atMs: number;
      readonly direction: DirectionName;
    }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  /** A line of input was refused. */
  | {
      readonly type: 'error';
      readonly ref?: Ref | undefined;
      readonly code: string;
      readonly message: string;
    }
  /** Each datagram's fate is shown from now on, or no longer. */
  | { readonly type: 'watch'; readonly on: boolean }
  | { readonly type: 'help'; readonly usage: string; readonly meaning: string };
