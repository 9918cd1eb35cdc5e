/**
 * What a node may be called: a label that fits beside a line of chat, and that one can read.
 *
 * Owns: the rule for an own name, wherever it comes from (a flag, a script, a person), and how any name stands in a
 * sentence. A peer's name is only bounded in length: a face filters it.
 */
import { nameMaxBytes } from './limits.ts';
import { utf8EncodeLossy } from './text.ts';

export type NameProblem = 'empty' | 'too-long' | 'invisible';

/** Why a node can't be called so; undefined: it can. */
export function nameProblem(name: string): NameProblem | undefined {
  if (name.trim() === '') return 'empty';
  if (utf8EncodeLossy(name).length > nameMaxBytes) return 'too-long';
  return INVISIBLE.test(name) ? 'invisible' : undefined;
}

/**
 * The name for use in a sentence, such that it can't be taken for anything else in it. One word stands as it is, and so does
 * an address; all else stands between quotes, in which no other quote is. `alice: I owe you 100 EUR` would be a line of
 * alice's otherwise, and a peer named `warning` would warn.
 */
export function delimitedName(name: string): string {
  const isBare = (WORD.test(name) && !OWN_WORDS.has(name.toLowerCase())) || ADDRESS.test(name);
  return isBare ? name : `"${name.replaceAll('"', '<U+0022>')}"`;
}

/**
 * A letter, mark, number or emoji, or what ASCII has beside these, without the quote and the colon. Of the letters, not those
 * that are drawn like a colon.
 */
const WORD =
  /^[[\p{L}\p{M}\p{N}\p{Emoji_Presentation}\p{Extended_Pictographic}!-~]--[":\u02D0\u02D1\u0903\u0A83\u2D53\uA4FD]]+$/v;
/** `192.0.2.1:5000`, `bob:5000`, `[fe80::1%eth0]:5000`: what a peer is called on wires that carry no names. */
const ADDRESS = /^(?:[\w.\-]+|\[[\w.:%]+\]):\d{1,5}$/v;
/** What our own sentences begin with. */
const OWN_WORDS: ReadonlySet<string> = new Set(
  'ready joined left renamed trace sent delivered undelivered warning error'.split(' '),
);

/** \p{C}: controls, unpaired surrogates, invisible format characters. Then letters and symbols of which nothing is drawn. */
const INVISIBLE = /[\p{C}\u115F\u1160\u2800\u3164\uFFA0\u{13441}\u{13442}\u{16FE4}\u{1D159}]/v;
