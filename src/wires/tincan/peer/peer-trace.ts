/**
 * What one peer's doings look like to an onlooker (`trace.ts`). Without a listener nothing is built.
 *
 * Owns: how these events are filled in. Must not know: why anything happened.
 */
import type { Address, PeerId } from '../../../kernel/contract.ts';
import type { Frame } from '../codec/frames.ts';
import type { Link } from './link.ts';
import type { SessionStep } from './sessions.ts';
import type { Session } from '../delivery/session.ts';
import type { Tracer } from '../trace/trace.ts';

/** A packet as it crossed the network. */
export interface TracedPacket {
  readonly packetNumber: number;
  /** The whole datagram's size. */
  readonly bytes: number;
  readonly frames: readonly Frame[];
}

export class PeerTrace {
  readonly #peer: string;
  readonly #tracer: Tracer;

  constructor(id: PeerId, tracer: Tracer) {
    this.#peer = id.slice(0, 9);
    this.#tracer = tracer;
  }

  packetSent(session: Session, packet: TracedPacket, to: Address, probe: boolean, now: number): void {
    if (this.#tracer.tell === undefined) return;
    const { packetNumber, bytes, frames } = packet;
    const ids = this.#ids(session);
    this.#tracer.tell({
      type: 'packet-sent',
      at: now,
      ...ids,
      packetNumber,
      keyPhase: 0,
      bytes,
      to,
      frames,
      probe,
    });
  }

  packetReceived(session: Session, packet: TracedPacket, from: Address, now: number): void {
    if (this.#tracer.tell === undefined) return;
    const { packetNumber, bytes, frames } = packet;
    const ids = this.#ids(session);
    this.#tracer.tell({
      type: 'packet-received',
      at: now,
      ...ids,
      packetNumber,
      keyPhase: 0,
      bytes,
      from,
      frames,
    });
  }

  packetLost(
    session: Session | undefined,
    packet: Pick<TracedPacket, 'packetNumber' | 'bytes'>,
    now: number,
  ): void {
    if (this.#tracer.tell === undefined) return;
    const { packetNumber, bytes } = packet;
    this.#tracer.tell({ type: 'packet-lost', at: now, ...this.#ids(session), packetNumber, bytes });
  }

  session(session: Session, step: SessionStep, now: number): void {
    this.#tracer.tell?.({ type: 'session', at: now, ...this.#ids(session), step });
  }

  path(address: Address, step: 'moved' | 'validated' | 'reverted', now: number): void {
    this.#tracer.tell?.({ type: 'path', at: now, peer: this.#peer, step, address });
  }

  recovery(link: Pick<Link, 'congestion' | 'recovery' | 'rtt'>, now: number): void {
    this.#tracer.tell?.({
      type: 'recovery',
      at: now,
      peer: this.#peer,
      congestionWindowBytes: link.congestion.windowBytes,
      bytesInFlight: link.recovery.bytesInFlight,
      smoothedRttMs: link.rtt.smoothedMs,
    });
  }

  #ids(session: Session | undefined): { readonly peer: string; readonly session: number } {
    return { peer: this.#peer, session: session?.localIndex ?? 0 };
  }
}
