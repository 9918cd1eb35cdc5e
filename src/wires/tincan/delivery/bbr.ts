/**
 * A delivery-rate controller in the style of BBR (draft-ietf-ccwg-bbr): sends at the rate that the path was seen to deliver,
 * and keeps about two round trips of it in flight.
 *
 * Owns: the model of the path (bandwidth, least round trip, what it holds without loss) and the probing of it.
 * Differences from the draft, with reasons: README.md, "Congestion control".
 */
import type { AckSample, CongestionController, LossSample, RateSample } from './congestion.ts';
import {
  ackDelayMinMs,
  bbrBandwidthRounds,
  bbrCruiseRounds,
  bbrDownGain,
  bbrFullRounds,
  bbrFullGrowth,
  bbrLossFactor,
  bbrLossMax,
  bbrLossThreshold,
  bbrMinRttMs,
  bbrMinimumWindowPackets,
  bbrProbeRttMs,
  bbrProbeRttShare,
  bbrQueueShare,
  bbrStartupGain,
  bbrUpGain,
  bbrWindowGain,
  burstMaxPackets,
  initialWindowPackets,
  timerGranularityMs,
} from '../limits.ts';
import type { RttEstimator } from './rtt.ts';

/** `startup`: doubling. `drain`: emptying the queue that made. Then `down`, `cruise`, `up` in turn; now and then `probe-rtt`. */
type State = 'startup' | 'drain' | 'down' | 'cruise' | 'up' | 'probe-rtt';

export class Bbr implements CongestionController {
  readonly #packetBytes: number;
  readonly #rtt: RttEstimator;
  #state: State = 'startup';
  #windowBytes: number;
  #pacingBytesPerMs: number;

  /** Largest rate samples of the latest rounds, by round. */
  #rates: { readonly round: number; readonly bytesPerMs: number }[] = [];
  /** What the latest rounds lost of their bytes. The least share is the path's own; congestion comes and goes. */
  #lossShares: number[] = [];
  #minRttMs = Number.POSITIVE_INFINITY;
  #minRttAt = 0;
  #probeRttUntil = 0;

  /** A round ends once a packet that left after its start is acknowledged. */
  #round = 0;
  #roundEndsAtDelivered = 0;
  #stateSinceRound = 0;

  #fullBytesPerMs = 0;
  #fullRounds = 0;
  #isFull = false;

  /** What the path held without losing; learned when probing up. */
  #inflightHighBytes = Number.POSITIVE_INFINITY;
  /** The same for now: since the latest loss, until the next probe. */
  #inflightLowBytes = Number.POSITIVE_INFINITY;
  #ackedInRound = 0;
  #lostInRound = 0;
  /** The least round trip of the round. */
  #travelMs = Number.POSITIVE_INFINITY;
  #inflightAtRoundStart = 0;

  constructor(options: { packetBytes: number; rtt: RttEstimator }) {
    this.#packetBytes = options.packetBytes;
    this.#rtt = options.rtt;
    this.#windowBytes = initialWindowPackets * options.packetBytes;
    this.#pacingBytesPerMs = this.#initialPacing();
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  get pacingBytesPerMs(): number {
    // Before the first sample the round trip is still being learned.
    return this.#rates.length === 0 ? this.#initialPacing() : this.#pacingBytesPerMs;
  }

  onAck(sample: AckSample): void {
    const roundEnded = this.#countRound(sample);
    if (sample.rate !== undefined) this.#learnRate(sample.rate);
    this.#learnMinRtt(sample);
    this.#travelMs = Math.min(this.#travelMs, sample.rtt.travelMs ?? Number.POSITIVE_INFINITY);
    if (roundEnded) this.#onRound(sample);
    this.#advance(sample, roundEnded);
    this.#setPacing();
    this.#setWindow(sample.ackedBytes);
    if (roundEnded) {
      this.#ackedInRound = 0;
      this.#lostInRound = 0;
      this.#travelMs = Number.POSITIVE_INFINITY;
      this.#inflightAtRoundStart = sample.bytesInFlight;
    }
  }

  onLoss(sample: LossSample): void {
    this.#lostInRound += sample.lostBytes;
  }

  onPersistentCongestion(): void {
    this.#windowBytes = this.#minimumBytes;
  }

  reset(): void {
    this.#state = 'startup';
    this.#windowBytes = initialWindowPackets * this.#packetBytes;
    this.#rates = [];
    this.#lossShares = [];
    this.#minRttMs = Number.POSITIVE_INFINITY;
    this.#fullBytesPerMs = 0;
    this.#fullRounds = 0;
    this.#isFull = false;
    this.#inflightHighBytes = Number.POSITIVE_INFINITY;
  }

  #countRound(sample: AckSample): boolean {
    this.#ackedInRound += sample.ackedBytes;
    if (sample.rate === undefined || sample.rate.deliveredBefore < this.#roundEndsAtDelivered) return false;
    this.#roundEndsAtDelivered = sample.rate.delivered;
    this.#round += 1;
    return true;
  }

  /** A sample from a time when there was little to send only counts where it shows more than was known. */
  #learnRate(rate: RateSample): void {
    if (rate.applicationLimited && rate.bytesPerMs <= this.#bandwidth) return;
    const last = this.#rates.at(-1);
    if (last?.round !== this.#round) this.#rates.push({ round: this.#round, bytesPerMs: rate.bytesPerMs });
    else if (rate.bytesPerMs > last.bytesPerMs)
      this.#rates[this.#rates.length - 1] = { round: this.#round, ...rate };
    while ((this.#rates[0]?.round ?? this.#round) < this.#round - bbrBandwidthRounds) this.#rates.shift();
  }

  #learnMinRtt(sample: AckSample): void {
    const rttMs = sample.rtt.latestMs;
    if (rttMs === undefined) return;
    const expired = sample.now > this.#minRttAt + bbrMinRttMs;
    if (rttMs <= this.#minRttMs || (expired && this.#state === 'probe-rtt')) {
      this.#minRttMs = rttMs;
      this.#minRttAt = sample.now;
      return;
    }
    if (!expired || this.#state === 'probe-rtt') return;
    if (sample.applicationLimited) {
      // A path that stands half empty shows its round trip without being made to.
      this.#minRttMs = rttMs;
      this.#minRttAt = sample.now;
    } else if (this.#isFull) {
      this.#enter('probe-rtt');
      this.#probeRttUntil = sample.now + Math.max(bbrProbeRttMs, this.#minRttMs);
    }
  }

  /** Once a round: what its losses say about the path. */
  #onRound(sample: AckSample): void {
    const total = this.#ackedInRound + this.#lostInRound;
    const isCongested = this.#isQueued && this.#lostInRound > bbrLossThreshold * total;
    // A peer that has no room for packets refuses them, and has no queue.
    const isRefused = this.#lostInRound > bbrLossMax * total;
    const isLossy = (isCongested || isRefused) && this.#lostInRound > this.#packetBytes;
    this.#lossShares.push(this.#lostInRound / total);
    if (this.#lossShares.length > bbrBandwidthRounds) this.#lossShares.shift();
    if (isLossy && (this.#state === 'up' || this.#state === 'startup')) {
      const held = Math.max(sample.bytesInFlight, this.#inflightAtRoundStart);
      this.#inflightHighBytes = Math.max(held * bbrLossFactor, this.#bdpBytes);
      if (this.#state === 'startup') this.#isFull = true;
      else this.#enter('down');
    } else if (isLossy && this.#isFull) {
      const kept = bbrLossFactor * Math.min(this.#windowBytes, this.#inflightLowBytes);
      this.#inflightLowBytes = Math.max(this.#ackedInRound, kept, this.#minimumBytes);
    } else if (this.#state === 'up' && sample.bytesInFlight > this.#inflightHighBytes * 0.9) {
      this.#inflightHighBytes *= bbrUpGain;
    }
    if (this.#isFull || sample.applicationLimited) return;
    if (this.#bandwidth >= this.#fullBytesPerMs * bbrFullGrowth) {
      this.#fullBytesPerMs = this.#bandwidth;
      this.#fullRounds = 0;
    } else {
      this.#fullRounds += 1;
      this.#isFull = this.#fullRounds >= bbrFullRounds;
    }
  }

  #advance(sample: AckSample, roundEnded: boolean): void {
    const rounds = this.#round - this.#stateSinceRound;
    switch (this.#state) {
      case 'startup':
        if (this.#isFull) this.#enter('drain');
        return;
      case 'drain':
        if (sample.bytesInFlight <= this.#bdpBytes) this.#enter('cruise');
        return;
      case 'down':
        if (sample.bytesInFlight <= this.#bdpBytes || rounds >= 2) this.#enter('cruise');
        return;
      case 'cruise':
        if (roundEnded && rounds >= bbrCruiseRounds) this.#enter('up');
        return;
      case 'up':
        if (rounds >= 1 && sample.bytesInFlight >= bbrUpGain * this.#bdpBytes) this.#enter('down');
        else if (rounds >= 2) this.#enter('down');
        return;
      case 'probe-rtt':
        if (sample.now >= this.#probeRttUntil) this.#enter('cruise');
    }
  }

  #enter(state: State): void {
    if (state === 'up') this.#inflightLowBytes = Number.POSITIVE_INFINITY;
    this.#state = state;
    this.#stateSinceRound = this.#round;
  }

  #setPacing(): void {
    // After a long silence the samples are next to nothing: at least the smallest window goes each round trip.
    const bytesPerMs = Math.max(
      this.#pacingGain * this.#leavingBytesPerMs,
      (bbrMinimumWindowPackets * this.#packetBytes) / this.#rtt.smoothedMs,
    );
    // In startup a low sample says more about what was said than about the path.
    if (this.#isFull || bytesPerMs > this.#pacingBytesPerMs) this.#pacingBytesPerMs = bytesPerMs;
  }

  #setWindow(ackedBytes: number): void {
    if (this.#state === 'probe-rtt') {
      this.#windowBytes = Math.max(this.#minimumBytes, bbrProbeRttShare * this.#bdpBytes);
      return;
    }
    // Acks may be held back: what is delivered meanwhile is under way too. On a short path that is most of it.
    const heldBack = ackDelayMinMs * this.#bandwidth;
    const target = Math.max(this.#minimumBytes, bbrWindowGain * this.#bdpBytes + heldBack);
    const high = this.#state === 'up' ? this.#inflightHighBytes * bbrUpGain : this.#inflightHighBytes;
    const grown = this.#windowBytes + ackedBytes;
    this.#windowBytes = this.#isFull
      ? Math.min(grown, target, high, this.#inflightLowBytes)
      : Math.max(this.#windowBytes, Math.min(grown, 2 * target));
    this.#windowBytes = Math.max(this.#windowBytes, this.#minimumBytes);
  }

  get #pacingGain(): number {
    switch (this.#state) {
      case 'startup':
        return bbrStartupGain;
      case 'drain':
        return 1 / bbrStartupGain;
      case 'down':
        return bbrDownGain;
      case 'up':
        return bbrUpGain;
      case 'cruise':
      case 'probe-rtt':
        return 1;
      default:
        return this.#state satisfies never;
    }
  }

  /** Whether packets stand in a queue: one that overflows is full. */
  get #isQueued(): boolean {
    const queuedMs = this.#travelMs - this.#minRttMs;
    return queuedMs > Math.max(bbrQueueShare * this.#minRttMs, timerGranularityMs);
  }

  /** What has to leave, bytes a millisecond, so that the bandwidth arrives: the path loses its share of it. */
  get #leavingBytesPerMs(): number {
    return this.#bandwidth / (1 - Math.min(bbrLossMax, ...this.#lossShares));
  }

  get #bandwidth(): number {
    let best = 0;
    for (const { bytesPerMs } of this.#rates) if (bytesPerMs > best) best = bytesPerMs;
    return best;
  }

  get #bdpBytes(): number {
    return Number.isFinite(this.#minRttMs)
      ? this.#leavingBytesPerMs * this.#minRttMs
      : initialWindowPackets * this.#packetBytes;
  }

  /** On a path shorter than a turn of the host, a window for each round trip that the turn takes: it is acknowledged only then. */
  get #minimumBytes(): number {
    const roundTrips = Math.max(1, timerGranularityMs / this.#minRttMs);
    return Math.min(burstMaxPackets, bbrMinimumWindowPackets * roundTrips) * this.#packetBytes;
  }

  #initialPacing(): number {
    return (bbrStartupGain * initialWindowPackets * this.#packetBytes) / this.#rtt.smoothedMs;
  }
}
