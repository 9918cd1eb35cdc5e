/**
 * What peers and the dialler want done by their room, in order.
 *
 * Owns: the kinds of effects, and the one list of them that all of a node fill and its room empties after each call. A
 * peer's parts call each other directly; what crosses the peer's border is one of these, or a datagram (`Outputs`).
 */
import type { Event, PeerId } from '../../../kernel/contract.ts';
import type { IntroduceFrame } from '../codec/frames.ts';
import type { Session } from '../delivery/session.ts';
import type { TraceEvent, Tracer } from '../trace/trace.ts';

/** The peer whose effects they are, as its parts see it. */
export interface Whose {
  readonly id: PeerId;
  /** What the peer is called now. */
  readonly name: string;
}

/** `left`: the peer has said goodbye; `violated`: it has broken the protocol; `lost`: anything else. */
export type LeaveCode = 'left' | 'lost' | 'violated';

export type Effect =
  /** To be told to the faces. */
  | { readonly type: 'event'; readonly event: Event }
  /** To be told to whoever watches the protocol; only made while somebody does. */
  | { readonly type: 'trace'; readonly event: TraceEvent }
  /** The other side has shown that it holds a session's keys: the peer is there. */
  | { readonly type: 'joined'; readonly peerId: PeerId; readonly name: string }
  /** The peer is still there, with new keys or at a new address that has been validated. */
  | { readonly type: 'renewed'; readonly peerId: PeerId }
  | {
      readonly type: 'left';
      readonly peerId: PeerId;
      readonly code: LeaveCode;
      readonly reason: string;
      /** How long the peer was there. */
      readonly lastedMs: number;
    }
  /** The peer, which is there, has taken another name. */
  | {
      readonly type: 'renamed';
      /** The name's number in the peer's log, if it stands there. */
      readonly seq: number | undefined;
      readonly peerId: PeerId;
      readonly was: string;
      readonly name: string;
      /** What the peer calls itself, whatever it is called here. */
      readonly ownName: string;
    }
  /** The peer has, for the first time under this name of its own, said a line or taken one. */
  | { readonly type: 'spoke'; readonly peerId: PeerId; readonly name: string }
  /** The peer holds entries of this node's log that the node, as far as it knows, has never sent. */
  | { readonly type: 'older-copy'; readonly name: string }
  /** The peer tells where another member is. */
  | { readonly type: 'introduced'; readonly peerId: PeerId; readonly frame: IntroduceFrame }
  /** A packet came in on a session that this node opened: its handshake is over. */
  | { readonly type: 'confirmed'; readonly session: Session }
  /** The session's packets are not opened any more. */
  | { readonly type: 'session-gone'; readonly session: Session }
  /** The session in use should be replaced. */
  | { readonly type: 'rekey-due'; readonly peerId: PeerId }
  /** An attempt of the dialler has failed, after it had opened this session, if any. It is made again after a wait, unless it is stopped. */
  | { readonly type: 'dial-failed'; readonly key: string; readonly session: Session | undefined };

export class Effects {
  readonly #tracer: Tracer;
  #waiting: Effect[] = [];

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  push(effect: Effect): void {
    this.#waiting.push(effect);
  }

  event(event: Event): void {
    this.#waiting.push({ type: 'event', event });
  }

  /** Nothing is built while nobody watches. */
  trace(build: () => TraceEvent): void {
    if (this.#tracer.tell !== undefined) this.#waiting.push({ type: 'trace', event: build() });
  }

  /** Each effect once; the list is the caller's. */
  take(): readonly Effect[] {
    const taken = this.#waiting;
    if (taken.length > 0) this.#waiting = [];
    return taken;
  }
}
