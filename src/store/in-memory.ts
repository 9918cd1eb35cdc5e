/**
 * What a terminal remembers without `--state`: the lines typed and the lines of the chat, of this run alone.
 *
 * Owns: the bounds of both.
 */
import type { ChatHistory, ChatLine, TypedLines } from './histories.ts';
import { chatHistoryMaxLength, chatHistoryMaxLines, historyMaxLines } from './limits.ts';

export class TypedLinesInMemory implements TypedLines {
  #lines: string[] = [];

  load(): readonly string[] {
    return this.#lines;
  }

  add(text: string): void {
    this.#lines = [...this.#lines, text].slice(-historyMaxLines);
  }
}

export class ChatHistoryInMemory implements ChatHistory {
  #lines: readonly ChatLine[] = [];

  last(lines: number): readonly ChatLine[] {
    return lines > 0 ? this.#lines.slice(-lines) : [];
  }

  add(lines: readonly ChatLine[]): void {
    this.#lines = newest([...this.#lines, ...lines.slice(-chatHistoryMaxLines)]);
  }
}

/** As many of the newest as both bounds allow. */
function newest(lines: readonly ChatLine[]): readonly ChatLine[] {
  let length = 0;
  let first = lines.length;
  for (const line of lines.toReversed()) {
    length += line.from.length + line.text.length;
    if (length > chatHistoryMaxLength || lines.length - first === chatHistoryMaxLines) break;
    first -= 1;
  }
  return lines.slice(first);
}
