/**
 * One follower of our log, seen from the log: which pieces of which lines go to it next, and how far it has come.
 *
 * Owns: cutting lines into fragments, their fate (under way, lost, held), the follower's credit and receipts.
 * Must not know: packets, timers, the window. It says what to send; the packetizer says when.
 */
import { lineOverheadBytes } from './frames.ts';
import type { LineFrame } from './frames.ts';
import { invariant } from './invariant.ts';
import {
  creditBytes,
  fragmentMinBytes,
  pieceCostBytes,
  repairCopiesMax,
  repairLineMaxBytes,
  repairLooksMax,
} from './limits.ts';
import type { Log, LogLine } from './log.ts';

/** A piece of a line, cut once and from then on sent as it is. */
export interface Fragment {
  readonly frame: LineFrame;
  /** Size of its frame, bytes. */
  readonly bytes: number;
  readonly line: FollowedLine;
  /** `held`: the peer has it. `stale`: a later session has cut the line anew. */
  state: 'cut' | 'in-flight' | 'lost' | 'held' | 'stale';
  /** Packets under way with it. */
  flights: number;
  /** Packets that ever carried it, and when the last left. */
  copies: number;
  sentAt: number;
}

interface FollowedLine {
  readonly seq: number;
  /** Cost of all that was cut up to here, this line included. Grows while the line is being cut. */
  endCost: number;
  cutWhole: boolean;
  unheld: number;
}

export class Outgoing {
  readonly #log: Log;
  readonly #payloadBytes: number;
  /** Lines after `#accepted` that were cut, wholly or in part. */
  #lines: FollowedLine[] = [];
  #accepted: number;
  #acceptedCost = 0;
  #creditEdge = creditBytes;
  #heldThrough: number;
  #sentThrough: number;
  #nextSeq: number;
  #nextOffset = 0;
  /** Not held, in the order of the log; held ones are swept out now and then. */
  #unheld: Fragment[] = [];
  #lost: Fragment[] = [];

  /** `start`: the first line that the follower is owed. `payloadBytes`: the most that a packet's frames may take. */
  constructor(options: { log: Log; start: number; payloadBytes: number }) {
    this.#log = options.log;
    this.#payloadBytes = options.payloadBytes;
    this.#accepted = options.start - 1;
    this.#heldThrough = options.start - 1;
    this.#sentThrough = options.start - 1;
    this.#nextSeq = options.start;
  }

  /** The follower's program has taken all lines up to here. */
  get accepted(): number {
    return this.#accepted;
  }

  /** All lines up to here have been put into packets. */
  get sentThrough(): number {
    return this.#sentThrough;
  }

  /** Lines that are owed and not yet accepted. */
  get owed(): number {
    return this.#log.head - this.#accepted;
  }

  /** Whether `takeNext` has something, given a packet of its own. */
  get hasNext(): boolean {
    return this.#peekLost() !== undefined || this.#nextLineFits();
  }

  /** Whether what there is to send fills more than a small packet: such a packet need not wait for company. */
  get nextBytes(): number {
    const lost = this.#peekLost();
    if (lost !== undefined) return lost.bytes;
    let bytes = 0;
    for (let seq = this.#nextSeq; seq <= this.#log.head && bytes < this.#payloadBytes; seq += 1) {
      bytes += this.#log.line(seq).bytes.length - (seq === this.#nextSeq ? this.#nextOffset : 0);
    }
    return bytes;
  }

  /** The next fragment that must go, lost ones first, if it fits into `roomBytes`. */
  takeNext(roomBytes: number): Fragment | undefined {
    const lost = this.#peekLost();
    if (lost !== undefined) {
      if (lost.bytes > roomBytes) return undefined;
      this.#lost.shift();
      return lost;
    }
    return this.#cut(roomBytes);
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

  /** What a probe repeats: the oldest fragments under way, whatever their size. */
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

  onSent(fragment: Fragment, now: number): void {
    invariant(fragment.state !== 'held' && fragment.state !== 'stale', 'what the peer has is not sent');
    fragment.state = 'in-flight';
    fragment.flights += 1;
    fragment.copies += 1;
    fragment.sentAt = now;
  }

  /** A packet with the fragment arrived. */
  onAcked(fragment: Fragment): void {
    fragment.flights -= 1;
    if (fragment.state === 'held' || fragment.state === 'stale') return;
    fragment.state = 'held';
    fragment.line.unheld -= 1;
    this.#advanceHeld();
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

  /**
   * The follower has taken all lines up to `seq`, and has room for `credit` beyond. Gives the lines newly accepted;
   * undefined: it claims a line that it can't have.
   */
  onReceipt(seq: number, credit: number): readonly LogLine[] | undefined {
    if (seq > this.#sentThrough) return undefined;
    const accepted: LogLine[] = [];
    if (seq >= this.#accepted) {
      for (let line = this.#accepted + 1; line <= seq; line += 1) accepted.push(this.#log.line(line));
      this.#settleThrough(seq);
      this.#creditEdge = Math.max(this.#creditEdge, this.#acceptedCost + Math.min(credit, creditBytes));
    }
    return accepted;
  }

  /** A new session: what is not known to be held whole is cut and sent anew. */
  restart(): void {
    this.#rewindTo(this.#heldThrough + 1);
  }

  /**
   * The follower says, at the start of a session, that it holds all lines up to `held`. false: it can't.
   * Less than was known: it has been started again from an older state, and gets them again.
   */
  onResume(held: number): boolean {
    if (held > this.#log.head) return false;
    // It may hold more than this acquaintance has sent: from an earlier one.
    this.#sentThrough = Math.max(this.#sentThrough, held);
    if (held < this.#heldThrough) this.#rewindTo(Math.max(held, this.#accepted) + 1);
    else this.#holdThrough(held);
    return true;
  }

  #cut(roomBytes: number): Fragment | undefined {
    if (this.#nextSeq > this.#log.head) return undefined;
    const seq = this.#nextSeq;
    const line = this.#log.line(seq);
    const offset = this.#nextOffset;
    const rest = line.bytes.length - offset;
    const room = roomBytes - lineOverheadBytes(seq, offset, rest);
    // A line that fits into one packet stays whole, so that it can be repeated in one frame.
    const packetRoom = this.#payloadBytes - lineOverheadBytes(seq, offset, rest);
    if (rest > room && (rest <= packetRoom || room < fragmentMinBytes)) return undefined;
    const length = Math.min(rest, room);
    if (this.#costSoFar() + length + pieceCostBytes > this.#creditEdge) return undefined;
    const fin = length === rest;
    const followed = this.#followed(seq, offset);
    followed.endCost += length + pieceCostBytes;
    followed.cutWhole = fin;
    followed.unheld += 1;
    const bytes = line.bytes.subarray(offset, offset + length);
    const frame: LineFrame = { type: 'line', seq, offset, fin, bytes };
    const size = lineOverheadBytes(seq, offset, length) + length;
    const fragment: Fragment = {
      frame,
      bytes: size,
      line: followed,
      state: 'cut',
      flights: 0,
      copies: 0,
      sentAt: 0,
    };
    this.#unheld.push(fragment);
    this.#nextOffset = fin ? 0 : offset + length;
    if (fin) {
      this.#nextSeq = seq + 1;
      this.#sentThrough = Math.max(this.#sentThrough, seq);
    }
    return fragment;
  }

  #followed(seq: number, offset: number): FollowedLine {
    const last = this.#lines.at(-1);
    if (offset > 0) {
      invariant(last !== undefined && last.seq === seq, 'a line is cut from its start to its end');
      return last;
    }
    const line: FollowedLine = { seq, endCost: this.#costSoFar(), cutWhole: false, unheld: 0 };
    this.#lines.push(line);
    return line;
  }

  /** Whether the next line's next piece is within the credit. */
  #nextLineFits(): boolean {
    if (this.#nextSeq > this.#log.head) return false;
    const rest = this.#log.line(this.#nextSeq).bytes.length - this.#nextOffset;
    return this.#costSoFar() + Math.min(rest, this.#payloadBytes) + pieceCostBytes <= this.#creditEdge;
  }

  #peekLost(): Fragment | undefined {
    // A late ack may have overtaken the loss.
    while (this.#lost[0] !== undefined && this.#lost[0].state !== 'lost') this.#lost.shift();
    return this.#lost[0];
  }

  #costSoFar(): number {
    return this.#lines.at(-1)?.endCost ?? this.#acceptedCost;
  }

  #advanceHeld(): void {
    const before = this.#heldThrough;
    let line = this.#lines[this.#heldThrough - this.#accepted];
    while (line !== undefined && line.cutWhole && line.unheld === 0) {
      this.#heldThrough += 1;
      line = this.#lines[this.#heldThrough - this.#accepted];
    }
    if (this.#heldThrough > before || this.#unheld.length > 2 * repairLooksMax) this.#sweep();
  }

  #sweep(): void {
    let done = 0;
    while (done < this.#unheld.length && !isWanted(this.#unheld[done])) done += 1;
    if (done > 0) this.#unheld.splice(0, done);
    // Held ones behind an unheld one: swept when they are all that a repair would look at.
    if (this.#unheld.length > repairLooksMax && !isWanted(this.#unheld[1])) {
      this.#unheld = this.#unheld.filter(isWanted);
    }
  }

  /** The follower has all lines up to `seq`, whatever became of their packets. */
  #holdThrough(seq: number): void {
    if (seq <= this.#heldThrough) return;
    // After a restart the cursor may be behind what the follower got in the session before.
    if (seq >= this.#nextSeq) this.#skipTo(seq);
    for (const fragment of this.#unheld) {
      if (fragment.frame.seq > seq) break;
      if (!isWanted(fragment)) continue;
      fragment.state = 'held';
      fragment.line.unheld -= 1;
    }
    this.#advanceHeld();
    invariant(this.#heldThrough >= seq, 'holding a line holds all before it');
  }

  #settleThrough(seq: number): void {
    this.#holdThrough(seq);
    const count = seq - this.#accepted;
    const last = count > 0 ? this.#lines[count - 1] : undefined;
    if (last === undefined) return;
    this.#acceptedCost = last.endCost;
    this.#lines.splice(0, count);
    this.#accepted = seq;
  }

  /** Lines up to `seq` were sent in an earlier session, and are held: counts them as cut, at the cost of one piece. */
  #skipTo(seq: number): void {
    for (let next = this.#nextSeq; next <= seq; next += 1) {
      const followed = this.#followed(next, next === this.#nextSeq ? this.#nextOffset : 0);
      followed.endCost += this.#log.line(next).bytes.length - this.#nextOffset + pieceCostBytes;
      followed.cutWhole = true;
      this.#nextOffset = 0;
    }
    this.#nextSeq = seq + 1;
  }

  #rewindTo(seq: number): void {
    invariant(seq > this.#accepted, 'an accepted line is never sent again');
    for (const fragment of this.#unheld) fragment.state = 'stale';
    this.#unheld = [];
    this.#lost = [];
    this.#lines.length = Math.min(this.#lines.length, seq - this.#accepted - 1);
    this.#nextSeq = seq;
    this.#nextOffset = 0;
    this.#heldThrough = seq - 1;
  }
}

function isWanted(fragment: Fragment | undefined): boolean {
  return fragment !== undefined && fragment.state !== 'held' && fragment.state !== 'stale';
}

function isRepairable(fragment: Fragment): boolean {
  return (
    fragment.state === 'in-flight' &&
    fragment.frame.fin &&
    fragment.frame.offset === 0 &&
    fragment.frame.bytes.length <= repairLineMaxBytes &&
    fragment.copies <= repairCopiesMax
  );
}

function isBefore(left: Fragment, right: Fragment): boolean {
  const lines = left.frame.seq - right.frame.seq;
  return lines === 0 ? left.frame.offset < right.frame.offset : lines < 0;
}
