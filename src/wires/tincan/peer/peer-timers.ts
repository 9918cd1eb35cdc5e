/**
 * One peer's deadlines, in one table (README.md, "Deadlines"). One that is away has none: its dialler has.
 *
 * Owns: when each is due, and the order in which those that are due take effect. Must not know: what they do; it tells.
 */
import { earliest } from '../../../kernel/deadline.ts';
import { ackPacketMaxBytes, rekeyRetryMs } from '../limits.ts';
import type { Liveness } from './liveness.ts';
import type { Outgoing } from './outgoing.ts';
import type { Path } from '../delivery/path.ts';
import type { PeerSessions } from './sessions.ts';
import type { Recovery } from '../delivery/recovery.ts';
import type { Transmitter } from './transmitter.ts';

export interface PeerTimersParts {
  readonly sessions: PeerSessions;
  readonly liveness: Liveness;
  readonly outgoing: Outgoing;
  readonly path: Path;
  readonly recovery: Pick<Recovery<unknown>, 'deadline'>;
  readonly transmitter: Pick<Transmitter, 'deadline' | 'elicitingSentAt'>;
}

/** What is to be done. */
export interface PeerTimersHost {
  onSilent(now: number): void;
  onKeysUsedUp(now: number): void;
  onRecovery(now: number): void;
  onPath(now: number): void;
  onKeepalive(now: number): void;
  onRekey(now: number): void;
}

/** One row of the table. */
interface Timer {
  /** When it is due; undefined: never, as things are. */
  readonly at: () => number | undefined;
  /** Undefined where the flush that follows does what is due. */
  readonly onDue?: (now: number) => void;
}

export class PeerTimers {
  readonly #parts: PeerTimersParts;
  readonly #host: PeerTimersHost;
  #rekeyAskedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: PeerTimersParts, host: PeerTimersHost) {
    this.#parts = parts;
    this.#host = host;
  }

  readonly #table: readonly Timer[] = [
    { at: () => this.#retiredAt, onDue: (now) => this.#parts.sessions.dropRetired(now) },
    { at: () => this.#silentAt, onDue: (now) => this.#host.onSilent(now) },
    { at: () => this.#parts.sessions.inUse?.endsAt, onDue: (now) => this.#host.onKeysUsedUp(now) },
    { at: () => this.#parts.recovery.deadline, onDue: (now) => this.#host.onRecovery(now) },
    { at: () => this.#pathAt, onDue: (now) => this.#host.onPath(now) },
    { at: () => this.#keepaliveAt, onDue: (now) => this.#onKeepalive(now) },
    { at: () => this.#rekeyAt, onDue: (now) => this.#onRekey(now) },
    // Acks, receipts, pacing.
    { at: () => this.#parts.transmitter.deadline },
    { at: () => this.#lateAckAt },
  ];

  /** The earliest of them. */
  get deadline(): number | undefined {
    let at: number | undefined = undefined;
    for (const timer of this.#table) at = earliest(at, timer.at());
    return at;
  }

  /** Tells of what is due; early calls do no harm. */
  onTimeout(now: number): void {
    for (const { at, onDue } of this.#table) if ((at() ?? Number.POSITIVE_INFINITY) <= now) onDue?.(now);
  }

  get #retiredAt(): number | undefined {
    let at: number | undefined = undefined;
    for (const retired of this.#parts.sessions.retired) at = earliest(at, retired.endsAt);
    return at;
  }

  get #lateAckAt(): number | undefined {
    const { path, sessions } = this.#parts;
    if (path.allowanceBytes < ackPacketMaxBytes) return undefined;
    let at: number | undefined = undefined;
    for (const retired of sessions.retired) at = earliest(at, retired.acks.deadline);
    return at;
  }

  get #silentAt(): number | undefined {
    const { sessions, liveness, outgoing } = this.#parts;
    return sessions.inUse?.confirmed === true ? liveness.silentAt(outgoing.owed > 0) : undefined;
  }

  get #pathAt(): number | undefined {
    return this.#parts.sessions.inUse === undefined ? undefined : this.#parts.path.deadline;
  }

  get #keepaliveAt(): number | undefined {
    const { sessions, liveness, transmitter } = this.#parts;
    if (sessions.inUse?.confirmed !== true) return undefined;
    return liveness.keepaliveAt(transmitter.elicitingSentAt);
  }

  get #rekeyAt(): number | undefined {
    const { inUse, hasPending } = this.#parts.sessions;
    if (inUse?.confirmed !== true || hasPending) return undefined;
    return Math.max(inUse.rekeyAt, this.#rekeyAskedAt + rekeyRetryMs);
  }

  #onKeepalive(now: number): void {
    this.#parts.liveness.onAsked(now);
    this.#host.onKeepalive(now);
  }

  #onRekey(now: number): void {
    this.#rekeyAskedAt = now;
    this.#host.onRekey(now);
  }
}
