/**
 * `tincan history`: prints what was said and heard, from a state directory, whether or not a node runs on it.
 *
 * Owns: how a kept line is shown to a person and to a script.
 */
import type { HistoryConfig } from './config.ts';
import { UsageError } from '../kernel/errors.ts';
import { StateError } from '../store/directory.ts';
import type { ChatLine } from '../store/histories.ts';
import { readPastChat } from '../store/past-chat.ts';
import { safeJson } from '../ui/pipe/json-output.ts';
import * as sanitize from '../ui/words/sanitize.ts';

/**
 * Resolves to the exit code; `print` does for what is printed.
 *
 * @throws {UsageError} if there is no state that can be read.
 */
export async function showHistory(
  { stateDirectory, sinceMs, json }: HistoryConfig,
  print: (text: string) => Promise<number>,
): Promise<number> {
  const lines = past(stateDirectory, sinceMs);
  return print(lines.map((line) => `${json ? inJson(line) : inWords(line)}\n`).join(''));
}

function past(directory: string, sinceMs: number): readonly ChatLine[] {
  try {
    return readPastChat(directory, sinceMs);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

function inJson({ at, from, text, own, privateWith }: ChatLine): string {
  return safeJson({ type: 'line', at: new Date(at).toISOString(), from, text, own, privateWith });
}

function inWords({ at, from, text, own, privateWith }: ChatLine): string {
  const alone = privateWith === undefined ? '' : ` to ${own ? sanitize.name(privateWith) : 'you'}`;
  return `${new Date(at).toISOString()} ${sanitize.name(from)}${alone}: ${sanitize.line(text)}`;
}
