/**
 * What a congestion controller is: how many bytes may be under way, and how fast they leave.
 *
 * Owns: the interface between recovery and its controllers, and the delivery-rate samples that go over it
 * (draft-cheng-iccrg-delivery-rate-estimation).
 */
import type { RttEstimator } from './rtt.ts';

export interface CongestionController {
  /** Bytes in flight at most. */
  readonly windowBytes: number;
  /** Bytes a millisecond that the pacer lets through. */
  readonly pacingBytesPerMs: number;
  onAck(sample: AckSample): void;
  onLoss(sample: LossSample): void;
  /** For a span of several probe timeouts nothing came through (RFC 9002 §7.6). */
  onPersistentCongestion(): void;
  /** The path is another one now (RFC 9000 §9.4). */
  reset(): void;
}

/** Makes one peer's controller. `packetBytes`: the size of a full packet. */
export type MakeController = (options: {
  readonly packetBytes: number;
  readonly rtt: RttEstimator;
}) => CongestionController;

/** One acknowledgement that acknowledged something new. */
export interface AckSample {
  readonly now: number;
  readonly ackedBytes: number;
  /** After the ack. */
  readonly bytesInFlight: number;
  readonly newestSentAt: number;
  /** The window was not what held the sender back when the newest acknowledged packet left. */
  readonly applicationLimited: boolean;
  readonly rtt: RttEstimator;
  readonly rate: RateSample | undefined;
}

export interface LossSample {
  readonly now: number;
  readonly lostBytes: number;
  readonly bytesInFlight: number;
  readonly newestSentAt: number;
}

export interface RateSample {
  readonly bytesPerMs: number;
  /** Bytes delivered over the conversation when the newest acknowledged packet left: what a round is counted by. */
  readonly deliveredBefore: number;
  readonly delivered: number;
  readonly applicationLimited: boolean;
}

/** What a packet must remember for its rate sample. */
export interface RateStamp {
  readonly sentAt: number;
  readonly delivered: number;
  readonly deliveredAt: number;
  readonly firstSentAt: number;
  readonly applicationLimited: boolean;
}

/** Measures how fast a path delivers: bytes acknowledged over the longer of the sending and the acknowledging interval. */
export class DeliveryRate {
  #delivered = 0;
  #deliveredAt = 0;
  #firstSentAt = 0;
  /** Samples are marked as application-limited until this many bytes have been delivered. */
  #limitedUntil = 0;

  stamp(now: number, bytesInFlight: number): RateStamp {
    if (bytesInFlight === 0) {
      this.#firstSentAt = now;
      this.#deliveredAt = now;
    }
    return {
      sentAt: now,
      delivered: this.#delivered,
      deliveredAt: this.#deliveredAt,
      firstSentAt: this.#firstSentAt,
      applicationLimited: this.#delivered < this.#limitedUntil,
    };
  }

  /** There was nothing more to send, with room in the window: what is in flight says nothing about the path's rate. */
  onApplicationLimited(bytesInFlight: number): void {
    this.#limitedUntil = this.#delivered + Math.max(1, bytesInFlight);
  }

  onDelivered(bytes: number, now: number): void {
    this.#delivered += bytes;
    this.#deliveredAt = now;
  }

  /** The sample of an ack whose newest packet has this stamp; after `onDelivered` of all its packets. */
  sample(newest: RateStamp): RateSample | undefined {
    this.#firstSentAt = newest.sentAt;
    const interval = Math.max(newest.sentAt - newest.firstSentAt, this.#deliveredAt - newest.deliveredAt);
    if (interval <= 0) return undefined;
    return {
      bytesPerMs: (this.#delivered - newest.delivered) / interval,
      deliveredBefore: newest.delivered,
      delivered: this.#delivered,
      applicationLimited: newest.applicationLimited,
    };
  }
}
