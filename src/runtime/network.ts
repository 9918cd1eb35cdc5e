/**
 * The network's end of the line to the face, in whichever thread it runs: socket, clock and protocol.
 *
 * Owns: the network, from its settings to its last word.
 */
import type { Event } from '../kernel/contract.ts';
import { SetupError } from '../kernel/errors.ts';
import { wireTraits } from '../wires/traits.ts';
import { wallTime } from './clock.ts';
import type { RunningWire } from './running-wire.ts';
import type { NetworkSettings } from './settings.ts';

export interface NetworkHandlers {
  /** `closed` is the last one. */
  readonly onEvents: (events: readonly Event[]) => void;
  /** After `closed`, once the sockets are closed. */
  readonly onEnd: () => void;
}

export type Network = Pick<RunningWire, 'commands' | 'stop'>;

/** Opens the wire, and tells `ready` or why not. */
export async function openNetwork(settings: NetworkSettings, handlers: NetworkHandlers): Promise<Network> {
  let running: RunningWire | undefined;
  const onEvents = (events: readonly Event[]): void => {
    // The difference between the clocks, once for all of them.
    const aheadMs = wallTime(0);
    handlers.onEvents(events.map((event) => shown(event, aheadMs)));
    if (events.at(-1)?.type === 'closed') void running?.stop().then(handlers.onEnd);
  };
  try {
    running = await open(settings, onEvents);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    onEvents([
      { type: 'error', code: error.code, message: error.message },
      { type: 'closed', undelivered: 0 },
    ]);
    handlers.onEnd();
    return { commands: () => {}, stop: () => Promise.resolve() };
  }
  const { name, wire } = settings;
  const receipts = wireTraits[wire].hasReceipts;
  const { address, fingerprint } = running;
  running.emit({ type: 'ready', name, address, wire, receipts, ...(fingerprint && { fingerprint }) });
  return running;
}

/** A core's times are the driver's; everybody else is told the wall clock's. */
function shown(event: Event, aheadMs: number): Event {
  const isTimed = event.type === 'message' || event.type === 'messages' || event.type === 'trace';
  return isTimed ? { ...event, at: event.at + aheadMs } : event;
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
