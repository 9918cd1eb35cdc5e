/**
 * What of a node's doings belongs into the history: the lines that are queued, and those that are given to the face.
 *
 * Owns: what each peer and the node were called at that moment.
 */
import type { Command, Event, PeerId } from '../kernel/contract.ts';
import type { Kept } from '../kernel/kept.ts';
import { singlesOf, textsOf } from '../kernel/runs.ts';
import type { ChatLine } from '../store/histories.ts';

type Say = Extract<Command, { readonly type: 'say' | 'say-lines' }>;

export class ChatRecord {
  readonly #names = new Map<PeerId, string>();
  #name: string;
  readonly #unanswered: Say[] = [];

  constructor(name: string, kept: Kept | undefined) {
    this.#name = name;
    for (const { peerId, known } of kept?.peers ?? [])
      if (known !== undefined) this.#names.set(peerId, known.name);
  }

  /** Each say is answered once, and in their order. */
  onCommands(commands: readonly Command[]): void {
    for (const command of commands)
      if (command.type === 'say' || command.type === 'say-lines') this.#unanswered.push(command);
  }

  /** The lines among these events, in order. */
  linesOf(events: readonly Event[], now: number): readonly ChatLine[] {
    const lines: ChatLine[] = [];
    for (const event of events) {
      if (event.type === 'peer-joined' || event.type === 'peer-renamed')
        this.#names.set(event.peerId, event.name);
      if (event.type === 'renamed') this.#name = event.name;
      // What an earlier life has given to its face is in the history since then.
      if (event.type === 'message' || event.type === 'messages')
        for (const single of singlesOf(event))
          if (single.type === 'message' && single.again === undefined) lines.push(heardLine(single));
      if (event.type !== 'queued' && event.type !== 'refused') continue;
      const say = this.#unanswered.shift();
      if (say !== undefined && event.type === 'queued') lines.push(...this.#ownLines(say, now));
    }
    return lines;
  }

  #ownLines(say: Say, at: number): readonly ChatLine[] {
    const line = { at, from: this.#name, own: true, privateWith: undefined };
    if (say.type === 'say-lines') return textsOf(say).map((text) => ({ ...line, text }));
    const { text, to } = say;
    return [{ ...line, text, privateWith: to === undefined ? undefined : (this.#names.get(to) ?? to) }];
  }
}

function heardLine({ at, from, text, private: isPrivate }: Extract<Event, { type: 'message' }>): ChatLine {
  return { at, from, text, own: false, privateWith: isPrivate === true ? from : undefined };
}
