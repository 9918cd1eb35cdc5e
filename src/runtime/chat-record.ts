/**
 * What of a node's doings belongs into the history: the lines that are queued, and those that are given to the face.
 *
 * Owns: what each peer and the node were called at that moment.
 */
import type { Command, Event, PeerId } from '../kernel/contract.ts';
import type { Kept } from '../kernel/kept.ts';
import { textOf } from '../kernel/runs.ts';
import type { ChatRun } from '../store/histories.ts';

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
  linesOf(events: readonly Event[], now: number): readonly ChatRun[] {
    const lines: ChatRun[] = [];
    for (const event of events) {
      if (event.type === 'peer-joined' || event.type === 'peer-renamed')
        this.#names.set(event.peerId, event.name);
      if (event.type === 'renamed') this.#name = event.name;
      // What an earlier life has given to its face is in the history since then.
      const isHeard = event.type === 'message' || event.type === 'messages';
      if (isHeard && event.again === undefined) lines.push(heardLines(event));
      if (event.type !== 'queued' && event.type !== 'refused') continue;
      const say = this.#unanswered.shift();
      if (say !== undefined && event.type === 'queued') lines.push(this.#ownLines(say, now));
    }
    return lines;
  }

  #ownLines(say: Say, at: number): ChatRun {
    const line = { at, from: this.#name, own: true, privateWith: undefined };
    if (say.type === 'say-lines') return { ...line, text: textOf(say), count: say.count };
    const { text, to } = say;
    return { ...line, text, privateWith: to === undefined ? undefined : (this.#names.get(to) ?? to) };
  }
}

function heardLines(event: Extract<Event, { type: 'message' | 'messages' }>): ChatRun {
  const { at, from } = event;
  const line = { at, from, own: false, privateWith: undefined };
  if (event.type === 'messages') return { ...line, text: textOf(event), count: event.count };
  return { ...line, text: event.text, privateWith: event.private === true ? from : undefined };
}
