/**
 * Whom a text like `bob see you there` addresses. Pure.
 *
 * Owns: that rule.
 */
import type { PeerId } from '../../kernel/contract.ts';
import type { Peers } from '../peers.ts';

export type Addressee =
  | { readonly type: 'peer'; readonly peerId: PeerId; readonly name: string; readonly text: string }
  | { readonly type: 'unknown'; readonly name: string }
  | { readonly type: 'ambiguous'; readonly name: string; readonly peerIds: readonly PeerId[] };

/** A name may have spaces in it: the longest that somebody has is meant. `text` is what follows; it may be empty. */
export function addressee(said: string, peers: Peers): Addressee {
  const ends = Array.from(said.matchAll(/(?<=\S)(?=\s|$)/gu), ({ index }) => index);
  for (const end of ends.slice(0, NAME_MAX_WORDS).toReversed()) {
    const name = said.slice(0, end);
    const found = peers.find(name);
    if (found.type === 'peer') return { ...found, name, text: said.slice(end).trimStart() };
    if (found.type === 'ambiguous') return { ...found, name };
  }
  return { type: 'unknown', name: said.slice(0, ends[0]) };
}

/** A name has at most 64 bytes, so no more words than this. */
const NAME_MAX_WORDS = 32;
