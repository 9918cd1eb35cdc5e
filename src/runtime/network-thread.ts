/** The thread of a network that has one of its own. Owns: what crosses to the main thread, and the end of the thread. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Command } from '../kernel/contract.ts';
import { invariant } from '../kernel/invariant.ts';
import { openNetwork } from './network.ts';
import type { NetworkSettings } from './settings.ts';

invariant(parentPort !== null, 'this file is run as a thread');
const port = parentPort;
const settings: NetworkSettings = workerData;
const opening = openNetwork(settings, {
  onEvents: (events) => port.postMessage(events),
  onEnd: () => port.close(),
});
// A bug that keeps it from opening ends the thread, and the main thread hears of that.
void opening.then((network) =>
  port.on('message', (commands: readonly Command[]) => network.commands(commands)),
);
