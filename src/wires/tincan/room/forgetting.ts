/**
 * What a peer is owed is given up because a person or a script says so: a peer that never returns keeps the log full for ever.
 *
 * Owns: whom a name means among those who may be owed something.
 */
import type { PeerId } from '../../../kernel/contract.ts';
import type { Outputs } from '../../../kernel/io.ts';
import type { Log } from '../log.ts';
import type { Peer } from '../peer/peer.ts';
import { ambiguousPeer, nobodyToForget } from '../trace/warnings.ts';
import type { Roster, Target } from './roster.ts';

export interface ForgettingParts {
  readonly log: Log;
  readonly roster: Roster;
  readonly outputs: Outputs;
}

/** Somebody who may be owed lines: a peer, or whoever will be found behind these targets. */
type Creditor =
  | { readonly type: 'peer'; readonly peer: Peer; readonly lines: number }
  | { readonly type: 'missing'; readonly targets: readonly Target[]; readonly lines: number };

const reason = 'this node was told to forget what it was owed';

/** `who`: a name, or a key's fingerprint. Answered by `forgotten`, or by a warning. */
export function forget(who: string, { log, roster, outputs }: ForgettingParts, now: number): void {
  const all = creditorsCalled(who, log, roster);
  const owed = all.filter(({ lines }) => lines > 0);
  const [creditor, ...others] = owed.length > 0 ? owed : all;
  if (creditor === undefined) return outputs.event(nobodyToForget(who));
  if (others.length > 0) return outputs.event(ambiguousPeer(who, keysOf([creditor, ...others], roster)));
  const { lines } = creditor;
  if (creditor.type === 'missing') {
    for (const target of creditor.targets) roster.giveUpTarget(target, reason);
    return outputs.event({ type: 'forgotten', name: who, peerId: undefined, lines });
  }
  const { id: peerId, name } = creditor.peer;
  roster.giveUp(creditor.peer, reason, now);
  return outputs.event({ type: 'forgotten', name, peerId, lines });
}

function creditorsCalled(who: string, log: Log, roster: Roster): readonly Creditor[] {
  const isMeant = (target: Target): boolean => target.settings.label === who || roster.keyOf(target) === who;
  const labelled = new Set(roster.targets.filter(isMeant).map(({ peer }) => peer));
  const isCalled = (peer: Peer): boolean => peer.id === who || peer.name === who || labelled.has(peer);
  const peers = [...roster.peers.values()].filter(isCalled);
  const known = peers.map((peer): Creditor => ({ type: 'peer', peer, lines: peer.outgoing.linesOwed }));
  const targets = roster.missing.filter(isMeant);
  if (targets.length === 0) return known;
  const lines = Math.max(...targets.map(({ owedFrom }) => log.countLines(owedFrom - 1, undefined)));
  return [...known, { type: 'missing', targets, lines }];
}

function keysOf(creditors: readonly Creditor[], roster: Roster): readonly string[] {
  const keyOf = (creditor: Creditor): readonly (PeerId | string | undefined)[] =>
    creditor.type === 'peer' ? [creditor.peer.id] : creditor.targets.map((target) => roster.keyOf(target));
  return creditors.flatMap(keyOf).map((key) => key ?? 'one that was never met');
}
