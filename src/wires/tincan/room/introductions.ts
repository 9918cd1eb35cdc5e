/**
 * Members introduce each other: who is told of whom, and who is dialled on another's word.
 *
 * Owns: what was heard of where somebody else is.
 */
import { addressText, ipToBytes, sameAddress } from '../../../kernel/address.ts';
import { compareBytes, equalBytes } from '../../../kernel/bytes.ts';
import type { Address, PeerId } from '../../../kernel/contract.ts';
import type { IntroduceFrame } from '../codec/frames.ts';
import type { Crypto, KeyPair } from '../crypto.ts';
import { fingerprintOf } from '../handshake/handshake.ts';
import { introducedDialsMax, introducedWaitMs } from '../limits.ts';
import type { Peer } from '../peer/peer.ts';
import type { Dialler } from './dialler.ts';
import type { Roster } from './roster.ts';

export interface IntroductionsParts {
  readonly crypto: Crypto;
  readonly identity: KeyPair;
  readonly roster: Roster;
  readonly dialler: Dialler;
}

export class Introductions {
  readonly #parts: IntroductionsParts;
  /** By peer that is here: another address at which others reach that peer. */
  readonly #elsewhere = new Map<PeerId, Address>();

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

  onIntroduced({ publicKey, address }: IntroduceFrame, now: number): void {
    const { crypto, identity, roster } = this.#parts;
    if (equalBytes(publicKey, identity.publicKey)) return;
    const known = roster.peers.get(fingerprintOf(crypto, publicKey));
    if (known?.joined !== true) this.#dial(publicKey, address, now);
    // Perhaps the peer has moved, and can't be reached where we think it is: then this is where to look for it.
    else if (!sameAddress(known.path.address, address)) this.#elsewhere.set(known.id, address);
  }

  onLeft(peer: Peer, code: 'left' | 'lost', now: number): void {
    const address = this.#elsewhere.get(peer.id);
    this.#elsewhere.delete(peer.id);
    if (code === 'lost' && address !== undefined) this.#dial(peer.publicKey, address, now);
  }

  #dial(publicKey: Uint8Array, address: Address, now: number): void {
    const { identity, dialler } = this.#parts;
    const introduced = [...dialler.dials.values()].filter(({ reason }) => reason.type === 'introduced');
    if (introduced.length >= introducedDialsMax) return;
    // Both are introduced to each other: the one with the smaller key dials, the other only if that leads nowhere.
    const waits = compareBytes(identity.publicKey, publicKey) > 0;
    const at = now + (waits ? introducedWaitMs : 0);
    dialler.start(`introduced ${addressText(address)}`, { type: 'introduced', address }, at);
  }
}

function tell(peer: Peer, other: Peer): void {
  const { publicKey, path } = other;
  if (ipToBytes(path.address.ip) === undefined) return;
  peer.introduce({ type: 'introduce', publicKey, address: path.address });
}
