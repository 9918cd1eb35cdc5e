/**
 * What is known of the way to one peer: its round trip, how much and how fast may go, what is under way, what has gone.
 *
 * Owns: these estimates, which outlive sessions, and when they have to be made anew.
 */
import type { PeerStatus } from '../../../kernel/contract.ts';
import type { CongestionController, MakeController } from '../delivery/congestion.ts';
import type { PacketDraft } from './packet-draft.ts';
import { Pacer } from '../delivery/pacer.ts';
import { PathMtu } from '../delivery/path-mtu.ts';
import { Recovery } from '../delivery/recovery.ts';
import { Repairs } from './repairs.ts';
import { RttEstimator } from '../delivery/rtt.ts';
import { datagramBaseBytes } from '../limits.ts';

export class Link {
  readonly rtt = new RttEstimator();
  readonly congestion: CongestionController;
  readonly recovery: Recovery<PacketDraft>;
  readonly pacer: Pacer;
  readonly repairs = new Repairs();
  readonly mtu = new PathMtu();
  readonly #datagramGoalBytes: (ip: string) => number;
  /** Where they were measured. */
  #ip: string | undefined = undefined;
  #packetsSent = 0;
  #packetsReceived = 0;
  #bytesSent = 0;
  #bytesReceived = 0;
  #duplicates = 0;

  constructor({
    datagramGoalBytes,
    control,
  }: {
    datagramGoalBytes: (ip: string) => number;
    control: MakeController;
  }) {
    this.#datagramGoalBytes = datagramGoalBytes;
    this.congestion = control({ packetBytes: datagramBaseBytes, rtt: this.rtt });
    this.recovery = new Recovery({ rtt: this.rtt, congestion: this.congestion });
    this.pacer = new Pacer({ packetBytes: datagramBaseBytes });
  }

  /** A handshake has measured a round trip, before any packet could. */
  onHandshake(roundTripMs: number | undefined): void {
    if (roundTripMs !== undefined && this.rtt.minMs === undefined) this.rtt.update(roundTripMs, 0);
  }

  /** A handshake has come through this address: what is known is taken to hold for it. */
  onSession(ip: string): void {
    if (ip !== this.#ip) this.mtu.reset(this.#datagramGoalBytes(ip));
    this.#ip = ip;
  }

  /**
   * The peer has proved to be at this address. Another network, most likely: what was learned does not hold (RFC 9000 §9.4).
   * Whether what is under way may be too large there.
   */
  onMoved(ip: string): boolean {
    if (ip === this.#ip) return false;
    this.#ip = ip;
    this.rtt.reset();
    this.congestion.reset();
    return this.mtu.reset(this.#datagramGoalBytes(ip));
  }

  onSent(bytes: number): void {
    this.#packetsSent += 1;
    this.#bytesSent += bytes;
  }

  onReceived(bytes: number): void {
    this.#packetsReceived += 1;
    this.#bytesReceived += bytes;
  }

  /** A packet came a second time. */
  onDuplicate(): void {
    this.#duplicates += 1;
  }

  get figures(): PeerStatus['figures'] {
    const { rtt, recovery } = this;
    return {
      rttMs: rtt.latestMs === undefined ? 0 : rtt.smoothedMs,
      rttMinMs: rtt.minMs ?? 0,
      congestionWindowBytes: this.congestion.windowBytes,
      bytesInFlight: recovery.bytesInFlight,
      packetsLost: recovery.packetsLost,
      ...this.repairs.figures,
      packetsSent: this.#packetsSent,
      packetsReceived: this.#packetsReceived,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      duplicates: this.#duplicates,
    };
  }
}
