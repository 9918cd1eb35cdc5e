/**
 * The receiving side of acknowledgements: which packets of one session came in, and when the sender must hear of it.
 *
 * Owns: the received ranges, the ack's deadline, the rules for "at once" (spec: README.md, "Acknowledgements").
 */
import type { AckFrame } from '../codec/frames.ts';
import { ackAfterBytes, ackAfterPackets, ackRangesMax, datagramBaseBytes } from '../limits.ts';
import { RangeSet } from '../codec/ranges.ts';

/** What its acknowledgement has to know of a received packet. */
export interface ReceivedPacket {
  readonly packetNumber: number;
  readonly bytes: number;
  readonly ackEliciting: boolean;
  /** The packet asked for an immediate ack. */
  readonly immediate: boolean;
  /** After it, pieces of lines are known to be missing. */
  readonly holes: boolean;
}

export class AckTracker {
  /** When an ack must go at the latest; undefined: none is owed. */
  deadline: number | undefined = undefined;
  readonly #received = new RangeSet(ackRangesMax);
  #largestAt = 0;
  #elicitingPackets = 0;
  #elicitingBytes = 0;
  /** Since the last ack left, a packet has come out of sequence. */
  #hasGap = false;

  onReceived(packet: ReceivedPacket, ackDelayMs: number, now: number): void {
    const largest = this.#received.largest;
    const inSequence = largest === undefined || packet.packetNumber === largest + 1;
    if (largest === undefined || packet.packetNumber > largest) this.#largestAt = now;
    this.#received.add(packet.packetNumber);
    if (!packet.ackEliciting) return;
    this.#hasGap ||= !inSequence;
    this.#elicitingPackets += 1;
    this.#elicitingBytes += packet.bytes;
    // A gap before a small packet can wait: the sender's next packet repairs it, piggyback.
    const atOnce =
      packet.immediate ||
      (!inSequence && packet.holes && 2 * packet.bytes >= datagramBaseBytes) ||
      this.#elicitingPackets >= ackAfterPackets ||
      this.#elicitingBytes >= ackAfterBytes;
    const due = atOnce ? now : now + ackDelayMs;
    this.deadline = Math.min(this.deadline ?? due, due);
  }

  /** The ack to put into a packet that leaves now; undefined where the sender has heard it all. */
  frame(now: number): AckFrame | undefined {
    if (this.deadline === undefined) return undefined;
    return { type: 'ack', ranges: [...this.#received.ranges], delayMs: Math.max(0, now - this.#largestAt) };
  }

  /** A packet with the frame has left. */
  onSent(): void {
    this.deadline = undefined;
    this.#elicitingPackets = 0;
    this.#elicitingBytes = 0;
    this.#hasGap = false;
  }

  /** The ack can't wait for the other packets that came at the same time: a path that loses packets loses acks, too. */
  get isPressing(): boolean {
    return this.#hasGap && this.#elicitingPackets >= ackAfterPackets;
  }

  /** The sender has seen this ack: what lies below its largest number need not be told again (RFC 9000 §13.2.4). */
  onAckAcknowledged({ ranges: [newest] }: AckFrame): void {
    const largest = newest?.to ?? 0;
    this.#received.removeThrough(Math.min(largest, (this.#received.largest ?? 0) - 1));
  }
}
