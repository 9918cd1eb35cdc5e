/**
 * What a node tells an onlooker about its own doings: the `/trace` view, the simulator's space-time print.
 *
 * Owns: the shape of trace events; each is plain data. Tracing must not change what a node does: nothing here is read
 * back, and without a listener nothing is built.
 */
import type { Address, PeerId } from '../../../kernel/contract.ts';
import type { Frame } from '../codec/frames.ts';

export type Trace = (event: TraceEvent) => void;

/** The listener of the moment; `tell?.(…)` builds nothing where there is none. */
export interface Tracer {
  readonly tell: Trace | undefined;
}

/** What stands for a peer in trace events: the first characters of its fingerprint. */
export function traceId(peerId: PeerId): string {
  return peerId.slice(0, 9);
}

/** Why a packet is taken for lost: enough later ones have arrived, or a later one has and the packet is overdue. */
export type LossSign = 'ack-gap' | 'timer';

/** Why a piece of a line goes again: its packet is lost, nothing was heard for long, or a packet had room for it. */
export type RepeatCause = LossSign | 'probe' | 'piggyback';

export interface RepeatedPiece {
  /** The line's number. */
  readonly seq: number;
  readonly cause: RepeatCause;
  /** The packet that was lost with it, else the first that carried it; and how much earlier that left. */
  readonly packetBefore: number;
  readonly laterMs: number;
}

/** What becomes of a piece of a line whose packet is lost. */
export interface LostLine {
  readonly seq: number;
  readonly fate: 'goes-again' | 'under-way' | 'arrived';
  /** The other packet that carries it, or with which it arrived; undefined: none, or it is not known. */
  readonly packetNumber: number | undefined;
}

/** `at`: when, ms. `peer`: its `traceId`. `session`: our own receiver index of it. */
interface OfPeer {
  readonly at: number;
  readonly peer: string;
}

interface OfPacket extends OfPeer {
  readonly session: number;
  readonly packetNumber: number;
  readonly bytes: number;
}

export interface PacketSent extends OfPacket {
  readonly type: 'packet-sent';
  readonly to: Address;
  readonly frames: readonly Frame[];
  /** A probe timeout caused it. */
  readonly probe: boolean;
  readonly repeats: readonly RepeatedPiece[];
}

export interface PacketReceived extends OfPacket {
  readonly type: 'packet-received';
  readonly from: Address;
  readonly frames: readonly Frame[];
}

export interface PacketLost extends OfPacket {
  readonly type: 'packet-lost';
  readonly sign: LossSign;
  /** How long ago it was sent. */
  readonly agoMs: number;
  /** What the packet carried, a row for each piece of a line. */
  readonly lines: readonly LostLine[];
}

export interface HandshakeStep {
  readonly type: 'handshake';
  readonly at: number;
  readonly role: 'initiator' | 'responder';
  readonly step: 'sent-1' | 'sent-2' | 'sent-3' | 'sent-cookie' | 'established' | 'gave-up';
  readonly address: Address;
}

export interface SessionStep extends OfPeer {
  readonly type: 'session';
  readonly session: number;
  readonly step: 'opened' | 'confirmed' | 'retired' | 'dead' | 'closed';
}

export interface PathStep extends OfPeer {
  readonly type: 'path';
  readonly step: 'moved' | 'validated' | 'reverted';
  readonly address: Address;
}

/** A datagram that changed nothing, and why. */
interface DatagramDropped {
  readonly type: 'datagram-dropped';
  readonly at: number;
  readonly from: Address;
  readonly bytes: number;
  readonly reason: string;
}

export type TraceEvent =
  | PacketSent
  | PacketReceived
  | PacketLost
  | HandshakeStep
  | SessionStep
  | PathStep
  | DatagramDropped;
