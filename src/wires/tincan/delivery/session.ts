/**
 * One authenticated conversation: its keys, its packet numbers, and which of the peer's packets came in under them.
 *
 * Owns: sealing and opening, the session's age, its acks, the message that opened it, and each of its flags: others read them,
 * and tell the session what has happened.
 */
import type { Address } from '../../../kernel/contract.ts';
import { AckTracker } from './acks.ts';
import { compareBytes, concatBytes, copyBytes } from '../../../kernel/bytes.ts';
import type { Crypto } from '../crypto.ts';
import type { Established } from '../handshake/handshake.ts';
import {
  handshakeGiveUpMs,
  rejectAfterMs,
  rejectAfterNumbers,
  rekeyAfterMs,
  rekeyAfterNumbers,
  rekeyFallbackMs,
  retiredSessionMs,
} from '../limits.ts';
import { PacketOpener, PacketSealer } from './packet.ts';

export class Session {
  readonly localIndex: number;
  readonly role: Established['role'];
  /** What the peer called itself in the handshake. */
  readonly peerName: string;
  readonly openedAt: number;
  readonly sealer: PacketSealer;
  readonly opener: PacketOpener;
  readonly acks = new AckTracker();
  /** Where the session's handshake went. */
  readonly address: Address;
  readonly #initiatorEphemeral: Uint8Array;
  #heardAt: number;
  #confirmed: boolean;
  /** Message 3, until the session is confirmed. */
  #finish: { readonly bytes: Uint8Array; hasLeft: boolean } | undefined;
  #logId: Uint8Array | undefined = undefined;
  #resumeArrived = false;
  #retiredAt: number | undefined = undefined;

  /** `finish`: message 3, where this node opened the session: it goes along with the first packet that has room for it. */
  constructor(established: Established, address: Address, crypto: Crypto, now: number, finish?: Uint8Array) {
    this.address = address;
    this.#initiatorEphemeral = established.initiatorEphemeral;
    this.localIndex = established.localIndex;
    this.role = established.role;
    this.peerName = established.hello.name;
    this.openedAt = now;
    this.#heardAt = now;
    this.#confirmed = established.role === 'responder';
    this.#finish = finish === undefined ? undefined : { bytes: finish, hasLeft: false };
    this.sealer = new PacketSealer({
      sendKey: established.sendKey,
      receiverIndex: established.remoteIndex,
      crypto,
    });
    this.opener = new PacketOpener({ receiveKey: established.receiveKey, crypto });
  }

  /** When the other side was last heard under this session. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** The other side has shown that it holds the keys: it sent message 3, or a packet. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** The log that the peer's RESUME has named: what lines and receipts of this session are about. undefined: none may come yet. */
  get logId(): Uint8Array | undefined {
    return this.#logId;
  }

  /** Our RESUME has arrived: it need not go into each packet any more. */
  get resumeArrived(): boolean {
    return this.#resumeArrived;
  }

  /** A newer session has taken over. */
  get isRetired(): boolean {
    return this.#retiredAt !== undefined;
  }

  onHeard(now: number): void {
    this.#heardAt = now;
    if (this.#retiredAt !== undefined) this.#retiredAt = now;
  }

  onConfirmed(): void {
    this.#confirmed = true;
    this.#finish = undefined;
  }

  onResume(logId: Uint8Array): void {
    this.#logId = logId.slice();
  }

  onResumeArrived(): void {
    this.#resumeArrived = true;
  }

  retire(now: number): void {
    this.#retiredAt = now;
  }

  /** A retired session is used again. */
  reuse(): void {
    this.#retiredAt = undefined;
  }

  /**
   * The datagrams for a packet: message 3 goes in front where both fit into `maxBytes`, so that either opens the session
   * whichever is lost; where they don't, message 3 goes ahead once.
   */
  enclose(packet: Uint8Array, maxBytes: number): readonly Uint8Array[] {
    const finish = this.#finish;
    if (finish === undefined) return [packet];
    if (finish.bytes.length + packet.length <= maxBytes) {
      finish.hasLeft = true;
      return [concatBytes(finish.bytes, packet)];
    }
    const ahead = this.takeFinish();
    return ahead === undefined ? [packet] : [ahead, packet];
  }

  /** Message 3, if it is still to be sent for the first time. */
  takeFinish(): Uint8Array | undefined {
    if (this.#finish === undefined || this.#finish.hasLeft) return undefined;
    this.#finish.hasLeft = true;
    return copyBytes(this.#finish.bytes);
  }

  /** Whether both sides keep this one where `other` is usable too. */
  outlasts(other: Session): boolean {
    if (this.#crosses(other) || this.openedAt === other.openedAt) return this.precedes(other);
    return this.openedAt > other.openedAt;
  }

  /** An order that both sides see alike. */
  precedes(other: Session): boolean {
    return compareBytes(this.#initiatorEphemeral, other.#initiatorEphemeral) < 0;
  }

  /** Opened at the same time, one by each side: either may have learned of either first. */
  #crosses(other: Session): boolean {
    return this.role !== other.role && Math.abs(this.openedAt - other.openedAt) < handshakeGiveUpMs;
  }

  /** When the session should be replaced: by the side that opened it, else, a little later, by the other side. */
  get rekeyAt(): number {
    if (this.sealer.numbersUsed >= rekeyAfterNumbers) return this.openedAt;
    return this.openedAt + rekeyAfterMs + (this.role === 'initiator' ? 0 : rekeyFallbackMs);
  }

  /** When the session can't be used any more. */
  get endsAt(): number {
    if (this.sealer.numbersUsed >= rejectAfterNumbers) return this.openedAt;
    const end = this.openedAt + rejectAfterMs;
    return this.#retiredAt === undefined ? end : Math.min(end, this.#retiredAt + retiredSessionMs);
  }
}
