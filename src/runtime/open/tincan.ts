/** Wire `tincan`: our protocol, on UDP. */
import { networkInterfaces } from 'node:os';
import type { Address, Event } from '../../kernel/contract.ts';
import { SeenInitsFile } from '../../store/seen-inits.ts';
import type { KeptInits } from '../../wires/tincan/handshake/seen-inits.ts';
import { fingerprintOf } from '../../wires/tincan/handshake/handshake.ts';
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
  const { acceptsChangedKeys = false } = settings;
  // Before the socket is open: what it receives needs a core at once.
  const roomKey = written === undefined ? undefined : await stretchRoomKey(written);
  const identity = kept === undefined ? nodeCrypto.generateKeyPair() : keyPairFromPrivate(kept);
  const makeCore = (address: Address) => {
    const keptInits = keptInitsOf(settings, onEvents);
    return new TincanNode({
      name,
      address,
      ownIps: Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address: ip }) => ip)),
      peers,
      roomKey,
      identity,
      knownPeers,
      acceptsChangedKeys,
      keptInits,
      crypto: nodeCrypto,
    });
  };
  const running = await openUdp(bind, makeCore, onEvents);
  return { ...running, fingerprint: fingerprintOf(nodeCrypto, identity.publicKey) };
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
