/**
 * One peer's sessions: which is in use, which waits to take over, which still open what comes late.
 *
 *     peer is               in use        pending    leaves by (README.md, "Sessions and peers")
 *     away                  none          none       a handshake, theirs or ours
 *     expected              unconfirmed   none       first packet under its keys → here; given up → away
 *     here                  confirmed     none       CLOSE, silence, violation, keys used up → away
 *     here, being rekeyed   confirmed     one        first packet under the new keys → new one in use, old one retired
 *
 * Owns: that table. Must not know: what is sent under a session, liveness, addresses. It tells its host of each change.
 */
import type { PingFrame } from '../codec/frames.ts';
import { followAfterMs, unansweredProbeTimeouts } from '../limits.ts';
import type { Session } from '../delivery/session.ts';
import type { TraceEvent } from '../trace/trace.ts';

export type SessionStep = Extract<TraceEvent, { readonly type: 'session' }>['step'];

export interface PeerSessionsHost {
  /** What leaves from now on leaves under this session; undefined: nothing can. `isNew`: it never was in use before. */
  onInUse(session: Session | undefined, isNew: boolean, now: number): void;
  /** The first packet under a session that this node opened. */
  onConfirmed(session: Session, now: number): void;
  /** The other side has shown that it holds the keys of a session. */
  onProven(now: number): void;
  /** Its packets are not opened any more. */
  onGone(session: Session): void;
  onStep(session: Session, step: SessionStep, now: number): void;
  /** Sends this frame on a session that is not in use. */
  sendLate(session: Session, frame: PingFrame, now: number): void;
}

export class PeerSessions {
  readonly #host: PeerSessionsHost;
  #inUse: Session | undefined = undefined;
  /** Opened by us while another one is in use: takes over once the peer has sent a packet under it. */
  #pending: Session | undefined = undefined;
  #retired: readonly Session[] = [];
  /** A retired one on which packets come, and since when none have come on the one in use. */
  #straying: { readonly session: Session; readonly since: number } | undefined = undefined;

  constructor(host: PeerSessionsHost) {
    this.#host = host;
  }

  get inUse(): Session | undefined {
    return this.#inUse;
  }

  /** Replaced ones, which are still acknowledged. */
  get retired(): readonly Session[] {
    return this.#retired;
  }

  get hasPending(): boolean {
    return this.#pending !== undefined;
  }

  /** A handshake has succeeded. */
  open(session: Session, now: number): void {
    this.#host.onStep(session, 'opened', now);
    if (session.confirmed) {
      this.#prefer(session, now);
      this.#host.onProven(now);
    } else if (this.#inUse === undefined) {
      this.#adopt(session, now);
    } else {
      if (this.#pending !== undefined) this.#host.onGone(this.#pending);
      this.#pending = session;
    }
  }

  /** An authentic packet came in on one of them. */
  onHeard(session: Session, now: number): void {
    session.heardAt = now;
    if (!session.confirmed) this.#confirm(session, now);
    if (session.retiredAt === undefined) {
      this.#straying = undefined;
      return;
    }
    session.retiredAt = now;
    const { inUse } = this;
    if (inUse === undefined) return;
    if (this.#straying?.session !== session) this.#straying = { session, since: now };
    // The other side uses this one, and not the one that we do: what we say there may reach nobody.
    const afterMs = followAfterMs * patience(inUse, session);
    if (now - this.#straying.since > afterMs) this.#adopt(session, now);
  }

  /**
   * So many probe timeouts in a row have gone unanswered. Where another session was heard since the one in use was, that is the
   * one that reaches the other side.
   */
  onUnanswered(probeTimeouts: number, now: number): void {
    const { inUse } = this;
    if (inUse === undefined) return;
    for (const other of this.#retired) {
      const isDue = probeTimeouts >= unansweredProbeTimeouts * patience(inUse, other);
      if (isDue && other.heardAt > inUse.heardAt) return this.#adopt(other, now);
    }
  }

  /** A handshake of ours was given up before the peer confirmed its session. */
  abandon(session: Session, now: number): void {
    if (this.#pending === session) this.#pending = undefined;
    else if (this.#inUse === session) this.#succeed(now);
    this.#retired = this.#retired.filter((old) => old !== session);
    this.#host.onGone(session);
    this.#host.onStep(session, 'dead', now);
  }

  /** The peer is away. */
  end(step: 'closed' | 'dead', now: number): void {
    const all = [this.#inUse, this.#pending, ...this.#retired];
    this.#use(undefined, false, now);
    this.#pending = undefined;
    this.#retired = [];
    for (const session of all) {
      if (session === undefined) continue;
      this.#host.onGone(session);
      this.#host.onStep(session, step, now);
    }
  }

  /** Forgets the keys of those that have had their time. */
  dropRetired(now: number): void {
    for (const old of this.#retired) if (now >= old.endsAt) this.#host.onGone(old);
    this.#retired = this.#retired.filter((old) => now < old.endsAt);
  }

  /** The one in use is given up. Another attempt may have got as far. */
  #succeed(now: number): void {
    const heir = this.#pending;
    this.#pending = undefined;
    this.#use(heir, heir !== undefined, now);
  }

  #confirm(session: Session, now: number): void {
    session.confirmed = true;
    session.finish = undefined;
    this.#host.onConfirmed(session, now);
    this.#host.onStep(session, 'confirmed', now);
    if (this.#pending === session) this.#pending = undefined;
    if (this.#inUse !== session) {
      this.#retired = this.#retired.filter((old) => old !== session);
      this.#prefer(session, now);
    }
    this.#host.onProven(now);
  }

  /**
   * A session has become usable. Of two that crossed, both sides keep the one with the lower ephemeral key; else the one
   * that was opened later.
   */
  #prefer(session: Session, now: number): void {
    const current = this.#inUse;
    const isKept = current?.confirmed === true && current.outlasts(session);
    if (!isKept) return this.#adopt(session, now);
    this.#retire(session, now);
    // The other side learns on it that its handshake has led somewhere.
    if (session.role === 'responder') this.#host.sendLate(session, { type: 'ping' }, now);
  }

  #adopt(session: Session, now: number): void {
    if (this.#inUse !== undefined) this.#retire(this.#inUse, now);
    // One that was in use before comes back with the address that was found since.
    const isNew = session.retiredAt === undefined;
    session.retiredAt = undefined;
    this.#retired = this.#retired.filter((old) => old !== session);
    this.#use(session, isNew, now);
  }

  #retire(session: Session, now: number): void {
    session.retiredAt = now;
    this.#retired = [...this.#retired, session];
    this.#host.onStep(session, 'retired', now);
  }

  #use(session: Session | undefined, isNew: boolean, now: number): void {
    this.#inUse = session;
    this.#straying = undefined;
    this.#host.onInUse(session, isNew, now);
  }
}

/** One side follows sooner than the other, 1 against 2: if both did at once, they would only change places. */
function patience(inUse: Session, other: Session): number {
  const first = inUse.precedes(other) ? inUse : other;
  return first.role === 'initiator' ? 1 : 2;
}
