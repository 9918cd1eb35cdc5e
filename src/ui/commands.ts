/**
 * What a person's draft means once Enter is pressed: a text to say, or a command.
 *
 * Owns: the table of slash commands and how one is told from a text. Pure.
 * Must not know: how a command is carried out, or what a terminal is.
 */

export type Entry =
  | { readonly type: 'nothing' }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'command'; readonly command: CommandName }
  /** No command, but it looks like one. `message` says what to do instead. */
  | { readonly type: 'mistake'; readonly message: string };

export type CommandName = keyof typeof COMMANDS;

const COMMANDS = {
  help: 'list these commands',
  peers: 'who is there, and how the wire to them is',
  clear: 'empty the screen',
  quit: 'say goodbye and leave',
} as const;

/** `//text` says a text that starts with a slash. An empty draft says nothing; one of white space is a text. */
export function readEntry(draft: string): Entry {
  if (draft === '') return { type: 'nothing' };
  if (!draft.startsWith('/')) return { type: 'say', text: draft };
  if (draft.startsWith('//')) return { type: 'say', text: draft.slice(1) };
  const [command = '', ...rest] = draft.slice(1).trimEnd().split(/\s+/u);
  const escape = `To say it as a text, start it with two slashes.`;
  if (!isCommandName(command)) {
    return { type: 'mistake', message: `no command /${command}; /help lists them. ${escape}` };
  }
  if (rest.length > 0) return { type: 'mistake', message: `/${command} takes nothing after it. ${escape}` };
  return { type: 'command', command };
}

/** The lines that `/help` shows. */
export function helpLines(): string[] {
  const commands = Object.entries(COMMANDS).map(([command, what]) => `/${command.padEnd(7)} ${what}`);
  return [
    ...commands,
    '//text   say a text that starts with a slash',
    'Up and down bring earlier lines back. Ctrl-C clears the line; twice leaves, as does Ctrl-D.',
    'Under docker attach, Ctrl-P Ctrl-Q detaches and leaves the node running.',
  ];
}

function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text);
}
