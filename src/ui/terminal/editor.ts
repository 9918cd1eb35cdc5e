/**
 * The draft that is written with a terminal's keyboard.
 *
 * Owns: the draft, what was cut, earlier lines, a question that wants a yes.
 */
import { type Cell, cellsOf } from '../words/cells.ts';
import {
  type Atom,
  type Draft,
  EMPTY_DRAFT,
  type Motion,
  cut,
  draftText,
  inserted,
  moved,
  pasted,
  typed,
} from './draft.ts';
import type { FaceInput } from '../face.ts';
import type { TypedLines } from '../../store/histories.ts';
import { Keyboard } from './keyboard.ts';
import type { KeyAction } from './keys.ts';
import { type Layout, type Size, layOut } from './layout.ts';
import { draftMaxLength } from '../limits.ts';
import { Recall } from './recall.ts';

export interface EditorOptions {
  readonly stdin: FaceInput;
  readonly typedLines: TypedLines;
  readonly on: EditorListener;
}

export interface EditorListener {
  /** Keys were pressed, or a text was pasted: somebody is there. Comes before anything else. */
  touched(): void;
  /** Prompt or draft look different now. Comes once for all the keys that came at once. */
  changed(): void;
  /** Enter was pressed on this draft; it is empty now. */
  entry(draft: Draft): void;
  /** Tab: what to put in at the cursor, after this text. */
  complete(before: string): string;
  redraw(): void;
  /** Ctrl-C, Ctrl-Z. The draft is untouched. */
  interrupt(): void;
  suspend(): void;
  /** Ctrl-D on an empty draft, or the terminal went away. */
  end(): void;
  /** A paste of so many bytes was too large and is dropped as a whole. */
  pasteTooLarge(bytes: number): void;
}

export class LineEditor {
  readonly #keyboard: Keyboard;
  readonly #on: EditorListener;
  readonly #recall: Recall;
  #prompt: readonly Cell[] = cellsOf('> ');
  #draft = EMPTY_DRAFT;
  /** Typed, but not in the draft yet: keys that come at once go in at once. */
  #typing = '';
  #isChanged = false;
  #question: Question | undefined;
  #cut: readonly Atom[] = [];
  /** The last key cut something: what the next key cuts is put back together with it. */
  #isCutting = false;

  constructor({ stdin, typedLines, on }: EditorOptions) {
    this.#on = on;
    this.#recall = new Recall(typedLines);
    this.#keyboard = new Keyboard(stdin, {
      touched: () => on.touched(),
      key: (action) => this.#key(action),
      pasted: (text) => this.#paste(text),
      pasteTooLarge: (bytes) => on.pasteTooLarge(bytes),
      end: () => on.end(),
    });
  }

  get isEmpty(): boolean {
    return this.#draft.atoms.length === 0 && this.#question === undefined;
  }

  layout(size: Size): Layout {
    return this.#question === undefined
      ? layOut(this.#prompt, this.#draft, size)
      : layOut(cellsOf(this.#question.text), EMPTY_DRAFT, size);
  }

  /** `prompt`: safe to write. */
  setPrompt(prompt: string): void {
    this.#prompt = cellsOf(prompt);
    this.#change();
  }

  setDraft(draft: Draft): void {
    this.#draft = draft;
    this.#change();
  }

  clearDraft(): void {
    this.#typing = '';
    this.#question?.answer(false);
    this.#question = undefined;
    this.#recall.forgetDrafts();
    this.setDraft(EMPTY_DRAFT);
  }

  /** What was entered, for the arrow keys. */
  remember(text: string): void {
    this.#recall.add(text);
  }

  /** Asks instead of the prompt: the key y says yes, any other no. */
  ask(text: string, answer: (isYes: boolean) => void): void {
    this.#question = { text, answer };
    this.#change();
  }

  /** After a shell has had the terminal. */
  restoreKeyboard(): void {
    this.#keyboard.restore();
  }

  /** Stops reading the keyboard, at once. Callable more than once. */
  close(): void {
    this.#keyboard.close();
  }

  #key(action: KeyAction | undefined): void {
    if (this.#question !== undefined) this.#answer(this.#question, action);
    else if (action !== undefined) this.#act(action);
  }

  #answer(question: Question, action: KeyAction | undefined): void {
    this.#question = undefined;
    question.answer(action?.type === 'insert' && action.text.toLowerCase() === 'y');
    this.#change();
  }

  #act(action: KeyAction): void {
    const wasCutting = this.#isCutting;
    this.#isCutting = action.type === 'kill';
    if (action.type !== 'insert') this.#typeIn();
    switch (action.type) {
      case 'insert':
        this.#typing += action.text;
        return this.#change();
      case 'move':
        return this.setDraft(moved(this.#draft, action.motion));
      case 'delete':
        return this.setDraft(cut(this.#draft, action.motion).draft);
      case 'kill':
        return this.#kill(action.motion, wasCutting);
      case 'yank':
        return this.setDraft(inserted(this.#draft, this.#cut));
      case 'enter':
        return this.#enter();
      case 'recall':
        return this.setDraft(this.#recall.go(action.towards, this.#draft) ?? this.#draft);
      case 'complete':
        this.#typing = this.#on.complete(draftText(this.#draft.atoms.slice(0, this.#draft.cursor)));
        return this.#change();
      case 'redraw':
        return this.#on.redraw();
      case 'interrupt':
        return this.#on.interrupt();
      case 'suspend':
        return this.#on.suspend();
      case 'end-or-delete':
        return this.isEmpty ? this.#on.end() : this.setDraft(cut(this.#draft, 'right').draft);
      case 'paste-start':
      case 'paste-end':
        return undefined;
      default:
        return action satisfies never;
    }
  }

  #change(): void {
    if (this.#isChanged) return;
    this.#isChanged = true;
    queueMicrotask(() => {
      this.#isChanged = false;
      this.#typeIn();
      this.#on.changed();
    });
  }

  #typeIn(): void {
    const text = this.#typing;
    this.#typing = '';
    if (text !== '' && this.#hasRoomFor(text)) this.#draft = typed(this.#draft, text);
  }

  #kill(motion: Motion, joinsLast: boolean): void {
    const { draft, removed } = cut(this.#draft, motion);
    const isBackwards = draft.cursor < this.#draft.cursor;
    const kept = joinsLast ? this.#cut : [];
    if (removed.length > 0) this.#cut = isBackwards ? [...removed, ...kept] : [...kept, ...removed];
    this.setDraft(draft);
  }

  #enter(): void {
    const draft = this.#draft;
    this.#recall.forgetDrafts();
    this.#draft = EMPTY_DRAFT;
    this.#on.entry(draft);
    this.#change();
  }

  #paste(text: string): void {
    this.#typeIn();
    this.#isCutting = false;
    // Whoever pastes where a yes is wanted has not read the question.
    if (this.#question !== undefined) return;
    if (this.#hasRoomFor(text)) this.setDraft(pasted(this.#draft, text));
    else this.#on.pasteTooLarge(Buffer.byteLength(text));
  }

  #hasRoomFor(text: string): boolean {
    const length = this.#draft.atoms.reduce((sum, atom) => sum + atom.text.length, text.length);
    return length <= draftMaxLength;
  }
}

interface Question {
  readonly text: string;
  readonly answer: (isYes: boolean) => void;
}
