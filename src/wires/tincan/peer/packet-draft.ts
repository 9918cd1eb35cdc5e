/**
 * A packet being filled: which frames are in it, how much room is left, and what is remembered once it has left.
 *
 * Owns: that a draft never holds more than its packet can.
 */
import { frameBytes, isAckEliciting } from '../codec/frame-table.ts';
import type { AckFrame, Frame, IntroduceFrame, ReceiptFrame } from '../codec/frames.ts';
import { framesPerPacketMax } from '../limits.ts';
import type { Fragment } from './fragments.ts';

/** What is remembered of a packet that has left, until it is acknowledged or lost. */
export interface PacketContents {
  readonly fragments: readonly Fragment[];
  readonly receipt: ReceiptFrame | undefined;
  readonly resume: boolean;
  readonly introductions: readonly IntroduceFrame[];
  /** The largest packet number that its ACK told of. */
  readonly ackedThrough: number | undefined;
}

export class Draft {
  readonly frames: Frame[] = [];
  readonly fragments: Fragment[] = [];
  readonly introductions: IntroduceFrame[] = [];
  ack: AckFrame | undefined = undefined;
  receipt: ReceiptFrame | undefined = undefined;
  /** Whether a RESUME is among the frames. */
  resume = false;
  ackEliciting = false;
  #room: number;

  /** `roomBytes`: what the packet has for frames. */
  constructor(roomBytes: number) {
    this.#room = roomBytes;
  }

  /** Bytes of frames that still fit. */
  get room(): number {
    return this.frames.length < framesPerPacketMax ? this.#room : 0;
  }

  get contents(): PacketContents {
    const { fragments, receipt, resume, introductions } = this;
    return { fragments, receipt, resume, introductions, ackedThrough: this.ack?.ranges[0]?.to };
  }

  /** Adds the frame, and says so, where there is room. */
  add(frame: Frame): boolean {
    const bytes = frameBytes(frame);
    if (bytes > this.room) return false;
    this.frames.push(frame);
    this.#room -= bytes;
    this.ackEliciting ||= isAckEliciting(frame);
    return true;
  }

  /** Leaves out as many of the oldest ranges as do not fit. */
  addAck(ack: AckFrame): void {
    let { ranges } = ack;
    while (ranges.length > 1 && frameBytes({ ...ack, ranges }) > this.#room) ranges = ranges.slice(0, -1);
    const shortened = { ...ack, ranges };
    if (this.add(shortened)) this.ack = shortened;
  }

  addReceipt(frame: ReceiptFrame): void {
    if (this.receipt === undefined && this.add(frame)) this.receipt = frame;
  }

  addIntroduction(frame: IntroduceFrame): boolean {
    const fits = this.add(frame);
    if (fits) this.introductions.push(frame);
    return fits;
  }

  addFragment(fragment: Fragment): void {
    if (this.add(fragment.frame)) this.fragments.push(fragment);
  }
}
