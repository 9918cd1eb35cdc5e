/**
 * What Tab makes of a draft: the end of a command or of a peer's name. Pure.
 *
 * Owns: which words fit.
 */

export interface Completion {
  /** To put in at the cursor; may be empty. */
  readonly insert: string;
  /** All that would fit, where it is more than one. */
  readonly candidates: readonly string[];
}

export interface Vocabulary {
  /** With their slashes; each with the words that its argument can be, where these are known. */
  readonly commands: ReadonlyMap<string, readonly string[]>;
  readonly names: readonly string[];
}

/** `before`: the draft up to the cursor. A name that begins the line is somebody addressed: a colon follows it. */
export function complete(before: string, { commands, names }: Vocabulary): Completion {
  if (/^\/\S*$/u.test(before)) return completed(before, [...commands.keys()], ' ');
  const isArgument = before.startsWith('/');
  const { command = '', argument = '' } =
    /^(?<command>\/\S+)\s+(?<argument>\S*)$/u.exec(before)?.groups ?? {};
  const words = commands.get(command) ?? [];
  if (words.length > 0) return completed(argument, words, ' ');
  // A name may have spaces in it, so that more than the last word may be the beginning of one.
  for (const start of wordStarts(before)) {
    const word = before.slice(start);
    const completion = completed(word, names, start === 0 && !isArgument ? ': ' : ' ');
    if (completion.insert !== '' || completion.candidates.length > 0) return completion;
  }
  return NOTHING;
}

const NOTHING: Completion = { insert: '', candidates: [] };

function completed(word: string, words: readonly string[], after: string): Completion {
  const fitting = [...new Set(words)].filter((candidate) => candidate.startsWith(word)).toSorted();
  const [only] = fitting;
  if (only === undefined) return NOTHING;
  if (fitting.length === 1) return { insert: only.slice(word.length) + after, candidates: [] };
  return { insert: sharedStart(fitting).slice(word.length), candidates: fitting };
}

function sharedStart(words: readonly string[]): string {
  const [first = '', ...others] = words.map((word) => Array.from(word));
  if (first === '') return '';
  const differs = first.findIndex((character, index) => others.some((other) => other[index] !== character));
  return (differs === -1 ? first : first.slice(0, differs)).join('');
}

/** Where the words of a text start, the longest rest first. */
function wordStarts(text: string): readonly number[] {
  return Array.from(text.matchAll(/(?<=^|\s)\S/gu), ({ index }) => index);
}
