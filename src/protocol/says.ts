/**
 * Own lines from the moment they are said: each is answered once, in the order of the says, and goes into the log as soon as
 * that has room.
 *
 * Owns: what can't be said, the says that wait, which lines are not in packets yet. Must not know: peers one by one, packets.
 */
import type { Command, Event, Ref } from '../contract.ts';
import { lineMaxBytes, waitingSaysMaxBytes } from './limits.ts';
import type { Log } from './log.ts';
import type { Roster } from './roster.ts';
import { utf8Encode } from './text.ts';

type Say = Extract<Command, { readonly type: 'say' }>;

/** A say that is not answered yet. */
interface WaitingSay {
  readonly ref: Ref | undefined;
  readonly content: { readonly type: 'line'; readonly bytes: Uint8Array } | Refusal;
}

interface Refusal {
  readonly type: 'refusal';
  readonly code: string;
  readonly message: string;
}

export interface SaysParts {
  readonly log: Log;
  readonly roster: Roster;
  readonly emit: (event: Event) => void;
}

export class Says {
  readonly #parts: SaysParts;
  #waiting: WaitingSay[] = [];
  #waitingBytes = 0;
  /** Lines that are not in packets yet for each peer that is there. */
  #unsent: { readonly seq: number; readonly ref: Ref | undefined }[] = [];
  #isClosing = false;

  constructor(parts: SaysParts) {
    this.#parts = parts;
  }

  get anyWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** From now on each say is refused. */
  close(): void {
    this.#isClosing = true;
  }

  add(say: Say): void {
    const content = this.#check(utf8Encode(say.text));
    this.#waiting.push({ ref: say.ref, content });
    if (content.type === 'line') this.#waitingBytes += content.bytes.length;
  }

  /** Settled lines leave the log, and lines that waited for their room come in. */
  release(now: number): void {
    const { log, roster } = this.#parts;
    log.releaseThrough(roster.settledThrough);
    let answered = 0;
    for (const { ref, content } of this.#waiting) {
      if (content.type === 'line') {
        if (!this.#makeRoomFor(content.bytes, now)) break;
        this.#waitingBytes -= content.bytes.length;
        this.#append(content.bytes, ref);
      } else {
        this.#refuse(ref, content);
      }
      answered += 1;
    }
    if (answered > 0) this.#waiting.splice(0, answered);
  }

  /** A line is sent once it has been put into packets for each peer that is there. */
  reportSent(): void {
    const { log, roster, emit } = this.#parts;
    let through = log.head;
    for (const peer of roster.joined) through = Math.min(through, peer.outgoing.sentThrough);
    let sent = 0;
    for (const { seq, ref } of this.#unsent) {
      if (seq > through) break;
      emit({ type: 'sent', ref, seq });
      sent += 1;
    }
    if (sent > 0) this.#unsent.splice(0, sent);
  }

  /** The end: what waits is refused. */
  refuseAll(): void {
    const refused = refusal('closing', 'the node stopped before this line had room');
    for (const { ref } of this.#waiting.splice(0)) this.#refuse(ref, refused);
  }

  #check(bytes: Uint8Array | undefined): WaitingSay['content'] {
    if (bytes === undefined) return refusal('not-unicode', 'a line with half a surrogate pair has no UTF-8');
    if (bytes.length > lineMaxBytes) {
      return refusal(
        'line-too-long',
        `a line has at most ${lineMaxBytes} bytes; this one has ${bytes.length}`,
      );
    }
    if (this.#isClosing) return refusal('closing', 'the node is about to stop');
    if (this.#waitingBytes + bytes.length > waitingSaysMaxBytes) {
      return refusal('log-full', 'too many lines wait for peers to catch up; say it again later');
    }
    return { type: 'line', bytes };
  }

  #makeRoomFor(bytes: Uint8Array, now: number): boolean {
    const { log, roster } = this.#parts;
    while (!log.hasRoomFor(bytes)) {
      if (!roster.forgetSlowest(now)) return false;
      log.releaseThrough(roster.settledThrough);
    }
    return true;
  }

  #append(bytes: Uint8Array, ref: Ref | undefined): void {
    const { log, roster, emit } = this.#parts;
    const { seq } = log.append(bytes, ref);
    emit({ type: 'queued', ref, seq });
    if (roster.peers.size > 0 || roster.targets.length > 0) {
      this.#unsent.push({ seq, ref });
      return;
    }
    log.releaseThrough(seq);
    emit({ type: 'undelivered', ref, seq, to: undefined, reason: 'nobody is here' });
  }

  #refuse(ref: Ref | undefined, { code, message }: Refusal): void {
    this.#parts.emit({ type: 'refused', ref, code, message });
  }
}

function refusal(code: string, message: string): Refusal {
  return { type: 'refusal', code, message };
}
