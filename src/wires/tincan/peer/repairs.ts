/**
 * How pieces of lines whose packet was lost came to the peer all the same: by which copy, and how much later that one left.
 *
 * Owns: these figures, and what they are made from. Nothing that a node sends depends on them.
 */
import type { PeerStatus } from '../../../kernel/contract.ts';
import type { LossSign, RepeatCause, RepeatedPiece } from '../trace/trace.ts';
import type { Fragment } from './fragments.ts';

/** What is known here of a packet with a piece in it. */
interface Carrier {
  readonly packetNumber: number;
  readonly lostBy: LossSign | undefined;
  readonly stamp: { readonly sentAt: number };
}

/** A piece that went more than once, or whose packet was lost. */
interface Trail {
  readonly first: Carrier;
  /** By the packets that repeated it. */
  readonly repeats: Map<number, { readonly cause: RepeatCause; readonly laterMs: number }>;
  /** Packets with it that are lost. */
  losses: number;
  lastLost: Carrier | undefined;
  /** The first packet with it that is known to have arrived. */
  arrivedIn: number | undefined;
}

export class Repairs {
  /** Most pieces go once and arrive, and have no trail. */
  readonly #trails = new WeakMap<Fragment, Trail>();
  readonly #repaired: Record<RepeatCause, number> = { 'ack-gap': 0, timer: 0, probe: 0, piggyback: 0 };
  #laterMs = 0;

  /** The piece is about to leave in this packet. undefined: for the first time. */
  onSend(fragment: Fragment, packetNumber: number, isProbe: boolean, now: number): RepeatedPiece | undefined {
    if (fragment.copies === 0) return undefined;
    const { packetNumber: first, sentAt, state, frame } = fragment;
    const trail = this.#trailOf(fragment, { packetNumber: first, lostBy: undefined, stamp: { sentAt } });
    const before = (state === 'lost' ? trail.lastLost : undefined) ?? trail.first;
    const cause = (state === 'lost' ? before.lostBy : undefined) ?? (isProbe ? 'probe' : 'piggyback');
    trail.repeats.set(packetNumber, { cause, laterMs: now - trail.first.stamp.sentAt });
    return {
      seq: frame.seq,
      cause,
      packetBefore: before.packetNumber,
      laterMs: now - before.stamp.sentAt,
    };
  }

  onLost(fragment: Fragment, packet: Carrier): void {
    const trail = this.#trailOf(fragment, packet);
    trail.lastLost = packet;
    trail.losses += 1;
    if (trail.losses === 1) this.#count(trail, 1);
  }

  onAcked(fragment: Fragment, { packetNumber, lostBy }: Carrier): void {
    if (fragment.copies === 1 && lostBy === undefined) return;
    const trail = this.#trails.get(fragment);
    if (trail === undefined) return;
    if (lostBy !== undefined) {
      // The packet was late, not lost.
      trail.losses -= 1;
      if (trail.losses === 0) this.#count(trail, -1);
    }
    if (trail.arrivedIn !== undefined) return;
    trail.arrivedIn = packetNumber;
    if (trail.losses > 0) this.#count(trail, 1);
  }

  /** The packet with which the piece arrived, where that is known and more than one carried it. */
  arrivedIn(fragment: Fragment): number | undefined {
    return this.#trails.get(fragment)?.arrivedIn;
  }

  get figures(): PeerStatus['figures'] {
    const { 'ack-gap': repairsByAckGap, timer, probe, piggyback } = this.#repaired;
    const repairs = repairsByAckGap + timer + probe + piggyback;
    return {
      repairs,
      repairsByAckGap,
      repairsByTimer: timer,
      repairsByProbe: probe,
      repairsByPiggyback: piggyback,
      repairMeanMs: repairs === 0 ? 0 : this.#laterMs / repairs,
    };
  }

  #trailOf(fragment: Fragment, first: Carrier): Trail {
    const known = this.#trails.get(fragment);
    if (known !== undefined) return known;
    const trail = { first, repeats: new Map(), losses: 0, lastLost: undefined, arrivedIn: undefined };
    this.#trails.set(fragment, trail);
    return trail;
  }

  /** A piece is repaired once a packet with it is lost and a repeat of it has arrived. */
  #count({ repeats, arrivedIn }: Trail, by: 1 | -1): void {
    const repeat = arrivedIn === undefined ? undefined : repeats.get(arrivedIn);
    if (repeat === undefined) return;
    this.#repaired[repeat.cause] += by;
    this.#laterMs += by * repeat.laterMs;
  }
}
