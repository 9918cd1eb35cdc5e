/** Owns: the words of the warnings that a node gives; a face shows them as they are. */
import type { Event, PeerId } from '../../../kernel/contract.ts';
import { type NameProblem, delimitedName } from '../../../kernel/name.ts';
import { nameMaxBytes } from '../../../kernel/limits.ts';

type Warning = Extract<Event, { readonly type: 'warning' }>;

export function unresolved(host: string, reason: string): Warning {
  return warning('unresolved', `no address for ${host}: ${reason}`);
}

/** The peer's key is the same, and its log is another. */
export function startedAnew(name: string): Warning {
  const message = `${delimitedName(name)} was started anew: its lines are counted from 1 again`;
  return warning('new-session', message);
}

/** Another key, in the place of a configured peer. */
export function replaced(name: string, before: string): Warning {
  const [now, was] = [delimitedName(name), delimitedName(before)];
  const message = `${now} has taken the place of ${was} with another key: the lines of ${now} are counted from 1`;
  return warning('new-session', message);
}

export function linesMissed(name: string, count: number): Warning {
  const message = `${count} of the lines that ${delimitedName(name)} said did not arrive and will not`;
  return { ...warning('lines-missed', message), count };
}

/** Another key has the peer's place. A next life of the peer may still bring them: whether it kept a state is not known here. */
export function linesOutstanding(name: string, count: number): Warning {
  const message = `${count} of the lines that ${delimitedName(name)} said did not arrive, and will not unless it comes back with the key that it had`;
  return { ...warning('lines-missed', message), count };
}

export function olderCopy(name: string): Warning {
  const message =
    `${delimitedName(name)} has lines of this node that this node's state does not know: the state is an older copy, or ` +
    'another program uses it, too. So this node starts a new log';
  return { type: 'warning', code: 'state-older', message };
}

/** The end, where what is owed is kept. */
export function linesKept(count: number): Warning {
  const lines =
    count === 1
      ? 'one of your lines is not delivered yet: it is kept, and goes on'
      : `${count} of your lines are not delivered yet: they are kept, and go on`;
  const message = `${lines} when this node starts again`;
  return { type: 'warning', code: 'lines-kept', message, count };
}

export function keyChanged(name: string, was: string, is: PeerId): Warning {
  const message =
    `the key of ${delimitedName(name)} has changed: it was ${was} and is ${is}. ` +
    'Either that peer was started anew without its state, or somebody else uses its name';
  return warning('key-changed', message);
}

/** A peer's log has come back after another one under the same key. */
export function keyInUse(name: string): Warning {
  const message =
    `${delimitedName(name)} is two programs with one key, as from a copied state directory: ` +
    'your lines go to the two in turn, and each hears a part of them';
  return warning('key-in-use', message);
}

/** By the word of a peer that speaks with the other program, too. */
export function ownKeyMet(peer: string): Warning {
  return ownKeyInUse(`${delimitedName(peer)} has met another program`);
}

export function ownKeyAnswers(address: string): Warning {
  return ownKeyInUse(`another program answers at ${address}`);
}

function ownKeyInUse(finding: string): Warning {
  const message =
    `${finding} with this node's own key, as from a copied state directory: ` +
    'stop one of the two, and give it a directory of its own';
  return warning('key-in-use', message);
}

export function pinsFull(): Warning {
  const message =
    'this node knows as many names as it can keep: it keeps no key for further names, and another key under one raises no alarm';
  return { type: 'warning', code: 'pins-full', message };
}

/** A configured address that leads back to this node. */
export function ownAddress(label: string): Warning {
  const message = `the address of ${delimitedName(label)} is this node's own, so that no line is sent there`;
  return { type: 'warning', code: 'own-address', message };
}

export function nobodyToAccept(name: string): Warning {
  const message = `nothing to accept: no peer is called ${delimitedName(name)} with another key than the known one`;
  return { type: 'warning', code: 'nobody-to-accept', message };
}

export function nobodyToForget(who: string): Warning {
  return warning(
    'no-such-peer',
    `nothing to forget: no peer is called ${delimitedName(who)}, or has that key`,
  );
}

export function ambiguousPeer(who: string, keys: readonly string[]): Warning {
  const which = `${keys.length} peers are called ${delimitedName(who)}; give the key of one: ${keys.join(', ')}`;
  return warning('ambiguous-peer', which);
}

/** Nobody may be given up: a configured peer is waited for, however long. */
export function logWaits(names: readonly string[]): Warning {
  const who = names.map((name) => delimitedName(name)).join(', ');
  const words = `what is said waits, as the log is full of lines for peers that are away (${who}); /forget NAME gives them up`;
  return warning('log-waits', words);
}

/** The node keeps its name. */
export function notRenamed(name: string, problem: NameProblem | 'log-full' | 'closing'): Warning {
  return warning('not-renamed', `still called ${delimitedName(name)}: ${renameReasons[problem]}`);
}

const renameReasons = {
  empty: 'the new name is empty',
  'too-long': `the new name is longer than ${nameMaxBytes} bytes`,
  invisible: 'the new name has a control or invisible character',
  'log-full': 'too many lines wait for peers to catch up; try again later',
  closing: 'the node is about to stop',
} as const;

export function protocolViolation(name: string, reason: string): Warning {
  const message = `${delimitedName(name)} broke the protocol (${reason}); this node has ended the conversation`;
  return warning('protocol-violation', message);
}

function warning(code: string, message: string): Warning {
  return { type: 'warning', code, message };
}
