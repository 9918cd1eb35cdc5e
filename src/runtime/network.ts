/**
 * The network thread: owns socket, clock and protocol, so that a stalled terminal or a long paste in the main thread never
 * keeps a datagram in the kernel's buffer (as the tutorial's two threads do for it).
 *
 * Owns: the thread, from its settings to its last word.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Command, Event } from '../kernel/contract.ts';
import { invariant } from '../kernel/invariant.ts';
import { SetupError } from '../kernel/errors.ts';
import { wireTraits } from '../wires/traits.ts';
import { wallTime } from './clock.ts';
import { packRuns } from './event-runs.ts';
import type { RunningWire } from './running-wire.ts';
import type { NetworkSettings } from './settings.ts';

/** Opens the wire, reports `ready` or why not, and carries commands and events until `closed`. */
async function run(settings: NetworkSettings, port: MessagePort): Promise<void> {
  let running: RunningWire | undefined;
  const onEvents = (events: readonly Event[]): void => {
    port.postMessage(packRuns(events.map(shown)));
    if (events.at(-1)?.type === 'closed') void running?.stop().then(() => port.close());
  };
  try {
    running = await open(settings, onEvents);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    onEvents([
      { type: 'error', code: error.code, message: error.message },
      { type: 'closed', undelivered: 0 },
    ]);
    port.close();
    return;
  }
  const { name, wire } = settings;
  const receipts = wireTraits[wire].hasReceipts;
  const { address, fingerprint } = running;
  running.emit({ type: 'ready', name, address, wire, receipts, ...(fingerprint && { fingerprint }) });
  port.on('message', (commands: readonly Command[]) => running?.commands(commands));
}

/** A core's times are the driver's; everybody else is told the wall clock's. */
function shown(event: Event): Event {
  return event.type === 'message' || event.type === 'trace' ? { ...event, at: wallTime(event.at) } : event;
}

/** The wires are loaded only where they are used: a start takes less. */
async function open(
  settings: NetworkSettings,
  onEvents: (events: readonly Event[]) => void,
): Promise<RunningWire> {
  switch (settings.wire) {
    case 'tincan': {
      const { openTincan } = await import('./open/tincan.ts');
      return openTincan(settings, onEvents);
    }
    case 'plain': {
      const { openPlain } = await import('./open/plain.ts');
      return openPlain(settings, onEvents);
    }
    case 'tcp': {
      const { openTcp } = await import('./open/tcp.ts');
      return openTcp(settings, onEvents);
    }
    default:
      return settings.wire satisfies never;
  }
}

invariant(parentPort !== null, 'the network runs in a thread of its own');
const settings: NetworkSettings = workerData;
await run(settings, parentPort);
