/**
 * The simulated network: who can be reached under which address, and one impaired direction for each pair of hosts.
 *
 * Owns: routes, the datagrams on their way, and the taps that an attacker and the space-time trace listen on.
 */
import type { Address } from '../../src/kernel/contract.ts';
import { ImpairedDirection, type DatagramVerdict } from '../../src/relay/model/direction.ts';
import { unimpaired, type Impairment } from '../../src/relay/model/impairment.ts';
import type { Sleeper } from '../support/virtual-time.ts';

/** Somebody who receives: a host, or the attacker. */
export interface Station {
  readonly name: string;
  receive(bytes: Uint8Array, from: Address): void;
}

export type Crossing =
  | {
      readonly type: 'sent';
      readonly number: number;
      readonly from: string;
      /** Who made these bytes, if they are whole: another than `from` where the attacker replays. */
      readonly origin: string;
      readonly to: string | undefined;
      readonly source: Address;
      readonly destination: Address;
      readonly bytes: Uint8Array;
      /** Undefined where nobody has that address. */
      readonly verdict: DatagramVerdict | undefined;
    }
  | {
      readonly type: 'arrived';
      readonly number: number;
      readonly from: string;
      readonly origin: string;
      /** Undefined where nobody has that address any more. */
      readonly to: string | undefined;
      readonly source: Address;
      readonly destination: Address;
      readonly bytes: Uint8Array;
    };

export type Tap = (crossing: Crossing) => void;

interface Envelope {
  readonly number: number;
  readonly from: string;
  readonly origin: string;
  readonly source: Address;
  readonly destination: Address;
}

export class Network implements Sleeper {
  readonly id = 'the network';
  readonly #seed: number;
  readonly #stations = new Map<string, Station>();
  readonly #directions = new Map<string, ImpairedDirection<Envelope>>();
  readonly #taps: Tap[] = [];
  #sent = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  tap(tap: Tap): void {
    this.#taps.push(tap);
  }

  attach(address: Address, station: Station): void {
    this.#stations.set(keyOf(address), station);
  }

  detach(address: Address): void {
    this.#stations.delete(keyOf(address));
  }

  /** All of the direction between two stations, whatever their addresses. */
  impair(from: string, to: string, impairment: Impairment): void {
    this.direction(from, to).impair(impairment);
  }

  direction(from: string, to: string): ImpairedDirection<Envelope> {
    const key = `${from}>${to}`;
    const known = this.#directions.get(key);
    if (known !== undefined) return known;
    const direction = new ImpairedDirection<Envelope>(this.#seed, this.#directions.size, unimpaired);
    this.#directions.set(key, direction);
    return direction;
  }

  /** Lets two pairs of stations share one direction: a bottleneck. */
  share(direction: ImpairedDirection<Envelope>, from: string, to: string): void {
    this.#directions.set(`${from}>${to}`, direction);
  }

  send(
    from: string,
    source: Address,
    destination: Address,
    bytes: Uint8Array,
    nowMs: number,
    origin = from,
  ): void {
    const number = ++this.#sent;
    const station = this.#stations.get(keyOf(destination));
    const verdict =
      station === undefined
        ? undefined
        : this.direction(from, station.name).offer(
            bytes,
            { number, from, origin, source, destination },
            nowMs,
          );
    const to = station?.name;
    for (const tap of this.#taps)
      tap({ type: 'sent', number, from, origin, to, source, destination, bytes, verdict });
  }

  /** When something arrives next. */
  nextMs(): number | undefined {
    let earliestMs: number | undefined;
    for (const direction of this.#directions.values()) {
      const atMs = direction.deadline();
      if (atMs !== undefined && (earliestMs === undefined || atMs < earliestMs)) earliestMs = atMs;
    }
    return earliestMs;
  }

  /** Hands over all that has arrived by now. */
  wake(nowMs: number): void {
    for (const direction of this.#directions.values()) {
      for (const { bytes, context } of direction.depart(nowMs)) {
        const station = this.#stations.get(keyOf(context.destination));
        for (const tap of this.#taps) tap({ type: 'arrived', ...context, to: station?.name, bytes });
        station?.receive(bytes, context.source);
      }
    }
  }
}

export function keyOf(address: Address): string {
  return `${address.ip}:${address.port}`;
}
