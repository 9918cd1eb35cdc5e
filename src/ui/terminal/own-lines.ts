/**
 * What a person says at a terminal: each line from Enter to its last receipt.
 *
 * Owns: how a text becomes lines, the marks beside them as their fate becomes known, and the counts of what was not
 * said.
 */
import type { PeerId, WireName } from '../../kernel/contract.ts';
import type { SingleEvent } from '../../kernel/runs.ts';
import { addressee } from './addressee.ts';
import { count, tooLong } from '../words/describe.ts';
import type { ChatHistory, ChatLine } from '../../store/histories.ts';
import type { FacePort } from '../face.ts';
import type { Peers } from '../peers.ts';
import { type Receipt, Receipts } from './receipts.ts';
import type { Rows } from './rows.ts';
import * as sanitize from '../words/sanitize.ts';
import { SayQueue } from './say-queue.ts';
import type { Window } from './window.ts';
import type { PrintedLine } from './wrapping.ts';

export interface OwnLinesOptions {
  readonly lineMaxBytes: number;
  readonly now: () => number;
  readonly rows: Rows;
  readonly window: Window;
  readonly peers: Peers;
  readonly chatHistory: ChatHistory;
}

export class OwnLines {
  readonly #options: OwnLinesOptions;
  readonly #receipts = new Receipts<OwnLine>();
  readonly #queue: SayQueue;
  /** Fates that became known and are not shown yet. */
  #fates = new Map<OwnLine, Receipt>();
  #port: FacePort | undefined;
  #name = '';
  #carriesNewlines = false;

  constructor(options: OwnLinesOptions) {
    this.#options = options;
    this.#queue = new SayQueue((say) => this.#port?.command(say));
  }

  start(port: FacePort): void {
    this.#port = port;
  }

  say(text: string): void {
    this.#sayTo(undefined, text);
  }

  /** `text` begins with the name of the one who gets it. */
  sayAlone(text: string): void {
    const whom = addressee(text, this.#options.peers);
    const name = sanitize.name(whom.name);
    switch (whom.type) {
      case 'unknown':
        return this.#note(`nobody here is called ${name}; /peers lists who is`);
      case 'ambiguous':
        return this.#note(
          `several are called ${name}; give the key of one instead: ${whom.peerIds.map(sanitize.word).join(', ')}`,
        );
      case 'peer':
        return whom.text === '' ? this.#note(`nothing to say to ${name}`) : this.#sayTo(whom, whom.text);
      default:
        return whom satisfies never;
    }
  }

  setOpen(isOpen: boolean): void {
    this.#queue.setOpen(isOpen);
  }

  onEvent(event: SingleEvent): void {
    if (event.type === 'ready') this.#carriesNewlines = CARRIES_NEWLINES[event.wire];
    if (event.type === 'ready' || event.type === 'renamed') this.#name = event.name;
    const fate = this.#receipts.on(event);
    if (fate !== undefined) this.#fates.set(fate.line, fate.receipt);
  }

  /** Changes the marks of lines that are on the screen; for a line that has left it, a note says that it was delivered. */
  showFates(): void {
    if (this.#fates.size === 0) return;
    const { rows, window } = this.#options;
    const byRow = new Map<PrintedLine, OwnLine>();
    for (const [line, receipt] of this.#fates) {
      line.row.mark = rows.receiptMark(receipt);
      byRow.set(line.row, line);
    }
    const late = window.amend(new Set(byRow.keys())).flatMap((row) => {
      const line = byRow.get(row);
      return line !== undefined && this.#fates.get(line) === 'delivered' ? [line.said] : [];
    });
    this.#fates = new Map();
    if (late.length > 0) window.print([rows.receiptNote(late, 'delivered')]);
  }

  /** No more is said: whatever still waits never will be. */
  stop(): void {
    const waiting = this.#queue.length;
    if (waiting > 0) this.#refuse(waiting, `${count(waiting, 'line')} not said: no time left`);
  }

  #sayTo(to: { readonly peerId: PeerId; readonly name: string } | undefined, text: string): void {
    const { lineMaxBytes } = this.#options;
    const bytes = Buffer.byteLength(text);
    // A paste that is too long for one line is still said whole: as many lines as it has.
    const texts = this.#carriesNewlines && bytes <= lineMaxBytes ? [text] : text.split('\n');
    if (!this.#queue.hasRoomFor(bytes)) {
      this.#refuse(texts.length, `${count(texts.length, 'line')} not said: too many are waiting already`);
      return;
    }
    const lines = texts.flatMap((one) => this.#lineOf(one, to?.name) ?? []);
    this.#options.chatHistory.add(lines.map(({ said }) => said));
    this.#options.window.print(lines.map(({ row }) => row));
    this.#queue.add(
      lines.map((line) => ({
        type: 'say',
        text: line.said.text,
        ref: this.#receipts.say(line, to?.peerId),
        ...(to === undefined ? {} : { to: to.peerId }),
      })),
    );
    const { length: waiting } = this.#queue;
    if (waiting > 0) this.#note(`${count(waiting, 'line')} waiting: the send queue is full`);
  }

  #lineOf(text: string, privateWith: string | undefined): OwnLine | undefined {
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#options.lineMaxBytes) {
      this.#refuse(1, tooLong(bytes, this.#options.lineMaxBytes).message);
      return undefined;
    }
    const said: ChatLine = { at: this.#options.now(), from: this.#name, text, own: true, privateWith };
    return { said, row: this.#options.rows.own(said, 'queued') };
  }

  #refuse(lines: number, why: string): void {
    this.#port?.refused(lines);
    this.#note(why);
  }

  #note(text: string): void {
    this.#options.window.print([this.#options.rows.note(text)]);
  }
}

interface OwnLine {
  readonly said: ChatLine;
  readonly row: PrintedLine;
}

/** Wires whose lines may have a newline in them; on the others, each row of a pasted text is a line of its own. */
const CARRIES_NEWLINES: Readonly<Record<WireName, boolean>> = { tincan: true, plain: false, tcp: false };
