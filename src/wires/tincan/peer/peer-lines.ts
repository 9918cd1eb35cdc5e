/**
 * What one peer says and has taken, as the faces are told of it: its messages under its name, our lines as delivered.
 *
 * Owns: the peer's name, and the counts of lines each way. Must not know: frames, sessions, whether the peer is there.
 */
import type { Event, PeerId } from '../../../kernel/contract.ts';
import type { CompleteLine } from './incoming.ts';
import { isLineFor } from '../log.ts';
import type { LogEntry } from '../log.ts';

export class PeerLines {
  readonly #id: PeerId;
  readonly #host: { emit(event: Event): void };
  readonly #onRenamed: (was: string) => void;
  #name: string;
  #sent = 0;
  #received = 0;

  /** `name`: what the peer is called at first. */
  constructor(
    { id, name }: { readonly id: PeerId; readonly name: string },
    host: { emit(event: Event): void },
    onRenamed: (was: string) => void,
  ) {
    this.#id = id;
    this.#name = name;
    this.#host = host;
    this.#onRenamed = onRenamed;
  }

  get name(): string {
    return this.#name;
  }

  /** Lines for it that its program has taken. */
  get sent(): number {
    return this.#sent;
  }

  /** Lines of it that were given to the face. */
  get received(): number {
    return this.#received;
  }

  rename(name: string): void {
    const was = this.#name;
    if (name === was) return;
    this.#name = name;
    this.#onRenamed(was);
  }

  onLines(lines: readonly CompleteLine[], now: number): void {
    for (const { seq, kind, text } of lines) {
      if (kind === 'name') {
        this.rename(text);
        continue;
      }
      this.#received += 1;
      const message = { type: 'message', from: this.#name, peerId: this.#id, seq, at: now, text } as const;
      this.#host.emit(kind === 'private' ? { ...message, private: true } : message);
    }
  }

  onAccepted(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (entry.type !== 'line' || !isLineFor(entry, this.#id)) continue;
      const { ref, seq } = entry;
      this.#sent += 1;
      this.#host.emit({ type: 'delivered', ref, seq, to: this.#name, peerId: this.#id });
    }
  }
}
