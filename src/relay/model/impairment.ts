/**
 * The faults of one direction: what there is to set, and what can be set.
 *
 * Owns: the words and their units, the state without any fault, and the bounds.
 */
import { listMaxItems, timeMaxMs } from './limits.ts';

/** Loss in bursts: the Gilbert–Elliott chain, as `tc-netem(8)` has it in `loss gemodel p r 1-h` with `1-k` = 0. */
export interface BurstLoss {
  /** p: chance, a datagram, of going from the good state to the bad one. */
  readonly enterRate: number;
  /** r: chance, a datagram, of leaving the bad state; a burst has 1 / r datagrams on average. */
  readonly leaveRate: number;
  /** 1 − h: share of the datagrams lost while in the bad state. */
  readonly lossRate: number;
}

/** From `fromMs` up to, not including, `untilMs`, on the host's clock, nothing passes. */
export interface Blackhole {
  readonly fromMs: number;
  readonly untilMs: number;
}

export function isOpenAt({ fromMs, untilMs }: Blackhole, nowMs: number): boolean {
  return fromMs <= nowMs && nowMs < untilMs;
}

/** What one direction does to its datagrams. Every rate is a share from 0 to 1. */
export interface Impairment {
  readonly lossRate: number;
  readonly burstLoss: BurstLoss | undefined;
  /** Exactly these are lost; the first datagram of the direction is 0. */
  readonly lossIndexes: readonly number[];
  readonly duplicateRate: number;
  /** Share that is held back until `reorderHoldPackets` later datagrams have gone ahead, but at most `holdMaxMs`. */
  readonly reorderRate: number;
  readonly reorderHoldPackets: number;
  /** Share in which one bit is flipped while the UDP checksum stays right, so that only the program can notice. */
  readonly corruptRate: number;
  /** Share that is cut to a shorter length, down to no byte at all, while the UDP checksum stays right. */
  readonly truncateRate: number;
  readonly delayMs: number;
  /** Added to `delayMs`: uniform from 0 to this. */
  readonly jitterMs: number;
  /** True: jitter never lets a datagram overtake another (a queue); false: it may. */
  readonly fifo: boolean;
  /** Undefined: without bound. Counts UDP payload bytes. */
  readonly bandwidthBitsPerSecond: number | undefined;
  /** What waits for the bandwidth; a datagram that no longer fits is dropped at the tail. */
  readonly queueMaxBytes: number;
  /** Longest datagram that passes, UDP payload; a longer one is dropped, as by a router that may not fragment. Undefined: any. */
  readonly mtuBytes: number | undefined;
  readonly blackholes: readonly Blackhole[];
}

export const unimpaired: Impairment = {
  lossRate: 0,
  burstLoss: undefined,
  lossIndexes: [],
  duplicateRate: 0,
  reorderRate: 0,
  reorderHoldPackets: 3,
  corruptRate: 0,
  truncateRate: 0,
  delayMs: 0,
  jitterMs: 0,
  fifo: false,
  bandwidthBitsPerSecond: undefined,
  queueMaxBytes: 65_536,
  mtuBytes: undefined,
  blackholes: [],
};

/** Gives it back. @throws {RangeError} that names what is out of its range. */
export function checkedImpairment(impairment: Impairment): Impairment {
  const { lossRate, burstLoss, duplicateRate, reorderRate, corruptRate, truncateRate } = impairment;
  const rates = { lossRate, duplicateRate, reorderRate, corruptRate, truncateRate };
  const burstRates = burstLoss && {
    'burstLoss.enterRate': burstLoss.enterRate,
    'burstLoss.leaveRate': burstLoss.leaveRate,
    'burstLoss.lossRate': burstLoss.lossRate,
  };
  for (const [name, rate] of Object.entries({ ...rates, ...burstRates })) {
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`${name} is a share from 0 to 1, not ${rate}`);
  }
  const { delayMs, jitterMs, reorderHoldPackets, queueMaxBytes, bandwidthBitsPerSecond } = impairment;
  for (const [name, timeMs] of Object.entries({ delayMs, jitterMs })) {
    if (!(timeMs >= 0 && timeMs <= timeMaxMs))
      throw new RangeError(`${name} is from 0 to ${timeMaxMs} (a day), not ${timeMs}`);
  }
  for (const [name, size] of Object.entries({ reorderHoldPackets, queueMaxBytes })) {
    if (!(size >= 0)) throw new RangeError(`${name} is zero or more, not ${size}`);
  }
  if (bandwidthBitsPerSecond !== undefined && !(bandwidthBitsPerSecond > 0)) {
    throw new RangeError(`bandwidthBitsPerSecond is more than zero, not ${bandwidthBitsPerSecond}`);
  }
  const { lossIndexes, mtuBytes, blackholes } = impairment;
  if (mtuBytes !== undefined && !(mtuBytes > 0))
    throw new RangeError(`mtuBytes is more than zero, not ${mtuBytes}`);
  for (const [name, list] of Object.entries({ lossIndexes, blackholes })) {
    if (list.length > listMaxItems)
      throw new RangeError(`${name} has at most ${listMaxItems} entries, not ${list.length}`);
  }
  const stray = lossIndexes.find((index) => !(Number.isSafeInteger(index) && index >= 0));
  if (stray !== undefined) throw new RangeError(`lossIndexes are whole numbers from 0 on, not ${stray}`);
  if (blackholes.some(({ fromMs, untilMs }) => !(fromMs < untilMs)))
    throw new RangeError('a blackhole has untilMs after fromMs');
  return impairment;
}
