/**
 * What each key does to a draft, or asks for.
 *
 * Owns: the table of keys, and the words about it for `/help`. (The bytes of a key are node:readline's to decode.)
 */
import type { Key } from 'node:readline';
import type { Motion } from './draft.ts';

export type KeyAction =
  | { readonly type: 'insert'; readonly text: string }
  | { readonly type: 'move'; readonly motion: Motion }
  | { readonly type: 'delete'; readonly motion: Motion }
  /** Deletes into what `yank` brings back. */
  | { readonly type: 'kill'; readonly motion: Motion }
  | { readonly type: 'yank' }
  | { readonly type: 'enter' }
  | { readonly type: 'recall'; readonly towards: 'older' | 'newer' }
  | { readonly type: 'complete' }
  | { readonly type: 'redraw' }
  | { readonly type: 'interrupt' }
  | { readonly type: 'suspend' }
  | { readonly type: 'end-or-delete' }
  | { readonly type: 'paste-start' }
  | { readonly type: 'paste-end' };

/** undefined: the key means nothing here. `text` and `key` are what node:readline's `keypress` gives. */
export function actionOf(text: string | undefined, key: Key): KeyAction | undefined {
  const ctrl = key.ctrl === true ? 'Ctrl-' : '';
  const alt = key.meta === true ? 'Alt-' : '';
  const bound = BINDINGS.get(`${ctrl}${alt}${key.name ?? ''}`);
  if (bound !== undefined) return bound;
  if (ctrl !== '' || alt !== '' || text === undefined || CONTROLS.test(text)) return undefined;
  return { type: 'insert', text };
}

/** One line a row: keys and what they do. */
export const KEY_HELP: readonly (readonly [keys: string, does: string])[] = [
  ['Enter', 'say it'],
  ['Up, Down', 'earlier lines; your draft is kept'],
  ['Tab', 'complete a command or a name'],
  ['Ctrl-A, Ctrl-E', 'start, end (also Home, End)'],
  ['Alt-B, Alt-F', 'a word back, on (also Ctrl or Alt with the arrows)'],
  ['Ctrl-U, Ctrl-K', 'cut to the start, to the end'],
  ['Ctrl-W, Alt-D', 'cut the word before, after (also Alt-Backspace)'],
  ['Ctrl-Y', 'put back what was cut'],
  ['Ctrl-L', 'draw the window again'],
  ['Ctrl-C', 'clear the draft; twice within 2 s leaves'],
  ['Ctrl-D', 'leave, on an empty draft'],
  ['Ctrl-Z', 'does nothing: a stopped node looks dead to its peers'],
];

export const CONTAINER_KEY_HELP: typeof KEY_HELP = [['Ctrl-P Ctrl-Q', 'leave the window; the node goes on']];

function move(motion: Motion): KeyAction {
  return { type: 'move', motion };
}

function cut(motion: Motion): KeyAction {
  return { type: 'kill', motion };
}

/** By node:readline's names of keys. */
const BINDINGS: ReadonlyMap<string, KeyAction> = new Map<string, KeyAction>([
  ['left', move('left')],
  ['right', move('right')],
  ['home', move('start')],
  ['end', move('end')],
  ['Ctrl-b', move('left')],
  ['Ctrl-f', move('right')],
  ['Ctrl-a', move('start')],
  ['Ctrl-e', move('end')],
  ['Ctrl-left', move('word-left')],
  ['Alt-left', move('word-left')],
  ['Alt-b', move('word-left')],
  ['Ctrl-right', move('word-right')],
  ['Alt-right', move('word-right')],
  ['Alt-f', move('word-right')],
  ['backspace', { type: 'delete', motion: 'left' }],
  ['delete', { type: 'delete', motion: 'right' }],
  ['Ctrl-u', cut('start')],
  ['Ctrl-k', cut('end')],
  ['Ctrl-w', cut('blank-left')],
  ['Alt-backspace', cut('word-left')],
  ['Alt-d', cut('word-right')],
  ['Ctrl-y', { type: 'yank' }],
  ['return', { type: 'enter' }],
  ['enter', { type: 'enter' }],
  ['up', { type: 'recall', towards: 'older' }],
  ['down', { type: 'recall', towards: 'newer' }],
  ['Ctrl-p', { type: 'recall', towards: 'older' }],
  ['Ctrl-n', { type: 'recall', towards: 'newer' }],
  ['tab', { type: 'complete' }],
  ['Ctrl-l', { type: 'redraw' }],
  ['Ctrl-c', { type: 'interrupt' }],
  ['Ctrl-z', { type: 'suspend' }],
  ['Ctrl-d', { type: 'end-or-delete' }],
  ['paste-start', { type: 'paste-start' }],
  ['paste-end', { type: 'paste-end' }],
]);

/** Also C1, which some terminals obey. */
const CONTROLS = /\p{Cc}/u;
