/**
 * A line of JSON input and what it asks for.
 *
 * Owns: the shapes of `$defs/input` in `json.schema.json`, and the one `error` for each way to miss them. Fields that this
 * version does not know are ignored, so that a newer script can talk to an older node. Pure.
 */
import type { PeerId, Ref } from '../../kernel/contract.ts';
import type { InputLine } from '../../kernel/lines.ts';
import { nameProblem } from '../../kernel/name.ts';
import type { FaceCommand } from '../face.ts';
import { jsonBytesPerTextByte, jsonExtraBytes, refMaxBytes } from '../limits.ts';
import type { Found } from '../peers.ts';
import type { Acknowledged } from './acknowledged.ts';
import type { Refusal } from './pipe.ts';
import { tooLong } from '../words/describe.ts';

export interface JsonInputOptions {
  /** The longest text that can be said, in bytes of UTF-8. */
  readonly lineMaxBytes: number;
  readonly findPeer: (nameOrId: string) => Found;
  /** How far each peer's lines are taken, where the reader of stdout says so (`--ack`); undefined: writing a line takes it. */
  readonly acknowledged: Acknowledged | undefined;
}

/** The longest line of input that can hold a text of so many bytes, in bytes. */
export function inputMaxBytes(lineMaxBytes: number): number {
  return lineMaxBytes * jsonBytesPerTextByte + jsonExtraBytes;
}

export function readJsonLine(
  line: InputLine,
  options: JsonInputOptions,
): FaceCommand | Refusal | { readonly type: 'quit' } {
  switch (line.type) {
    case 'line':
      return readObject(parseObject(line.text), options);
    case 'too-long':
      // Of all input, only a text to say can make a line so long.
      return {
        type: 'refusal',
        wasToBeSaid: true,
        ...tooLong(line.bytes, inputMaxBytes(options.lineMaxBytes)),
      };
    case 'not-utf8':
      return refusal('not-utf8', `line of ${line.bytes} bytes is not UTF-8`);
    default:
      return line satisfies never;
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function readObject(
  command: JsonObject | undefined,
  options: JsonInputOptions,
): ReturnType<typeof readJsonLine> {
  switch (command?.['type']) {
    case 'say':
      return readSay(command, options);
    case 'rename':
      return readRename(command);
    case 'accept':
      return readAccept(command);
    case 'forget':
      return readForget(command);
    case 'trace':
      return readTrace(command);
    case 'taken':
      return readTaken(command, options.acknowledged);
    case 'status':
      return { type: 'status' };
    case 'quit':
      return { type: 'quit' };
    default:
      return command === undefined
        ? refusal('bad-json', 'a line of input must be one JSON object, like {"type":"say","text":"hi"}')
        : refusal(
            'bad-command',
            'field "type" must be "say", "rename", "accept", "forget", "trace", "taken", "status" or "quit"',
          );
  }
}

function readSay(command: JsonObject, options: JsonInputOptions): FaceCommand | Refusal {
  const { text, ref, to } = command;
  if (ref !== undefined && !isRef(ref)) {
    return unsaid(
      'bad-command',
      `field "ref" must be a string of at most ${refMaxBytes} bytes, or a number that comes back as it is`,
    );
  }
  if (typeof text !== 'string') return unsaid('bad-command', 'field "text" must be a string', ref);
  if (!text.isWellFormed()) {
    return unsaid('bad-command', 'field "text" has half of a surrogate pair, which UTF-8 can\'t carry', ref);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > options.lineMaxBytes) {
    const { code, message } = tooLong(bytes, options.lineMaxBytes);
    return unsaid(code, message, ref);
  }
  if (to === undefined) return { type: 'say', text, ref };
  if (typeof to !== 'string') return unsaid('bad-command', 'field "to" must be a string', ref);
  return sayTo(options.findPeer(to), (peerId) => ({ type: 'say', text, ref, to: peerId }), ref);
}

function sayTo(
  found: Found,
  say: (peerId: PeerId) => FaceCommand,
  ref: Ref | undefined,
): FaceCommand | Refusal {
  switch (found.type) {
    case 'peer':
      return say(found.peerId);
    case 'unknown':
      return unsaid('no-such-peer', 'field "to" is neither the name nor the id of a peer', ref);
    case 'ambiguous':
      return unsaid(
        'ambiguous-peer',
        `field "to" is the name of several peers; give one's id: ${found.peerIds.join(', ')}`,
        ref,
      );
    default:
      return found satisfies never;
  }
}

function readRename({ name }: JsonObject): FaceCommand | Refusal {
  if (typeof name === 'string' && nameProblem(name) === undefined) return { type: 'rename', name };
  return refusal('bad-command', 'field "name" must be 1 to 64 bytes of text without invisible characters');
}

function readAccept({ name }: JsonObject): FaceCommand | Refusal {
  if (typeof name === 'string') return { type: 'accept', name };
  return refusal('bad-command', 'field "name" must be the name of the peer whose new key is accepted');
}

function readForget({ name }: JsonObject): FaceCommand | Refusal {
  if (typeof name === 'string') return { type: 'forget', name };
  return refusal('bad-command', 'field "name" must be the name or the id of the peer that is owed lines');
}

function readTrace({ on }: JsonObject): FaceCommand | Refusal {
  if (typeof on === 'boolean') return { type: 'trace', on };
  return refusal('bad-command', 'field "on" must be true or false');
}

function readTaken(command: JsonObject, acknowledged: Acknowledged | undefined): FaceCommand | Refusal {
  const { peerId, log, seq } = command;
  if (acknowledged === undefined)
    return refusal('bad-command', 'without --ack a line is taken as soon as it is written: say no "taken"');
  if (typeof peerId !== 'string' || typeof log !== 'string' || !isSeq(seq)) {
    const like = '"peerId", "log" and "seq" must be those of a message, the last one that was taken';
    return refusal('bad-command', `fields ${like}`);
  }
  const taken = acknowledged.take(peerId, log, seq);
  return (
    taken ??
    refusal('not-given', `this run has given no line ${seq} of this peer's log: nothing is taken by it`)
  );
}

function isSeq(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(BYTE_ORDER_MARK, ''));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Some editors and shells write one in front of UTF-8; it is no part of the JSON (RFC 8259 §8.1). */
const BYTE_ORDER_MARK = /^\ufeff/u;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is given back must be what was given: no infinity (`1e400`), no whole number that a double rounds. */
function isRef(value: unknown): value is Ref {
  if (typeof value === 'string') return value.isWellFormed() && Buffer.byteLength(value) <= refMaxBytes;
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

/** Of input that asks for something else, or for nothing that this version knows. */
function refusal(code: string, message: string): Refusal {
  return { type: 'refusal', wasToBeSaid: false, code, message };
}

/** Of a text that was to be said. */
function unsaid(code: string, message: string, ref?: Ref): Refusal {
  const refused: Refusal = { type: 'refusal', wasToBeSaid: true, code, message };
  return ref === undefined ? refused : { ...refused, ref };
}
