/**
 * `tincan owed` and `tincan forget`: what a node owes by its state, and giving that up, without a network.
 *
 * Owns: that a node's own core says what it owes, so that nobody else counts.
 */
import type { ForgetConfig, OwedConfig } from './config.ts';
import { UsageError } from '../kernel/errors.ts';
import type { Command, Event, PeerStatus } from '../kernel/contract.ts';
import type { Kept } from '../kernel/kept.ts';
import { nodeCrypto } from '../runtime/crypto.ts';
import { StateError } from '../store/directory.ts';
import { changeKept, keptIn } from '../store/kept-state.ts';
import { safeJson, toJson } from '../ui/pipe/json-output.ts';
import { describe } from '../ui/words/describe.ts';
import { owedTable } from '../ui/words/tables.ts';
import { TincanNode } from '../wires/tincan/node.ts';

type Print = (text: string) => Promise<number>;

/**
 * Resolves to the exit code; `print` does for what is printed.
 *
 * @throws {UsageError} if there is no state that can be read.
 */
export async function showOwed({ stateDirectory, json }: OwedConfig, print: Print): Promise<number> {
  const kept = orUsageError(() => keptIn(stateDirectory));
  const events = kept === undefined ? [] : eventsOf(wake(kept), { type: 'status' });
  const peers = events.flatMap((event) => (event.type === 'status' ? event.peers : []));
  const rows = json ? peers.flatMap(inJson) : owedTable(peers, true);
  return print(rows.map((row) => `${row}\n`).join(''));
}

/**
 * As `showOwed`; prints each line that is given up.
 *
 * @throws {UsageError} if there is no state that can be changed, or nobody in it, or several, of that name.
 */
export async function forgetOwed(config: ForgetConfig, print: Print): Promise<number> {
  const { stateDirectory, who, json } = config;
  const events: Event[] = [];
  orUsageError(() =>
    changeKept(stateDirectory, (kept) => {
      const node = wake(kept);
      events.push(...eventsOf(node, { type: 'forget', name: who }));
      return node.takeChanges();
    }),
  );
  if (!events.some(({ type }) => type === 'forgotten')) {
    const why = events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])).at(0);
    throw new UsageError(why ?? `nothing to forget: nobody was ever owed a line by this state`);
  }
  const told = events.filter((event) => event.type === 'undelivered' || event.type === 'forgotten');
  const rows = told.map((event) => (json ? toJson(event) : describe(event, false)));
  return print(rows.map((row) => `${row}\n`).join(''));
}

/** The node as its last life has left it. Nothing of it reaches a network: nobody sends what it gives. */
function wake(kept: Kept): TincanNode {
  return new TincanNode({
    name: kept.log.name,
    address: { ip: '0.0.0.0', port: 0 },
    peers: kept.targets,
    roomKey: undefined,
    identity: nodeCrypto.generateKeyPair(),
    crypto: nodeCrypto,
    acceptsChangedKeys: true,
    life: { kept },
  });
}

function eventsOf(node: TincanNode, command: Command): readonly Event[] {
  node.handle({ type: 'command', command }, 0);
  return node.drain().flatMap((output) => (output.type === 'event' ? [output.event] : []));
}

function inJson({ name, peerId, figures }: PeerStatus): readonly string[] {
  const lines = figures['linesOwed'] ?? 0;
  return lines === 0 ? [] : [safeJson({ type: 'owed', name, peerId, lines })];
}

function orUsageError<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const isInUse = error.code === 'state-in-use';
    const how =
      'a node is running with this state: tell it, by /forget in its window or forget in JSON, or stop it';
    throw new UsageError(isInUse ? how : error.message, { cause: error });
  }
}
