/**
 * The `json` face, for scripts: one JSON object a line, in and out.
 *
 * Owns: the shapes. In: `say` (text, ref?), `status`, `quit`. Out: every event but `queued`, with `at` in ISO 8601;
 * a field without a value is absent, never null. Whatever can't be read gives an `error` and changes nothing.
 * Fields that this version does not know are ignored, so that a newer script can talk to an older node.
 * Must not know: streams.
 */
import type { Event, Ref, Status } from '../contract.ts';
import { formatAddress } from './describe.ts';
import type { Face, FaceCommand, FaceOptions } from './face.ts';
import { jsonBytesPerTextByte, jsonExtraBytes, refMaxBytes } from './limits.ts';
import type { InputLine } from '../lines.ts';
import { NOTHING, PipeFace, type Refusal } from './pipe.ts';
import { onStdout, tooLong } from './text.ts';

export function jsonFace(options: FaceOptions): Face {
  const inputMaxBytes = options.lineMaxBytes * jsonBytesPerTextByte + jsonExtraBytes;
  return new PipeFace(options, {
    inputMaxBytes,
    read: (line) => readJsonLine(line, options.lineMaxBytes, inputMaxBytes),
    show: (event) => {
      if (event.type === 'queued') return NOTHING;
      const written = onStdout(toJson(event));
      if (event.type !== 'closed' || event.undelivered === 0) return written;
      // The count is on stderr on every face.
      return { ...written, stderr: `undelivered: ${event.undelivered}\n` };
    },
  });
}

function readJsonLine(
  line: InputLine,
  lineMaxBytes: number,
  inputMaxBytes: number,
): FaceCommand | Refusal | { readonly type: 'quit' } {
  switch (line.type) {
    case 'line':
      break;
    case 'too-long':
      return { type: 'refusal', ...tooLong(line.bytes, inputMaxBytes) };
    case 'not-utf8':
      return refusal('not-utf8', `line of ${line.bytes} bytes is not UTF-8`);
  }
  const command = parseObject(line.text);
  if (command === undefined) {
    return refusal('bad-json', 'a line of input must be one JSON object, like {"type":"say","text":"hi"}');
  }
  switch (command['type']) {
    case 'say':
      return readSay(command, lineMaxBytes);
    case 'status':
      return { type: 'status' };
    case 'quit':
      return { type: 'quit' };
    default:
      return refusal('bad-command', 'field "type" must be "say", "status" or "quit"');
  }
}

function readSay(command: Readonly<Record<string, unknown>>, lineMaxBytes: number): FaceCommand | Refusal {
  const { text, ref } = command;
  if (ref !== undefined && !isRef(ref)) {
    return refusal(
      'bad-command',
      `field "ref" must be a number, or a string of at most ${refMaxBytes} bytes`,
    );
  }
  if (typeof text !== 'string') return refusal('bad-command', 'field "text" must be a string', ref);
  if (!text.isWellFormed()) {
    return refusal('bad-command', 'field "text" has half of a surrogate pair, which UTF-8 can\'t carry', ref);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > lineMaxBytes) {
    const { code, message } = tooLong(bytes, lineMaxBytes);
    return refusal(code, message, ref);
  }
  return { type: 'say', text, ref };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRef(value: unknown): value is Ref {
  return typeof value === 'number' || (typeof value === 'string' && Buffer.byteLength(value) <= refMaxBytes);
}

function refusal(code: string, message: string, ref?: Ref): Refusal {
  return ref === undefined ? { type: 'refusal', code, message } : { type: 'refusal', code, message, ref };
}

/** One line of output, without its newline; `tincan status --json` writes a status the same way. */
export function toJson(event: Event): string {
  const json = JSON.stringify(shape(event));
  // The text stays the same to a parser, and a person who reads the JSON on a terminal is safe from it.
  return UNSAFE_UNESCAPED.test(json) ? json.replaceAll(UNSAFE_UNESCAPED_ALL, escaped) : json;
}

/** As the script sees it: times in ISO 8601, an address as one string, what the wire refused as an `error`. */
function shape(event: Event): object {
  switch (event.type) {
    case 'message':
      return { ...event, at: new Date(event.at).toISOString() };
    case 'ready':
    case 'peer-joined':
      return { ...event, address: formatAddress(event.address) };
    case 'status':
      return statusObject(event);
    case 'refused':
      return { ...event, type: 'error' };
    default:
      return event;
  }
}

function statusObject(status: Status): object {
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
