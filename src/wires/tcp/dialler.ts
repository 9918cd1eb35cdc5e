/**
 * When a node of wire `tcp` dials its configured peers: once a peer's name has an address, and again after growing pauses.
 *
 * Owns: the dials under way.
 */
import { earliest } from '../../kernel/deadline.ts';
import type { Outputs } from '../common/outputs.ts';
import type { TcpOutput } from './io.ts';
import { sourcePorts } from './pairing.ts';
import type { ConfiguredPeer } from './participant.ts';

export class Dialler {
  readonly #peers: readonly ConfiguredPeer[];
  readonly #listenPort: number;
  readonly #outputs: Outputs<TcpOutput>;
  #dials = 0;

  constructor(peers: readonly ConfiguredPeer[], listenPort: number, outputs: Outputs<TcpOutput>) {
    this.#peers = peers;
    this.#listenPort = listenPort;
    this.#outputs = outputs;
  }

  deadline(): number | undefined {
    return earliest(...this.#peers.map(({ lookup }) => lookup.deadline()));
  }

  /** Asks for the addresses that are due. */
  poll(now: number): void {
    for (const { lookup } of this.#peers) {
      const question = lookup.poll(now);
      if (question !== undefined) this.#outputs.add(question);
    }
  }

  /** The peer's look-up has an answer, or has failed and an earlier address serves on. */
  dial(peer: ConfiguredPeer, now: number): void {
    const to = peer.listensAt;
    if (peer.connected || peer.dial !== undefined || now < peer.dialAt || to === undefined) return;
    this.#dials += 1;
    peer.dial = this.#dials;
    this.#outputs.add({ type: 'dial', dial: peer.dial, to, localPorts: sourcePorts(this.#listenPort) });
  }

  redialLater(peer: ConfiguredPeer, now: number): void {
    peer.dialAt = now + peer.backoff.nextMs();
    peer.lookup.askAgainAt(peer.dialAt);
  }

  /** The dial of this number is over; returns whose it was. */
  takeDialled(dial: number | undefined): ConfiguredPeer | undefined {
    const dialled = this.#peers.find((peer) => peer.dial !== undefined && peer.dial === dial);
    if (dialled !== undefined) dialled.dial = undefined;
    return dialled;
  }
}
