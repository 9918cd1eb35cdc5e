/** Wire `tincan`: our protocol, on UDP. */
import { networkInterfaces, platform } from 'node:os';
import type { Address, Event } from '../../kernel/contract.ts';
import { SeenInitsFile } from '../../store/seen-inits.ts';
import { parseDatagram } from '../../wires/tincan/codec/datagram.ts';
import { announcementGroups } from '../../wires/tincan/room/discovery.ts';
import type { KeptInits } from '../../wires/tincan/handshake/seen-inits.ts';
import { fingerprintOf } from '../../wires/tincan/handshake/handshake.ts';
import { datagramLocalBytes, datagramLocalLessBytes } from '../../wires/tincan/limits.ts';
import { TincanNode } from '../../wires/tincan/node.ts';
import { keyPairFromPrivate, nodeCrypto, stretchRoomKey } from '../crypto.ts';
import { withSodium } from '../sodium.ts';
import type { NetworkSettings } from '../settings.ts';
import type { Journal } from '../../store/journal.ts';
import { type CoreKeeping, openUdp } from './udp.ts';
import { ChatRecord } from '../chat-record.ts';
import { clock } from '../clock.ts';
import type { RunningWire } from '../running-wire.ts';

/** Of a program's datagram to its own machine: macOS takes 9,216 B (`net.inet.udp.maxdgram`). */
const datagramLocalMaxBytes = platform() === 'darwin' ? datagramLocalLessBytes : datagramLocalBytes;

export async function openTincan(
  settings: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<RunningWire> {
  const { name, bind, peers, roomKey: written, identity: kept, knownPeers = new Map() } = settings;
  const {
    acceptsChangedKeys = false,
    stateDirectory,
    historyLimit,
    isPowerSafe,
    discovers = false,
  } = settings;
  const crypto = withSodium(nodeCrypto) ?? nodeCrypto;
  // Before the socket is open: what it receives needs a core at once.
  const roomKey = written === undefined ? undefined : await stretchRoomKey(written);
  const identity = kept === undefined ? crypto.generateKeyPair() : keyPairFromPrivate(kept);
  const journal =
    stateDirectory === undefined ? undefined : await openJournal(stateDirectory, historyLimit, isPowerSafe);
  const makeCore = (address: Address, before?: TincanNode) => {
    const life = journal === undefined ? {} : { life: { kept: journal.load() } };
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
      discovers,
      keptInits,
      crypto,
      datagramLocalMaxBytes,
      handover: before?.handover,
      ...life,
    });
  };
  const groups = discovers ? { addresses: announcementGroups, takes: isAnnouncement } : undefined;
  const fingerprint = fingerprintOf(crypto, identity.publicKey);
  if (journal === undefined)
    return { ...(await openUdp(bind, makeCore, onEvents, undefined, groups, true)), fingerprint };
  const record = new ChatRecord(name, journal.load());
  const keeping: CoreKeeping<TincanNode> = {
    isOver: (core) => core.needsNewLog,
    keep: (core, events) => {
      const [changes, lines] = [core.takeChanges(), record.linesOf(events, clock())];
      const reports = events.filter((event) => event.type === 'undelivered');
      // Where nothing has changed, no line was said or heard.
      if (changes !== undefined || reports.length > 0) journal.commit(changes, lines, reports);
    },
    renew: () => journal.renewLog(),
  };
  const running = await openUdp(bind, makeCore, onEvents, keeping, groups, true);
  const untold = journal.untoldReports();
  // Not before `ready`.
  setImmediate(() => untold.forEach((report) => running.emit(report)));
  return {
    ...running,
    fingerprint,
    commands: (commands) => {
      record.onCommands(commands);
      running.commands(commands);
    },
    stop: () => running.stop().finally(() => journal[Symbol.dispose]()),
  };
}

/** Nothing else that comes to a group is answered: one datagram must not draw an answer from each member. */
function isAnnouncement(bytes: Uint8Array): boolean {
  return parseDatagram(bytes).type === 'announcement';
}

/** Loaded only where it is used: a start takes less. */
async function openJournal(
  directory: string,
  historyLimit: number | undefined,
  isPowerSafe: boolean | undefined,
): Promise<Journal> {
  const { Journal } = await import('../../store/journal.ts');
  return new Journal(directory, historyLimit, isPowerSafe);
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
