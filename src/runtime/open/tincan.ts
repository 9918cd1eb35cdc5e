/** Wire `tincan`: our protocol, on UDP. */
import type { Address, Event } from '../../kernel/contract.ts';
import { SeenInitsFile } from '../../store/seen-inits.ts';
import type { KeptInits } from '../../wires/tincan/handshake/seen-inits.ts';
import { TincanNode } from '../../wires/tincan/node.ts';
import { keyPairFromPrivate, nodeCrypto, stretchRoomKey } from '../crypto.ts';
import type { NetworkSettings } from '../settings.ts';
import { openUdp } from './udp.ts';
import type { RunningWire } from '../running-wire.ts';

export async function openTincan(
  settings: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<RunningWire> {
  const { name, bind, peers, roomKey: written, identity: kept, knownPeers = new Map() } = settings;
  // Before the socket is open: what it receives needs a core at once.
  const roomKey = written === undefined ? undefined : await stretchRoomKey(written);
  const identity = kept === undefined ? nodeCrypto.generateKeyPair() : keyPairFromPrivate(kept);
  const makeCore = (address: Address) => {
    const keptInits = keptInitsOf(settings, onEvents);
    return new TincanNode({
      name,
      address,
      peers,
      roomKey,
      identity,
      knownPeers,
      keptInits,
      crypto: nodeCrypto,
    });
  };
  return openUdp(bind, makeCore, onEvents);
}

function keptInitsOf(
  { stateDirectory }: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): KeptInits | undefined {
  if (stateDirectory === undefined) return undefined;
  const file = new SeenInitsFile(stateDirectory, (reason) => {
    const message = `seen handshakes can not be kept (${reason}); after a restart this node may answer a recorded one`;
    // Not before `ready`.
    setImmediate(() => onEvents([{ type: 'warning', code: 'state-not-kept', message }]));
  });
  return { known: file.known, keep: (mac1) => file.keep(mac1) };
}
