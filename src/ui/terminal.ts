/**
 * The face towards a person at a terminal.
 *
 * Owns: what an entry or a key does, when something is printed, and when the banner is shown.
 * Nothing is drawn but plain lines while nobody is there: a terminal without a width has no reader yet. The first key
 * or a resize (`docker attach` causes one) wakes the prompt.
 * Must not know: the cursor (`editor.ts`), the look of an event (`rows.ts`), the network.
 */
import type { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Event, WireName } from '../contract.ts';
import { bannerLines } from './banner.ts';
import { type CommandName, helpLines, readEntry } from './commands.ts';
import { count } from './describe.ts';
import { LineEditor } from './editor.ts';
import type { Face, FaceOptions, FacePort, LeaveReason, Shown } from './face.ts';
import { leaveAgainMs, resizeSettleMs, terminalWriteMaxLength, waitingSaysMaxBytes } from './limits.ts';
import { Rows } from './rows.ts';
import * as sanitize from './sanitize.ts';
import { Sink } from './sink.ts';
import { tooLong } from './text.ts';

export interface TerminalOptions extends FaceOptions {
  readonly color: boolean;
  readonly banner: boolean;
  /** Emits `SIGWINCH` when the window's size may have changed: `process`. */
  readonly signals: EventEmitter;
  /** Milliseconds from any start, never going back. */
  readonly now: () => number;
}

export class TerminalFace implements Face {
  readonly #options: TerminalOptions;
  readonly #stdout: Sink;
  readonly #rows: Rows;
  #editor: LineEditor | undefined;
  #port: FacePort | undefined;
  /** The banner is up: nothing is shown before it. */
  #started: Promise<void> = Promise.resolve();
  #ready: Ready | undefined;
  #resizeTimer: NodeJS.Timeout | undefined;
  #interruptedAtMs = -Infinity;
  #open = true;
  #left = false;
  #stopped = false;
  /** Lines that were entered while the send queue is full. */
  #waitingSays: string[] = [];
  #waitingBytes = 0;
  #sayingWaiting = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#rows = new Rows(options);
    this.#stdout = new Sink(options.stdout, () => {
      this.#leave('output-gone');
    });
    // Everything goes to the one screen, in order; but a failure of stderr must not go unheard.
    options.stderr.on('error', () => {});
  }

  start(port: FacePort): void {
    this.#port = port;
    if (this.#left) port.leave('output-gone');
    this.#editor = new LineEditor({
      stdin: this.#options.stdin,
      columns: () => this.#options.stdout.columns,
      write: (text) => {
        void this.#stdout.write(text);
      },
      on: {
        entry: (draft, expand) => {
          this.#enter(draft, expand, port);
        },
        interrupt: () => {
          this.#interrupt();
        },
        suspend: () => {
          this.#note('Suspended, this node would look dead to its peers. Ctrl-C twice leaves.');
        },
        end: () => {
          this.#leave('asked');
        },
        pasteTooLarge: (bytes) => {
          port.refused(1);
          this.#note(`A paste of ${bytes} bytes is too large; send it through a pipe: tincan … < FILE`);
        },
      },
    });
    this.#options.signals.on('SIGWINCH', this.#onResize);
    this.#started = this.#showBanner();
  }

  async show(events: readonly Event[]): Promise<Shown> {
    await this.#started;
    const pieces: string[] = [];
    let piece = '';
    for (const event of events) {
      const row = this.#rowOf(event);
      if (row !== undefined) piece += `${row}\n`;
      if (piece.length < terminalWriteMaxLength) continue;
      pieces.push(piece);
      piece = '';
    }
    return this.#printFrom([...pieces, piece], 0);
  }

  setInputOpen(open: boolean): void {
    this.#open = open;
    if (open) this.#sayWaiting();
  }

  async stop(): Promise<void> {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#options.signals.off('SIGWINCH', this.#onResize);
      clearTimeout(this.#resizeTimer);
      this.#editor?.close();
      if (this.#waitingSays.length > 0) {
        this.#port?.refused(this.#waitingSays.length);
        this.#note(`${count(this.#waitingSays.length, 'line')} not said: no time left`);
      }
    }
    await this.#stdout.drained();
  }

  /** Prints piece after piece from this one on. The keyboard has a turn after each, however much a peer sends. */
  async #printFrom(pieces: readonly string[], index: number): Promise<Shown> {
    const piece = pieces[index];
    if (piece === undefined) return this.#stdout.drained();
    if (piece !== '') {
      this.#print(piece);
      await this.#stdout.drained();
      await nextTurn();
    }
    return this.#printFrom(pieces, index + 1);
  }

  /** `text`: whole lines. */
  #print(text: string): void {
    if (this.#editor === undefined) void this.#stdout.write(text);
    else this.#editor.print(text);
  }

  #note(text: string): void {
    this.#print(`${this.#rows.note(text)}\n`);
  }

  #rowOf(event: Event): string | undefined {
    if (event.type === 'ready') {
      this.#ready = event;
      this.#editor?.setPrompt(`${sanitize.name(event.name)}> `);
    }
    return this.#rows.event(event);
  }

  async #showBanner(): Promise<void> {
    const columns = this.#options.stdout.columns ?? 0;
    if (this.#options.banner) {
      const lines = await bannerLines(columns === 0 ? COLUMNS_UNKNOWN : columns);
      this.#print(`${lines.join('\n')}\n`);
    }
    if (columns > 0 && !this.#stopped) this.#editor?.wake();
  }

  readonly #onResize = (): void => {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => {
      void this.#redraw();
    }, resizeSettleMs);
  };

  /** For the one who has just attached: what this is, and the prompt. */
  async #redraw(): Promise<void> {
    await this.#started;
    if (this.#stopped) return;
    this.#editor?.forgetPaste();
    this.#editor?.wake();
    await this.#showBanner();
    this.#print(this.#ready === undefined ? '' : `${this.#rows.event(this.#ready)}\n`);
  }

  #enter(draft: string, expand: (text: string) => string, port: FacePort): void {
    const entry = readEntry(draft);
    switch (entry.type) {
      case 'nothing':
        break;
      case 'say':
        this.#say(expand(entry.text), port);
        break;
      case 'command':
        this.#run(entry.command, port);
        break;
      case 'mistake':
        this.#note(sanitize.line(entry.message));
        break;
    }
  }

  #run(command: CommandName, port: FacePort): void {
    switch (command) {
      case 'help':
        this.#note(helpLines().join('\n'));
        break;
      case 'peers':
        port.command({ type: 'status' });
        break;
      case 'clear':
        this.#print('\u001B[H\u001B[2J');
        break;
      case 'quit':
        this.#leave('asked');
        break;
    }
  }

  #say(text: string, port: FacePort): void {
    const bytes = Buffer.byteLength(text);
    const carriesNewlines = this.#ready !== undefined && CARRIES_NEWLINES[this.#ready.wire];
    // A paste that is too long for one line is still said whole: as many lines as it has.
    const texts = carriesNewlines && bytes <= this.#options.lineMaxBytes ? [text] : text.split('\n');
    if (this.#waitingBytes + bytes > waitingSaysMaxBytes) {
      port.refused(texts.length);
      this.#note(`${count(texts.length, 'line')} not said: too many are waiting already`);
      return;
    }
    for (const one of texts) {
      const oneBytes = Buffer.byteLength(one);
      if (oneBytes > this.#options.lineMaxBytes) {
        port.refused(1);
        this.#note(tooLong(oneBytes, this.#options.lineMaxBytes).message);
      } else {
        this.#waitingSays.push(one);
        this.#waitingBytes += oneBytes;
      }
    }
    this.#sayWaiting();
    if (this.#waitingSays.length > 0) {
      this.#note(`${count(this.#waitingSays.length, 'line')} waiting: the send queue is full`);
    }
  }

  #sayWaiting(): void {
    const port = this.#port;
    if (port === undefined || this.#sayingWaiting) return;
    this.#sayingWaiting = true;
    let said = 0;
    for (const text of this.#waitingSays) {
      if (!this.#open || this.#left) break;
      said += 1;
      this.#waitingBytes -= Buffer.byteLength(text);
      port.command({ type: 'say', text, ref: undefined });
    }
    this.#waitingSays = this.#waitingSays.slice(said);
    this.#sayingWaiting = false;
  }

  #interrupt(): void {
    const nowMs = this.#options.now();
    if (nowMs - this.#interruptedAtMs <= leaveAgainMs) {
      this.#leave('asked');
      return;
    }
    this.#interruptedAtMs = nowMs;
    this.#editor?.clearDraft();
    this.#note(
      `Ctrl-C again within ${leaveAgainMs / 1000} s leaves. Under docker attach, Ctrl-P Ctrl-Q detaches instead.`,
    );
  }

  #leave(reason: LeaveReason): void {
    if (this.#left) return;
    this.#left = true;
    this.#port?.leave(reason);
  }
}

type Ready = Extract<Event, { readonly type: 'ready' }>;

/** On the others, a pasted text becomes as many lines as it has. */
const CARRIES_NEWLINES: Readonly<Record<WireName, boolean>> = { tincan: true, plain: false, tcp: false };

/** What a log without a reader is likely to be read in. */
const COLUMNS_UNKNOWN = 80;
