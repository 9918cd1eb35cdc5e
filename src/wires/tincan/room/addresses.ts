/**
 * Where this node is, and where others are known to be.
 *
 * Owns: which addresses are this node's, and the known ones.
 */
import { addressText } from '../../../kernel/address.ts';
import type { Address } from '../../../kernel/contract.ts';
import type { Dialler } from './dialler.ts';
import type { RoomParts } from './parts.ts';
import type { Target } from './roster.ts';

export class Addresses {
  readonly #parts: RoomParts;
  readonly #dialler: Dialler;
  /** Where somebody is known or configured; undefined: to be found out, as somebody has come, gone or moved. */
  #known: ReadonlySet<string> | undefined = undefined;

  constructor(parts: RoomParts, dialler: Dialler) {
    this.#parts = parts;
    this.#dialler = dialler;
  }

  isOwn({ ip, port }: Address): boolean {
    const { own, ownIps } = this.#parts;
    return port === own.port && (ip === own.ip || ownIps.includes(ip));
  }

  /** Not of the other family than the one that this node is bound to. */
  isReachable({ ip }: Address): boolean {
    const { own } = this.#parts;
    return own.ip === '::' || own.ip.includes(':') === ip.includes(':');
  }

  /** Where a target was last dialled. */
  ofTarget(target: Target): Address | undefined {
    return this.#dialler.dials.get(target.key)?.address;
  }

  isKnown(address: Address): boolean {
    const { roster } = this.#parts;
    this.#known ??= new Set(
      [
        ...[...roster.peers.values()].map(({ path }) => path.address),
        ...roster.targets.flatMap((target) => this.ofTarget(target) ?? []),
      ].map(addressText),
    );
    return this.#known.has(addressText(address));
  }

  /** Somebody has come, gone or moved. */
  onChanged(): void {
    this.#known = undefined;
  }
}
