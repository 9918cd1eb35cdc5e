/**
 * One line of typing on a terminal: a prompt and a draft that stay at the bottom while text is printed above them.
 *
 * Owns: keys, paste, history and the draft (all by node:readline), and every escape sequence that moves the cursor.
 * Asleep until `wake`: it reads keys and writes nothing, so that a log without a reader stays readable.
 * Must not know: commands, events, colours; what a draft means.
 */
import { PassThrough, Writable } from 'node:stream';
import { type Interface, type Key, createInterface, emitKeypressEvents } from 'node:readline';
import type { FaceInput } from './face.ts';
import { historyMaxLines, pasteMaxBytes, pasteShownMaxLength } from './limits.ts';

export interface EditorOptions {
  readonly stdin: FaceInput;
  /** The width of the terminal now. */
  readonly columns: () => number | undefined;
  readonly write: (text: string) => void;
  readonly on: EditorListener;
}

export interface EditorListener {
  /**
   * Enter was pressed on this draft. `expand` puts the pasted texts in, where `draft` has placeholders for them: their
   * newlines are LF. The prompt is drawn again after this returns.
   */
  entry(draft: string, expand: (text: string) => string): void;
  /** Ctrl-C, Ctrl-Z. The draft is untouched. */
  interrupt(): void;
  suspend(): void;
  /** Ctrl-D on an empty draft, or the terminal went away. */
  end(): void;
  /** A paste of so many bytes was too large and is dropped as a whole. */
  pasteTooLarge(bytes: number): void;
}

export class LineEditor {
  readonly #options: EditorOptions;
  readonly #readline: Interface;
  readonly #drawing: Drawing;
  /** Gives readline the keys that are not part of a paste, one by one. No bytes ever flow through it. */
  readonly #keys = new PassThrough();
  readonly #pastes = new Map<string, string>();
  #pasting: Paste | undefined;
  #awake = false;
  #closed = false;
  /** The cursor's row below the prompt's as readline last drew it: its next redraw starts by going up as far. */
  #drawnRow = 0;

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#drawing = new Drawing(options.columns);
    this.#readline = createInterface({
      input: this.#keys,
      output: this.#drawing,
      terminal: true,
      historySize: historyMaxLines,
      removeHistoryDuplicates: true,
      prompt: '> ',
    });
    this.#readline.on('line', (draft) => {
      this.#enter(draft);
    });
    this.#readline.on('history', (history) => {
      // A placeholder means nothing once its paste is said.
      if (this.#pastes.size > 0) history.shift();
    });
    const { stdin } = options;
    stdin.setRawMode?.(true);
    emitKeypressEvents(stdin);
    stdin.on('keypress', this.#onKey).on('end', this.#onEnd).on('error', this.#onEnd);
    stdin.resume();
  }

  /** Draws the prompt, and keeps it drawn from now on. */
  wake(): void {
    if (this.#awake || this.#closed) return;
    this.#awake = true;
    this.#options.write(BRACKETED_PASTE_ON);
    this.print('');
  }

  /** Writes `text` (whole lines, or nothing) above the prompt, in a single write. */
  print(text: string): void {
    if (!this.#awake || this.#closed) {
      if (text !== '') this.#options.write(text);
      return;
    }
    const erased = this.#erase();
    this.#readline.prompt(true);
    const prompt = this.#drawing.take();
    // Readline goes up by what it remembers, which a resize may have made wrong for the screen: so give it that room.
    const room = '\n'.repeat(this.#drawnRow);
    this.#drawnRow = this.#readline.getCursorPos().rows;
    this.#options.write(erased + text + room + prompt);
  }

  setPrompt(prompt: string): void {
    this.#readline.setPrompt(prompt);
  }

  clearDraft(): void {
    this.#pastes.clear();
    this.#act(() => {
      this.#readline.write(null, { ctrl: true, name: 'e' });
      this.#readline.write(null, { ctrl: true, name: 'u' });
    });
  }

  /** Someone else may sit at the terminal now, or its end of a paste was lost: take keys as keys again. */
  forgetPaste(): void {
    this.#pasting = undefined;
  }

  /** Restores the terminal, at once. The draft stays visible, if there is one. Callable more than once. */
  close(): void {
    if (this.#closed) return;
    if (this.#awake) {
      const leave = this.#readline.line === '' ? this.#erase() : '\n';
      this.#options.write(leave + BRACKETED_PASTE_OFF);
    }
    this.#closed = true;
    const { stdin } = this.#options;
    // The error listener stays: a terminal that fails late must not take the process down.
    stdin.off('keypress', this.#onKey).off('end', this.#onEnd).pause();
    stdin.setRawMode?.(false);
    this.#readline.close();
  }

  readonly #onKey = (text: string | undefined, key: Key): void => {
    this.wake();
    if (key.name === PASTE_START) {
      this.#pasting = { text: '', bytes: 0 };
    } else if (this.#pasting !== undefined) {
      this.#paste(this.#pasting, key);
    } else if (key.ctrl === true && key.name === 'c') {
      this.#options.on.interrupt();
    } else if (key.ctrl === true && key.name === 'z') {
      this.#options.on.suspend();
    } else if (key.ctrl === true && key.name === 'd' && this.#readline.line === '') {
      this.#onEnd();
    } else if (text === undefined || !C1.test(text)) {
      this.#act(() => {
        this.#keys.emit('keypress', text, key);
      });
    }
  };

  readonly #onEnd = (): void => {
    this.#options.on.end();
  };

  #paste(paste: Paste, key: Key): void {
    if (key.name !== PASTE_END) {
      const sequence = key.sequence ?? '';
      paste.bytes += Buffer.byteLength(sequence);
      paste.text = paste.bytes > pasteMaxBytes ? '' : paste.text + sequence;
      return;
    }
    this.#pasting = undefined;
    if (paste.bytes > pasteMaxBytes) {
      this.#options.on.pasteTooLarge(paste.bytes);
      return;
    }
    const text = paste.text.replaceAll(/\r\n?/gu, '\n').replace(/\n$/u, '');
    this.#act(() => {
      this.#readline.write(this.#inDraft(text));
    });
  }

  /** How a pasted text stands in the draft: as it is if it is one short line, else as a placeholder. */
  #inDraft(text: string): string {
    if (text.length <= pasteShownMaxLength && !UNFIT_FOR_DRAFT.test(text)) {
      // Pasted text is never a command, wherever it came from.
      return text.startsWith('/') && this.#readline.cursor === 0 ? `/${text}` : text;
    }
    const lines = text.split('\n').length;
    const placeholder = `[paste ${this.#pastes.size + 1}: ${lines === 1 ? `${text.length} characters` : `${lines} lines`}]`;
    this.#pastes.set(placeholder, text);
    return placeholder;
  }

  #enter(draft: string): void {
    const pastes = new Map(this.#pastes);
    this.#pastes.clear();
    this.#options.write(this.#drawing.take());
    this.#drawnRow = 0;
    // In one pass, so that nothing in a pasted text is taken for a placeholder.
    const expand = (text: string): string =>
      text.replaceAll(PLACEHOLDERS, (found) => pastes.get(found) ?? found);
    this.#options.on.entry(draft, expand);
    this.print('');
  }

  /** Lets readline do something, and writes what it drew in one go. */
  #act(action: () => void): void {
    action();
    if (this.#closed) return;
    const drawn = this.#drawing.take();
    this.#drawnRow = this.#readline.getCursorPos().rows;
    if (this.#awake && drawn !== '') this.#options.write(drawn);
  }

  #erase(): string {
    const { rows } = this.#readline.getCursorPos();
    return `${rows > 0 ? `\u001B[${rows}A` : ''}\r\u001B[J`;
  }
}

interface Paste {
  text: string;
  bytes: number;
}

/** Collects what readline draws, so that it can be written together with other text. */
class Drawing extends Writable {
  readonly #columns: () => number | undefined;
  #drawn = '';

  constructor(columns: () => number | undefined) {
    super({ decodeStrings: false });
    this.#columns = columns;
  }

  get columns(): number | undefined {
    return this.#columns();
  }

  take(): string {
    const drawn = this.#drawn;
    this.#drawn = '';
    return drawn;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.#drawn += chunk;
    done();
  }
}

const BRACKETED_PASTE_ON = '\u001B[?2004h';
const BRACKETED_PASTE_OFF = '\u001B[?2004l';
/** Node's names for the marks around a bracketed paste. */
const PASTE_START = 'paste-start';
const PASTE_END = 'paste-end';
const C1 = /[\u0080-\u009F]/u;
const UNFIT_FOR_DRAFT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
const PLACEHOLDERS = /\[paste \d+: \d+ (?:lines|characters)\]/gu;
