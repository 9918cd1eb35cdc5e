/**
 * Members introduce each other: who is told of whom, and who is dialled on another's word.
 *
 * Owns: what was heard of where somebody else is.
 */
import { addressText, ipToBytes, kindOfIp, sameAddress } from '../../../kernel/address.ts';
import { compareBytes, equalBytes } from '../../../kernel/bytes.ts';
import { earliest } from '../../../kernel/deadline.ts';
import type { Address, PeerId } from '../../../kernel/contract.ts';
import type { IntroduceFrame } from '../codec/frames.ts';
import { randomBelow } from '../crypto.ts';
import { fingerprintOf } from '../handshake/handshake.ts';
import {
  introducedAnywayMs,
  introducedAttemptsMax,
  introducedDialsMax,
  introducedDialsPerPeerMax,
  introducedMax,
  introducedPerPeerMax,
  introducedWaitMs,
  introducersMean,
} from '../limits.ts';
import type { LeaveCode } from '../peer/effects.ts';
import type { Peer } from '../peer/peer.ts';
import type { BackOffs } from './back-offs.ts';
import type { Dialler } from './dialler.ts';
import type { RoomParts } from './parts.ts';

export interface IntroductionsParts extends RoomParts {
  readonly dialler: Dialler;
  readonly backOffs: BackOffs;
}

/** What a peer, or an announcement, has said of where somebody else is. */
interface Word {
  /** undefined: an announcement does not tell. */
  readonly id: PeerId | undefined;
  readonly address: Address;
  readonly by: PeerId | 'announcement';
  /** Both are introduced to each other. The one with the smaller key dials at once; `waits`: that is not this node. */
  readonly waits: boolean;
  isDialled: boolean;
  /** Attempts that were begun. */
  dials: number;
}

export class Introductions {
  readonly #parts: IntroductionsParts;
  /** By peer that is here: another address at which others reach that peer. */
  readonly #elsewhere = new Map<PeerId, Word>();
  /** By peer that is here: where it was when it joined, or had new keys last. */
  readonly #seenAt = new Map<PeerId, Address>();
  /** Peers that are back or have moved, and when this node introduces them if no other member has done so by then. */
  readonly #unspokenOf = new Map<PeerId, number>();
  /** By the key of the dial: who is dialled on another's word, or will be once fewer are. */
  readonly #sought = new Map<string, Word>();

  constructor(parts: IntroductionsParts) {
    this.#parts = parts;
  }

  /** `isSteady`: the others may hear of the peer. */
  onJoined(peer: Peer, isSteady: boolean, now: number): void {
    const isIntroduced = this.#sought.delete(introducedKey(peer.path.address));
    const isBack = peer.incoming.logId !== undefined;
    // Of whoever was introduced to this node, or is back, most of the others know.
    if (isSteady && ((!isIntroduced && !isBack) || this.#isDrawn())) this.#introduce(peer);
    else if (isSteady && !isIntroduced) this.#introduceLater(peer, now);
    this.#seenAt.set(peer.id, peer.path.address);
    this.#dialSought(now);
  }

  /** When `onTimeout` is wanted. */
  get deadline(): number | undefined {
    return earliest(...this.#unspokenOf.values());
  }

  /** Introduces those whom nobody else has introduced meanwhile. */
  onTimeout(now: number): void {
    for (const [id, at] of this.#unspokenOf) {
      if (now < at) continue;
      this.#unspokenOf.delete(id);
      const peer = this.#parts.roster.peers.get(id);
      if (peer?.joined === true) this.#introduce(peer);
    }
  }

  /** An introduction may have led nowhere while the network was down, or the peer's address has changed. */
  onRenewed(peer: Peer, now: number): void {
    const { id, path } = peer;
    const hasMoved = !isAt(path.address, this.#seenAt.get(id));
    this.#seenAt.set(id, path.address);
    if (this.#isDrawn()) this.#introduce(peer);
    else if (hasMoved && !isAt(path.address, this.#elsewhere.get(id)?.address))
      this.#introduceLater(peer, now);
  }

  /** `by` says that the holder of this key is at this address. */
  onIntroduced({ publicKey, address }: IntroduceFrame, by: Peer, now: number): void {
    const { handshake, isOwn, own, roster } = this.#parts;
    const { crypto, identity } = handshake;
    if (equalBytes(publicKey, identity.publicKey) || isOwn(address)) return;
    if (!isReachable(address, own) || !isSound(address, by)) return;
    const id = fingerprintOf(crypto, publicKey);
    const known = roster.peers.get(id);
    if (isAt(address, known?.path.address)) this.#unspokenOf.delete(id);
    const waits = compareBytes(identity.publicKey, publicKey) > 0;
    const word = { id, address, by: by.id, waits, isDialled: false, dials: 0 };
    if (known?.joined !== true) this.#seek(word, now);
    // The peer may have moved: if it can't be reached at the address that we know, this is the next one to try.
    else if (!sameAddress(known.path.address, address)) this.#elsewhere.set(id, word);
  }

  /** A member of the room has told the local network where it is. */
  onAnnounced(address: Address, now: number): void {
    if (!isReachable(address, this.#parts.own)) return;
    this.#seek({ id: undefined, address, by: 'announcement', waits: false, isDialled: false, dials: 0 }, now);
  }

  onLeft(peer: Peer, code: LeaveCode, now: number): void {
    const word = this.#elsewhere.get(peer.id);
    this.#elsewhere.delete(peer.id);
    this.#unspokenOf.delete(peer.id);
    this.#seenAt.delete(peer.id);
    if (code === 'lost' && word !== undefined) this.#seek(word, now);
  }

  /** Another dial on somebody's word may begin. */
  onDialFailed(now: number): void {
    this.#dialSought(now);
  }

  /** In a large room a few of those who could introduce two members do it. */
  #isDrawn(): boolean {
    const count = this.#parts.roster.joined.length;
    return count <= introducersMean || randomBelow(this.#parts.context.crypto, count) < introducersMean;
  }

  /** Whoever is back at another address may know no other member: then nobody else can introduce it. */
  #introduceLater(peer: Peer, now: number): void {
    const { crypto } = this.#parts.context;
    this.#unspokenOf.set(peer.id, now + introducedAnywayMs + randomBelow(crypto, introducedAnywayMs));
  }

  #introduce(peer: Peer): void {
    for (const other of this.#parts.roster.joined) {
      if (other === peer) continue;
      tell(other, peer);
      tell(peer, other);
    }
  }

  #seek(word: Word, now: number): void {
    const { backOffs } = this.#parts;
    const key = introducedKey(word.address);
    const keys = word.id === undefined ? [key] : [key, keyOf(word.id)];
    const isAllowed = keys.every((each) => backOffs.allowsOnAnothersWord(each, now));
    if (!isAllowed || this.#sought.has(key)) return;
    const ofSame = [...this.#sought.values()].filter(({ by }) => by === word.by);
    if (this.#sought.size >= introducedMax || ofSame.length >= introducedPerPeerMax) return;
    this.#sought.set(key, word);
    this.#dialSought(now);
  }

  /** Dials whoever is sought, as far as there may be more dials at a time. */
  #dialSought(now: number): void {
    const { dialler, roster } = this.#parts;
    for (const [key, word] of this.#sought) {
      const hasFailed = word.isDialled && !dialler.dials.has(key);
      const isHere = word.id !== undefined && roster.peers.get(word.id)?.joined === true;
      if (!hasFailed && !isHere) continue;
      this.#sought.delete(key);
      // Its turn comes again after that of the others.
      if (hasFailed && word.dials < introducedAttemptsMax)
        this.#sought.set(key, { ...word, isDialled: false });
    }
    const dialled = [...this.#sought.values()].filter(({ isDialled }) => isDialled);
    for (const [key, word] of this.#sought) {
      if (dialled.length >= introducedDialsMax) return;
      const ofSame = dialled.filter(({ by, waits }) => by === word.by && waits === word.waits);
      if (word.isDialled || ofSame.length >= introducedDialsPerPeerMax) continue;
      word.isDialled = true;
      word.dials += 1;
      dialled.push(word);
      const at = now + (word.waits ? introducedWaitMs : 0);
      dialler.start(key, { type: 'introduced', address: word.address }, at);
    }
  }
}

function isAt(address: Address, other: Address | undefined): boolean {
  return other !== undefined && sameAddress(address, other);
}

/** Not of the other family than the one that this node is bound to. */
function isReachable({ ip }: Address, own: Address): boolean {
  return own.ip === '::' || own.ip.includes(':') === ip.includes(':');
}

/** Not where no single host can be, nor what only this machine can reach, unless the word comes from there. */
function isSound(address: Address, by: Peer): boolean {
  const kind = kindOfIp(address.ip);
  return kind === 'ordinary' || (kind === 'loopback' && kindOfIp(by.path.address.ip) === 'loopback');
}

/** Under which key a peer is dialled that was here before. */
export function keyOf(id: PeerId): string {
  return `peer ${id}`;
}

/** Under which key somebody is dialled on another's word. */
export function introducedKey(address: Address): string {
  return `introduced ${addressText(address)}`;
}

function tell(peer: Peer, other: Peer): void {
  const { publicKey, path } = other;
  if (ipToBytes(path.address.ip) === undefined) return;
  peer.introduce({ type: 'introduce', publicKey, address: path.address });
}
