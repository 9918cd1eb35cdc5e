/**
 * Who there is, and who is owed what: peers by identity, configured targets, and which peer stands behind which target.
 *
 * Owns: the first line that a peer is owed, passing a target's lines to a successor, names and their pinned keys.
 */
import type { Address, PeerId, PeerTarget } from '../../../kernel/contract.ts';
import type { Outputs } from '../../../kernel/io.ts';
import { invariant } from '../../../kernel/invariant.ts';
import type { KeptTarget } from '../../../kernel/kept.ts';
import { sameAddress } from '../../../kernel/address.ts';
import { sourceOf } from '../handshake/strangers.ts';
import type { LeaveCode } from '../peer/effects.ts';
import { closeCodes } from '../codec/frames.ts';
import { forgetAfterMs, rememberedPeersMax } from '../limits.ts';
import { isLineFor } from '../log.ts';
import type { Log, LogEntry, LogLine } from '../log.ts';
import type { FormerPeer, Peer } from '../peer/peer.ts';
import type { Pins } from './pins.ts';
import type { Established } from '../handshake/handshake.ts';
import { linesOutstanding, replaced } from '../trace/warnings.ts';

/** A configured peer: its key is owed each line since the log began. Which key that is, first contact shows. */
export interface Target {
  readonly key: string;
  readonly settings: PeerTarget;
  /** The peer that was last found there. */
  peer: Peer | undefined;
  /** The first line that the peer is owed, while none was found there. */
  owedFrom: number;
  /** Peers that an answer from the target has led to: they take the target once they have joined. */
  readonly expected: Set<PeerId>;
  /** The latest peer that was met at the target's address with another key than the target's. */
  contender: PeerId | undefined;
  /** The address leads to this node itself: nothing is owed. */
  isSelf: boolean;
}

const laggardReason = 'it did not take its lines, and held the others up';

export class Roster {
  readonly peers = new Map<PeerId, Peer>();
  /** Peers that are known no more; the longest gone first. */
  readonly remembered = new Map<PeerId, FormerPeer>();
  readonly targets: readonly Target[];
  readonly #log: Log;
  readonly #outputs: Outputs;
  readonly #pins: Pins;
  readonly #acceptsChanges: boolean;
  /** Lost peers that nobody configured → when they are forgotten; the first to be so comes first. */
  readonly #forgetAt = new Map<PeerId, number>();
  /** The peer that is furthest behind, and what was settled when it was found: while it has taken no more, nothing is. */
  #slowest: { readonly peer: Peer | undefined; readonly through: number } = { peer: undefined, through: 0 };
  #undelivered: number;

  constructor(options: {
    targets: readonly PeerTarget[];
    log: Log;
    pins: Pins;
    /** Whoever is found at a configured peer's address stands in that peer's place, whatever its key. */
    acceptsChanges: boolean;
    /** Lines that the node before this one has told as undelivered. */
    undelivered?: number;
    outputs: Outputs;
  }) {
    this.targets = options.targets.map((settings, index) => ({
      key: `target ${index}`,
      settings,
      peer: undefined,
      // Each line since the log began, or since this peer is configured.
      owedFrom: options.log.head + 1,
      expected: new Set(),
      contender: undefined,
      isSelf: false,
    }));
    this.#log = options.log;
    this.#pins = options.pins;
    this.#acceptsChanges = options.acceptsChanges;
    this.#undelivered = options.undelivered ?? 0;
    this.#outputs = options.outputs;
  }

  /** The node starts, and nobody is there yet. */
  start(now: number): void {
    for (const peer of this.peers.values()) this.onLeft(peer, 'lost', now);
  }

  /** When the next lost peer is to be forgotten. */
  get deadline(): number | undefined {
    const [first] = this.#forgetAt.values();
    return first;
  }

  /** The name of the peer whose id begins with `idStart`. */
  nameOf(idStart: string): string | undefined {
    for (const peer of this.peers.values()) if (peer.id.startsWith(idStart)) return peer.name;
    return undefined;
  }

  get joined(): readonly Peer[] {
    return [...this.peers.values()].filter((peer) => peer.joined);
  }

  /** Targets behind which nobody was found yet. */
  get missing(): readonly Target[] {
    return this.targets.filter((target) => target.peer === undefined && !target.isSelf);
  }

  /** Configured peers that are not here. */
  get missingCount(): number {
    return this.targets.filter(({ peer, isSelf }) => peer?.joined !== true && !isSelf).length;
  }

  /** Peers from the same source that nobody configured, here or away. */
  countFrom(address: Address): number {
    const source = sourceOf(address);
    const isFrom = (peer: Peer): boolean => sourceOf(peer.path.address) === source;
    return [...this.peers.values()].filter((peer) => isFrom(peer) && !this.isConfigured(peer)).length;
  }

  isConfigured(peer: Peer): boolean {
    return this.targets.some((target) => target.peer === peer);
  }

  /** The key that a target's lines are owed to; undefined: whoever is met there first. */
  keyOf(target: Target): string | undefined {
    const { fingerprint, label } = target.settings;
    if (fingerprint !== undefined || this.#acceptsChanges) return fingerprint;
    return target.peer?.id ?? this.#pins.keyOf(label);
  }

  /** Whether a peer of this key may stand behind the target. */
  admits(target: Target, id: PeerId): boolean {
    const key = this.keyOf(target);
    return key === undefined || key === id;
  }

  /** The target that a peer of this name and key at this address stands behind, unless another peer is surely there now. */
  targetFor(
    { hello: { name }, fingerprint }: Established,
    address: Address,
    addressOf: (target: Target) => Address | undefined,
  ): Target | undefined {
    const vacant = this.targets.filter((target) => isVacant(target) && this.admits(target, fingerprint));
    return (
      vacant.find((target) => isAt(target.peer?.path.address, address) || isAt(addressOf(target), address)) ??
      vacant.find((target) => this.keyOf(target) === fingerprint) ??
      vacant.find((target) => target.settings.label === name || target.peer?.name === name)
    );
  }

  /**
   * The first line that a new peer is owed. The peer behind a target gets what that target is owed. While a configured peer
   * is missing whose key nobody knows, anybody new may turn out to be it, and gets as much: better a line too many than one
   * lost.
   */
  startFor(target: Target | undefined): number {
    const isOpen = (it: Target): boolean => isVacant(it) && this.keyOf(it) === undefined;
    const candidates = target === undefined ? this.targets.filter(isOpen) : [target];
    const starts = candidates.map((candidate) => owedFrom(candidate));
    return Math.min(this.#log.head + 1, ...starts);
  }

  /** `peer` has been found behind `target`. Whoever stood there before has a successor. */
  bind(target: Target, peer: Peer, now: number): void {
    const before = target.peer;
    if (before === peer) return;
    invariant(before === undefined || !before.joined, 'who is there has no successor');
    target.peer = peer;
    this.#forgetAt.delete(peer.id);
    if (before === undefined || this.isConfigured(before)) return;
    this.#outputs.event(replaced(peer.name, before.name));
    this.#tellOutstanding(before);
    // The other lines go to the successor, but for those that were said to the former peer alone.
    const reported = this.#reportUndelivered(before, peer.firstOwed - 1, 'it has been replaced');
    this.remove(before, reported.at(-1) ?? peer.firstOwed - 1, now);
  }

  /**
   * By consent, `peer` stands behind the target in the place of the key that the target's lines were owed to. Gives the lines
   * to everybody that wait for that key and that the peer is not owed as it is, oldest first: they have to be said again. What
   * was said to that key alone is nobody else's, and is reported.
   */
  succeed(target: Target, peer: Peer, now: number): readonly LogLine[] {
    const before = target.peer;
    const waiting: LogLine[] = [];
    for (let seq = owedFrom(target); seq < peer.firstOwed; seq += 1) {
      const entry = this.#log.single(seq);
      if (entry.type === 'line' && entry.to === undefined) waiting.push(entry);
    }
    target.peer = peer;
    target.contender = undefined;
    this.#forgetAt.delete(peer.id);
    if (before === undefined || this.isConfigured(before)) return waiting;
    this.#tellOutstanding(before);
    this.#reportUndelivered(before, 0, 'another key was accepted in its place');
    this.remove(before, this.#log.head, now);
    return waiting;
  }

  /** How much more the peer had said, as far as is known here, when another key took its place. */
  #tellOutstanding({ name, incoming }: Peer): void {
    const count = incoming.head - incoming.held;
    if (count > 0) this.#outputs.event(linesOutstanding(name, count));
  }

  onJoined(peer: Peer): void {
    this.#forgetAt.delete(peer.id);
  }

  /** A peer that has said goodbye is forgotten, unless it was configured; a peer that fell silent may come back. */
  onLeft(peer: Peer, code: LeaveCode, now: number): void {
    if (this.isConfigured(peer)) return;
    if (code === 'left') this.forget(peer, 'it left', now);
    else {
      this.#forgetAt.delete(peer.id);
      this.#forgetAt.set(peer.id, now + forgetAfterMs);
    }
  }

  onTimeout(now: number): void {
    for (const [id, forgetAt] of this.#forgetAt) {
      if (now < forgetAt) return;
      const peer = this.peers.get(id);
      if (peer !== undefined) this.forget(peer, 'it did not come back', now);
    }
  }

  /** The log is full. Gives up a lost peer that nobody configured and that holds the others up. Whether there was one. */
  forgetSlowest(now: number): boolean {
    const through = this.settledThrough;
    for (const id of this.#forgetAt.keys()) {
      const peer = this.peers.get(id);
      if (peer === undefined || peer.outgoing.accepted > through) continue;
      this.forget(peer, 'it was away while the log filled up', now);
      return true;
    }
    return false;
  }

  /**
   * The peers that are there had from `since` until now to take the full log up to `seq`. Those that have not lose what they are
   * owed, if others have, and if nobody else holds these up. Whether any did.
   */
  giveUpLaggards(seq: number, since: number, now: number): boolean {
    const laggards = [...this.peers.values()].filter((peer) => peer.outgoing.accepted < seq);
    const hadTime = laggards.every(({ joinedAt }) => joinedAt !== undefined && joinedAt <= since);
    const isAnyMissing = this.targets.some((target) => target.peer === undefined);
    if (!hadTime || isAnyMissing || laggards.length === this.peers.size) return false;
    for (const peer of laggards) this.giveUp(peer, laggardReason, now);
    return true;
  }

  /** Those who are away and have not taken the entries up to `seq`, by name. */
  awaitedFor(seq: number): readonly string[] {
    const away = [...this.peers.values()].filter((peer) => !peer.joined && peer.outgoing.accepted < seq);
    const unmet = this.missing.filter(({ owedFrom: from }) => from <= seq);
    return [...away.map(({ name }) => name), ...unmet.map(({ settings: { label } }) => label)];
  }

  /** The peer gets nothing of what it is owed. One that is here may come back at once, and hears what is said from now on. */
  giveUp(peer: Peer, reason: string, now: number): void {
    if (!peer.joined && !this.isConfigured(peer)) return this.forget(peer, reason, now);
    if (peer.joined) peer.close(closeCodes.lagging, now);
    peer.leave('lost', reason, now);
    this.#reportUndelivered(peer, this.#log.head, reason);
    peer.outgoing.giveUp();
  }

  /** As `giveUp`, for a target behind which nobody was found yet. */
  giveUpTarget(target: Target, reason: string): void {
    this.reportUnwanted({ label: target.settings.label, owedFrom: target.owedFrom }, reason);
    target.owedFrom = this.#log.head + 1;
  }

  /** Reports what the peer was owed, and knows it no more. */
  forget(peer: Peer, reason: string, now: number): void {
    invariant(!peer.joined, 'who is there is not forgotten');
    this.remove(peer, this.#log.head, now);
    this.#reportUndelivered(peer, this.#log.head, reason);
  }

  /** Knows the peer no more, but for what must not happen twice. `reportedThrough`: lines reported undelivered to it. */
  remove(peer: Peer, reportedThrough: number, now: number): void {
    // A handshake with the peer may be under way: it would lead to a peer that is not in `peers`.
    peer.leave('lost', 'it is forgotten', now);
    this.peers.delete(peer.id);
    this.#forgetAt.delete(peer.id);
    const settledThrough = Math.max(peer.outgoing.accepted, reportedThrough);
    const { toldThrough } = peer.outgoing;
    peer.outgoing.release();
    this.remembered.set(peer.id, { incoming: peer.incoming, settledThrough, toldThrough });
    for (const [oldest, { incoming }] of this.remembered) {
      if (this.remembered.size <= rememberedPeersMax) break;
      // The face still has lines of it, which take their room until they are taken.
      if (incoming.costBytes === 0) this.remembered.delete(oldest);
    }
  }

  /** A peer that is known no more is back. */
  recall(id: PeerId): FormerPeer | undefined {
    const known = this.remembered.get(id);
    this.remembered.delete(id);
    return known;
  }

  /** The face has taken lines of this peer, who may be gone since. */
  onTaken(id: PeerId, seq: number, now: number): void {
    const peer = this.peers.get(id);
    if (peer === undefined) this.remembered.get(id)?.incoming.onTaken(seq);
    else peer.onTaken(seq, now);
  }

  /** Whether there is a line that somebody is owed. */
  get owesLine(): boolean {
    if ([...this.peers.values()].some((peer) => peer.outgoing.owesLine)) return true;
    return this.missing.some(({ owedFrom: from }) => this.#log.hasLine(from - 1, undefined));
  }

  /** Lines that somebody is owed. */
  get linesOwed(): number {
    const peers = [...this.peers.values()];
    let lines = 0;
    for (let seq = this.settledThrough + 1; seq <= this.#log.head; seq += 1) {
      const entry = this.#log.entry(seq);
      const isOwed =
        peers.some(({ id, outgoing }) => seq > outgoing.accepted && isLineFor(entry, id)) ||
        this.missing.some((target) => seq >= target.owedFrom && isLineFor(entry, undefined));
      if (isOwed) lines += 1;
    }
    return lines;
  }

  /** Nobody is owed entries up to here any more. */
  get settledThrough(): number {
    const { peer: last, through: known } = this.#slowest;
    const isAsBefore = last !== undefined && this.peers.get(last.id) === last;
    if (isAsBefore && last.outgoing.accepted <= known) return known;
    let through = this.#log.head;
    let slowest: Peer | undefined = undefined;
    for (const peer of this.peers.values()) {
      if (slowest === undefined || peer.outgoing.accepted < slowest.outgoing.accepted) slowest = peer;
      through = Math.min(through, peer.outgoing.accepted);
    }
    for (const { owedFrom: from } of this.missing) through = Math.min(through, from - 1);
    this.#slowest = { peer: slowest, through };
    return through;
  }

  /** Lines that were told as undelivered. */
  get undelivered(): number {
    return this.#undelivered;
  }

  /** The end: reports each line that somebody is still owed. */
  reportAll(reason: string): void {
    for (const peer of this.peers.values()) this.#reportUndelivered(peer, this.#log.head, reason);
    for (const { settings, owedFrom: from } of this.missing)
      this.#report({ to: settings.label, follower: undefined }, from - 1, this.#log.head, reason);
    for (const { entry } of this.#log.slicesAfter(0))
      if (this.#isForStranger(entry)) this.report(entry, undefined, reason);
  }

  /** `to` does not get this line; undefined: nobody is there who could. */
  report(line: LogLine, to: string | undefined, reason: string): void {
    const said = line.copyOf ?? line;
    if (!said.isUndelivered) this.#undelivered += 1;
    said.isUndelivered = true;
    this.#outputs.event({ type: 'undelivered', ref: said.ref, seq: said.seq, to, reason });
  }

  /** What a peer was owed that nobody has met yet, and that nobody asks for any more. */
  reportUnwanted({ label, owedFrom: from }: Pick<KeptTarget, 'label' | 'owedFrom'>, reason: string): void {
    this.#report({ to: label, follower: undefined }, from - 1, this.#log.head, reason);
  }

  #reportUndelivered(peer: Peer, through: number, reason: string): readonly number[] {
    return this.#report({ to: peer.name, follower: peer.id }, peer.outgoing.accepted, through, reason);
  }

  /** Whether it is for one alone who is not known, as this life has not met that peer yet. */
  #isForStranger(entry: LogEntry): entry is LogLine {
    if (entry.type !== 'line' || entry.to === undefined || this.peers.has(entry.to)) return false;
    return entry.seq > (this.remembered.get(entry.to)?.settledThrough ?? 0);
  }

  /** Lines after `accepted` up to `through`, and those for this follower alone wherever they are. Gives their numbers. */
  #report(
    { to, follower }: { readonly to: string; readonly follower: PeerId | undefined },
    accepted: number,
    through: number,
    reason: string,
  ): readonly number[] {
    const reported: number[] = [];
    for (let seq = accepted + 1; seq <= this.#log.head; seq += 1) {
      if (seq > through && this.#log.entry(seq).type === 'run') continue;
      const entry = this.#log.single(seq);
      if (entry.type !== 'line' || !isLineFor(entry, follower)) continue;
      if (seq > through && entry.to === undefined) continue;
      this.report(entry, to, reason);
      reported.push(seq);
    }
    return reported;
  }
}

function isVacant(target: Target): boolean {
  if (target.isSelf) return false;
  return target.peer === undefined || !target.peer.joined || target.peer.isDoubted;
}

function isAt(left: Address | undefined, right: Address): boolean {
  return left !== undefined && sameAddress(left, right);
}

function owedFrom(target: Target): number {
  return target.peer === undefined ? target.owedFrom : target.peer.outgoing.accepted + 1;
}
