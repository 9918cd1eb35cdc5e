/** Owns: the id of a peer on the wires without identities. This is the one place that mints such an id. */
import { addressText } from '../../kernel/address.ts';
import type { Address, PeerId } from '../../kernel/contract.ts';
import { invariant } from '../../kernel/invariant.ts';

/** On wires `plain` and `tcp` a peer is its address: nothing surer is known. */
export function wirePeerId(address: Address): PeerId {
  const key = addressText(address);
  invariant(isWirePeerId(key), `"${key}" is an address and a port`);
  return key;
}

function isWirePeerId(key: string): key is PeerId {
  return /^.+:\d{1,5}$/.test(key);
}
