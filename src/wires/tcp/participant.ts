/**
 * Whom lines go to on wire `tcp`: a configured peer, for good, or a guest, for as long as its connection lasts.
 *
 * Owns: what is kept of one, and its status.
 */
import type { Address, PeerId, PeerStatus, PeerTarget } from '../../kernel/contract.ts';
import { addressText } from '../../kernel/address.ts';
import { wirePeerId } from '../common/peer-id.ts';
import { PeerLookup } from '../common/peer-lookup.ts';
import { Backoff, type Random } from '../common/retry.ts';
import { LineQueue } from '../common/line-queue.ts';
import type { Connection } from './connection.ts';
import { Untaken } from '../common/untaken.ts';

export interface Participant {
  readonly label: string;
  readonly queue: LineQueue;
  peerId: PeerId | undefined;
  /** The one connection that lines go out on. */
  connection: Connection | undefined;
  untaken: Untaken;
  linesSent: number;
  /** Taken by the kernel, and received, with newlines. */
  bytesSent: number;
  bytesReceived: number;
}

export class ConfiguredPeer implements Participant {
  readonly label: string;
  readonly queue = new LineQueue();
  readonly lookup: PeerLookup;
  readonly backoff: Backoff;
  peerId: PeerId | undefined = undefined;
  connection: Connection | undefined = undefined;
  untaken = new Untaken();
  linesSent = 0;
  bytesSent = 0;
  bytesReceived = 0;
  /** The number of the dial under way. */
  dial: number | undefined = undefined;
  /** The user knows that no source port is free to dial this peer from. */
  warnedOfPorts = false;
  /** Not dialled before this. */
  dialAt = 0;

  constructor(target: PeerTarget, random: Random) {
    this.label = target.label;
    this.lookup = new PeerLookup(target, random);
    this.backoff = new Backoff(random);
  }

  get listensAt(): Address | undefined {
    return this.lookup.address;
  }

  get connected(): boolean {
    return this.connection !== undefined;
  }
}

export function guestAt(address: Address): Participant {
  return {
    label: addressText(address),
    queue: new LineQueue(),
    peerId: undefined,
    connection: undefined,
    untaken: new Untaken(),
    linesSent: 0,
    bytesSent: 0,
    bytesReceived: 0,
  };
}

/** The address at which the participant is reached, as far as that is known. */
export function addressOf(owner: Participant): Address | undefined {
  const listensAt = owner instanceof ConfiguredPeer ? owner.listensAt : undefined;
  return listensAt ?? owner.connection?.remote;
}

/** Known from when its address is. */
export function idOf(owner: Participant): PeerId | undefined {
  const address = addressOf(owner);
  return owner.peerId ?? (address && wirePeerId(address));
}

export function statusOf(owner: Participant): PeerStatus {
  const address = addressOf(owner);
  return {
    name: owner.label,
    peerId: idOf(owner),
    address,
    state: owner.connection !== undefined ? 'open' : address === undefined ? 'resolving' : 'connecting',
    linesSent: owner.linesSent,
    linesReceived: owner.untaken.lastSeq,
    figures: {
      bytesSent: owner.bytesSent,
      bytesReceived: owner.bytesReceived,
      linesWaiting: owner.queue.length,
    },
  };
}
