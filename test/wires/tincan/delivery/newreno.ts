/**
 * NewReno, byte-counted (RFC 9002 §7 and appendix B): the reference that the default is compared with.
 *
 * Owns: window, slow-start threshold and recovery period.
 */
import type {
  AckSample,
  CongestionController,
  LossSample,
} from '../../../../src/wires/tincan/delivery/congestion.ts';
import { initialWindowPackets } from '../../../../src/wires/tincan/limits.ts';
import type { RttEstimator } from '../../../../src/wires/tincan/delivery/rtt.ts';

/** Smallest window, packets. Source: RFC 9002 §7.2. */
const minimumWindowPackets = 2;

/** What NewReno's window keeps after a loss. Source: RFC 9002 §7.3.2. */
const newRenoLossFactor = 0.5;

/** Sending rate over window and smoothed round trip. Source: RFC 9002 §7.7. */
const pacingGain = 1.25;

export class NewReno implements CongestionController {
  readonly #packetBytes: number;
  readonly #rtt: RttEstimator;
  #windowBytes: number;
  #slowStartThresholdBytes = Number.POSITIVE_INFINITY;
  /** Losses of packets sent before this belong to a congestion event that was already answered. */
  #recoveryStartedAt = Number.NEGATIVE_INFINITY;
  /** Bytes acknowledged towards the next packet of growth. */
  #ackedBytes = 0;

  constructor(options: { packetBytes: number; rtt: RttEstimator }) {
    this.#packetBytes = options.packetBytes;
    this.#rtt = options.rtt;
    this.#windowBytes = initialWindowPackets * options.packetBytes;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  get pacingBytesPerMs(): number {
    return (pacingGain * this.#windowBytes) / this.#rtt.smoothedMs;
  }

  onAck(sample: AckSample): void {
    if (sample.applicationLimited || sample.newestSentAt <= this.#recoveryStartedAt) return;
    if (this.#windowBytes < this.#slowStartThresholdBytes) {
      this.#windowBytes += sample.ackedBytes;
      return;
    }
    this.#ackedBytes += sample.ackedBytes;
    if (this.#ackedBytes < this.#windowBytes) return;
    this.#ackedBytes -= this.#windowBytes;
    this.#windowBytes += this.#packetBytes;
  }

  onLoss(sample: LossSample): void {
    if (sample.newestSentAt <= this.#recoveryStartedAt) return;
    this.#recoveryStartedAt = sample.now;
    this.#ackedBytes = 0;
    this.#slowStartThresholdBytes = Math.max(this.#windowBytes * newRenoLossFactor, this.#minimumBytes);
    this.#windowBytes = this.#slowStartThresholdBytes;
  }

  onPersistentCongestion(): void {
    this.#windowBytes = this.#minimumBytes;
    this.#recoveryStartedAt = Number.NEGATIVE_INFINITY;
  }

  reset(): void {
    this.#windowBytes = initialWindowPackets * this.#packetBytes;
    this.#slowStartThresholdBytes = Number.POSITIVE_INFINITY;
    this.#recoveryStartedAt = Number.NEGATIVE_INFINITY;
    this.#ackedBytes = 0;
  }

  get #minimumBytes(): number {
    return minimumWindowPackets * this.#packetBytes;
  }
}
