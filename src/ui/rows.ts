/**
 * How events look on a terminal: the words of `describe.ts`, in colour.
 *
 * Owns: colours. Must not know: streams, the cursor, when something is printed.
 */
import { styleText } from 'node:util';
import type { Event } from '../contract.ts';
import { describe } from './describe.ts';
import * as sanitize from './sanitize.ts';

export class Rows {
  readonly #color: boolean;
  readonly #verbose: boolean;

  constructor(options: { readonly color: boolean; readonly verbose: boolean }) {
    this.#color = options.color;
    this.#verbose = options.verbose;
  }

  /** The row or rows of an event, without a newline at the end; undefined where it shows nothing. */
  event(event: Event): string | undefined {
    const words = describe(event, this.#verbose);
    if (words === undefined) return undefined;
    switch (event.type) {
      case 'message': {
        const from = this.#styled(peerColor(event.from), sanitize.name(event.from));
        return `${from}: ${sanitize.line(event.text)}`;
      }
      case 'ready': {
        const receipts = event.receipts ? '' : ` Wire ${event.wire} can't tell whether a line was read.`;
        return this.note(`${words}\n/help lists the commands.${receipts}`);
      }
      case 'warning':
        return this.#styled('yellow', words);
      case 'error':
      case 'refused':
      case 'undelivered':
        return this.#styled('red', words);
      case 'peer-joined':
      case 'peer-left':
      case 'peer-renamed':
      case 'renamed':
      case 'trace':
      case 'queued':
      case 'sent':
      case 'delivered':
      case 'status':
      case 'closed':
        return this.note(words);
      default:
        return event satisfies never;
    }
  }

  /** A remark of the program itself. */
  note(text: string): string {
    return this.#styled('dim', text);
  }

  #styled(style: Style, text: string): string {
    // Whether there is colour was decided by the options, not by what this process happens to have as stdout.
    return this.#color ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** The same colour for the same name, in every session. These six are readable on dark and on light. */
function peerColor(name: string): Style {
  let hash = 0;
  for (const character of name) hash = (hash * 101 + (character.codePointAt(0) ?? 0)) % 65_521;
  return PEER_COLORS[hash % PEER_COLORS.length] ?? 'cyan';
}

type Style = Extract<Parameters<typeof styleText>[0], string>;

const PEER_COLORS: readonly Style[] = ['cyan', 'green', 'magenta', 'blue', 'yellow', 'red'];
