/**
 * Whoever a datagram came from on wire `plain`, configured or not, by address.
 *
 * Owns: the table and its bound, the numbers of the lines that came, and how many bytes the face has not taken yet.
 */
import { addressText } from '../../kernel/address.ts';
import type { Address, PeerId } from '../../kernel/contract.ts';
import { invariant } from '../../kernel/invariant.ts';
import { guestsMax, lineOverheadBytes, plainUntakenMaxBytes } from '../common/limits.ts';
import { wirePeerId } from '../common/peer-id.ts';
import { Untaken } from '../common/untaken.ts';

export interface Sender {
  readonly peerId: PeerId;
  readonly address: Address;
  readonly label: string;
  readonly untaken: Untaken;
  heardAt: number;
  linesSent: number;
  bytesSent: number;
  packetsReceived: number;
  bytesReceived: number;
}

export class Senders {
  /** By `ip:port`, the one silent for longest first; at most `guestsMax`, beyond which that one is forgotten. */
  readonly #byAddress = new Map<string, Sender>();
  #untakenBytes = 0;

  get all(): readonly Sender[] {
    return [...this.#byAddress.values()];
  }

  at(address: Address): Sender | undefined {
    return this.#byAddress.get(addressText(address));
  }

  byId(id: PeerId): Sender | undefined {
    return this.#byAddress.get(id);
  }

  /** The sender at this address, called `label`, has sent a datagram of so many bytes. */
  heard(address: Address, label: string, bytes: number, now: number): Sender {
    const key = addressText(address);
    let sender = this.#byAddress.get(key);
    if (sender === undefined || sender.label !== label) {
      // The same address under another label is another sender: a peer's name has moved to where a guest was.
      const untaken = sender?.untaken ?? new Untaken();
      const traffic = { linesSent: 0, bytesSent: 0, packetsReceived: 0, bytesReceived: 0 };
      sender = { peerId: wirePeerId(address), address, label, untaken, heardAt: now, ...traffic };
    }
    sender.heardAt = now;
    sender.packetsReceived += 1;
    sender.bytesReceived += bytes;
    this.#byAddress.delete(key);
    this.#byAddress.set(key, sender);
    this.#forgetBeyondBound();
    return sender;
  }

  /** Numbers a received line of so many bytes; undefined: too many wait to be taken, over all senders. */
  hold({ untaken }: Sender, bytes: number): number | undefined {
    const heldBytes = bytes + lineOverheadBytes;
    if (this.#untakenBytes + heldBytes > plainUntakenMaxBytes) return undefined;
    this.#untakenBytes += heldBytes;
    return untaken.add(heldBytes);
  }

  takenUpTo(seq: number, id: PeerId): void {
    // A sender that was forgotten meanwhile has given its bytes back already.
    const untaken = this.#byAddress.get(id)?.untaken;
    if (untaken !== undefined && seq <= untaken.lastSeq) this.#untakenBytes -= untaken.takenUpTo(seq);
    invariant(this.#untakenBytes >= 0, 'more bytes taken than came');
  }

  #forgetBeyondBound(): void {
    for (const [oldest, { untaken }] of this.#byAddress) {
      if (this.#byAddress.size <= guestsMax) break;
      this.#untakenBytes -= untaken.bytes;
      this.#byAddress.delete(oldest);
    }
  }
}
