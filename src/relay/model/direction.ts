/**
 * The impairment model: what a bad network does to each datagram that crosses it in one direction.
 *
 * Owns: the verdicts (loss, bursts, duplicates, reordering, delay, corruption, truncation, bandwidth, blackholes), the
 * datagrams on their way, and the count of each fate. Two hosts turn it: the relay container in real time, the simulator in
 * virtual time. Time is a number in milliseconds that the host passes in.
 *
 * The verdict on datagram number `index` is drawn from a generator keyed by (seed, direction, index), always with the
 * same number of draws in the same order. So a run is replayed by its seed, and switching one fault on or off never
 * changes what the other faults do to which datagram.
 */
import { checkedImpairment, isOpenAt, unimpaired, type BurstLoss, type Impairment } from './impairment.ts';
import { datagramOverheadBytes, holdMaxMs, onTheWayMaxBytes } from './limits.ts';
import { Random } from './random.ts';

/** Why it was dropped; `listed`: its index is among `lossIndexes`. */
export type DropCause = 'loss' | 'burst' | 'listed' | 'blackhole' | 'mtu' | 'overflow';

/** What was decided for one datagram. `index` counts from 0 in its direction. */
export type DatagramVerdict =
  | { readonly type: 'dropped'; readonly index: number; readonly cause: DropCause }
  | {
      readonly type: 'passed';
      readonly index: number;
      readonly duplicated: boolean;
      readonly held: boolean;
      readonly corrupted: boolean;
      /** The bytes that are left of it, where it was cut. */
      readonly truncatedTo?: number | undefined;
    };

/** A datagram that comes out at the far end, with the context its host gave it. */
export interface Departure<Context> {
  readonly verdict: DatagramVerdict;
  /** 0: the datagram; 1: its duplicate. */
  readonly copy: 0 | 1;
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly context: Context;
}

/** Conservation holds at any time: offered + duplicated = departed + queued + the sum of dropped. */
export interface ImpairmentCounts {
  readonly offered: number;
  readonly departed: number;
  readonly duplicated: number;
  readonly held: number;
  readonly corrupted: number;
  readonly truncated: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
  /** On their way or held back. */
  readonly queued: number;
}

interface Held<Context> {
  readonly departure: Departure<Context>;
  readonly untilMs: number;
  waitsForPackets: number;
}

export class ImpairedDirection<Context> {
  readonly #seed: number;
  readonly #direction: number;
  #impairment: Impairment;
  #lossIndexes: ReadonlySet<number>;
  #inBurst = false;
  #busyUntilMs = 0;
  #latestDepartureMs = 0;
  /** In order of departure, from `#nextOnTheWay` on; what stands before that has left. */
  #onTheWay: Departure<Context>[] = [];
  #nextOnTheWay = 0;
  #held: Held<Context>[] = [];
  /** Of everything on its way or held. */
  #queuedBytes = 0;

  readonly #counts = { offered: 0, departed: 0, duplicated: 0, held: 0, corrupted: 0, truncated: 0 };
  readonly #dropped: Record<DropCause, number> = {
    loss: 0,
    burst: 0,
    listed: 0,
    blackhole: 0,
    mtu: 0,
    overflow: 0,
  };

  /** `direction`: a small number that sets this direction's draws apart from those of the others with the same seed. */
  constructor(seed: number, direction: number, impairment: Impairment = unimpaired) {
    this.#seed = seed;
    this.#direction = direction;
    this.#impairment = checkedImpairment(impairment);
    this.#lossIndexes = new Set(impairment.lossIndexes);
  }

  get impairment(): Impairment {
    return this.#impairment;
  }

  /** Changes the faults from the next datagram on; what is on its way stays so. Throws on a rate outside 0–1. */
  impair(impairment: Impairment): void {
    this.#impairment = checkedImpairment(impairment);
    this.#lossIndexes = new Set(impairment.lossIndexes);
  }

  counts(): ImpairmentCounts {
    return {
      ...this.#counts,
      dropped: { ...this.#dropped },
      queued: this.#onTheWay.length - this.#nextOnTheWay + this.#held.length,
    };
  }

  /** A datagram enters. What leaves, leaves by `depart`. */
  offer(bytes: Uint8Array, context: Context, nowMs: number): DatagramVerdict {
    const index = this.#counts.offered++;
    const draws = drawAll(this.#seed, this.#direction, index);
    const { impairment } = this;
    this.#inBurst = nextBurstState(this.#inBurst, impairment.burstLoss, draws.burstTransition);
    const cause = this.#dropCause(index, draws, bytes.length, nowMs);
    if (cause !== undefined) {
      this.#dropped[cause]++;
      return { type: 'dropped', index, cause };
    }

    const queuedUntilMs = this.#passBandwidth(bytes.length, nowMs);
    // An empty datagram has nothing to cut, and no bit to flip.
    const truncated = bytes.length > 0 && draws.truncate < impairment.truncateRate;
    const left = truncated ? bytes.slice(0, Math.floor(draws.truncateLength * bytes.length)) : bytes;
    const corrupted = left.length > 0 && draws.corrupt < impairment.corruptRate;
    const duplicated = draws.duplicate < impairment.duplicateRate;
    const held = draws.reorder < impairment.reorderRate;
    const verdict: DatagramVerdict = {
      type: 'passed',
      index,
      duplicated,
      held,
      corrupted,
      truncatedTo: truncated ? left.length : undefined,
    };
    const departure: Departure<Context> = {
      verdict,
      copy: 0,
      atMs: this.#arrivalMs(queuedUntilMs, draws.jitter),
      bytes: corrupted ? withOneBitFlipped(left, draws.corruptBit) : left,
      context,
    };
    this.#letHeldPass(departure.atMs);
    this.#queuedBytes += costBytes(left.length);
    if (held) {
      const waitsForPackets = impairment.reorderHoldPackets;
      this.#held.push({ departure, untilMs: departure.atMs + holdMaxMs, waitsForPackets });
    } else {
      this.#schedule(departure);
    }
    if (duplicated) {
      const atMs = this.#arrivalMs(queuedUntilMs, draws.duplicateJitter);
      this.#queuedBytes += costBytes(bytes.length);
      this.#schedule({ verdict, copy: 1, atMs, bytes: Uint8Array.from(bytes), context });
    }
    this.#counts.held += held ? 1 : 0;
    this.#counts.corrupted += corrupted ? 1 : 0;
    this.#counts.truncated += truncated ? 1 : 0;
    this.#counts.duplicated += duplicated ? 1 : 0;
    return verdict;
  }

  /** When `depart` has something to give next; undefined when nothing is on its way. */
  deadline(): number | undefined {
    let earliestMs = this.#onTheWay[this.#nextOnTheWay]?.atMs;
    for (const { untilMs } of this.#held) {
      if (earliestMs === undefined || untilMs < earliestMs) earliestMs = untilMs;
    }
    return earliestMs;
  }

  /** All that has arrived at the far end by `nowMs`, in order of arrival; each is given once. */
  depart(nowMs: number): Departure<Context>[] {
    this.#releaseOverdue(nowMs);
    const departed: Departure<Context>[] = [];
    for (;;) {
      const next = this.#onTheWay[this.#nextOnTheWay];
      if (next === undefined || next.atMs > nowMs) break;
      this.#nextOnTheWay++;
      this.#queuedBytes -= costBytes(next.bytes.length);
      departed.push(next);
    }
    if (this.#nextOnTheWay > 0 && this.#nextOnTheWay * 2 >= this.#onTheWay.length) {
      this.#onTheWay = this.#onTheWay.slice(this.#nextOnTheWay);
      this.#nextOnTheWay = 0;
    }
    this.#counts.departed += departed.length;
    return departed;
  }

  #releaseOverdue(nowMs: number): void {
    if (this.#held.length === 0) return;
    for (const { departure, untilMs } of this.#held) {
      if (untilMs <= nowMs) this.#schedule({ ...departure, atMs: untilMs });
    }
    this.#held = this.#held.filter(({ untilMs }) => untilMs > nowMs);
  }

  #dropCause(index: number, draws: Draws, sizeBytes: number, nowMs: number): DropCause | undefined {
    const { blackholes, mtuBytes, lossRate, burstLoss, bandwidthBitsPerSecond, queueMaxBytes } =
      this.#impairment;
    if (blackholes.some((blackhole) => isOpenAt(blackhole, nowMs))) return 'blackhole';
    if (mtuBytes !== undefined && sizeBytes > mtuBytes) return 'mtu';
    if (this.#lossIndexes.has(index)) return 'listed';
    if (draws.loss < lossRate) return 'loss';
    if (this.#inBurst && burstLoss !== undefined && draws.burstLoss < burstLoss.lossRate) return 'burst';
    // Its duplicate, if it gets one, has to fit as well.
    if (this.#queuedBytes + 2 * costBytes(sizeBytes) > onTheWayMaxBytes) return 'overflow';
    if (bandwidthBitsPerSecond === undefined) return undefined;
    const backlogBytes = (Math.max(0, this.#busyUntilMs - nowMs) * bandwidthBitsPerSecond) / 8_000;
    return backlogBytes + sizeBytes > queueMaxBytes ? 'overflow' : undefined;
  }

  #passBandwidth(sizeBytes: number, nowMs: number): number {
    const { bandwidthBitsPerSecond } = this.#impairment;
    if (bandwidthBitsPerSecond === undefined) return nowMs;
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs) + (sizeBytes * 8_000) / bandwidthBitsPerSecond;
    return this.#busyUntilMs;
  }

  #arrivalMs(fromMs: number, jitter: number): number {
    const { delayMs, jitterMs, fifo } = this.#impairment;
    const atMs = fromMs + delayMs + jitter * jitterMs;
    if (!fifo) return atMs;
    this.#latestDepartureMs = Math.max(this.#latestDepartureMs, atMs);
    return this.#latestDepartureMs;
  }

  /** One more datagram goes ahead of those held back; who has waited for enough leaves right behind it. */
  #letHeldPass(atMs: number): void {
    for (const held of this.#held) held.waitsForPackets--;
    const free = this.#held.filter(({ waitsForPackets }) => waitsForPackets <= 0);
    if (free.length === 0) return;
    this.#held = this.#held.filter(({ waitsForPackets }) => waitsForPackets > 0);
    for (const { departure } of free) {
      this.#schedule({ ...departure, atMs: Math.max(departure.atMs, nextAfter(atMs)) });
    }
  }

  /** Behind everything that leaves at the same time or before. */
  #schedule(departure: Departure<Context>): void {
    let low = this.#nextOnTheWay;
    let high = this.#onTheWay.length;
    // Most datagrams leave last.
    if ((this.#onTheWay.at(-1)?.atMs ?? -Infinity) <= departure.atMs) low = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#onTheWay[middle]?.atMs ?? Infinity) <= departure.atMs) low = middle + 1;
      else high = middle;
    }
    this.#onTheWay.splice(low, 0, departure);
  }
}

function costBytes(payloadBytes: number): number {
  return payloadBytes + datagramOverheadBytes;
}

/**
 * The draws of one datagram. All are made, whatever the faults: see the head of this file. A new one is drawn last, so that
 * a seed from before does what it always did.
 */
interface Draws {
  readonly loss: number;
  readonly burstTransition: number;
  readonly burstLoss: number;
  readonly duplicate: number;
  readonly duplicateJitter: number;
  readonly reorder: number;
  readonly corrupt: number;
  readonly corruptBit: number;
  readonly jitter: number;
  readonly truncate: number;
  readonly truncateLength: number;
}

function drawAll(seed: number, direction: number, index: number): Draws {
  const random = new Random(seed, direction, index);
  return {
    loss: random.fraction(),
    burstTransition: random.fraction(),
    burstLoss: random.fraction(),
    duplicate: random.fraction(),
    duplicateJitter: random.fraction(),
    reorder: random.fraction(),
    corrupt: random.fraction(),
    corruptBit: random.fraction(),
    jitter: random.fraction(),
    truncate: random.fraction(),
    truncateLength: random.fraction(),
  };
}

function nextBurstState(inBurst: boolean, burst: BurstLoss | undefined, draw: number): boolean {
  if (burst === undefined) return false;
  return inBurst ? draw >= burst.leaveRate : draw < burst.enterRate;
}

function withOneBitFlipped(bytes: Uint8Array, draw: number): Uint8Array {
  const bit = Math.floor(draw * bytes.length * 8);
  const copy = Uint8Array.from(bytes);
  const byte = copy[bit >>> 3];
  if (byte !== undefined) copy[bit >>> 3] = byte ^ (1 << (bit & 7));
  return copy;
}

/** A time just later than this one: far finer than any clock, yet a different number around 10^12 ms. */
function nextAfter(timeMs: number): number {
  return timeMs + Math.max(1e-6, timeMs * Number.EPSILON);
}
