/**
 * The other end of one conversation, as its room sees it.
 *
 * Owns: the parts of the peer, which call each other directly, and the table of the peer's deadlines (README.md,
 * "Deadlines"). What the room has to do goes into `effects`.
 */
import type { Address, PeerId, PeerStatus } from '../../../kernel/contract.ts';
import { earliest } from '../../../kernel/deadline.ts';
import type { IntroduceFrame } from '../codec/frames.ts';
import { Path } from '../delivery/path.ts';
import { Session } from '../delivery/session.ts';
import type { Established } from '../handshake/handshake.ts';
import { ackPacketMaxBytes, rekeyRetryMs } from '../limits.ts';
import type { LeaveCode } from './effects.ts';
import { Incoming } from './incoming.ts';
import { Link } from './link.ts';
import { Liveness } from './liveness.ts';
import { Outgoing } from './outgoing.ts';
import type { PeerContext, PeerParts } from './parts.ts';
import { Receiver } from './receiver.ts';
import { Sessions } from './sessions.ts';
import { Transmitter } from './transmitter.ts';

export interface PeerOptions {
  readonly context: PeerContext;
  readonly id: PeerId;
  readonly publicKey: Uint8Array;
  /** What the peer calls itself at first. */
  readonly name: string;
  readonly address: Address;
  /** The first entry of our log that the peer is owed, but for what was settled with it before. */
  readonly owedFrom: number;
  /** What is known of an earlier time with the peer, if there was one. */
  readonly former?: FormerPeer | undefined;
}

/** What is kept of a peer that is known no more, so that no line is shown twice, and none is reported twice. */
export interface FormerPeer {
  readonly incoming: Incoming;
  /** Own lines up to here were accepted by it, or reported undelivered. */
  readonly settledThrough: number;
  /** The last own entry that it may have heard of; undefined: this node has but one life. */
  readonly toldThrough: number | undefined;
}

/** One row of the table of deadlines. */
interface Deadline {
  /** undefined: never, as things are. */
  readonly at: () => number | undefined;
  /** undefined where the flush that follows does what is due. */
  readonly onDue?: (now: number) => void;
}

export class Peer {
  readonly id: PeerId;
  readonly publicKey: Uint8Array;
  /** The first entry of our log that the peer was owed. */
  readonly firstOwed: number;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly path: Path;
  readonly receiver: Receiver;
  readonly #parts: PeerParts;
  readonly #transmitter: Transmitter;
  readonly #sessions: Sessions;
  #rekeyAskedAt = Number.NEGATIVE_INFINITY;

  constructor({ context, id, publicKey, name, address, owedFrom, former }: PeerOptions) {
    const { crypto, log, memory, datagramGoalBytes, control } = context;
    const start = Math.max(owedFrom, (former?.settledThrough ?? 0) + 1);
    const link = new Link({ datagramGoalBytes, control });
    const parts: PeerParts = {
      ...context,
      peer: this,
      link,
      path: new Path(address),
      liveness: new Liveness({ crypto, rtt: link.rtt }),
      incoming: former?.incoming ?? new Incoming(memory),
      outgoing: new Outgoing({
        log,
        memory,
        follower: id,
        start,
        // Whoever is met for the first time gets nothing before it is known here, and what is known is kept.
        toldThrough: context.isKept ? (former?.toldThrough ?? start - 1) : undefined,
      }),
    };
    this.id = id;
    this.publicKey = publicKey;
    this.firstOwed = start;
    this.incoming = parts.incoming;
    this.outgoing = parts.outgoing;
    this.path = parts.path;
    this.#parts = parts;
    this.#transmitter = new Transmitter(parts);
    this.#sessions = new Sessions(parts, this.#transmitter);
    this.receiver = new Receiver(parts, this.#transmitter, this.#sessions, name);
    context.agenda.stir(id);
  }

  /** What the peer calls itself. */
  get ownName(): string {
    return this.receiver.ownName;
  }

  /** What the peer is called here: its name, or, where that belongs to another key, words that say so. */
  get name(): string {
    return this.receiver.name;
  }

  /** Whether the peer is there. */
  get joined(): boolean {
    return this.#sessions.joined;
  }

  /** Since when. */
  get joinedAt(): number | undefined {
    return this.#sessions.joinedAt;
  }

  /** The peer was never yet heard under a session's keys, and no handshake with it is under way. */
  get isStranger(): boolean {
    const { inUse, hasPending } = this.#sessions;
    return this.incoming.logId === undefined && inUse === undefined && !hasPending;
  }

  /** Something can be sent to the peer, whether or not it was heard yet. */
  get hasSession(): boolean {
    return this.#sessions.inUse !== undefined;
  }

  /** The peer was asked whether it is still there, and nothing was heard since. */
  get isDoubted(): boolean {
    return this.#parts.liveness.isDoubted;
  }

  get bytesInFlight(): number {
    return this.#parts.link.recovery.bytesInFlight;
  }

  get status(): PeerStatus {
    return {
      name: this.name,
      peerId: this.id,
      address: this.path.address,
      state: this.joined ? 'open' : 'connecting',
      linesSent: this.receiver.linesTaken,
      linesReceived: this.receiver.linesReceived,
      figures: {
        ...this.#parts.link.figures,
        retransmissions: this.outgoing.fragments.repeated,
        linesOwed: this.outgoing.linesOwed,
        memoryBytes: this.incoming.costBytes,
      },
    };
  }

  /** A handshake has succeeded through `address`. `finish`: message 3, where this node opened the session. */
  open(established: Established, address: Address, now: number, finish?: Uint8Array): Session {
    this.#stir();
    const session = new Session(established, address, this.#parts.crypto, now, finish);
    this.#parts.link.onHandshake(established.roundTripMs);
    // Once the peer's log is followed, that alone tells of new names: a handshake may be older than what was told there.
    if (this.incoming.logId === undefined) this.receiver.rename(session.peerName);
    this.#sessions.open(session, now);
    return session;
  }

  /** The face has taken the peer's lines up to `seq`. */
  onTaken(seq: number, now: number): void {
    this.#stir();
    if (this.incoming.onTaken(seq)) this.#transmitter.onTaken(now);
  }

  /** Another key has come from the peer's address. The peer is asked at once, and has little time to answer. */
  doubt(now: number): void {
    this.#stir();
    this.#parts.liveness.doubt(now);
    this.#transmitter.ping();
  }

  introduce(frame: IntroduceFrame): void {
    this.#stir();
    this.#transmitter.introduce(frame);
  }

  /** Sends what may leave. To be called once the peer was stirred, or the log has grown. */
  flush(now: number): void {
    this.#transmitter.flush(now);
    for (const session of this.#sessions.retired) this.#transmitter.sendLateAck(session, now);
  }

  /** A handshake of ours was given up before the peer confirmed its session. */
  abandon(session: Session, now: number): void {
    this.#stir();
    this.#sessions.abandon(session, now);
  }

  /** Says goodbye, twice, as no answer to it will come. */
  close(code: number, now: number): void {
    if (!this.joined) return;
    this.#transmitter.sendClose(code, now);
    this.#transmitter.sendClose(code, now);
  }

  /** The peer is there no more. Its sessions end; what it is owed stays owed. */
  leave(code: LeaveCode, reason: string, now: number): void {
    this.#stir();
    this.#sessions.leave(code, reason, now);
  }

  #stir(): void {
    this.#parts.agenda.stir(this.id);
  }

  // ---- Deadlines -----------------------------------------------------------------------------------------------------

  /** In the order in which those that are due take effect. A peer that is away has none: its dialler has. */
  readonly #deadlines: readonly Deadline[] = [
    {
      at: () => earliest(...this.#sessions.retired.map(({ endsAt }) => endsAt)),
      onDue: (now) => this.#sessions.dropRetired(now),
    },
    {
      at: () => this.#confirmed && this.#parts.liveness.silentAt(this.outgoing.owed > 0),
      onDue: (now) => this.leave('lost', `no answer for ${this.#parts.liveness.silentSeconds(now)} s`, now),
    },
    {
      at: () => this.#sessions.inUse?.endsAt,
      onDue: (now) => this.leave('lost', 'its keys are used up', now),
    },
    { at: () => this.#parts.link.recovery.deadline, onDue: (now) => this.#onRecoveryDue(now) },
    { at: () => (this.hasSession ? this.path.deadline : undefined), onDue: (now) => this.#onPathDue(now) },
    {
      at: () => this.#confirmed && this.#parts.liveness.keepaliveAt,
      onDue: (now) => this.#onKeepaliveDue(now),
    },
    { at: () => this.#rekeyAt, onDue: (now) => this.#onRekeyDue(now) },
    // Acks, receipts, pacing.
    { at: () => this.#transmitter.deadline },
    { at: () => this.#lateAckAt },
  ];

  /** When `onTimeout` is wanted. */
  get deadline(): number | undefined {
    return this.#deadlines.reduce<number | undefined>((first, { at }) => earliest(first, at()), undefined);
  }

  /** Does what is due; early calls do no harm. `flush` follows. */
  onTimeout(now: number): void {
    for (const { at, onDue } of this.#deadlines) if ((at() ?? Number.POSITIVE_INFINITY) <= now) onDue?.(now);
  }

  /** The session in use, once the other side has shown that it holds the keys. */
  get #confirmed(): Session | undefined {
    const { inUse } = this.#sessions;
    return inUse?.confirmed === true ? inUse : undefined;
  }

  get #lateAckAt(): number | undefined {
    if (this.path.allowanceBytes < ackPacketMaxBytes) return undefined;
    return earliest(...this.#sessions.retired.map(({ acks }) => acks.deadline));
  }

  get #rekeyAt(): number | undefined {
    if (this.#confirmed === undefined || this.#sessions.hasPending) return undefined;
    return Math.max(this.#confirmed.rekeyAt, this.#rekeyAskedAt + rekeyRetryMs);
  }

  #onRecoveryDue(now: number): void {
    this.#transmitter.onRecoveryTimeout(now);
    this.#sessions.onUnanswered(this.#parts.link.recovery.probeTimeouts, now);
  }

  #onPathDue(now: number): void {
    const outcome = this.path.onTimeout(this.#parts.link.rtt.probeTimeoutMs, now);
    if (outcome === undefined) return;
    if (outcome !== 'reverted') return this.#transmitter.challenge(outcome.token);
    this.receiver.tracePath(outcome, now);
  }

  #onKeepaliveDue(now: number): void {
    this.#parts.liveness.onAsked(now);
    this.#transmitter.ping();
  }

  #onRekeyDue(now: number): void {
    this.#rekeyAskedAt = now;
    this.#parts.effects.push({ type: 'rekey-due', peerId: this.id });
  }
}
