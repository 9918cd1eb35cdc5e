/**
 * One authenticated conversation: its keys, its packet numbers, and which of the peer's packets came in under them.
 *
 * Owns: sealing and opening, the session's age, its own acks, the message that opened it. Must not know: lines, loss, the peer's other sessions.
 */
import type { Address } from '../../../kernel/contract.ts';
import { AckTracker } from './acks.ts';
import { compareBytes, concatBytes, copyBytes } from '../../../kernel/bytes.ts';
import type { Crypto } from '../crypto.ts';
import type { Established } from '../handshake/handshake.ts';
import {
  handshakeGiveUpMs,
  rejectAfterMs,
  rekeyAfterMs,
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
  /** Where its handshake went. */
  readonly address: Address;
  readonly #initiatorEphemeral: Uint8Array;
  /** When the other side was last heard under it. */
  heardAt: number;
  /** The other side has shown that it holds the keys: it sent message 3, or a packet. */
  confirmed: boolean;
  /** Message 3, which opened it, until the session is confirmed. */
  finish: { readonly bytes: Uint8Array; hasLeft: boolean } | undefined = undefined;
  /** The peer's RESUME has come: lines may. */
  resumed = false;
  /** Ours has arrived: it need not go into each packet any more. */
  resumeArrived = false;
  /** A newer session has taken over; since when, or since when something last came in on this one. */
  retiredAt: number | undefined = undefined;

  constructor(established: Established, address: Address, crypto: Crypto, now: number) {
    this.address = address;
    this.#initiatorEphemeral = established.initiatorEphemeral;
    this.localIndex = established.localIndex;
    this.role = established.role;
    this.peerName = established.hello.name;
    this.openedAt = now;
    this.heardAt = now;
    this.confirmed = established.role === 'responder';
    this.sealer = new PacketSealer({
      sendKey: established.sendKey,
      receiverIndex: established.remoteIndex,
      crypto,
    });
    this.opener = new PacketOpener({ receiveKey: established.receiveKey, crypto });
  }

  /**
   * The datagrams for a packet: message 3 goes in front where both fit into `maxBytes`, so that either opens the session
   * whichever is lost; where they don't, it goes ahead once.
   */
  enclose(packet: Uint8Array, maxBytes: number): readonly Uint8Array[] {
    const { finish } = this;
    if (finish === undefined) return [packet];
    const isFirst = !finish.hasLeft;
    finish.hasLeft = true;
    if (finish.bytes.length + packet.length <= maxBytes) return [concatBytes(finish.bytes, packet)];
    return isFirst ? [copyBytes(finish.bytes), packet] : [packet];
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

  /** When it should be replaced: by the side that opened it, and by the other if that one did not. */
  get rekeyAt(): number {
    return this.openedAt + rekeyAfterMs + (this.role === 'initiator' ? 0 : rekeyFallbackMs);
  }

  /** When it can't be used any more. */
  get endsAt(): number {
    const end = this.openedAt + rejectAfterMs;
    return this.retiredAt === undefined ? end : Math.min(end, this.retiredAt + retiredSessionMs);
  }
}
