/** Wire `tincan`: our protocol, on UDP. */
import type { Address, Event } from '../../kernel/contract.ts';
import { TincanNode } from '../../wires/tincan/node.ts';
import { keyPairFromPrivate, nodeCrypto, stretchRoomKey } from '../crypto.ts';
import type { NetworkSettings } from '../settings.ts';
import { openUdp } from './udp.ts';
import type { RunningWire } from '../running-wire.ts';

export async function openTincan(
  { name, bind, peers, roomKey: written, identity: kept, knownPeers = new Map() }: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<RunningWire> {
  // Before the socket is open: what it receives needs a core at once.
  const roomKey = written === undefined ? undefined : await stretchRoomKey(written);
  const identity = kept === undefined ? nodeCrypto.generateKeyPair() : keyPairFromPrivate(kept);
  const makeCore = (address: Address) =>
    new TincanNode({ name, address, peers, roomKey, identity, knownPeers, crypto: nodeCrypto });
  return openUdp(bind, makeCore, onEvents);
}
