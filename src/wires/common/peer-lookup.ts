/**
 * A configured peer's host name on its way to an address: looked up once, again after a failure or a silence,
 * never per datagram (which reorders them: 456 to 524 inversions were measured in 2,000 lines).
 *
 * Owns: when to ask, and what is known.
 */
import type { Address, PeerTarget } from '../../kernel/contract.ts';
import type { Output } from '../../kernel/io.ts';
import { lookupGraceMs, lookupSpacingMs } from './limits.ts';
import { Backoff, type Random } from './retry.ts';

export class PeerLookup {
  readonly target: PeerTarget;
  readonly #backoff: Backoff;
  #ip: string | undefined;
  #isDead = false;
  #asking = false;
  /** When to ask next; undefined: not until somebody wants it. */
  #askAt: number | undefined = 0;
  #answeredAt = 0;
  #failingSince: number | undefined;
  #warned = false;

  constructor(target: PeerTarget, random: Random) {
    this.target = target;
    this.#backoff = new Backoff(random);
  }

  get address(): Address | undefined {
    return this.#ip === undefined ? undefined : { ip: this.#ip, port: this.target.port };
  }

  isAt(address: Address): boolean {
    return this.#ip === address.ip && this.target.port === address.port;
  }

  deadline(): number | undefined {
    return this.#asking ? undefined : this.#askAt;
  }

  /** The question, when it is time for one. */
  poll(now: number): Extract<Output, { type: 'resolve' }> | undefined {
    if (this.#asking || this.#askAt === undefined || now < this.#askAt) return undefined;
    this.#asking = true;
    this.#askAt = undefined;
    return { type: 'resolve', host: this.target.host, inUse: this.#ip, isDead: this.#isDead };
  }

  /** An answer is due, or a question within `withinMs`. */
  pending(now: number, withinMs: number): boolean {
    return this.#asking || (this.#askAt !== undefined && this.#askAt <= now + withinMs);
  }

  /** Asks again if neither the peer nor the resolver has said anything for `silenceMs`; the old address serves meanwhile. */
  refresh(now: number, silenceMs: number, heardAt: number): void {
    if (now - Math.max(heardAt, this.#answeredAt) >= silenceMs) this.askAgainAt(now);
  }

  /** Asks as soon as may be, since somebody unknown has shown up who may be this peer at a new address. */
  askSoon(now: number): void {
    this.askAgainAt(Math.max(now, this.#answeredAt + lookupSpacingMs));
  }

  /** Nobody answers at the address: if the name has another one, the next answer is that. */
  markDead(): void {
    this.#isDead = true;
  }

  /** Asks once more at `time`, or sooner if that is planned already. */
  askAgainAt(time: number): void {
    if (!this.#asking) this.#askAt = Math.min(this.#askAt ?? Infinity, time);
  }

  /** True if the answer was for this host, so that its lines can go. */
  handleResolved(host: string, ip: string, now: number): boolean {
    if (host !== this.target.host || !this.#asking) return false;
    this.#asking = false;
    this.#ip = ip;
    this.#isDead = false;
    this.#answeredAt = now;
    this.#failingSince = undefined;
    this.#warned = false;
    this.#backoff.reset();
    return true;
  }

  /** Returns a warning once an outage lasts; an address known from before stays in use. */
  handleUnresolved(host: string, reason: string, now: number): string | undefined {
    if (host !== this.target.host || !this.#asking) return undefined;
    this.#asking = false;
    this.#answeredAt = now;
    this.#askAt = now + this.#backoff.nextMs();
    this.#failingSince ??= now;
    if (this.#warned || now - this.#failingSince < lookupGraceMs) return undefined;
    this.#warned = true;
    return `peer ${this.target.label}: the name "${host}" has no address (${reason}); its lines wait, trying again`;
  }
}
