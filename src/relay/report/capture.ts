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

export interface CaptureOptions {
  readonly outlet: Outlet;
  readonly directions: readonly DirectionName[];
  readonly seed: number;
  /** The wall clock's time, so many ms after the relay's start. */
  readonly shownTime: (atMs: number) => number;
  /** It grows no further. */
  readonly maxBytes: number;
  /** Called once, when it has come to that. */
  readonly onFull: () => void;
}

export class Capture {
  readonly #options: CaptureOptions;
  /** Packets left out since the last one, of each interface. */
  readonly #gaps = [0, 0, 0, 0];
  #bytes = 0;
  #isFull = false;
  /** Packets so far that are not in it: left out, or not taken by the system. */
  uncaptured = 0;

  constructor(options: CaptureOptions) {
    this.#options = options;
    const { outlet, directions, seed } = options;
    this.#write(sectionHeader({ application: 'tincan relay', comment: `tincan relay --seed ${seed}` }));
    for (const direction of directions) {
      this.#write(interfaceDescription({ name: `${direction} in`, description: 'as it enters the relay' }));
      this.#write(interfaceDescription({ name: `${direction} out`, description: 'as it leaves the relay' }));
    }
    outlet.flush();
  }

  record(event: CrossingEvent): void {
    const { outlet, directions, shownTime } = this.#options;
    const { crossing, verdict } = event;
    const isIn = event.type === 'verdict';
    const interfaceNumber = directions.indexOf(crossing.direction) * 2 + (isIn ? 0 : 1);
    if (this.#isFull || !outlet.hasRoom) {
      this.uncaptured += 1;
      this.#gaps[interfaceNumber] = (this.#gaps[interfaceNumber] ?? 0) + 1;
      return;
    }
    const { from, to, bytes } = crossing;
    const identification = verdict.index & 0xffff;
    this.#write(
      enhancedPacket({
        interfaceNumber,
        atMs: shownTime(crossing.atMs),
        packet: udpPacket({ from, to: to ?? nowhere(from), bytes, identification }),
        comment: crossingText(event),
        dropCount: this.#gaps[interfaceNumber] ?? 0,
      }),
      () => {
        this.uncaptured += 1;
      },
    );
    this.#gaps[interfaceNumber] = 0;
  }

  #write(block: Uint8Array, onLost?: () => void): void {
    const { outlet, maxBytes, onFull } = this.#options;
    outlet.write(block, onLost);
    this.#bytes += block.length;
    // One packet more is nothing; a packet cut short would spoil the file.
    if (this.#bytes < maxBytes || this.#isFull) return;
    this.#isFull = true;
    onFull();
  }

  flush(): void {
    this.#options.outlet.flush();
  }
}

/** In the place of an address that nobody knows. */
function nowhere(from: Address): Address {
  return { ip: from.ip.includes(':') ? '::' : '0.0.0.0', port: 0 };
}
