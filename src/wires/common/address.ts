/** Owns: how an address is written as a key and as a peer id on wires without identities. Must not know: anything else. */
import type { Address, PeerId } from '../../kernel/contract.ts';
import { invariant } from '../../kernel/invariant.ts';

/** `ip:port`, with an IPv6 address in brackets. */
export function addressKey({ ip, port }: Address): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** On wires `plain` and `tcp` a peer is its address: nothing surer is known. The one place that mints such an id. */
export function wirePeerId(address: Address): PeerId {
  const key = addressKey(address);
  invariant(isWirePeerId(key), `"${key}" is an address and a port`);
  return key;
}

function isWirePeerId(key: string): key is PeerId {
  return /^.+:\d{1,5}$/.test(key);
}
