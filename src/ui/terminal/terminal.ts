/**
 * The face towards a person at a terminal.
 *
 * Owns: what an entry does, what is printed and when, when the window sleeps.
 * Nothing is drawn but plain lines while nobody is there: a terminal without a width has no reader yet, and one that
 * nobody has touched for long may have been detached. A key or a resize (`docker attach` causes one) wakes it.
 */
import type { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Event, Status } from '../../kernel/contract.ts';
import { type SingleEvent, singlesOf } from '../../kernel/runs.ts';
import { type NameProblem, nameProblem } from '../../kernel/name.ts';
import { onSizeChange } from './attach.ts';
import { bannerLines } from './banner.ts';
import { COMMAND_HELP, COMMAND_WORDS, type Entry, readEntry } from './commands.ts';
import { complete } from './completion.ts';
import { count } from '../words/describe.ts';
import { type Draft, draftText, startsWithTypedSlash } from './draft.ts';
import { LineEditor } from './editor.ts';
import type { ChatHistory, ChatLine, TypedLines } from '../../store/histories.ts';
import type { Face, FaceOptions, FacePort, LeaveReason, Shown } from '../face.ts';
import { CONTAINER_KEY_HELP, KEY_HELP } from './keys.ts';
import type { Layout, Size } from './layout.ts';
import { drowsyAfterMs, leaveAgainMs, pasteUnaskedMaxLines, terminalWriteMaxLength } from '../limits.ts';
import { OwnLines } from './own-lines.ts';
import { Peers } from '../peers.ts';
import { INDENT_COLUMNS, Rows, bannerLine, chatLineOf } from './rows.ts';
import * as sanitize from '../words/sanitize.ts';
import { Sink } from '../sink.ts';
import { owedTable, peersTable, statsTable, table } from '../words/tables.ts';
import { Window } from './window.ts';
import { type PrintedLine, textOf } from './wrapping.ts';

export interface TerminalOptions extends FaceOptions {
  readonly color: boolean;
  readonly banner: boolean;
  /** On this wire a peer is a key, which is worth showing. */
  readonly peersHaveKeys: boolean;
  readonly typedLines: TypedLines;
  readonly chatHistory: ChatHistory;
  /**
   * Emits `SIGWINCH` when the window's size may have changed, `SIGCONT` when a stopped process goes on, and `exit` at the
   * very end: `process`.
   */
  readonly signals: EventEmitter;
  /** The container that this program runs in, as the engine knows it; undefined: none. */
  readonly container: string | undefined;
  /** Milliseconds since the Unix epoch, by the wall clock: for times that are shown. */
  readonly now: () => number;
  /** Milliseconds on a clock that never steps: for whatever has to wait. */
  readonly elapsedMs: () => number;
}

export class TerminalFace implements Face {
  readonly #options: TerminalOptions;
  readonly #stdout: Sink;
  readonly #rows: Rows;
  readonly #window: Window;
  readonly #peers = new Peers();
  readonly #ownLines: OwnLines;
  #editor: LineEditor | undefined;
  #port: FacePort | undefined;
  /** The banner is up: nothing is shown before it. */
  #started: Promise<void> = Promise.resolve();
  #ready: Ready | undefined;
  #isTracing = false;
  /** What Tab has listed last, since the last line was entered. */
  #listed = '';
  /** What was asked for with each `status` that has not come yet. */
  #statusTables: ('peers' | 'stats' | 'owed')[] = [];
  #stopListening = (): void => {};
  #touchedAtMs: number;
  #interruptedAtMs = -Infinity;
  #left = false;
  #stopped = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#touchedAtMs = options.elapsedMs();
    this.#rows = new Rows(options);
    this.#stdout = new Sink(options.stdout, ({ message }) => {
      options.stderr.write(`warning: can't write to the terminal, so this node leaves: ${message}\n`);
      this.#port?.failed('stdout');
      this.#leave('output-gone');
    });
    // Everything goes to the one screen, in order; but a failure of stderr must not go unheard.
    options.stderr.on('error', () => {});
    this.#window = new Window({
      write: (text) => {
        void this.#stdout.write(text);
      },
      size: () => sizeOr(this.#size(), SIZE_UNKNOWN),
      layout: (size) => this.#editor?.layout(size) ?? NO_PROMPT,
      styledPrompt: (text) => this.#rows.colored(this.#name, text),
    });
    this.#ownLines = new OwnLines({
      lineMaxBytes: options.lineMaxBytes,
      now: options.now,
      rows: this.#rows,
      window: this.#window,
      peers: this.#peers,
      chatHistory: options.chatHistory,
    });
  }

  start(port: FacePort): void {
    this.#port = port;
    if (this.#left) {
      port.failed('stdout');
      port.leave('output-gone');
    }
    this.#ownLines.start(port);
    this.#editor = this.#newEditor(port);
    this.#updatePrompt();
    const { signals } = this.#options;
    const stopListening = onSizeChange({
      signals,
      size: () => this.#size(),
      onAttach: () => void this.#redraw((header) => this.#window.attach(header)),
      onResize: () => void this.#redraw((header) => this.#window.resize(header)),
    });
    // However the program ends, the terminal is as it was.
    const onExit = (): void => this.#restore();
    const onContinued = (): void => this.#continue();
    signals.on('exit', onExit).on('SIGCONT', onContinued);
    this.#stopListening = () => {
      stopListening();
      signals.off('exit', onExit).off('SIGCONT', onContinued);
    };
    this.#started = this.#showBanner();
  }

  async show(events: readonly Event[]): Promise<Shown> {
    await this.#started;
    this.#sleepIfLeftAlone();
    // The keyboard has a turn after each piece, however much a peer sends.
    const singles = events.flatMap(singlesOf);
    for (let next = 0; next < singles.length;) {
      next = this.#showSome(singles, next);
      await this.#stdout.drained();
      await nextTurn();
    }
    return this.#stdout.drained();
  }

  setInputOpen(open: boolean): void {
    this.#ownLines.setOpen(open);
  }

  async stop(): Promise<void> {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#stopListening();
      this.#restore();
      this.#ownLines.stop();
    }
    await this.#stdout.drained();
  }

  // ---- What the network tells

  /** Prints events from index `first` on, as many as fit into one write. Gives the index of the next one. */
  #showSome(events: readonly SingleEvent[], first: number): number {
    const lines: PrintedLine[] = [];
    const heard: ChatLine[] = [];
    let length = 0;
    let next = first;
    while (next < events.length && length < terminalWriteMaxLength) {
      const run = runFrom(events, next);
      next += run.length;
      for (const event of run) this.#learn(event);
      const [event] = run;
      // What comes again is in the history already, from the life that may have shown it.
      if (event?.type === 'message' && event.again === undefined) heard.push(chatLineOf(event));
      const line = event === undefined ? undefined : this.#lineOf(event, run);
      if (line === undefined) continue;
      lines.push(line);
      length += textOf(line).length;
    }
    if (heard.length > 0) this.#options.chatHistory.add(heard);
    if (lines.length > 0) this.#window.print(lines);
    this.#ownLines.showFates();
    return next;
  }

  #learn(event: SingleEvent): void {
    this.#peers.onEvent(event);
    this.#ownLines.onEvent(event);
    if (event.type === 'ready') this.#ready = event;
    else if (event.type === 'renamed' && this.#ready !== undefined)
      this.#ready = { ...this.#ready, name: event.name };
    else return;
    this.#updatePrompt();
  }

  #lineOf(event: SingleEvent, run: readonly SingleEvent[]): PrintedLine | undefined {
    if (event.type === 'status') return this.#statusLine(event);
    if (event.type === 'undelivered' && run.length > 1) return this.#rows.undelivered(event, run.length);
    return this.#rows.event(event);
  }

  #statusLine(status: Status): PrintedLine {
    const wanted = this.#statusTables.shift() ?? 'peers';
    const columns = sizeOr(this.#size(), SIZE_UNKNOWN).columns - INDENT_COLUMNS;
    const { peersHaveKeys } = this.#options;
    switch (wanted) {
      case 'peers':
        return this.#rows.note(peersTable(status, peersHaveKeys).join('\n'));
      case 'stats':
        return this.#rows.note(statsTable(status, columns).join('\n'));
      case 'owed':
        return this.#rows.note(owedTable(status.peers, peersHaveKeys).join('\n'));
      default:
        return wanted satisfies never;
    }
  }

  // ---- The window

  get #name(): string {
    return this.#ready?.name ?? '';
  }

  #size(): Size {
    const { columns = 0, rows = 0 } = this.#options.stdout;
    return { columns, rows };
  }

  #note(text: string): void {
    this.#window.print([this.#rows.note(text)]);
  }

  async #showBanner(): Promise<void> {
    this.#window.print(await this.#bannerRows());
    if (this.#size().columns > 0 && !this.#stopped) this.#window.wake();
  }

  async #bannerRows(): Promise<readonly PrintedLine[]> {
    if (!this.#options.banner) return [];
    const { columns } = sizeOr(this.#size(), SIZE_UNKNOWN);
    return (await bannerLines(columns)).map((line) => bannerLine(line));
  }

  async #redraw(draw: (header: readonly PrintedLine[]) => void): Promise<void> {
    await this.#started;
    const banner = await this.#bannerRows();
    if (this.#stopped) return;
    this.#touchedAtMs = this.#options.elapsedMs();
    const ready = this.#ready === undefined ? undefined : this.#rows.event(this.#ready);
    draw([...banner, ...(ready === undefined ? [] : [ready])]);
  }

  /** Nobody can tell a detached window from one in which nothing is typed. A draft is somebody's. */
  #sleepIfLeftAlone(): void {
    const isLeftAlone = this.#options.elapsedMs() - this.#touchedAtMs >= drowsyAfterMs;
    if (isLeftAlone && this.#editor?.isEmpty === true) this.#window.sleep();
  }

  /** The process was stopped, and a shell has had the terminal: its modes are gone, and its cursor stands anywhere. */
  #continue(): void {
    this.#editor?.restoreKeyboard();
    void this.#redraw((header) => this.#window.attach(header));
  }

  #restore(): void {
    this.#editor?.close();
    this.#window.close(this.#editor?.isEmpty === false);
  }

  #updatePrompt(): void {
    const name = this.#ready === undefined ? '' : sanitize.name(this.#name);
    this.#editor?.setPrompt(`${name}> `);
  }

  // ---- What the person does

  #newEditor(port: FacePort): LineEditor {
    return new LineEditor({
      stdin: this.#options.stdin,
      typedLines: this.#options.typedLines,
      on: {
        touched: () => {
          this.#touchedAtMs = this.#options.elapsedMs();
          this.#window.wake();
        },
        changed: () => this.#window.refresh(),
        entry: (draft) => this.#enter(draft, port),
        complete: (before) => this.#complete(before),
        redraw: () => void this.#redraw((header) => this.#window.resize(header)),
        interrupt: () => this.#interrupt(),
        suspend: () => this.#note('Suspended, this node would look dead to its peers. Ctrl-C twice leaves.'),
        end: () => this.#leave('asked'),
        pasteTooLarge: (bytes) => {
          port.refused(1);
          this.#note(`A paste of ${bytes} bytes is too large; send it through a pipe: tincan … < FILE`);
        },
      },
    });
  }

  #enter(draft: Draft, port: FacePort): void {
    this.#listed = '';
    const text = draftText(draft.atoms);
    const lines = text.split('\n').length;
    if (lines <= pasteUnaskedMaxLines) {
      this.#carryOut(draft, text, port);
      return;
    }
    this.#editor?.ask(`Say these ${lines} lines? y says them, any other key goes back: `, (isYes) => {
      if (isYes) this.#carryOut(draft, text, port);
      else this.#editor?.setDraft(draft);
    });
  }

  #carryOut(draft: Draft, text: string, port: FacePort): void {
    const mayCommand = startsWithTypedSlash(draft);
    // Brought back by an arrow key it is as if typed: what was no command must not become one.
    this.#editor?.remember(mayCommand || !text.startsWith('/') ? text : `/${text}`);
    this.#run(readEntry(text, mayCommand), port);
  }

  #run(entry: Entry, port: FacePort): void {
    switch (entry.type) {
      case 'nothing':
        return undefined;
      case 'say':
        return this.#ownLines.say(entry.text);
      case 'message':
        return this.#ownLines.sayAlone(entry.text);
      case 'rename':
        return this.#rename(entry.name, port);
      case 'accept':
      case 'forget':
        return port.command({ type: entry.type, name: entry.name });
      case 'trace':
        return this.#trace(entry.on ?? !this.#isTracing, port);
      case 'history':
        return this.#showHistory(entry.lines);
      case 'help':
        return this.#help();
      case 'peers':
      case 'stats':
      case 'owed':
        this.#statusTables.push(entry.type);
        return port.command({ type: 'status' });
      case 'clear':
        return this.#window.clear();
      case 'quit':
        return this.#leave('asked');
      case 'mistake':
        return this.#note(sanitize.line(entry.message));
      default:
        return entry satisfies never;
    }
  }

  #help(): void {
    const keys = this.#options.container === undefined ? KEY_HELP : [...KEY_HELP, ...CONTAINER_KEY_HELP];
    this.#note([...table(COMMAND_HELP), '', ...table(keys)].join('\n'));
  }

  #rename(name: string, port: FacePort): void {
    const problem = nameProblem(name);
    if (problem === undefined) port.command({ type: 'rename', name });
    else this.#note(NAME_PROBLEMS[problem]);
  }

  #trace(on: boolean, port: FacePort): void {
    this.#isTracing = on;
    port.command({ type: 'trace', on });
    this.#note(on ? 'the trace is on; /trace off ends it' : 'the trace is off');
  }

  #showHistory(lines: number): void {
    const past = this.#options.chatHistory.last(lines);
    const heading = past.length === 0 ? 'nothing was said yet' : `the last ${count(past.length, 'line')}:`;
    this.#window.print([this.#rows.note(heading), ...past.map((line) => this.#rows.past(line))]);
  }

  #complete(before: string): string {
    const words = { commands: COMMAND_WORDS, names: this.#peers.names };
    const { insert, candidates } = complete(before, words);
    const listed = candidates.map(sanitize.name).join('  ');
    if (candidates.length > 1 && listed !== this.#listed) this.#note(listed);
    this.#listed = listed;
    return insert;
  }

  #interrupt(): void {
    const nowMs = this.#options.elapsedMs();
    if (nowMs - this.#interruptedAtMs <= leaveAgainMs) {
      this.#leave('asked');
      return;
    }
    this.#interruptedAtMs = nowMs;
    this.#editor?.clearDraft();
    const detach = this.#options.container === undefined ? '' : ' (Ctrl-P Ctrl-Q detaches)';
    this.#note(`Ctrl-C again within ${leaveAgainMs / 1000} s leaves${detach}`);
  }

  #leave(reason: LeaveReason): void {
    if (this.#left) return;
    this.#left = true;
    this.#ownLines.setOpen(false);
    const { container } = this.#options;
    if (container !== undefined && reason === 'asked')
      this.#note(`this container stops; docker start -ai ${sanitize.line(container)} brings it back`);
    this.#port?.leave(reason);
  }
}

type Ready = Extract<Event, { readonly type: 'ready' }>;

/** The event at `first`, with the events right after it that tell the same fate of the next own lines. */
function runFrom(events: readonly SingleEvent[], first: number): readonly SingleEvent[] {
  const event = events[first];
  let end = first + 1;
  while (isSameFate(event, events[end])) end += 1;
  return events.slice(first, end);
}

function isSameFate(one: SingleEvent | undefined, other: SingleEvent | undefined): boolean {
  if (one?.type !== 'undelivered' || other?.type !== 'undelivered') return false;
  return one.to === other.to && one.reason === other.reason;
}

function sizeOr(size: Size, otherwise: Size): Size {
  return size.columns > 0 && size.rows > 0 ? size : otherwise;
}

/** What a log without a reader is likely to be read in. */
const SIZE_UNKNOWN: Size = { columns: 80, rows: 24 };

const NO_PROMPT: Layout = { rows: [], cursor: { row: 0, column: 0 } };

const NAME_PROBLEMS: Readonly<Record<NameProblem, string>> = {
  empty: 'that name is empty',
  'too-long': 'that name is too long; give a shorter one',
  invisible: 'that name has a control or invisible character; leave it out',
};
