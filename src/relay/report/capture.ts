/**
 * What crosses the relay as a capture: four interfaces, before and after each direction, and the verdict as a comment.
 *
 * Owns: which packet is on which interface. Packets are shown as between the two nodes themselves, as if the relay were a wire:
 * then the two sides of it are one conversation.
 */
import type { Address } from '../../kernel/contract.ts';
import type { DirectionName, Event } from '../model/messages.ts';
import { enhancedPacket, interfaceDescription, sectionHeader } from './pcapng.ts';
import { crossingText } from './text.ts';
import { udpPacket } from './udp-packet.ts';
import type { Outlet } from './writer.ts';

type CrossingEvent = Extract<Event, { type: 'verdict' | 'departed' }>;

export class Capture {
  readonly #outlet: Outlet;
  readonly #directions: readonly DirectionName[];
  /** The wall clock's time, so many ms after the relay's start. */
  readonly #shownTime: (atMs: number) => number;
  /** Packets left out since the last one, of each interface. */
  readonly #gaps = [0, 0, 0, 0];
  /** Packets left out so far. */
  uncaptured = 0;

  constructor(
    outlet: Outlet,
    directions: readonly DirectionName[],
    seed: number,
    shownTime: (atMs: number) => number,
  ) {
    this.#outlet = outlet;
    this.#directions = directions;
    this.#shownTime = shownTime;
    outlet.write(sectionHeader({ application: 'tincan relay', comment: `tincan relay --seed ${seed}` }));
    for (const direction of directions) {
      outlet.write(interfaceDescription({ name: `${direction} in`, description: 'as it enters the relay' }));
      outlet.write(interfaceDescription({ name: `${direction} out`, description: 'as it leaves the relay' }));
    }
    outlet.flush();
  }

  record(event: CrossingEvent): void {
    const { crossing, verdict } = event;
    const isIn = event.type === 'verdict';
    const interfaceNumber = this.#directions.indexOf(crossing.direction) * 2 + (isIn ? 0 : 1);
    if (!this.#outlet.hasRoom) {
      this.uncaptured += 1;
      this.#gaps[interfaceNumber] = (this.#gaps[interfaceNumber] ?? 0) + 1;
      return;
    }
    const { from, to, bytes } = crossing;
    const identification = verdict.index & 0xffff;
    this.#outlet.write(
      enhancedPacket({
        interfaceNumber,
        atMs: this.#shownTime(crossing.atMs),
        packet: udpPacket({ from, to: to ?? nowhere(from), bytes, identification }),
        comment: crossingText(event),
        dropCount: this.#gaps[interfaceNumber] ?? 0,
      }),
    );
    this.#gaps[interfaceNumber] = 0;
  }

  flush(): void {
    this.#outlet.flush();
  }
}

/** In the place of an address that nobody knows. */
function nowhere(from: Address): Address {
  return { ip: from.ip.includes(':') ? '::' : '0.0.0.0', port: 0 };
}
