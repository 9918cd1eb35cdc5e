/**
 * What a node may be called: a label that fits beside a line of chat, and that one can read.
 *
 * Owns: the rule for an own name, wherever it comes from (a flag, a script, a person). A peer's name is only bounded in
 * length: whoever shows it filters it.
 */

import { nameMaxBytes } from './limits.ts';

export type NameProblem = 'empty' | 'too-long' | 'invisible';

/** Why a node can't be called so; undefined: it can. */
export function nameProblem(name: string): NameProblem | undefined {
  if (name.trim() === '') return 'empty';
  if (utf8Bytes(name) > nameMaxBytes) return 'too-long';
  // \p{C}: controls, unpaired surrogates, invisible format characters; none of them is part of a name one can read.
  return /\p{C}/u.test(name) ? 'invisible' : undefined;
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else bytes += code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}
