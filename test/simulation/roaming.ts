/**
 * The rule that a peer's address follows only its newest packet: else whoever holds one of its packets back, and sends it on
 * later from somewhere else, takes its lines along.
 *
 * Owns: the largest packet number of each session.
 */
import type { TraceEvent } from '../../src/wires/tincan/trace/trace.ts';
import { Violation } from './judge.ts';

export class RoamingWatch {
  /** By host and session. */
  readonly #largest = new Map<string, number>();
  /** By host: a peer has moved, by a packet that is told of next. */
  readonly #moved = new Set<string>();

  /** Throws a `Violation` where another packet than the newest has moved a peer. */
  told(host: string, event: TraceEvent): void {
    if (event.type === 'path' && event.step === 'moved') this.#moved.add(host);
    if (event.type !== 'packet-received') return;
    const key = `${host} ${event.session}`;
    const largest = this.#largest.get(key) ?? -1;
    if (event.packetNumber > largest) this.#largest.set(key, event.packetNumber);
    if (this.#moved.delete(host) && event.packetNumber <= largest) {
      throw new Violation(`${host} let packet ${event.packetNumber} move a peer, after packet ${largest}`);
    }
  }
}
