/**
 * A packet being filled: which frames are in it, how much room is left, and what is to be done once it has left.
 *
 * Owns: that it never holds more than its packet can. Must not know: which frames should go first, windows, keys.
 */
import { frameBytes, isAckEliciting } from '../codec/frame-table.ts';
import type { AckFrame, Frame, IntroduceFrame, ReceiptFrame } from '../codec/frames.ts';
import { framesPerPacketMax } from '../limits.ts';
import type { Fragment } from './fragments.ts';

/** What is done when a packet arrives or is lost. */
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
  /** Whether it bears a RESUME. */
  resume = false;
  ackEliciting = false;
  #room: number;

  /** `roomBytes`: for frames. */
  constructor(roomBytes: number) {
    this.#room = roomBytes;
  }

  /** Bytes of frames that still fit. */
  get room(): number {
    return this.#room;
  }

  get isFull(): boolean {
    return this.frames.length >= framesPerPacketMax;
  }

  /** What is to be remembered of it once it has left. */
  get contents(): PacketContents {
    const { fragments, receipt, resume, introductions } = this;
    return { fragments, receipt, resume, introductions, ackedThrough: this.ack?.ranges[0]?.to };
  }

  /** Whether there was room. */
  add(frame: Frame): boolean {
    const bytes = frameBytes(frame);
    if (bytes > this.#room || this.isFull) return false;
    this.frames.push(frame);
    this.#room -= bytes;
    this.ackEliciting ||= isAckEliciting(frame);
    return true;
  }

  /** With fewer of its older ranges, if it has to be. */
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
