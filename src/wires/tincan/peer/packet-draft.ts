/**
 * A packet being filled, and what is remembered of it once it has left, until it is acknowledged or lost.
 *
 * Owns: that a draft never holds more than its packet can.
 */
import { frameBytes, isAckEliciting } from '../codec/frame-table.ts';
import type { AckFrame, Frame } from '../codec/frames.ts';
import { framesPerPacketMax } from '../limits.ts';
import type { Fragment } from './fragments.ts';

export class PacketDraft {
  /** Frames other than pieces of lines; they go in front of these. */
  readonly control: Frame[] = [];
  readonly fragments: Fragment[] = [];
  #room: number;

  /** `roomBytes`: what the packet has for frames. */
  constructor(roomBytes: number) {
    this.#room = roomBytes;
  }

  /** Bytes of frames that still fit. */
  get room(): number {
    return this.control.length + this.fragments.length < framesPerPacketMax ? this.#room : 0;
  }

  get frames(): readonly Frame[] {
    return [...this.control, ...this.fragments.map(({ frame }) => frame)];
  }

  get ackEliciting(): boolean {
    return this.fragments.length > 0 || this.control.some(isAckEliciting);
  }

  /** Whether a frame of this type is among `control`. */
  has(type: Frame['type']): boolean {
    return this.control.some((frame) => frame.type === type);
  }

  /** Adds the frame, and says so, where there is room. */
  add(frame: Frame): boolean {
    const bytes = frameBytes(frame);
    if (bytes > this.room) return false;
    this.control.push(frame);
    this.#room -= bytes;
    return true;
  }

  /** Leaves out as many of the oldest ranges as do not fit. */
  addAck(ack: AckFrame): void {
    let { ranges } = ack;
    while (ranges.length > 1 && frameBytes({ ...ack, ranges }) > this.#room) ranges = ranges.slice(0, -1);
    this.add({ ...ack, ranges });
  }

  addFragment(fragment: Fragment): void {
    if (fragment.bytes > this.room) return;
    this.fragments.push(fragment);
    this.#room -= fragment.bytes;
  }
}
