/**
 * Spreads packets over time, so that a burst overflows neither a queue on the path nor the receiver's kernel buffer.
 *
 * Owns: the token bucket (RFC 9002 §7.7).
 */
import {
  burstLargePackets,
  burstMaxPackets,
  burstMinPackets,
  pacingQuantumMs,
  smallPacketsPerQuantum,
} from '../limits.ts';

export class Pacer {
  readonly #packetBytes: number;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;
  #quantumEndsAt = Number.NEGATIVE_INFINITY;
  #smallPackets = 0;

  constructor(options: { packetBytes: number }) {
    this.#packetBytes = options.packetBytes;
    this.#tokens = burstMinPackets * options.packetBytes;
  }

  /** When a packet of this size may leave: `now` or later. */
  readyAt(bytesPerMs: number, packetBytes: number, now: number): number {
    this.#fill(bytesPerMs, packetBytes, now);
    if (this.#tokens > 0) return now;
    // Waits for a whole quantum's worth: a timer a packet would cost more than it smooths.
    const wanted = Math.min(bytesPerMs * pacingQuantumMs, burstMinPackets * this.#packetBytes);
    return now + Math.max(wanted - this.#tokens, 1) / bytesPerMs;
  }

  /** When a packet of less than half size may leave: lines that come faster than this share packets. */
  smallReadyAt(now: number): number {
    return now < this.#quantumEndsAt && this.#smallPackets >= smallPacketsPerQuantum
      ? this.#quantumEndsAt
      : now;
  }

  onSent(bytes: number): void {
    // Probes leave unasked; they are not held against what comes after for long.
    this.#tokens = Math.max(this.#tokens - bytes, -Math.max(bytes, this.#packetBytes));
  }

  onSmallSent(now: number): void {
    if (now >= this.#quantumEndsAt) {
      this.#quantumEndsAt = now + pacingQuantumMs;
      this.#smallPackets = 0;
    }
    this.#smallPackets += 1;
  }

  #fill(bytesPerMs: number, packetBytes: number, now: number): void {
    const quantum = bytesPerMs * 2 * pacingQuantumMs;
    const most = Math.max(burstMaxPackets * this.#packetBytes, burstLargePackets * packetBytes);
    const capacity = Math.min(most, Math.max(burstMinPackets * this.#packetBytes, quantum));
    this.#tokens = Math.min(capacity, this.#tokens + Math.max(0, now - this.#filledAt) * bytesPerMs);
    this.#filledAt = now;
  }
}
