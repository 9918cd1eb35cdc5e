/**
 * One peer's sessions: which is in use, which waits to take over, which still open what comes late, and so whether the peer
 * is there.
 *
 *     peer is               in use        pending    leaves by (README.md, "Sessions and peers")
 *     away                  none          none       a handshake, theirs or ours
 *     expected              unconfirmed   none       first packet under its keys → here; given up → away
 *     here                  confirmed     none       CLOSE, silence, violation, keys used up → away
 *     here, being rekeyed   confirmed     one        first packet under the new keys → new one in use, old one retired
 *
 * Owns: that table, and what each step does to the peer's other parts.
 */
import type { Session } from '../delivery/session.ts';
import { followAfterMs, retiredSessionsMax, unansweredProbeTimeouts } from '../limits.ts';
import { traceId } from '../trace/trace.ts';
import type { SessionStep } from '../trace/trace.ts';
import type { LeaveCode } from './effects.ts';
import type { PeerParts } from './parts.ts';
import type { Transmitter } from './transmitter.ts';

export class Sessions {
  readonly #parts: PeerParts;
  readonly #transmitter: Transmitter;
  #joinedAt: number | undefined;
  #inUse: Session | undefined = undefined;
  /** A session that we opened while another one is in use. It takes over once the peer has sent a packet under it. */
  #pending: Session | undefined = undefined;
  #retired: Session[] = [];
  /** A retired session on which packets come, and since when none have come on the session in use. */
  #straying: { readonly session: Session; readonly since: number } | undefined = undefined;

  constructor(parts: PeerParts, transmitter: Transmitter) {
    this.#parts = parts;
    this.#transmitter = transmitter;
  }

  /** Whether the peer is there: the other side has shown that it holds the keys of a session. */
  get joined(): boolean {
    return this.#joinedAt !== undefined;
  }

  /** Since when. */
  get joinedAt(): number | undefined {
    return this.#joinedAt;
  }

  get inUse(): Session | undefined {
    return this.#inUse;
  }

  /** Replaced sessions, whose late packets are still acknowledged. */
  get retired(): readonly Session[] {
    return this.#retired;
  }

  get hasPending(): boolean {
    return this.#pending !== undefined;
  }

  /** A handshake has succeeded. */
  open(session: Session, now: number): void {
    this.#trace(session, 'opened', now);
    if (session.confirmed) {
      this.#prefer(session, now);
      this.#join(now);
    } else if (this.#inUse === undefined) {
      this.#adopt(session, now);
    } else {
      if (this.#pending !== undefined) this.#drop(this.#pending);
      this.#pending = session;
    }
  }

  /** An authentic packet came in on one of the sessions. */
  onHeard(session: Session, now: number): void {
    session.onHeard(now);
    if (!session.confirmed) this.#confirm(session, now);
    if (!session.isRetired) {
      this.#straying = undefined;
      return;
    }
    const { inUse } = this;
    if (inUse === undefined) return;
    if (this.#straying?.session !== session) this.#straying = { session, since: now };
    // The other side uses this session, and not the one that we use: what we say there may reach nobody.
    const afterMs = followAfterMs * patience(inUse, session);
    if (now - this.#straying.since > afterMs) this.#adopt(session, now);
  }

  /**
   * So many probe timeouts in a row have gone unanswered. Where another session was heard since the one in use was, that
   * session is the one that reaches the other side.
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
    this.#drop(session);
    this.#trace(session, 'dead', now);
  }

  /** The peer is there no more. All its sessions end; what the peer is owed stays owed. */
  leave(code: LeaveCode, reason: string, now: number): void {
    const all = [this.#inUse, this.#pending, ...this.#retired];
    this.#use(undefined, false, now);
    this.#pending = undefined;
    this.#retired = [];
    for (const session of all) {
      if (session === undefined) continue;
      this.#drop(session);
      this.#trace(session, code === 'left' ? 'closed' : 'dead', now);
    }
    const { peer, effects, liveness } = this.#parts;
    liveness.onLeft();
    if (this.#joinedAt === undefined) return;
    const lastedMs = now - this.#joinedAt;
    this.#joinedAt = undefined;
    effects.push({ type: 'left', peerId: peer.id, code, reason, lastedMs });
  }

  /** Forgets the keys of those retired sessions that have had their time. */
  dropRetired(now: number): void {
    for (const old of this.#retired) if (now >= old.endsAt) this.#drop(old);
    this.#retired = this.#retired.filter((old) => now < old.endsAt);
  }

  #join(now: number): void {
    if (this.joined) return;
    const { peer, effects } = this.#parts;
    this.#joinedAt = now;
    effects.push({ type: 'joined', peerId: peer.id, name: peer.name });
  }

  /** The session in use is given up. Another attempt may have got as far. */
  #succeed(now: number): void {
    const heir = this.#pending;
    this.#pending = undefined;
    this.#use(heir, heir !== undefined, now);
  }

  #confirm(session: Session, now: number): void {
    session.onConfirmed();
    this.#parts.effects.push({ type: 'confirmed', session });
    this.#trace(session, 'confirmed', now);
    if (this.#pending === session) this.#pending = undefined;
    if (this.#inUse !== session) {
      this.#retired = this.#retired.filter((old) => old !== session);
      this.#prefer(session, now);
    }
    this.#join(now);
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
    // The other side learns on this session that its handshake has led somewhere.
    if (session.role === 'responder') this.#transmitter.sendLate(session, { type: 'ping' }, now);
  }

  #adopt(session: Session, now: number): void {
    if (this.#inUse !== undefined) this.#retire(this.#inUse, now);
    // A session that was in use before comes back with the address that was found since.
    const isNew = !session.isRetired;
    session.reuse();
    this.#retired = this.#retired.filter((old) => old !== session);
    this.#use(session, isNew, now);
  }

  #retire(session: Session, now: number): void {
    session.retire(now);
    this.#trace(session, 'retired', now);
    this.#retired = [session, ...this.#retired].toSorted((left, right) => right.endsAt - left.endsAt);
    for (const old of this.#retired.splice(retiredSessionsMax)) this.#drop(old);
  }

  /** Packets leave under this session now; undefined: under none. `isNew`: the session never was in use before. */
  #use(session: Session | undefined, isNew: boolean, now: number): void {
    const { peer, effects, link, path, liveness, incoming, outgoing } = this.#parts;
    this.#inUse = session;
    this.#straying = undefined;
    if (session === undefined) {
      this.#transmitter.use(undefined);
      incoming.onAway();
      outgoing.onAway();
      return;
    }
    incoming.onHere();
    outgoing.onHere();
    if (isNew) {
      path.reset(session.address);
      link.onSession(session.address.ip);
    }
    liveness.onSession(now);
    this.#transmitter.use(session);
    // A packet goes at once: it tells the other side that its handshake has succeeded, and where our log stands.
    this.#transmitter.ping();
    if (this.joined) effects.push({ type: 'renewed', peerId: peer.id });
  }

  #drop(session: Session): void {
    this.#parts.effects.push({ type: 'session-gone', session });
  }

  #trace(session: Session, step: SessionStep['step'], now: number): void {
    const { effects } = this.#parts;
    const peer = traceId(this.#parts.peer.id);
    effects.trace(() => ({ type: 'session', at: now, peer, session: session.localIndex, step }));
  }
}

/** One side follows sooner than the other, 1 against 2: if both did at once, they would only change places. */
function patience(inUse: Session, other: Session): number {
  const first = inUse.precedes(other) ? inUse : other;
  return first.role === 'initiator' ? 1 : 2;
}
