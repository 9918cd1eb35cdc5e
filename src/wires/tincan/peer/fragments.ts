/**
 * The pieces of lines that one follower does not yet hold: under way, lost, or cut and not sent.
 *
 * Owns: their states, and which of them go (again) next.
 */
import { lastOf } from '../codec/frames.ts';
import type { EntryFrame } from '../codec/frames.ts';
import { invariant } from '../../../kernel/invariant.ts';
import { repairCopiesMax, repairLineMaxBytes, repairLooksMax } from '../limits.ts';

/** A piece of a line, or some lines of a run, cut once and from then on sent as it is. */
export interface Fragment {
  readonly frame: EntryFrame;
  /** Size of its frame, bytes. */
  readonly bytes: number;
  readonly line: FollowedLine;
  /** `held`: the peer has it. `stale`: a later session has cut the line anew. */
  state: 'cut' | 'in-flight' | 'lost' | 'held' | 'stale';
  /** Packets under way with it. */
  flights: number;
  /** How many packets ever carried the piece; the number of the last one, and when that left. */
  copies: number;
  packetNumber: number;
  sentAt: number;
}

/** A line that was cut, wholly or in part; or lines of a run that share a piece. */
export interface FollowedLine {
  readonly seq: number;
  /** The last of the lines. */
  through: number;
  /** Cost of all that was cut up to here, this line included. Grows while the line is being cut. */
  endCost: number;
  cutWhole: boolean;
  /** Pieces that the follower does not hold. */
  unheld: number;
}

export class Fragments {
  /** In the order of the log; held ones are swept out now and then. */
  #unheld: Fragment[] = [];
  #lost: Fragment[] = [];
  #repeated = 0;

  /** How often a piece went that had gone before: lost ones, probes, repairs. */
  get repeated(): number {
    return this.#repeated;
  }

  add(frame: EntryFrame, bytes: number, line: FollowedLine): Fragment {
    const fragment: Fragment = {
      frame,
      bytes,
      line,
      state: 'cut',
      flights: 0,
      copies: 0,
      packetNumber: -1,
      sentAt: 0,
    };
    line.unheld += 1;
    this.#unheld.push(fragment);
    return fragment;
  }

  get size(): number {
    return this.#unheld.length;
  }

  /** The oldest that is lost. */
  get nextLost(): Fragment | undefined {
    // A late ack may have overtaken the loss.
    while (this.#lost[0] !== undefined && this.#lost[0].state !== 'lost') this.#lost.shift();
    return this.#lost[0];
  }

  /** The oldest that is lost, to be sent now, if it fits. */
  takeLost(roomBytes: number): Fragment | undefined {
    return (this.nextLost?.bytes ?? Infinity) <= roomBytes ? this.#lost.shift() : undefined;
  }

  /** Small lines under way that are worth repeating in `roomBytes` that would stay empty, oldest first. */
  repairs(roomBytes: number, spacingMs: number, now: number): readonly Fragment[] {
    const chosen: Fragment[] = [];
    let room = roomBytes;
    const looks = Math.min(this.#unheld.length, repairLooksMax);
    for (let index = 0; index < looks; index += 1) {
      const fragment = this.#unheld[index];
      if (fragment === undefined || fragment.bytes > room || !isRepairable(fragment)) continue;
      if (now - fragment.sentAt < spacingMs) continue;
      chosen.push(fragment);
      room -= fragment.bytes;
    }
    return chosen;
  }

  /** What a probe repeats: the oldest under way, whatever their size. */
  oldest(roomBytes: number): readonly Fragment[] {
    const chosen: Fragment[] = [];
    let room = roomBytes;
    for (const fragment of this.#unheld) {
      if (fragment.state !== 'in-flight') continue;
      if (fragment.bytes > room || chosen.length === repairLooksMax) break;
      chosen.push(fragment);
      room -= fragment.bytes;
    }
    return chosen;
  }

  onSent(fragment: Fragment, packetNumber: number, now: number): void {
    invariant(isWanted(fragment), 'what the peer has is not sent');
    fragment.state = 'in-flight';
    if (fragment.copies > 0) this.#repeated += 1;
    fragment.flights += 1;
    fragment.copies += 1;
    fragment.packetNumber = packetNumber;
    fragment.sentAt = now;
  }

  /** A packet with the fragment arrived. Whether that is news. */
  onAcked(fragment: Fragment): boolean {
    fragment.flights -= 1;
    return this.#hold(fragment);
  }

  /** A packet with the fragment is lost; another one with it may be under way. */
  onLost(fragment: Fragment): void {
    fragment.flights -= 1;
    if (fragment.state !== 'in-flight' || fragment.flights > 0) return;
    fragment.state = 'lost';
    const last = this.#lost.at(-1);
    this.#lost.push(fragment);
    if (last !== undefined && isBefore(fragment, last)) this.#lost.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** The follower has all lines up to `seq`, whatever became of their packets. */
  holdThrough(seq: number): void {
    for (const fragment of this.#unheld) {
      if (lastOf(fragment.frame) > seq) break;
      this.#hold(fragment);
    }
  }

  /** What is not held will be cut anew. */
  clear(): void {
    for (const fragment of this.#unheld) fragment.state = 'stale';
    this.#unheld = [];
    this.#lost = [];
  }

  sweep(): void {
    let done = 0;
    while (done < this.#unheld.length && !isWanted(this.#unheld[done])) done += 1;
    if (done > 0) this.#unheld.splice(0, done);
    // Held pieces behind one that is not: swept when a repair would look at nothing else.
    if (this.#unheld.length > repairLooksMax && !isWanted(this.#unheld[1])) {
      this.#unheld = this.#unheld.filter(isWanted);
    }
  }

  #hold(fragment: Fragment): boolean {
    if (!isWanted(fragment)) return false;
    fragment.state = 'held';
    fragment.line.unheld -= 1;
    return true;
  }
}

function isWanted(fragment: Fragment | undefined): boolean {
  return fragment !== undefined && fragment.state !== 'held' && fragment.state !== 'stale';
}

function isRepairable({ frame, state, copies }: Fragment): boolean {
  const isWhole = frame.type === 'lines' || (frame.fin && frame.offset === 0);
  const isSmall = frame.bytes.length <= repairLineMaxBytes;
  return state === 'in-flight' && isWhole && isSmall && copies <= repairCopiesMax;
}

function isBefore(left: Fragment, right: Fragment): boolean {
  const lines = left.frame.seq - right.frame.seq;
  return lines === 0 ? offsetOf(left.frame) < offsetOf(right.frame) : lines < 0;
}

function offsetOf(frame: EntryFrame): number {
  return frame.type === 'line' ? frame.offset : 0;
}
