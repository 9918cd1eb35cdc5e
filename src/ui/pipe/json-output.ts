/**
 * An event as a line of JSON.
 *
 * Owns: the shapes of `$defs/output` in `json.schema.json`: times in ISO 8601, an address as one string, a field without a
 * value absent. Pure.
 */
import type { Status } from '../../kernel/contract.ts';
import type { SingleEvent } from '../../kernel/runs.ts';
import { formatAddress } from '../words/describe.ts';

/** Version of the contract with scripts, as `ready` tells it. `json.schema.json` says which changes need a new one. */
const jsonContract = 1;

/** All events but `queued`: a script learns a line's number from `sent`. */
export type Told = Exclude<SingleEvent, { readonly type: 'queued' }>;

/** Without a newline at its end. */
export function toJson(event: Told): string {
  return safeJson(shapeOf(event));
}

/** The text stays the same to a parser, and a person who reads the JSON on a terminal is safe from it. */
export function safeJson(shape: object): string {
  const json = JSON.stringify(shape);
  return UNSAFE_UNESCAPED.test(json) ? json.replaceAll(UNSAFE_UNESCAPED_ALL, escaped) : json;
}

function shapeOf(event: Told): object {
  switch (event.type) {
    case 'ready': {
      const { type, ...rest } = event;
      return { type, contract: jsonContract, ...rest, address: formatAddress(event.address) };
    }
    case 'message':
    case 'trace':
      return { ...event, at: new Date(event.at).toISOString() };
    case 'peer-joined':
      return { ...event, address: formatAddress(event.address) };
    case 'status':
      return statusShape(event);
    case 'refused':
      return { ...event, type: 'error' };
    case 'peer-left':
    case 'peer-renamed':
    case 'renamed':
    case 'forgotten':
    case 'pinned':
    case 'sent':
    case 'delivered':
    case 'undelivered':
    case 'warning':
    case 'error':
    case 'closed':
      return event;
    default:
      return event satisfies never;
  }
}

function statusShape(status: Status): object {
  const peers = status.peers.map((peer) => ({
    ...peer,
    address: peer.address && formatAddress(peer.address),
  }));
  return { ...status, address: formatAddress(status.address), peers };
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What `JSON.stringify` leaves as it is: DEL, C1, line separators, directional controls. All are single UTF-16 units. */
const UNSAFE_UNESCAPED = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u;
const UNSAFE_UNESCAPED_ALL = new RegExp(UNSAFE_UNESCAPED, 'gu');
