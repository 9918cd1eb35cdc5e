/**
 * What a terminal remembers: the lines typed and the lines of the chat.
 *
 * Owns: the two interfaces. `in-memory.ts` keeps them for one run, `history.ts` on disk.
 */

/**
 * What a person typed at this terminal, for the arrow keys; with `--state`, in earlier runs too. Whoever implements it
 * bounds it (`historyMaxLines`) and forgets the oldest first. It never throws: what can't be kept is only not kept.
 */
export interface TypedLines {
  /** Oldest first. */
  load(): readonly string[];
  /** One more was entered: it may have newlines (pasted), and may be a command. */
  add(text: string): void;
}

/**
 * The lines of the chat, heard and said, for `/history` and for whoever attaches; with `--state`, of earlier runs too.
 * Whoever implements it bounds it (`chatHistoryMaxLines`, `chatHistoryMaxLength`) and forgets the oldest first. It never
 * throws, as above.
 */
export interface ChatHistory {
  /** The newest `lines` of them, oldest first. */
  last(lines: number): readonly ChatLine[];
  /** A batch, in order: a peer may send thousands of lines at once. */
  add(lines: readonly ChatLine[]): void;
}

export interface ChatLine {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** The name as it was then, exact: whoever shows it sanitises it. */
  readonly from: string;
  readonly text: string;
  /** Said here, not heard. */
  readonly own: boolean;
  /** Between two alone; on an own line, the name of the one other. */
  readonly privateWith: string | undefined;
}

/** One line, or lines that were said at once: then `count` is there, and `text` has a line feed after each line but the last. */
export interface ChatRun extends ChatLine {
  readonly count?: number;
}

export function linesOfRun({ count = 1, text, ...line }: ChatRun): readonly ChatLine[] {
  return (count === 1 ? [text] : text.split('\n')).map((each) => ({ ...line, text: each }));
}
