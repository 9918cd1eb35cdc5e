/**
 * Warns of a name that looks like another one, so that nobody takes a stranger for a friend. It never blocks anybody.
 *
 * Owns: which names have been seen, and what "looks like" means. (A known name with a new key is the network's alarm.)
 *
 * Two names look alike if they differ in nothing but letter case, compatibility forms, white space, invisible characters,
 * and characters that Unicode calls confusable (Technical Standard 39; data by `unhomoglyph`): `bob`, `BOB`, `b0b`, `bоb`.
 */
import { createRequire } from 'node:module';
import type { Event } from '../../kernel/contract.ts';
import { namesSeenMax } from '../limits.ts';
import * as sanitize from './sanitize.ts';

export class Lookalikes {
  #own: string;
  /** Names of peers, oldest first, with their looks once they were compared. */
  readonly #seen = new Map<string, Looks | undefined>();

  /** `known`: names of peers from earlier runs. */
  constructor(own: string, known: Iterable<string> = []) {
    this.#own = own;
    for (const name of known) this.#see(name, undefined);
  }

  /** The warning that this event calls for. A peer's name is compared once, when it is first seen. */
  warningFor(event: Event): Event | undefined {
    switch (event.type) {
      case 'peer-joined':
      case 'peer-renamed': {
        if (this.#seen.has(event.name)) return undefined;
        const looks = looksOf(event.name);
        const other = this.#alikeTo(looks, [this.#own, ...this.#seen.keys()]);
        this.#see(event.name, looks);
        return other === undefined ? undefined : warning(`a peer is called ${spelled(event.name)}`, other);
      }
      case 'renamed': {
        this.#own = event.name;
        const other = this.#alikeTo(looksOf(event.name), this.#seen.keys());
        return other === undefined ? undefined : warning(`this node is called ${spelled(event.name)}`, other);
      }
      default:
        return undefined;
    }
  }

  #alikeTo(looks: Looks, others: Iterable<string>): string | undefined {
    for (const other of others) {
      const otherLooks = this.#seen.get(other) ?? looksOf(other);
      if (this.#seen.has(other)) this.#seen.set(other, otherLooks);
      if (isAlike(looks, otherLooks)) return other;
    }
    return undefined;
  }

  #see(name: string, looks: Looks | undefined): void {
    this.#seen.set(name, looks);
    for (const [oldest] of this.#seen) {
      if (this.#seen.size <= namesSeenMax) break;
      this.#seen.delete(oldest);
    }
  }
}

/**
 * What is left of a name once everything that the eye passes over is gone. Two forms, as case and confusability work
 * against each other: `I` is drawn like `l`, and is the capital of `i`.
 */
interface Looks {
  readonly foldedLast: string;
  readonly foldedFirst: string;
}

function looksOf(name: string): Looks {
  const bare = name.normalize('NFKC').replaceAll(UNSEEN, '');
  return { foldedLast: folded(skeleton(bare)), foldedFirst: skeleton(folded(bare)) };
}

/** White space, what is ignored, and what has a place and is not drawn. */
const UNSEEN = /[\s\p{Default_Ignorable_Code_Point}\p{C}\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}]/gu;

function isAlike(left: Looks, right: Looks): boolean {
  return left.foldedLast === right.foldedLast || left.foldedFirst === right.foldedFirst;
}

/** Upper case first, so that letters with several lower-case forms, and `ß`, fold to one. */
function folded(text: string): string {
  return text.toUpperCase().toLowerCase();
}

const require = createRequire(import.meta.url);

/** UTS 39, section 4. */
function skeleton(text: string): string {
  // Loaded once there are names to compare: no start waits 10 ms for its 6,000 characters.
  const unhomoglyph: (text: string) => string = require('unhomoglyph');
  return unhomoglyph(text.normalize('NFD')).normalize('NFD');
}

function warning(who: string, other: string): Event {
  return {
    type: 'warning',
    code: 'name-lookalike',
    message: `${who}, which looks like ${spelled(other)}: these may be two different people`,
  };
}

/** A name with what the eye can't tell apart: `"bоb" (with U+043E)`. */
function spelled(name: string): string {
  const codes = Array.from(name)
    .filter((character) => character > '\u007F')
    .slice(0, SPELLED_MAX)
    .map((character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`);
  return `"${sanitize.word(name)}"${codes.length === 0 ? '' : ` (with ${codes.join(' ')})`}`;
}

/** Enough to see that something is odd; a long name in another script needs no whole list. */
const SPELLED_MAX = 4;
