/**
 * Puts events into words, for people and their logs: one line each, and the own key on a second one where the wire has keys.
 *
 * Owns: the wording of every event on the text, raw and terminal faces; every remote string in it is sanitised.
 */
import type { Address, LineRun } from '../../kernel/contract.ts';
import { type SingleEvent, textsOf } from '../../kernel/runs.ts';
import * as sanitize from './sanitize.ts';

/**
 * What this event says to a person, without a newline at its end; undefined where it
 * says nothing. `verbose`: tell the fate of each own line, too.
 */
export function describe(event: SingleEvent, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'ready': {
      const key = event.fingerprint === undefined ? '' : `\nown key ${event.fingerprint}`;
      return `ready ${sanitize.name(event.name)} ${formatAddress(event.address)} ${event.wire}${key}`;
    }
    case 'message':
      return describeLine(event);
    case 'peer-joined':
      return `joined: ${sanitize.name(event.name)} at ${formatAddress(event.address)}`;
    case 'peer-left':
      return `left: ${sanitize.name(event.name)} (${sanitize.line(event.reason)})`;
    case 'peer-renamed':
      return `renamed: ${sanitize.name(event.was)} is now ${sanitize.name(event.name)}`;
    case 'renamed':
      return `renamed: this node is now ${sanitize.name(event.name)}`;
    case 'trace':
      return `trace: ${sanitize.line(event.text)}`;
    case 'queued':
      return undefined;
    case 'sent':
      return verbose ? `sent: line ${event.seq}` : undefined;
    case 'delivered':
      return verbose ? `delivered: line ${event.seq} to ${sanitize.name(event.to)}` : undefined;
    case 'undelivered': {
      const to = event.to === undefined ? '' : ` to ${sanitize.name(event.to)}`;
      return `undelivered: line ${event.seq}${to} (${sanitize.line(event.reason)})`;
    }
    case 'forgotten': {
      const lines = event.lines === 0 ? 'it was owed nothing' : `${count(event.lines, 'line')} given up`;
      return `forgotten: ${sanitize.name(event.name)} (${lines})`;
    }
    case 'status':
      // A status is shown as a table (`tables.ts`), and only where somebody asked for it.
      return undefined;
    case 'warning':
      return `warning: ${sanitize.line(event.message)}`;
    case 'refused':
    case 'error':
      return `error: ${sanitize.line(event.message)}`;
    case 'pinned':
      // The name was used all along; a name that changes its key is told by `peer-renamed`.
      return undefined;
    case 'closed':
      return event.undelivered === 0 ? undefined : `undelivered: ${event.undelivered}`;
    default:
      return event satisfies never;
  }
}

/** A message: who says what. */
export function describeLine({ from, text }: { readonly from: string; readonly text: string }): string {
  return `${sanitize.name(from)}: ${sanitize.line(text)}`;
}

/** Many of them, each on a row. */
export function describeLines({ from, ...run }: { readonly from: string } & LineRun): string {
  const name = sanitize.name(from);
  return textsOf(run)
    .map((text) => `${name}: ${sanitize.line(text)}`)
    .join('\n');
}

/** `192.0.2.1:5000`, `[2001:db8::1]:5000`. */
export function formatAddress(address: Address): string {
  const ip = sanitize.word(address.ip);
  return ip.includes(':') ? `[${ip}]:${address.port}` : `${ip}:${address.port}`;
}

export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** The refusal of a line of so many bytes. */
export function tooLong(bytes: number, lineMaxBytes: number): { code: string; message: string } {
  return {
    code: 'line-too-long',
    message: `line of ${bytes} bytes is longer than ${lineMaxBytes} bytes, so it was not said`,
  };
}
