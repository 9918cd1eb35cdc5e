/**
 * HTML out of template literals, in which nothing that somebody else wrote can become markup.
 *
 * Owns: the only way from a string to HTML. Every interpolated string passes the filter that guards terminals (no control
 * character, no text that reorders its surroundings), then it is escaped, so that it is safe in text and in a quoted attribute.
 */
import { line } from '../../src/ui/words/sanitize.ts';

/** Markup. There are two ways to get one: the tag `html`, which escapes, and `trusted`, which doesn't. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  /** Only for what this project or a library that it trusts has written: a style sheet, a drawing. */
  static trusted(markup: string): Html {
    return new Html(markup);
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a template. `undefined` leaves nothing. */
export type Part = Html | string | number | undefined | readonly Part[];

export function html({ raw }: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const literals = raw.map(unindented);
  let markup = literals[0] ?? '';
  for (const [at, part] of parts.entries()) markup += markupOf(part) + (literals[at + 1] ?? '');
  return Html.trusted(markup);
}

/** A template's line breaks are there for its reader; to a browser they are as good as a space. */
function unindented(literal: string): string {
  return literal.replaceAll(/\s*\n\s*/gu, ' ');
}

function markupOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escaped(line(part));
  if (typeof part === 'number') return escaped(String(part));
  if (part instanceof Html) return part.toString();
  return part.map(markupOf).join('');
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
}
