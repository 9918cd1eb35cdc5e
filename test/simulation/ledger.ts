/**
 * What one process has said, to whom, and under which name: what the judge holds everything else against.
 *
 * Owns: the lines by their ordinal, 1, 2, 3 …, and by the number that the protocol gave them; which of them concern whom.
 */
import type { PeerId } from '../../src/kernel/contract.ts';
import { Violation } from './violation.ts';

interface SaidLine {
  readonly text: string;
  /** undefined: everybody. */
  readonly to: PeerId | undefined;
  /** undefined: said in a run. */
  readonly ref: string | undefined;
  /** Of the name that the process had asked for last. */
  readonly nameIndex: number;
  answer: 'none' | 'queued' | 'refused';
}

export class Ledger {
  readonly #process: string;
  readonly #lines: SaidLine[] = [];
  /** In the order in which they were asked for; the first is the one that it started with. */
  readonly #names: string[];
  readonly #ordinals = new Map<number, number>();
  #answered = 0;
  #lastSeq = 0;
  #namesTaken = 1;

  constructor(process: string, name: string) {
    this.#process = process;
    this.#names = [name];
  }

  get said(): number {
    return this.#lines.length;
  }

  get isAnswered(): boolean {
    return this.#answered === this.#lines.length && this.#namesTaken === this.#names.length;
  }

  get newestName(): string {
    return this.#names.at(-1) ?? '';
  }

  say(text: string, to: PeerId | undefined, ref: string | undefined): void {
    this.#lines.push({ text, to, ref, nameIndex: this.#names.length - 1, answer: 'none' });
  }

  rename(name: string): void {
    this.#names.push(name);
  }

  renamed(name: string): void {
    const next = this.#names[this.#namesTaken];
    if (name !== next)
      throw new Violation(`${this.#process} is called ${name} where ${String(next)} was next`);
    this.#namesTaken += 1;
  }

  /** Gives the line's ordinal. Names take numbers as well, so that these may skip. */
  queued(seq: number, ref: unknown): number {
    const ordinal = this.#answer('queued', ref);
    if (seq <= this.#lastSeq)
      throw new Violation(`${this.#process} queued line ${seq} after ${this.#lastSeq}`);
    this.#lastSeq = seq;
    this.#ordinals.set(seq, ordinal);
    return ordinal;
  }

  /** Only what is for somebody who is known no more may be. */
  refused(code: string, message: string, ref: unknown): void {
    const ordinal = this.#answer('refused', ref);
    if (code !== 'no-such-peer' || this.#line(ordinal).to === undefined) {
      throw new Violation(`${this.#process} was refused a line with ${code}: ${message}`);
    }
  }

  /** The ordinal of the line that was queued under this number. */
  ordinal(seq: number, what: string): number {
    const ordinal = this.#ordinals.get(seq);
    if (ordinal === undefined)
      throw new Violation(`${this.#process}: line ${seq} ${what}, and was never queued`);
    return ordinal;
  }

  text(ordinal: number): string | undefined {
    return this.#lines[ordinal - 1]?.text;
  }

  ref(ordinal: number): string | undefined {
    return this.#line(ordinal).ref;
  }

  isPrivate(ordinal: number): boolean {
    return this.addressee(ordinal) !== undefined;
  }

  addressee(ordinal: number): PeerId | undefined {
    return this.#line(ordinal).to;
  }

  isFor(ordinal: number, peerId: PeerId): boolean {
    const { to, answer } = this.#line(ordinal);
    return answer !== 'refused' && (to === undefined || to === peerId);
  }

  /** The first line for that peer after this one; undefined: there is none. */
  nextFor(peerId: PeerId, after: number): number | undefined {
    for (let ordinal = after + 1; ordinal <= this.said; ordinal += 1)
      if (this.isFor(ordinal, peerId)) return ordinal;
    return undefined;
  }

  /** The last line for that peer up to this one; 0: there is none. */
  lastFor(peerId: PeerId, upTo = this.said): number {
    for (let ordinal = upTo; ordinal > 0; ordinal -= 1) if (this.isFor(ordinal, peerId)) return ordinal;
    return 0;
  }

  /** Whether the process may be known by this name in a message with this line: never by an older one than it was said under. */
  mayBear(ordinal: number, name: string): boolean {
    return this.#names.indexOf(name) >= this.#line(ordinal).nameIndex;
  }

  #answer(answer: SaidLine['answer'], ref: unknown): number {
    this.#answered += 1;
    const line = this.#line(this.#answered);
    if (ref !== line.ref) {
      throw new Violation(
        `${this.#process} had line ${String(ref)} ${answer} where ${this.#answered} was next`,
      );
    }
    line.answer = answer;
    return this.#answered;
  }

  #line(ordinal: number): SaidLine {
    const line = this.#lines[ordinal - 1];
    if (line === undefined) throw new Violation(`${this.#process} never said line ${ordinal}`);
    return line;
  }
}
