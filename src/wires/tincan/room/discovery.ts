/**
 * Members find each other on the local network: each tells a multicast group where it listens, with a tag that only holders of the
 * room key can make or recognise.
 *
 * Owns: when an announcement leaves, and which of those that are heard lead to a dial.
 */
import { addressText, sameAddress } from '../../../kernel/address.ts';
import { equalBytes, toHex } from '../../../kernel/bytes.ts';
import type { Address } from '../../../kernel/contract.ts';
import { type AnnouncementMessage, encodeAnnouncement } from '../codec/datagram.ts';
import { RoomMac } from '../handshake/strangers.ts';
import {
  announceFirstMs,
  announceMaxMs,
  announcementNonceBytes,
  announcementPort,
  announcersMax,
} from '../limits.ts';
import type { Introductions } from './introductions.ts';
import type { RoomParts } from './parts.ts';

/**
 * One group of administrative scope for IPv4, one of link-local scope for IPv6: no router forwards what leaves with a TTL of 1.
 * Source: RFC 2365 §6.2, RFC 4291 §2.7.
 */
export const announcementGroups: readonly Address[] = [
  { ip: '239.192.84.67', port: announcementPort },
  { ip: 'ff12::5443', port: announcementPort },
];

export class Discovery {
  readonly #parts: RoomParts;
  readonly #introductions: Introductions;
  readonly #mac: RoomMac;
  /** Drawn for this run: by it, own announcements are recognised. */
  readonly #nonce: Uint8Array;
  /** How often each run was heard from each address; the oldest first. */
  readonly #heard = new Map<string, number>();
  #pauseMs = announceFirstMs;
  #at = 0;

  constructor(parts: RoomParts, introductions: Introductions) {
    const { crypto, roomKey } = parts.handshake;
    this.#parts = parts;
    this.#introductions = introductions;
    this.#mac = new RoomMac(crypto, roomKey);
    this.#nonce = Uint8Array.from(crypto.randomBytes(announcementNonceBytes));
  }

  get deadline(): number {
    return this.#at;
  }

  onTimeout(now: number): void {
    if (now < this.#at) return;
    const { own, outputs } = this.#parts;
    const bytes = encodeAnnouncement(this.#nonce, own.port, this.#mac);
    for (const group of announcementGroups) outputs.datagram(group, bytes.slice());
    this.#at = now + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, announceMaxMs);
  }

  /** Why the announcement changed nothing, if so. */
  onHeard(message: AnnouncementMessage, from: Address, now: number): string | undefined {
    if (!this.#mac.fits(message.mac1, message.covered)) return 'bad-mac1';
    const address = { ip: from.ip, port: message.port };
    if (equalBytes(message.nonce, this.#nonce) || this.#parts.isOwn(address)) return 'own-announcement';
    if (this.#parts.roster.joined.some(({ path }) => sameAddress(path.address, address))) return 'known';
    // A member may be here under another of its addresses: its announcements lead to ever fewer dials.
    const key = `${toHex(message.nonce)} ${addressText(address)}`;
    const times = (this.#heard.get(key) ?? 0) + 1;
    this.#heard.set(key, times);
    const [oldest] = this.#heard.keys();
    if (this.#heard.size > announcersMax && oldest !== undefined) this.#heard.delete(oldest);
    if (Number.isInteger(Math.log2(times))) this.#introductions.onAnnounced(address, now);
    return undefined;
  }
}
