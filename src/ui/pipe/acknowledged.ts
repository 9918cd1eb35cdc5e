/**
 * How far the reader of stdout has taken each peer's lines, where it says so itself (`--ack`).
 *
 * Owns: what of a peer's log stdout was given, and which `taken` can be true. Names are taken with the line before them: a
 * reader need not count them.
 */
import type { Command, PeerId } from '../../kernel/contract.ts';
import type { Takeable } from '../face.ts';
import { peersKnownMax } from '../limits.ts';

type Taken = Extract<Command, { readonly type: 'taken' }>;

interface Given {
  readonly peerId: PeerId;
  readonly log: string;
  /** The last line that stdout was given. */
  line: number;
  /** The last entry: that line, or a name after it. */
  last: number;
  taken: number;
}

export class Acknowledged {
  /** Of each peer's newest log: the next one's lines come only when all of those before are taken. */
  readonly #given = new Map<string, Given>();

  /** The line is about to be written: its reader may answer before the writer hears that it was. */
  onMessage(peerId: PeerId, log: string, seq: number): void {
    const known = this.#given.get(peerId);
    this.#given.delete(peerId);
    const given = known?.log === log ? known : { peerId, log, line: 0, last: 0, taken: 0 };
    given.line = Math.max(given.line, seq);
    given.last = Math.max(given.last, seq);
    this.#given.set(peerId, given);
    for (const [id, { line, taken }] of this.#given) {
      if (this.#given.size <= peersKnownMax) break;
      if (taken >= line) this.#given.delete(id);
    }
  }

  /** Whether writing the event takes it: a name's, if no line before it waits for its reader. */
  takes({ type, peerId, seq = 0 }: Takeable): boolean {
    if (type !== 'peer-renamed') return false;
    const given = this.#given.get(peerId);
    if (given === undefined) return true;
    given.last = Math.max(given.last, seq);
    return given.taken >= given.line;
  }

  /** The reader has taken the lines up to `seq`. Gives the entry up to which that counts; undefined: no such line was given. */
  take(id: string, log: string, seq: number): Taken | undefined {
    const given = this.#given.get(id);
    if (given?.log !== log || seq > given.last) return undefined;
    given.taken = Math.max(given.taken, seq);
    return { type: 'taken', peerId: given.peerId, seq: seq >= given.line ? given.last : seq };
  }
}
