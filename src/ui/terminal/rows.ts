/**
 * How things look in a terminal's window: a time stamp, a mark of two columns, and the words.
 *
 *     11:52  + joined: bob at 172.18.0.3:5000
 *     11:52 ✓✓ alice: hi bob
 *     11:52    bob: hi alice
 *
 * Nothing that a peer sends can look like a mark: those have a column of their own.
 * Owns: that layout, marks and colours.
 */
import type { SingleEvent } from '../../kernel/runs.ts';
import { cellsOf, excerpt, widthOf } from '../words/cells.ts';
import { type Style, peerColor, styled } from './colors.ts';
import { actionIn } from './commands.ts';
import { count, describe } from '../words/describe.ts';
import type { ChatLine } from '../../store/histories.ts';
import type { Receipt } from './receipts.ts';
import * as sanitize from '../words/sanitize.ts';
import type { PrintedLine } from './wrapping.ts';

export interface RowsOptions {
  readonly color: boolean;
  /** Tell the fate of each own line in words, too. */
  readonly verbose: boolean;
  /** Milliseconds since the Unix epoch, by the wall clock. */
  readonly now: () => number;
}

export class Rows {
  readonly #options: RowsOptions;

  constructor(options: RowsOptions) {
    this.#options = options;
  }

  /** undefined where the event shows nothing. */
  event(event: SingleEvent): PrintedLine | undefined {
    const words = describe(event, this.#options.verbose);
    if (words === undefined) return undefined;
    switch (event.type) {
      case 'message':
        return this.chat(chatLineOf(event));
      case 'ready': {
        const receipts = event.receipts ? '' : `\nWire ${event.wire} can't tell whether a line was read.`;
        return { ...this.note(`${words}${receipts}\n/help lists commands and keys.`), isHeader: true };
      }
      case 'peer-joined':
        return this.#row('+', 'good', 'dim', words);
      case 'peer-left':
        return this.#row('-', 'attention', 'dim', words);
      case 'peer-renamed':
      case 'renamed':
        return this.#row('~', 'attention', 'dim', words);
      case 'trace':
        return this.#row(
          DIRECTION_MARKS[event.direction],
          'dim',
          'dim',
          tracedWords(event),
          event.at,
          preciseTimeOf,
        );
      case 'warning':
        return ALARMS.has(event.code)
          ? this.#row('!!', 'alarm', 'alarm', words)
          : this.#row('!', 'attention', 'attention', words);
      case 'undelivered':
        return this.#row('✗', 'alarm', 'alarm', words);
      case 'error':
      case 'refused':
        return this.#row('!!', 'alarm', 'alarm', words);
      case 'queued':
      case 'sent':
      case 'delivered':
      case 'status':
      case 'forgotten':
      case 'pinned':
      case 'closed':
        return this.note(words);
      default:
        return event satisfies never;
    }
  }

  /** `first` and the own lines after it, `lines` in all, have the same fate. */
  undelivered(first: Undelivered, lines: number): PrintedLine {
    const to = first.to === undefined ? '' : ` to ${sanitize.name(first.to)}`;
    const words = `undelivered: lines ${first.seq} to ${first.seq + lines - 1}${to} (${sanitize.line(first.reason)})`;
    return this.#row('✗', 'alarm', 'alarm', words);
  }

  /** A line of the chat. A private one that was heard has a mark. */
  chat(line: ChatLine): PrintedLine {
    const isHeardAlone = line.privateWith !== undefined && !line.own;
    return this.#line(line.at, isHeardAlone ? this.#mark('@', 'attention') : NO_MARK, this.#chatWords(line));
  }

  /** An own line, with what has become of it. */
  own(line: ChatLine, receipt: Receipt): PrintedLine {
    return this.#line(line.at, this.receiptMark(receipt), this.#chatWords(line));
  }

  receiptMark(receipt: Receipt): string {
    const { mark, style } = RECEIPTS[receipt];
    return this.#mark(mark, style);
  }

  /** For lines whose marks have changed where nobody sees it any more. */
  receiptNote(lines: readonly ChatLine[], receipt: Receipt): PrintedLine {
    const { mark, style } = RECEIPTS[receipt];
    const last = lines.at(-1)?.text ?? '';
    const which = excerpt(sanitize.line(last), EXCERPT_COLUMNS);
    const others = lines.length === 1 ? '' : ` and ${count(lines.length - 1, 'line')} before it`;
    return this.#row(mark, style, 'dim', `${receipt}: ${which}${others}`);
  }

  /** An earlier line, for `/history`: with its day, if that is not today. */
  past(line: ChatLine): PrintedLine {
    const day = dayOf(line.at);
    const words = this.#chatWords(line);
    const dated = day === dayOf(this.#options.now()) ? words : `${this.#styled('dim', day)} ${words}`;
    const { day: _, ...undated } = this.#line(line.at, NO_MARK, dated);
    return undated;
  }

  /** A remark of the program itself; it may have several rows. */
  note(text: string): PrintedLine {
    return this.#line(this.#options.now(), NO_MARK, this.#styledRows('dim', text));
  }

  /** A name in its peer's colour; `text` is that name, perhaps with more. */
  colored(name: string, text: string): string {
    return this.#styled(peerColor(name), text);
  }

  #chatWords(line: ChatLine): string {
    const name = this.#styled(peerColor(line.from), sanitize.name(line.from));
    const alone =
      line.privateWith === undefined ? '' : ` to ${line.own ? sanitize.name(line.privateWith) : 'you'}`;
    const action = actionIn(line.text);
    if (action !== undefined)
      return `* ${name} ${this.#said(action)}${alone === '' ? '' : ` (${alone.trim()})`}`;
    return `${name}${this.#styled('dim', alone)}: ${this.#said(line.text)}`;
  }

  /** Several rows stay several rows, but none of them can be taken for a line of its own. */
  #said(text: string): string {
    return text
      .split('\n')
      .map(sanitize.line)
      .join(`\n${this.#styled('dim', '│')} `);
  }

  #row(
    mark: string,
    markStyle: Style,
    style: Style,
    words: string,
    at = this.#options.now(),
    time = timeOf,
  ): PrintedLine {
    return this.#line(at, this.#mark(mark, markStyle), this.#styledRows(style, words), time);
  }

  #line(at: number, mark: string, words: string, time = timeOf): PrintedLine {
    return {
      before: `${this.#styled('dim', time(at))} `,
      mark,
      after: ` ${words}`,
      day: this.#styled('dim', dayOf(at)),
    };
  }

  #mark(mark: string, style: Style): string {
    return ' '.repeat(MARK_COLUMNS - widthOf(cellsOf(mark))) + this.#styled(style, mark);
  }

  /** Each row by itself: a style that went on over a newline would colour what stands before the next row. */
  #styledRows(style: Style, text: string): string {
    return text
      .split('\n')
      .map((row) => this.#styled(style, row))
      .join('\n');
  }

  #styled(style: Style, text: string): string {
    return this.#options.color && text !== '' ? styled(style, text) : text;
  }
}

type Undelivered = Extract<SingleEvent, { readonly type: 'undelivered' }>;

/** What a heard line is in the history. */
export function chatLineOf(event: Extract<SingleEvent, { readonly type: 'message' }>): ChatLine {
  const { at, from, text } = event;
  return { at, from, text, own: false, privateWith: event.private === true ? from : undefined };
}

/** A row of the banner. */
export function bannerLine(text: string): PrintedLine {
  return { before: '', mark: '', after: text, isHeader: true };
}

const RECEIPTS: Readonly<Record<Receipt, { readonly mark: string; readonly style: Style }>> = {
  queued: { mark: '·', style: 'dim' },
  sent: { mark: '✓', style: 'dim' },
  delivered: { mark: '✓✓', style: 'good' },
  undelivered: { mark: '✗', style: 'alarm' },
};

/** Warnings that may mean that somebody is not whom you take them for. */
const ALARMS: ReadonlySet<string> = new Set(['key-changed', 'key-in-use']);

const DIRECTION_MARKS = { out: '>', in: '<', note: '·' } as const;

const MARK_COLUMNS = 2;
const NO_MARK = ' '.repeat(MARK_COLUMNS);
/** Where the words begin: after the time, the mark, and a space after each. */
export const INDENT_COLUMNS = '11:52 '.length + MARK_COLUMNS + 1;
const EXCERPT_COLUMNS = 40;

function tracedWords({ peer, text }: Extract<SingleEvent, { readonly type: 'trace' }>): string {
  const words = sanitize.line(text);
  return peer === undefined ? words : `${sanitize.name(peer)}: ${words}`;
}

/** `11:52`, local time. */
function timeOf(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `11:52:07.093`, local time. */
function preciseTimeOf(at: number): string {
  const date = new Date(at);
  const seconds = String(date.getSeconds()).padStart(2, '0');
  return `${timeOf(at)}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `2026-11-24`, local time. */
function dayOf(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}
