/**
 * Members introduce each other: who is told of whom, and who is dialled on another's word.
 *
 * Owns: what was heard of where somebody else is.
 */
import { addressText, ipToBytes, kindOfIp, sameAddress } from '../../../kernel/address.ts';
import { compareBytes, equalBytes } from '../../../kernel/bytes.ts';
import type { Address, PeerId } from '../../../kernel/contract.ts';
import type { IntroduceFrame } from '../codec/frames.ts';
import type { Crypto, KeyPair } from '../crypto.ts';
import { fingerprintOf } from '../handshake/handshake.ts';
import { introducedDialsMax, introducedPerPeerMax, introducedWaitMs } from '../limits.ts';
import type { LeaveCode } from '../peer/effects.ts';
import type { Peer } from '../peer/peer.ts';
import type { Addresses } from './addresses.ts';
import type { BackOffs } from './back-offs.ts';
import type { Dialler } from './dialler.ts';
import type { Roster } from './roster.ts';

export interface IntroductionsParts {
  readonly crypto: Crypto;
  readonly identity: KeyPair;
  readonly roster: Roster;
  readonly dialler: Dialler;
  readonly backOffs: BackOffs;
  readonly addresses: Addresses;
}

/** What a peer has said of where somebody else is. */
interface Word {
  readonly id: PeerId;
  readonly publicKey: Uint8Array;
  readonly address: Address;
  readonly by: PeerId;
}

export class Introductions {
  readonly #parts: IntroductionsParts;
  /** By peer that is here: another address at which others reach that peer. */
  readonly #elsewhere = new Map<PeerId, Word>();
  /** What is dialled on another's word → the peer that gave it. */
  readonly #dialling = new Map<string, PeerId>();

  constructor(parts: IntroductionsParts) {
    this.#parts = parts;
  }

  /** Again with each renewal: an introduction may have led nowhere while the network was down, or an address has changed. */
  introduce(peer: Peer): void {
    for (const other of this.#parts.roster.joined) {
      if (other === peer) continue;
      tell(other, peer);
      tell(peer, other);
    }
  }

  /** `by` says that the holder of this key is at this address. */
  onIntroduced({ publicKey, address }: IntroduceFrame, by: Peer, now: number): void {
    const { crypto, identity, roster, addresses } = this.#parts;
    if (equalBytes(publicKey, identity.publicKey) || addresses.isOwn(address) || !isSound(address, by))
      return;
    const id = fingerprintOf(crypto, publicKey);
    const known = roster.peers.get(id);
    const word = { id, publicKey, address, by: by.id };
    if (known?.joined !== true) this.#dial(word, now);
    // The peer may have moved: if it can't be reached at the address that we know, this is the next one to try.
    else if (!sameAddress(known.path.address, address)) this.#elsewhere.set(id, word);
  }

  onLeft(peer: Peer, code: LeaveCode, now: number): void {
    const word = this.#elsewhere.get(peer.id);
    this.#elsewhere.delete(peer.id);
    if (code === 'lost' && word !== undefined) this.#dial(word, now);
  }

  #dial({ id, publicKey, address, by }: Word, now: number): void {
    const { identity, dialler, backOffs } = this.#parts;
    const key = introducedKey(address);
    const isAllowed = [key, keyOf(id)].every((each) => backOffs.allowsOnAnothersWord(each, now));
    for (const dialled of this.#dialling.keys())
      if (!dialler.dials.has(dialled)) this.#dialling.delete(dialled);
    const ofSame = [...this.#dialling.values()].filter((introducer) => introducer === by);
    if (!isAllowed || this.#dialling.size >= introducedDialsMax || ofSame.length >= introducedPerPeerMax)
      return;
    // Both are introduced to each other: the one with the smaller key dials, the other only if that leads nowhere.
    const waits = compareBytes(identity.publicKey, publicKey) > 0;
    const at = now + (waits ? introducedWaitMs : 0);
    if (!dialler.dials.has(key)) this.#dialling.set(key, by);
    dialler.start(key, { type: 'introduced', address }, at);
  }
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
