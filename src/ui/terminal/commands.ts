/**
 * What a person's draft means once Enter is pressed: a text to say, or a command.
 *
 * Owns: the table of slash commands and how one is told from a text. Pure.
 */
import { historyShownLines } from '../limits.ts';

export type Entry =
  | { readonly type: 'nothing' }
  | { readonly type: 'say'; readonly text: string }
  /** A text for one peer alone, whose name it begins with. */
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'rename' | 'accept' | 'forget'; readonly name: string }
  /** undefined: the other way round than now. */
  | { readonly type: 'trace'; readonly on: boolean | undefined }
  | { readonly type: 'history'; readonly lines: number }
  | { readonly type: 'help' | 'peers' | 'stats' | 'owed' | 'clear' | 'quit' }
  /** No command, but it looks like one. `message` says what to do instead. */
  | { readonly type: 'mistake'; readonly message: string };

/** Each command with its arguments (those in brackets may be left out), what it does, and how its arguments are read. */
const COMMANDS: Readonly<Record<string, Command>> = {
  help: { usage: '', does: 'list these commands, and the keys', read: alone({ type: 'help' }) },
  peers: { usage: '', does: 'list who is there, and at which address', read: alone({ type: 'peers' }) },
  stats: {
    usage: '',
    does: 'round trip, loss, repairs and bytes for each peer',
    read: alone({ type: 'stats' }),
  },
  trace: {
    usage: '[on|off]',
    does: 'show each packet as it goes and comes',
    words: ['on', 'off'],
    read: readTrace,
  },
  history: { usage: '[N]', does: `show the last N lines; default ${historyShownLines}`, read: readHistory },
  me: {
    usage: 'TEXT',
    does: 'say what you do: /me waves',
    read: (text) => (text === '' ? undefined : { type: 'say', text: `${ACTION}${text}` }),
  },
  msg: {
    usage: 'NAME TEXT',
    does: 'say TEXT to one peer alone',
    read: (text) => (text.includes(' ') ? { type: 'message', text } : undefined),
  },
  nick: {
    usage: 'NAME',
    does: 'change your name',
    read: (name) => (name === '' ? undefined : { type: 'rename', name }),
  },
  accept: {
    usage: 'NAME',
    does: 'trust the key that comes with this name now',
    read: (name) => (name === '' ? undefined : { type: 'accept', name }),
  },
  owed: { usage: '', does: 'list who is owed how many of your lines', read: alone({ type: 'owed' }) },
  forget: {
    usage: 'NAME',
    does: 'give up what this peer is owed',
    read: (name) => (name === '' ? undefined : { type: 'forget', name }),
  },
  clear: { usage: '', does: 'empty the screen', read: alone({ type: 'clear' }) },
  quit: { usage: '', does: 'say goodbye and leave', read: alone({ type: 'quit' }) },
};

interface Command {
  readonly usage: string;
  readonly does: string;
  /** All that its argument can be, where that is a choice of words. */
  readonly words?: readonly string[];
  /** What the command means with this argument; undefined: the command can't have such an argument. */
  readonly read: (argument: string) => Entry | undefined;
}

/** How an action travels, as in XEP-0245: a line that starts with it is shown as `* NAME …`. */
const ACTION = '/me ';

/** The rest of a line that says what somebody does; undefined: it is an ordinary line. */
export function actionIn(text: string): string | undefined {
  return text.startsWith(ACTION) ? text.slice(ACTION.length) : undefined;
}

/**
 * `mayCommand`: its first character was typed; a pasted text is never a command. `//text` says a text that starts with
 * a slash. An empty draft says nothing; one of white space is a text.
 */
export function readEntry(draft: string, mayCommand: boolean): Entry {
  if (draft === '') return { type: 'nothing' };
  if (!mayCommand || !draft.startsWith('/')) return { type: 'say', text: draft };
  if (draft.startsWith('//')) return { type: 'say', text: draft.slice(1) };
  const { name = '', argument = '' } = /^\/(?<name>\S*)\s*(?<argument>[^]*)$/u.exec(draft)?.groups ?? {};
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return mistake(`no command /${name}; ${suggestion(name)}`);
  return command.read(argument.trimEnd()) ?? mistake(`usage: /${name} ${command.usage}`.trimEnd());
}

/** As Tab completes them: each command, with the words that its argument can be. */
export const COMMAND_WORDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(COMMANDS).map(([name, { words = [] }]) => [`/${name}`, words]),
);

/** One a row: how it is written, and what it does. */
export const COMMAND_HELP: readonly (readonly [usage: string, does: string])[] = [
  ...Object.entries(COMMANDS).map(([name, { usage, does }]): [string, string] => [
    `/${name} ${usage}`.trimEnd(),
    does,
  ]),
  ['//TEXT', 'say a text that starts with a slash'],
];

function mistake(message: string): Entry {
  return { type: 'mistake', message: `${message}. To say it as a text, start it with two slashes.` };
}

function suggestion(name: string): string {
  const [close, ...others] = Object.keys(COMMANDS).filter(
    (command) => name !== '' && command.startsWith(name),
  );
  return close !== undefined && others.length === 0 ? `did you mean /${close}?` : '/help lists them';
}

function alone(entry: Entry): Command['read'] {
  return (argument) => (argument === '' ? entry : undefined);
}

function readTrace(argument: string): Entry | undefined {
  switch (argument) {
    case '':
      return { type: 'trace', on: undefined };
    case 'on':
    case 'off':
      return { type: 'trace', on: argument === 'on' };
    default:
      return undefined;
  }
}

function readHistory(argument: string): Entry | undefined {
  if (argument === '') return { type: 'history', lines: historyShownLines };
  return /^[1-9]\d{0,5}$/u.test(argument) ? { type: 'history', lines: Number(argument) } : undefined;
}
