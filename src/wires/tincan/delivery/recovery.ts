/**
 * Loss detection (RFC 9002 §6 and appendix A): which of the packets sent to a peer arrived, which are lost, and when to probe.
 *
 * Owns: the sent packets of the current session, the bytes in flight, the loss and probe timers, the rate samples. It outlives
 * sessions: `abandon` hands back what was under way, and the estimates stay.
 */
import { DeliveryRate } from './congestion.ts';
import type { CongestionController, RateStamp } from './congestion.ts';
import type { AckFrame } from '../codec/frames.ts';
import { invariant } from '../../../kernel/invariant.ts';
import {
  ackDelayMaxMs,
  lostMemoryMaxMs,
  lostMemoryProbeTimeouts,
  packetThreshold,
  packetThresholdMax,
  persistentCongestionThreshold,
  persistentLooksMax,
  probeBackoff,
  probeBackoffGentle,
  probeBackoffGentleTimes,
  probesPerTimeout,
  probeTimeoutMaxMs,
  timerGranularityMs,
} from '../limits.ts';
import type { LossSign } from '../trace/trace.ts';
import type { RttEstimator } from './rtt.ts';

export interface SentPacket<Contents> {
  readonly packetNumber: number;
  readonly bytes: number;
  readonly contents: Contents;
  readonly stamp: RateStamp;
  state: 'in-flight' | 'acked' | 'lost';
  /** undefined: it was never taken for lost. */
  lostBy: LossSign | undefined;
}

/** What an ack or a timer revealed. A packet in `acked` may have been in an earlier `lost`. */
export interface Findings<Contents> {
  readonly acked: readonly SentPacket<Contents>[];
  readonly lost: readonly SentPacket<Contents>[];
}

export class Recovery<Contents> {
  readonly rtt: RttEstimator;
  readonly #congestion: CongestionController;
  readonly #rate = new DeliveryRate();
  /** Ascending by packet number; those before `#oldest` are done with. */
  #sent: SentPacket<Contents>[] = [];
  /** So many of them, from the first on, are in flight no more: nobody looks at them again for losses. */
  #settled = 0;
  #bytesInFlight = 0;
  #inFlight = 0;
  #largestAcked = -1;
  #lossAt: number | undefined = undefined;
  #probeFrom = 0;
  #probeTimeouts = 0;
  /** Probes that the last probe timeout asked for and that have not left yet. */
  #probesOwed = 0;
  #packetThreshold = packetThreshold;
  #packetsLost = 0;

  constructor(options: { rtt: RttEstimator; congestion: CongestionController }) {
    this.rtt = options.rtt;
    this.#congestion = options.congestion;
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  get packetsInFlight(): number {
    return this.#inFlight;
  }

  get packetsLost(): number {
    return this.#packetsLost;
  }

  /** Probe timeouts since the last ack of something new. */
  get probeTimeouts(): number {
    return this.#probeTimeouts;
  }

  /** When `onTimeout` is wanted; undefined: nothing is in flight. */
  get deadline(): number | undefined {
    if (this.#inFlight === 0) return undefined;
    return this.#lossAt ?? this.#probeFrom + this.#probeTimeoutMs;
  }

  /** An ack-eliciting packet has left. */
  onSent(packetNumber: number, bytes: number, contents: Contents, now: number): void {
    invariant(packetNumber > (this.#sent.at(-1)?.packetNumber ?? -1), 'packet numbers only grow');
    const stamp = this.#rate.stamp(now, this.#bytesInFlight);
    this.#sent.push({ packetNumber, bytes, contents, stamp, state: 'in-flight', lostBy: undefined });
    this.#bytesInFlight += bytes;
    this.#inFlight += 1;
    this.#probeFrom = now;
  }

  /** Whether a probe is to leave now, whatever the window says; the caller sends it. */
  takeProbe(): boolean {
    if (this.#probesOwed === 0) return false;
    this.#probesOwed -= 1;
    return true;
  }

  onApplicationLimited(): void {
    this.#rate.onApplicationLimited(this.#bytesInFlight);
  }

  /** The caller has made sure that the ack names no packet that was never sent. */
  onAck(frame: AckFrame, now: number): Findings<Contents> {
    const acked: SentPacket<Contents>[] = [];
    let newest: SentPacket<Contents> | undefined;
    let ackedBytes = 0;
    for (const range of frame.ranges) {
      if (range.to > this.#largestAcked) this.#largestAcked = range.to;
      for (let index = this.#indexOf(range.from); index < this.#sent.length; index += 1) {
        const packet = this.#sent[index];
        if (packet === undefined || packet.packetNumber > range.to) break;
        if (packet.state === 'acked') continue;
        if (packet.state === 'in-flight') {
          this.#leaveFlight(packet);
          ackedBytes += packet.bytes;
        } else {
          this.#onSpuriousLoss(packet);
        }
        packet.state = 'acked';
        acked.push(packet);
        if (newest === undefined || packet.packetNumber > newest.packetNumber) newest = packet;
      }
    }
    if (newest === undefined) return { acked, lost: [] };
    this.#onNewlyAcked(frame, newest, ackedBytes, now);
    const lost = this.#detectLost(now);
    this.#forget(now);
    return { acked, lost };
  }

  /** A deadline has passed: packets are lost, or probes are owed. Harmless when early. */
  onTimeout(now: number): readonly SentPacket<Contents>[] {
    const { deadline } = this;
    if (deadline === undefined || now < deadline) return [];
    if (this.#lossAt !== undefined) return this.#detectLost(now);
    this.#probeTimeouts += 1;
    this.#probesOwed = probesPerTimeout;
    // Probes move the timer when they leave. Where none may leave (an unvalidated address), it moves all the same.
    this.#probeFrom = now;
    return [];
  }

  /** A new session begins: packet numbers start again, and what was under way is handed back to be sent anew. */
  abandon(): readonly SentPacket<Contents>[] {
    const unfinished = this.#sent.filter((packet) => packet.state === 'in-flight');
    for (const packet of unfinished) this.#leaveFlight(packet);
    invariant(
      this.#bytesInFlight === 0 && this.#inFlight === 0,
      'nothing is in flight once all is handed back',
    );
    this.#sent = [];
    this.#settled = 0;
    this.#largestAcked = -1;
    this.#lossAt = undefined;
    this.#probeTimeouts = 0;
    this.#probesOwed = 0;
    return unfinished;
  }

  #onNewlyAcked(frame: AckFrame, newest: SentPacket<Contents>, ackedBytes: number, now: number): void {
    if (newest.packetNumber === frame.ranges[0]?.to) {
      this.rtt.update(now - newest.stamp.sentAt, frame.delayMs);
    }
    this.#probeTimeouts = 0;
    this.#probesOwed = 0;
    this.#rate.onDelivered(ackedBytes, now);
    this.#congestion.onAck({
      now,
      ackedBytes,
      bytesInFlight: this.#bytesInFlight,
      newestSentAt: newest.stamp.sentAt,
      applicationLimited: newest.stamp.applicationLimited,
      rtt: this.rtt,
      rate: this.#rate.sample(newest.stamp),
    });
  }

  /** RFC 9002 appendix A.10. Sets the loss timer for what may yet turn out lost. */
  #detectLost(now: number): readonly SentPacket<Contents>[] {
    const delayMs = this.rtt.lossDelayMs;
    const lost: SentPacket<Contents>[] = [];
    this.#lossAt = undefined;
    while (this.#sent[this.#settled] !== undefined && this.#sent[this.#settled]?.state !== 'in-flight')
      this.#settled += 1;
    for (let index = this.#settled; index < this.#sent.length; index += 1) {
      const packet = this.#sent[index];
      if (packet === undefined || packet.packetNumber > this.#largestAcked) break;
      if (packet.state !== 'in-flight') continue;
      const lostAt = packet.stamp.sentAt + delayMs;
      const isGap = this.#largestAcked - packet.packetNumber >= this.#packetThreshold;
      if (isGap || lostAt <= now) {
        this.#leaveFlight(packet);
        packet.state = 'lost';
        packet.lostBy = isGap ? 'ack-gap' : 'timer';
        lost.push(packet);
      } else {
        this.#lossAt = Math.min(this.#lossAt ?? lostAt, lostAt);
      }
    }
    this.#onLost(lost, now);
    return lost;
  }

  #onLost(lost: readonly SentPacket<Contents>[], now: number): void {
    const newest = lost.at(-1);
    if (newest === undefined) return;
    this.#packetsLost += lost.length;
    let lostBytes = 0;
    for (const packet of lost) lostBytes += packet.bytes;
    const { sentAt } = newest.stamp;
    this.#congestion.onLoss({ now, lostBytes, bytesInFlight: this.#bytesInFlight, newestSentAt: sentAt });
    if (this.#isPersistent(newest)) this.#congestion.onPersistentCongestion();
  }

  /** RFC 9002 §7.6: everything between two lost packets is lost, over a long time. */
  #isPersistent(newest: SentPacket<Contents>): boolean {
    if (this.rtt.minMs === undefined) return false;
    let oldest = newest;
    const last = this.#indexOf(newest.packetNumber);
    for (let index = last; index >= 0 && index > last - persistentLooksMax; index -= 1) {
      const packet = this.#sent[index];
      if (packet === undefined || packet.state !== 'lost') break;
      oldest = packet;
    }
    const { rtt } = this;
    const spanMs = rtt.smoothedMs + Math.max(4 * rtt.variationMs, timerGranularityMs) + ackDelayMaxMs;
    return newest.stamp.sentAt - oldest.stamp.sentAt > spanMs * persistentCongestionThreshold;
  }

  #onSpuriousLoss(packet: SentPacket<Contents>): void {
    const distance = this.#largestAcked - packet.packetNumber + 1;
    this.#packetThreshold = Math.min(packetThresholdMax, Math.max(this.#packetThreshold, distance));
    this.#packetsLost -= 1;
  }

  #leaveFlight(packet: SentPacket<Contents>): void {
    this.#bytesInFlight -= packet.bytes;
    this.#inFlight -= 1;
    invariant(this.#bytesInFlight >= 0 && this.#inFlight >= 0, 'no packet leaves the flight twice');
  }

  /** Drops the oldest packets that nothing more is to be learned of. */
  #forget(now: number): void {
    const memoryMs = Math.min(lostMemoryProbeTimeouts * this.rtt.probeTimeoutMs, lostMemoryMaxMs);
    const lostBefore = now - memoryMs;
    let done = 0;
    for (const packet of this.#sent) {
      const remembered =
        packet.state === 'in-flight' || (packet.state === 'lost' && packet.stamp.sentAt > lostBefore);
      if (remembered) break;
      done += 1;
    }
    if (done === 0) return;
    this.#sent.splice(0, done);
    this.#settled = Math.max(0, this.#settled - done);
  }

  get #probeTimeoutMs(): number {
    const gentle = Math.min(this.#probeTimeouts, probeBackoffGentleTimes);
    const backoff = probeBackoffGentle ** gentle * probeBackoff ** (this.#probeTimeouts - gentle);
    return Math.min(this.rtt.probeTimeoutMs * backoff, probeTimeoutMaxMs);
  }

  /** Index of the first packet with this number or a larger one. */
  #indexOf(packetNumber: number): number {
    let low = 0;
    let high = this.#sent.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sent[middle]?.packetNumber ?? Number.POSITIVE_INFINITY) < packetNumber) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
