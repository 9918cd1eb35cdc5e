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
import { Outbox } from './outbox.ts';

export interface Sender {
  readonly peerId: PeerId;
  readonly address: Address;
  readonly label: string;
  readonly untaken: Untaken;
  /** Lines that wait for their turn. */
  readonly waiting: Outbox;
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
  /** Heard last: a flood comes from one. */
  #newest: Sender | undefined;

  get all(): readonly Sender[] {
    return [...this.#byAddress.values()];
  }

  at(address: Address): Sender | undefined {
    const newest = this.#newest;
    if (newest?.address.port === address.port && newest.address.ip === address.ip) return newest;
    return this.#byAddress.get(addressText(address));
  }

  byId(id: PeerId): Sender | undefined {
    return this.#byAddress.get(id);
  }

  /** The sender at this address, called `label`, has sent a datagram of so many bytes. */
  heard(address: Address, label: string, bytes: number, now: number): Sender {
    let sender = this.at(address);
    const isNewest = sender !== undefined && sender === this.#newest;
    if (sender === undefined || sender.label !== label) {
      // The same address under another label is another sender: a peer's name has moved to where a guest was.
      const untaken = sender?.untaken ?? new Untaken();
      const traffic = { linesSent: 0, bytesSent: 0, packetsReceived: 0, bytesReceived: 0 };
      const waiting = sender?.waiting ?? new Outbox();
      sender = { peerId: wirePeerId(address), address, label, untaken, waiting, heardAt: now, ...traffic };
    }
    sender.heardAt = now;
    sender.packetsReceived += 1;
    sender.bytesReceived += bytes;
    if (isNewest && sender === this.#newest) return sender;
    const key = addressText(address);
    this.#newest = sender;
    this.#byAddress.delete(key);
    this.#byAddress.set(key, sender);
    this.#forgetBeyondBound();
    return sender;
  }

  /** Numbers received lines of so many bytes, and gives the first one's number; undefined: too many wait to be taken, over all senders. */
  hold({ untaken }: Sender, bytes: number, count = 1): number | undefined {
    const heldBytes = bytes + count * lineOverheadBytes;
    if (this.#untakenBytes + heldBytes > plainUntakenMaxBytes) return undefined;
    this.#untakenBytes += heldBytes;
    return untaken.add(heldBytes, count);
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
