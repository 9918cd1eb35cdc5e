/**
 * Round-trip time estimation (RFC 9002 §5), and the probe timeout's base that follows from it.
 *
 * Owns: the three estimates and the acknowledgement delay both sides derive from them.
 */
import {
  ackDelayMaxMs,
  ackDelayMinMs,
  initialRttMs,
  probeTimeoutMaxMs,
  timerGranularityMs,
  timeThreshold,
} from '../limits.ts';

export class RttEstimator {
  latestMs: number | undefined = undefined;
  minMs: number | undefined = undefined;
  /** The latest, without the time that the peer says it kept the ack back. */
  travelMs: number | undefined = undefined;
  smoothedMs = initialRttMs;
  variationMs = initialRttMs / 2;

  /** `sampleMs` from sending to ack; `ackDelayMs` as the peer reported it. */
  update(sampleMs: number, ackDelayMs: number): void {
    const first = this.minMs === undefined;
    const sample = Math.max(sampleMs, 0.001);
    this.travelMs = sample;
    this.latestMs = sample;
    if (this.minMs === undefined || sample < this.minMs) this.minMs = sample;
    if (first) {
      this.smoothedMs = sample;
      this.variationMs = sample / 2;
      return;
    }
    const delay = Math.min(ackDelayMs, ackDelayMaxMs);
    const adjusted = sample >= this.minMs + delay ? sample - delay : sample;
    this.travelMs = adjusted;
    this.variationMs = 0.75 * this.variationMs + 0.25 * Math.abs(this.smoothedMs - adjusted);
    this.smoothedMs = 0.875 * this.smoothedMs + 0.125 * adjusted;
  }

  /** The path is another one now (RFC 9000 §9.4). */
  reset(): void {
    this.latestMs = undefined;
    this.travelMs = undefined;
    this.minMs = undefined;
    this.smoothedMs = initialRttMs;
    this.variationMs = initialRttMs / 2;
  }

  /**
   * How long this side keeps an ack back, and thinks that the peer does: a quarter round trip, within bounds. The two
   * sides measure the same path; where they differ, a probe comes early, which costs a packet and no line.
   */
  get ackDelayMs(): number {
    return Math.min(ackDelayMaxMs, Math.max(ackDelayMinMs, this.smoothedMs / 4));
  }

  /** RFC 9002 §6.2.1, before back-off; bounded, as a peer that was paused looks like a path as long as its pause. */
  get probeTimeoutMs(): number {
    const timeoutMs = this.smoothedMs + Math.max(4 * this.variationMs, timerGranularityMs) + this.ackDelayMs;
    return Math.min(timeoutMs, probeTimeoutMaxMs);
  }

  /** How long after a packet another must have been sent for its ack to mean that the former is lost (RFC 9002 §6.1.2). */
  get lossDelayMs(): number {
    const delayMs = timeThreshold * Math.max(this.latestMs ?? 0, this.smoothedMs);
    return Math.min(Math.max(delayMs, timerGranularityMs), probeTimeoutMaxMs);
  }
}
