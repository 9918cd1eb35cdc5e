/**
 * Lines that have come, on their way to the face. In a flood many are told at once, as what each of them costs on this way would be more
 * than all else.
 *
 * Owns: what is told and what is dropped, what is held back and for how long.
 */
import { concatBytes } from '../../kernel/bytes.ts';
import type { Event } from '../../kernel/contract.ts';
import { lineFeed } from '../../kernel/lines.ts';
import { utf8Decode } from '../../kernel/text.ts';
import {
  floodLines,
  floodMaxBytes,
  floodMs,
  lineOverheadBytes,
  plainUntakenMaxBytes,
} from '../common/limits.ts';
import type { Warnings } from '../common/warnings.ts';
import type { Sender, Senders } from './senders.ts';

export class Hearing {
  readonly #senders: Senders;
  readonly #emit: (event: Event) => void;
  readonly #warnings: Warnings;
  /** Whose lines are held, none of them with a line feed in it. */
  #sender: Sender | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Lines told since then. */
  #told = 0;
  #toldSince = -Infinity;

  constructor(senders: Senders, emit: (event: Event) => void, warnings: Warnings) {
    this.#senders = senders;
    this.#emit = emit;
    this.#warnings = warnings;
  }

  /** When what is held is to be told; undefined: nothing is. */
  get deadline(): number | undefined {
    return this.#held.length === 0 ? undefined : this.#toldSince + floodMs;
  }

  hear(sender: Sender, datagram: Uint8Array, now: number): void {
    // `nc -u` sends the newline along, the tutorial does not; either way the datagram is the line.
    const line = datagram.at(-1) === lineFeed ? datagram.subarray(0, -1) : datagram;
    if (now >= this.#toldSince + floodMs) {
      if (this.#held.length > 0) this.tellHeld(now);
      else [this.#toldSince, this.#told] = [now, 0];
    }
    const mayWait = !line.includes(lineFeed) && this.#told >= floodLines;
    if (!mayWait || sender !== this.#sender) this.tellHeld(now);
    if (!mayWait) {
      this.#told += 1;
      this.#tell(sender, line, now);
      return;
    }
    this.#sender = sender;
    this.#held.push(line);
    this.#heldBytes += line.length + lineOverheadBytes;
    if (this.#heldBytes >= floodMaxBytes) this.tellHeld(now);
  }

  tellHeld(now: number): void {
    const [sender, lines] = [this.#sender, this.#held];
    if (sender === undefined || lines.length === 0) return;
    [this.#held, this.#heldBytes] = [[], 0];
    [this.#toldSince, this.#told] = [now, lines.length];
    const count = lines.length;
    const bytes = concatBytes(...lines.flatMap((line) => [line, newline]));
    const seq =
      utf8Decode(bytes) === undefined ? undefined : this.#senders.hold(sender, bytes.length - count, count);
    if (seq === undefined) {
      // One of them is not in order, or there is no room for all.
      for (const line of lines) this.#tell(sender, line, now);
      return;
    }
    const { label: from, peerId } = sender;
    this.#emit({ type: 'messages', from, peerId, seq, at: now, bytes, count });
  }

  #tell(sender: Sender, line: Uint8Array, now: number): void {
    const { label, peerId } = sender;
    const text = utf8Decode(line);
    if (text === undefined) {
      const message = `dropped a datagram of ${line.length} bytes from ${label}: not valid UTF-8`;
      this.#warnings.warn('not-utf8', message, now);
      return;
    }
    const seq = this.#senders.hold(sender, line.length);
    if (seq === undefined) {
      const message = `dropped a line from ${label}: ${plainUntakenMaxBytes} bytes wait to be read already`;
      this.#warnings.warn('reader-too-slow', message, now);
      return;
    }
    this.#emit({ type: 'message', from: label, peerId, seq, at: now, text });
  }
}

const newline = Uint8Array.of(lineFeed);
