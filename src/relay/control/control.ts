/**
 * What a line of the relay's stdin means: a JSON object from a script, or short words from a person.
 *
 * Owns: the shapes of `README.md`, and the one clear line for each mistake.
 */
import type { Ref } from '../../kernel/contract.ts';
import type { InputLine } from '../../kernel/lines.ts';
import { ControlError, parseJson, readFaults, readObject } from '../model/faults.ts';
import { controlLineMaxBytes, refMaxBytes } from '../model/limits.ts';
import type { Command, DirectionName } from '../model/messages.ts';
import { helpFor, readWatch, readWords, type WordHelp } from './words.ts';

export type ControlLine =
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'help'; readonly words: readonly WordHelp[] }
  | { readonly type: 'watch'; readonly on: boolean }
  /** An empty line: somebody pressed Enter. */
  | { readonly type: 'nothing' }
  | { readonly type: 'refused'; readonly ref?: Ref; readonly code: string; readonly message: string };

/** `directions`: the two that there are. */
export function readControl(line: InputLine, directions: readonly DirectionName[]): ControlLine {
  switch (line.type) {
    case 'too-long':
      return refused('too-long', `a line of ${line.bytes} bytes is longer than ${controlLineMaxBytes}`);
    case 'not-utf8':
      return refused('not-utf8', `a line of ${line.bytes} bytes is not UTF-8`);
    case 'line':
      break;
    default:
      line satisfies never;
  }
  const text = line.text.trim();
  if (text === '') return { type: 'nothing' };
  return readText(text, directions);
}

function readText(text: string, directions: readonly DirectionName[]): ControlLine {
  let ref: Ref | undefined;
  try {
    const [word, ...about] = text.split(/\s+/u);
    if (word === 'help') return { type: 'help', words: helpFor(about) };
    if (word === 'watch') return { type: 'watch', on: readWatch(about) };
    const { ref: givenRef, ...fields } = readObject(
      text.startsWith('{') ? parseJson(text) : readWords(text),
      'a command',
    );
    ref = readRef(givenRef);
    return { type: 'command', command: readCommand(fields, ref, directions) };
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    return refused(error.code, error.message, ref);
  }
}

function readCommand(
  fields: Readonly<Record<string, unknown>>,
  ref: Ref | undefined,
  directions: readonly DirectionName[],
): Command {
  const { type, ...given } = fields;
  switch (type) {
    case 'impair': {
      const { direction, faults, timesFrom = 'command', ...others } = given;
      refuseOthers(others, type);
      if (timesFrom !== 'command' && timesFrom !== 'start')
        throw new ControlError('bad-command', 'timesFrom is "command" or "start"');
      const struck = readDirection(direction, directions);
      return { type, ref, directions: struck, faults: readFaults(faults), timesFrom };
    }
    case 'heal': {
      const { direction, ...others } = given;
      refuseOthers(others, type);
      return { type, ref, directions: readDirection(direction, directions) };
    }
    case 'faults':
    case 'counts':
    case 'quit':
      refuseOthers(given, type);
      return { type, ref };
    default:
      throw new ControlError('bad-command', 'type is "impair", "heal", "faults", "counts" or "quit"');
  }
}

/** `both`, which is the default, or one of the two. @throws with one clear line if it is neither. */
export function readDirection(
  value: unknown,
  directions: readonly DirectionName[],
): readonly DirectionName[] {
  if (value === undefined || value === 'both') return directions;
  const found = directions.find((name) => name === value);
  if (found === undefined)
    throw new ControlError(
      'bad-command',
      `no direction is called ${JSON.stringify(value)}; there are ${directions.join(', ')} and both`,
    );
  return [found];
}

function readRef(value: unknown): Ref | undefined {
  if (value === undefined || typeof value === 'number') return value;
  if (typeof value === 'string' && Buffer.byteLength(value) <= refMaxBytes) return value;
  throw new ControlError('bad-command', `ref is a number, or a string of at most ${refMaxBytes} bytes`);
}

function refuseOthers(others: object, type: string): void {
  const [stray] = Object.keys(others);
  if (stray !== undefined) throw new ControlError('bad-command', `${type} has no field "${stray}"`);
}

function refused(code: string, message: string, ref?: Ref): ControlLine {
  return ref === undefined ? { type: 'refused', code, message } : { type: 'refused', ref, code, message };
}
