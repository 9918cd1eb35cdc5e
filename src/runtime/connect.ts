/**
 * Where the network runs: in a thread of its own, or in the thread of the face.
 *
 * Owns: the two ways between a face and the network, and how a bug of ours in the network shows.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Command } from '../kernel/contract.ts';
import type { Network, NetworkHandlers } from './network.ts';
import type { NetworkSettings } from './settings.ts';

interface ConnectionHandlers extends NetworkHandlers {
  /** A bug of ours has stopped the network. */
  readonly onFailed: (error: unknown) => void;
}

export interface Connection {
  send(commands: readonly Command[]): void;
}

export type Connect = (settings: NetworkSettings, handlers: ConnectionHandlers) => Connection;

/** For a face that may be held up: the thread keeps its datagrams from waiting in the kernel's buffer meanwhile. */
export const connectThread: Connect = (settings, { onEvents, onEnd, onFailed }) => {
  // A source beside this one; in the image both are bundled.
  const program = new URL(`network-thread${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(program, { workerData: settings });
  worker.on('message', onEvents);
  worker.on('error', onFailed);
  worker.on('exit', onEnd);
  return { send: (commands) => worker.postMessage(commands) };
};

/** For a face that never is: a line saves a change of threads at either end, and a start saves a thread. */
export const connectHere: Connect = (settings, { onEvents, onEnd, onFailed }) => {
  const fail = (bug: unknown): void => {
    onFailed(bug);
    void opening.then(
      (network) => network.stop(),
      () => {}, // The bug has kept it from opening.
    );
  };
  // What a socket or a timer runs into comes up only here.
  process.once('uncaughtException', fail);
  const opening = open(settings, {
    onEvents,
    onEnd: () => {
      process.off('uncaughtException', fail);
      onEnd();
    },
  });
  return { send: (commands) => void opening.then((network) => network.commands(commands)).catch(fail) };
};

/** Loaded only where it is used: the face of a network with a thread needs none of it. */
async function open(settings: NetworkSettings, handlers: NetworkHandlers): Promise<Network> {
  const { openNetwork } = await import('./network.ts');
  return openNetwork(settings, handlers);
}
