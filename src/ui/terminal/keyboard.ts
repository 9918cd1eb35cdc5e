/**
 * The keyboard of a terminal: which of its bytes are keys, and which are pasted text.
 *
 * Owns: stdin, raw mode, and where a paste begins and ends. (node:readline decodes the keys.)
 *
 * Nothing in a paste is obeyed. Most terminals put a paste between brackets, `ESC[200~` and `ESC[201~`. Where a terminal
 * does not, several lines in one read are a paste, as no hand types them; it lasts as long as reads follow at once. A
 * bracket can get lost, so every paste ends with quiet, and with a Ctrl-C that is a read of its own.
 */
import { type Key, emitKeypressEvents } from 'node:readline';
import { Readable } from 'node:stream';
import type { FaceInput } from '../face.ts';
import { type KeyAction, actionOf } from './keys.ts';
import { pasteMaxBytes, pasteQuietMs, unbracketedQuietMs } from '../limits.ts';

export interface KeyboardListener {
  /** Something was read: somebody is there. Comes before what was read. */
  touched(): void;
  key(action: KeyAction | undefined): void;
  /** Its newlines are LF, and none is at its end. */
  pasted(text: string): void;
  /** A paste of so many bytes is dropped as a whole. */
  pasteTooLarge(bytes: number): void;
  /** The terminal went away. */
  end(): void;
}

/** Raw mode again, after a shell has had the terminal. Node.js sets no mode that it believes is set: hence the detour. */
export function renewRawMode(stdin: FaceInput): void {
  stdin.setRawMode?.(false);
  stdin.setRawMode?.(true);
}

export class Keyboard {
  readonly #stdin: FaceInput;
  readonly #on: KeyboardListener;
  #decoder = new Readable({ read: () => {} });
  #paste: Paste | undefined;
  /** Runs while there is a paste. */
  #quiet: NodeJS.Timeout | undefined;
  /** The first bytes of a bracket, at the end of the last read. */
  #bracketBegun = '';
  #isClosed = false;

  constructor(stdin: FaceInput, on: KeyboardListener) {
    this.#stdin = stdin;
    this.#on = on;
    this.#renewDecoder();
    stdin.setRawMode?.(true);
    stdin.on('data', this.#onRead).on('end', this.#onEnd).on('error', this.#onEnd);
    stdin.resume();
  }

  /** After a shell has had the terminal. */
  restore(): void {
    renewRawMode(this.#stdin);
  }

  /** Stops reading and leaves raw mode, at once. Callable more than once. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#quiet);
    // The error listener stays: a terminal that fails late must not take the process down.
    this.#stdin.off('data', this.#onRead).off('end', this.#onEnd).pause();
    this.#stdin.setRawMode?.(false);
  }

  readonly #onRead = (read: Uint8Array | string): void => {
    this.#on.touched();
    const bytes = Buffer.from(read);
    const text = bytes.toString('latin1');
    if (text === CTRL_C) {
      this.#leaveSequences();
      this.#on.key({ type: 'interrupt' });
      return;
    }
    if (this.#isManyLines(text)) this.#paste = { ...(this.#paste ?? NO_PASTE), isBracketed: false };
    this.#decoder.emit('data', bytes);
    this.#awaitQuiet();
  };

  readonly #onKey = (text: string | undefined, key: Key): void => {
    const action = actionOf(text, key);
    switch (action?.type) {
      case 'paste-start':
        this.#paste ??= NO_PASTE;
        break;
      case 'paste-end':
        if (this.#paste?.isBracketed === true) this.#endPaste();
        break;
      default:
        if (this.#paste === undefined) this.#on.key(action);
        else this.#paste = longer(this.#paste, key.sequence ?? '');
    }
  };

  readonly #onEnd = (): void => {
    this.#on.end();
  };

  /** Whether something follows an Enter in this read, outside of brackets. A bracket may have begun in the read before. */
  #isManyLines(read: string): boolean {
    const all = (this.#paste?.isBracketed === true ? PASTE_START : '') + this.#bracketBegun + read;
    this.#bracketBegun = BRACKET_BEGUN.exec(all)?.[0] ?? '';
    return /[\r\n][^\r\n]/u.test(all.replaceAll(BRACKETED, ''));
  }

  #awaitQuiet(): void {
    clearTimeout(this.#quiet);
    if (this.#paste === undefined) return;
    const quietMs = this.#paste.isBracketed ? pasteQuietMs : unbracketedQuietMs;
    this.#quiet = setTimeout(() => this.#endPaste(), quietMs);
  }

  #endPaste(): void {
    const paste = this.#paste;
    this.#paste = undefined;
    if (paste === undefined) return;
    if (paste.bytes > pasteMaxBytes) this.#on.pasteTooLarge(paste.bytes);
    else this.#on.pasted(paste.text.replaceAll(/\r\n?/gu, '\n').replace(/\n$/u, ''));
  }

  /** Drops a paste, and a key of which only the first bytes have come. */
  #leaveSequences(): void {
    this.#paste = undefined;
    this.#bracketBegun = '';
    this.#renewDecoder();
  }

  #renewDecoder(): void {
    this.#decoder.off('keypress', this.#onKey);
    this.#decoder = new Readable({ read: () => {} });
    emitKeypressEvents(this.#decoder);
    this.#decoder.on('keypress', this.#onKey);
  }
}

interface Paste {
  readonly text: string;
  readonly bytes: number;
  /** The paste ends with its closing bracket, or with quiet; without brackets, only with quiet. */
  readonly isBracketed: boolean;
}

const NO_PASTE: Paste = { text: '', bytes: 0, isBracketed: true };

function longer({ text, bytes, isBracketed }: Paste, sequence: string): Paste {
  const all = bytes + Buffer.byteLength(sequence);
  return { text: all > pasteMaxBytes ? '' : text + sequence, bytes: all, isBracketed };
}

const CTRL_C = '\u0003';
const PASTE_START = '\u001B[200~';
/** From a bracket to the closing one, or to the end of the read. */
const BRACKETED = new RegExp(String.raw`\u001B\[200~[^]*?(?:\u001B\[201~|$)`, 'gu');
const BRACKET_BEGUN = new RegExp(String.raw`\u001B(?:\[(?:2(?:0[01]?)?)?)?$`, 'u');
