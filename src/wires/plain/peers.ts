/**
 * The configured peers of wire `plain`, and how it goes with each of them and with each guest.
 *
 * Owns: what is kept of a configured peer, and the statuses.
 */
import type { Address, PeerStatus } from '../../kernel/contract.ts';
import { wirePeerId } from '../common/peer-id.ts';
import type { PeerLookup } from '../common/peer-lookup.ts';
import type { Outbox } from './outbox.ts';
import type { Sender, Senders } from './senders.ts';

export interface Peer {
  readonly label: string;
  readonly lookup: PeerLookup;
  /** Lines that wait for the address, or for their turn. */
  readonly waiting: Outbox;
  linesSent: number;
  bytesSent: number;
}

/** undefined: the name has none yet. */
export function addressOf(receiver: Peer | Sender): Address | undefined {
  return 'lookup' in receiver ? receiver.lookup.address : receiver.address;
}

/** Why lines have not left until the end. */
export function whyUnsent(receiver: Peer | Sender): string {
  if (addressOf(receiver) !== undefined || !('lookup' in receiver))
    return 'there was no time left to send it';
  return `its name ${receiver.lookup.target.host} has no address`;
}

/** The configured peers first, then the guests. */
export function peerStatuses(peers: readonly Peer[], senders: Senders): readonly PeerStatus[] {
  const guests = senders.all.filter(({ address }) => !peers.some(({ lookup }) => lookup.isAt(address)));
  return [...peers.map((peer) => statusOfPeer(peer, senders)), ...guests.map(statusOfGuest)];
}

function statusOfPeer(peer: Peer, senders: Senders): PeerStatus {
  const { address } = peer.lookup;
  const sender = address && senders.at(address);
  return {
    name: peer.label,
    peerId: address && wirePeerId(address),
    address,
    state: address === undefined ? 'resolving' : 'open',
    linesSent: peer.linesSent,
    linesReceived: sender?.untaken.lastSeq ?? 0,
    figures: { ...figuresOf(peer, sender), linesWaiting: peer.waiting.length },
  };
}

function statusOfGuest(sender: Sender): PeerStatus {
  return {
    name: sender.label,
    peerId: sender.peerId,
    address: sender.address,
    state: 'open',
    linesSent: sender.linesSent,
    linesReceived: sender.untaken.lastSeq,
    figures: { ...figuresOf(sender, sender), linesWaiting: sender.waiting.length },
  };
}

/** A line is a packet here. What was sent is counted where it goes, what came where it came from. */
function figuresOf(sent: Peer | Sender, received: Sender | undefined): PeerStatus['figures'] {
  return {
    packetsSent: sent.linesSent,
    bytesSent: sent.bytesSent,
    packetsReceived: received?.packetsReceived ?? 0,
    bytesReceived: received?.bytesReceived ?? 0,
  };
}
