/**
 * Deliberate bugs in the protocol, to learn how fine the simulator's net is: each must be found within a bounded number
 * of seeds. One that isn't found is a hole in the net.
 *
 * Owns: the bugs, as patches of source text that must fit exactly once, and loading a copy of the sources with one of them. The
 * production code knows nothing of it.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCrowd } from './crowd.ts';
import { runWithLiar } from './liars.ts';
import { runLives } from './lives.ts';
import { recoveryMaxMs, recoveryMs } from './recovery-link.ts';
import { planFrom, withCrossingSessions, withManyNames } from './plan.ts';
import { runPlan, runSeed, type Outcome } from './run.ts';
import type * as Protocol from '../../src/wires/tincan/node.ts';
import { type NodeFactory, factoryOf } from './tincan.ts';
import type { CoreFactory } from './world.ts';

type ProtocolModule = typeof Protocol;

export interface Mutant {
  /** What is wrong with it. */
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /**
   * How it shows, where not in a promise broken among honest nodes: in how long lost lines take, to a liar, over several lives, in a
   * large room, or
   * in plans with more of what provokes it.
   */
  readonly foundBy?: 'lateness' | 'liar' | 'lives' | 'crowd' | 'crossing' | 'many names';
}

const sourceDirectory = new URL('../../src', import.meta.url);

/** Members of the room in which those that a crowd finds must show. */
const mutantCrowdSize = 12;

/** Seeds in which each must be found. */
export const mutantSeedsMax = 150;

export const mutants: readonly Mutant[] = [
  {
    name: 'counts a line as undelivered for each peer that did not get it',
    file: 'room/roster.ts',
    find: 'if (!said.isUndelivered) this.#undelivered += 1;',
    replace: 'this.#undelivered += 1;',
  },
  {
    name: 'acks the packet after the one that came',
    file: 'delivery/acks.ts',
    find: 'this.#received.add(packet.packetNumber);',
    replace: 'this.#received.add(packet.packetNumber + 1);',
  },
  {
    name: 'sends what was too large for the path again as it was',
    file: 'peer/transmitter.ts',
    find: 'if (link.mtu.onLost(bytes, now)) outgoing.restart();',
    replace: 'link.mtu.onLost(bytes, now);',
  },
  {
    name: 'passes over whom another member introduces',
    file: 'room/introductions.ts',
    find: 'if (known?.joined !== true) this.#seek(word, now);',
    replace: 'if (known?.joined !== true) return;',
    foundBy: 'crowd',
  },
  {
    name: 'takes members that it knew in an earlier life for new ones',
    file: 'room/keeping.ts',
    find: 'const incoming = new Incoming(context.memory, followed);',
    replace: 'const incoming = new Incoming(context.memory, { ...followed, given: 0, taken: 0 });',
    foundBy: 'crowd',
  },
  {
    name: 'never introduces members for whom it has once let others do it',
    file: 'room/introductions.ts',
    find: '((!isIntroduced && !isBack) || this.#isDrawn())) this.#introduce(peer);\n    else if (isSteady && !isIntroduced) this.#introduceLater(peer, now);',
    replace: 'isIntroduced) this.#introduce(peer);',
    foundBy: 'crowd',
  },
  {
    name: 'acks across gaps',
    file: 'delivery/acks.ts',
    find: 'ranges: [...this.#received.ranges]',
    replace: 'ranges: [{ from: 0, to: this.#received.largest ?? 0 }]',
  },
  {
    name: 'does not commit the replay window',
    file: 'delivery/packet.ts',
    find: 'this.#window.commit(packetNumber);',
    replace: '',
  },
  {
    name: 'now and then sends under the packet number before',
    file: 'delivery/packet.ts',
    find: 'const packetNumber = this.#next;',
    replace: 'const packetNumber = this.#next % 16 === 15 ? this.#next - 1 : this.#next;',
  },
  {
    name: 'drops a line after a gap, and acks it',
    file: 'peer/incoming.ts',
    find: 'if (last < this.#next) return true;',
    replace: 'if (frame.seq !== this.#next) return true;',
  },
  {
    name: 'never renews credit',
    file: 'peer/outgoing.ts',
    find: 'this.#creditEdge = Math.max(this.#creditEdge, this.#acceptedCost + given);',
    replace: '',
  },
  {
    name: 'gives a receipt before the program has taken the line',
    file: 'peer/incoming.ts',
    find: "type: 'receipt', seq: this.#taken,",
    replace: "type: 'receipt', seq: this.#next - 1,",
  },
  {
    name: 'reports one delivered line too few for each receipt',
    file: 'peer/outgoing.ts',
    find: 'accepted = this.#log.slicesAfter(this.#accepted, seq);',
    replace: 'accepted = this.#log.slicesAfter(this.#accepted + 1, seq);',
  },
  {
    name: 'takes each session for a new log',
    file: 'peer/incoming.ts',
    find: 'if (this.follows(frame.logId)) {',
    replace: 'if (this.follows(frame.logId.subarray(1))) {',
  },
  {
    name: 'skips a line when it resumes',
    file: 'peer/transmitter.ts',
    find: 'start: outgoing.accepted + 1,',
    replace: 'start: Math.min(outgoing.accepted + 2, log.head + 1),',
  },
  {
    name: 'counts one byte too many out of the flight',
    file: 'delivery/recovery.ts',
    find: 'this.#bytesInFlight -= packet.bytes;',
    replace: 'this.#bytesInFlight -= packet.bytes + 1;',
  },
  {
    name: 'never repeats what was lost',
    file: 'peer/fragments.ts',
    find: "fragment.state = 'lost';",
    replace: "fragment.state = 'held';",
  },
  {
    name: 'sends what was under way not anew in a new session',
    file: 'peer/transmitter.ts',
    find: '    this.#parts.outgoing.restart();\n    if (this.#receipt',
    replace: '    if (this.#receipt',
  },
  {
    name: 'sends without limit to an unvalidated address',
    file: 'delivery/path.ts',
    find: 'if (this.#validation === undefined) return Number.POSITIVE_INFINITY;',
    replace: 'return Number.POSITIVE_INFINITY;',
  },
  {
    name: 'releases lines that only the fastest peer has taken',
    file: 'room/roster.ts',
    find: 'through = Math.min(through, peer.outgoing.accepted);',
    replace: 'through = Math.max(through, peer.outgoing.accepted);',
  },
  {
    name: 'takes acks of a replaced session for acks of the new one',
    file: 'peer/transmitter.ts',
    find: 'if (session !== this.#session) return;\n    const { acked',
    replace: 'session = this.#session ?? session;\n    const { acked',
    foundBy: 'crossing',
  },
  {
    name: 'says nothing of lines that a leaving peer did not get',
    file: 'room/roster.ts',
    find: 'return this.#report({ to: peer.name, follower: peer.id }, peer.outgoing.accepted, through, reason);',
    replace: 'return [];',
  },
  {
    name: 'tells everybody what was said to one',
    file: 'log.ts',
    find: "return entry.to === follower ? 'private' : 'withheld';",
    replace: "return 'private';",
  },
  {
    name: 'leaves out what it withholds, and numbers what follows all the same',
    file: 'peer/cutting.ts',
    find: 'kind: kindFor(entry, follower)',
    replace: "kind: kindFor(entry, follower) === 'withheld' ? 'room' : kindFor(entry, follower)",
  },
  {
    name: 'says nothing of what was said to a peer alone that was replaced',
    file: 'room/roster.ts',
    find: 'if (seq > through && entry.to === undefined) continue;',
    replace: 'if (seq > through) continue;',
  },
  {
    name: 'never takes what no face shows',
    file: 'peer/receiver.ts',
    find: 'if (this.#parts.incoming.takeSilent()) this.#transmitter.onTaken(now);',
    replace: '',
  },
  {
    name: 'believes an old handshake about a name',
    file: 'peer/peer.ts',
    find: 'if (this.incoming.logId === undefined) this.receiver.rename(session.peerName);',
    replace: 'this.receiver.rename(session.peerName);',
  },
  {
    name: 'leaves those under the old name who were being greeted',
    file: 'room/arrivals.ts',
    find: 'if (established.ownHello.name !== this.#hello.name) this.#parts.ownLines.repeatName();',
    replace: '',
    foundBy: 'many names',
  },
  {
    name: 'leaves out a byte where it cuts a line',
    file: 'peer/outgoing.ts',
    find: 'this.#nextOffset = isWhole ? 0 : this.#nextOffset + frame.bytes.length;',
    replace: 'this.#nextOffset = isWhole ? 0 : this.#nextOffset + frame.bytes.length + 1;',
  },
  {
    name: 'never dials again',
    file: 'room/seeking.ts',
    find: 'if (target !== undefined) this.#dialTarget(target, now);',
    replace: 'if (target !== undefined) return;',
  },
  {
    name: 'takes in lines beyond its memory',
    file: 'memory.ts',
    find: 'return delta <= 0 || this.#memory.usedBytes + delta <= this.#memory.commonBytes;',
    replace: 'return true;',
  },
  {
    name: 'acks lines that it had no room for',
    file: 'peer/receiver.ts',
    find: 'if (!isWhole) {',
    replace: 'if (isWhole !== isWhole) {',
  },
  {
    name: 'forgets to give memory back when lines are taken',
    file: 'peer/incoming.ts',
    find: 'this.#untakenCost -= memoryBytes;',
    replace: '',
  },
  {
    name: 'never probes',
    file: 'delivery/recovery.ts',
    find: 'this.#probesOwed = probesPerTimeout;',
    replace: '',
  },
  {
    name: 'forgets the loss timer',
    file: 'delivery/recovery.ts',
    find: 'this.#lossAt = Math.min(this.#lossAt ?? lostAt, lostAt);',
    replace: '',
    foundBy: 'lateness',
  },
  {
    name: 'lets any authentic packet move a peer, not only the newest',
    file: 'delivery/path.ts',
    find: 'if (!newest) return false;',
    replace: '',
  },
  {
    name: 'sends the packet after a short one under the same number',
    file: 'delivery/packet.ts',
    find: 'this.#advance();',
    replace: 'if (frames.length > 8) this.#advance();',
  },
  {
    name: 'answers strangers with more than they brought',
    file: 'room/arrivals.ts',
    find: 'this.#parts.outputs.datagram(from, outcome.bytes);',
    replace:
      'for (let copy = 0; copy < 10; copy += 1) this.#parts.outputs.datagram(from, outcome.bytes.slice());',
  },
  {
    name: 'takes a line of a very high number for a bug of its own',
    file: 'peer/incoming.ts',
    find: 'this.#head = Math.max(this.#head, last);',
    replace:
      "invariant(last < 2 ** 52, 'nobody says so many lines'); this.#head = Math.max(this.#head, last);",
    foundBy: 'liar',
  },
  {
    name: 'believes a receipt for lines that it never sent',
    file: 'peer/outgoing.ts',
    find: 'if (seq > this.#sentThrough) return undefined;',
    replace: '',
    foundBy: 'liar',
  },
  {
    name: 'believes a peer that claims to hold lines which nobody said',
    file: 'peer/outgoing.ts',
    find: 'if (known > this.#log.head) return false;',
    replace: '',
    foundBy: 'liar',
  },
  {
    name: 'keeps whatever its peers send',
    file: 'memory.ts',
    find: 'return delta <= 0 || this.#memory.usedBytes + delta <= this.#memory.commonBytes;',
    replace: 'return true;',
    foundBy: 'liar',
  },
  {
    name: 'keeps that a line is taken as soon as it is given',
    file: 'peer/incoming.ts',
    find: 'given, taken: this.#taken };',
    replace: 'given, taken: given };',
    foundBy: 'lives',
  },
  {
    name: 'keeps a receipt less than it gives',
    file: 'peer/incoming.ts',
    find: 'given, taken: this.#taken };',
    replace: 'given, taken: Math.max(0, this.#taken - 1) };',
    foundBy: 'lives',
  },
  {
    name: 'does not mark what comes again',
    file: 'peer/incoming.ts',
    find: 'this.#againThrough = kept.given;',
    replace: 'this.#againThrough = kept.taken;',
    foundBy: 'lives',
  },
  {
    name: 'keeps a new offset only together with a new line',
    file: 'room/keeping.ts',
    find: 'peers: this.#changedPeers(),',
    replace: 'peers: entries.length > 0 ? this.#changedPeers() : [],',
    foundBy: 'lives',
  },
  {
    name: 'keeps a follower one entry ahead',
    file: 'room/keeping.ts',
    find: 'const { accepted: settledThrough, tellable } = outgoing;',
    replace:
      'const { tellable } = outgoing; const settledThrough = Math.min(outgoing.accepted + 1, this.#parts.context.log.head);',
    foundBy: 'lives',
  },
  {
    name: 'uses the number of a settled line again after a restart',
    file: 'log.ts',
    find: 'this.#head = kept.log.head;',
    replace: 'this.#head = kept.entries.at(-1)?.seq ?? 0;',
    foundBy: 'lives',
  },
  {
    name: 'forgets the id of its log with each restart',
    file: 'node.ts',
    find: 'new Log(kept?.log.id ??',
    replace: 'new Log((kept === undefined ? undefined : kept.log.id.map((byte) => byte ^ 1)) ??',
    foundBy: 'lives',
  },
  {
    name: 'does not tell again how far it has come after a restart',
    file: 'peer/receiver.ts',
    find: 'if (frame.start <= incoming.taken) this',
    replace: 'if (now < 0) this',
    foundBy: 'lives',
  },
  {
    name: 'loses whom a private line is for when it is started again',
    file: 'log.ts',
    find: 'this.#entries = kept.entries.map((entry) => restored(entry));',
    replace: 'this.#entries = kept.entries.map((entry) => ({ ...restored(entry), to: undefined }));',
    foundBy: 'lives',
  },
  {
    name: 'takes lines that came ahead of others for the next ones',
    file: 'peer/incoming.ts',
    find: 'if (frame.seq <= this.#next) this.#completeLines(done, frame);',
    replace: 'if (frame.seq !== 0) this.#completeLines(done, { ...frame, seq: this.#next });',
  },
  {
    name: 'counts one line too few where lines share a piece',
    file: 'peer/outgoing.ts',
    find: 'this.#nextSeq = through + 1;',
    replace: 'this.#nextSeq = Math.max(frame.seq + 1, through);',
  },
  {
    name: 'lets a run go with its first line',
    file: 'log.ts',
    find: 'if (lastSeqOf(entry) > seq) break;',
    replace: 'if (entry.seq > seq) break;',
  },
  {
    name: 'keeps its head without the line',
    file: 'room/keeping.ts',
    find: '      entries,\n      releasedThrough',
    replace: '      entries: entries.slice(1),\n      releasedThrough',
    foundBy: 'lives',
  },
  {
    name: 'does not notice that its log has gone two ways',
    file: 'peer/outgoing.ts',
    find: 'return known > (this.toldThrough ?? known);',
    replace: 'return false;',
    foundBy: 'lives',
  },
  {
    name: 'sends new lines before a follower of an earlier life has said what it knows',
    file: 'peer/outgoing.ts',
    find: 'if (this.#toldThrough === undefined || this.#hasResumed) return',
    replace: 'if (this.#log.head >= 0) return',
    foundBy: 'lives',
  },
  {
    name: 'tells what it holds for what it knows of',
    file: 'peer/transmitter.ts',
    find: 'Math.max(incoming.head, incoming.held)',
    replace: 'incoming.held',
    foundBy: 'lives',
  },
  {
    name: 'forgets over a restart what its followers can not know yet',
    file: 'room/keeping.ts',
    find: 'tellable === this.#parts.context.log.head ? undefined : tellable',
    replace: 'undefined',
    foundBy: 'lives',
  },
  {
    name: 'reads on after the peer has shown that its log has gone two ways',
    file: 'peer/receiver.ts',
    find: "if (this.#endsLog) return 'older-copy';",
    replace: '',
    foundBy: 'lives',
  },
  {
    name: 'gives up its log without a word',
    file: 'node.ts',
    find: "this.#roster.reportAll('this node went on from an older copy of its state');",
    replace: '',
    foundBy: 'lives',
  },
];

export interface MutantOutcome {
  readonly name: string;
  /** How many seeds it took; undefined where it was not found. */
  readonly seeds: number | undefined;
  readonly reason: string;
}

/**
 * For each mutant named, or for all: how many seeds it took, and what gave it away. Exit code 1 where one was not found, 2
 * for a name that none has.
 */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !mutants.some((mutant) => mutant.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`mutants: none is called ${JSON.stringify(unknown)}\n`);
    return 2;
  }
  let held = 0;
  for (const mutant of mutants.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const { name, seeds, reason } = await findMutant(mutant);
    if (seeds === undefined) held += 1;
    process.stdout.write(`${seeds === undefined ? 'NOT FOUND' : `seed ${seeds}`}: ${name}: ${reason}\n`);
  }
  return held > 0 ? 1 : 0;
}

/** How often the patch of a mutant fits into the source that it is for. */
export async function timesFitting(mutant: Mutant): Promise<number> {
  return timesIn(
    await readFile(new URL(`../../src/wires/tincan/${mutant.file}`, import.meta.url), 'utf8'),
    mutant,
  );
}

function timesIn(source: string, mutant: Mutant): number {
  return source.split(mutant.find).length - 1;
}

/** Throws where the patch does not fit exactly once: then the protocol has changed, and the bug must be described anew. */
export async function findMutant(mutant: Mutant): Promise<MutantOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'tincan-mutant-'));
  try {
    const factory = await loadMutant(mutant, directory);
    if (mutant.foundBy === 'lateness') return judgeRecovery(mutant.name, factory);
    if (mutant.foundBy === 'lives') return judgeRuns(mutant.name, (seed) => runLives(seed, factory));
    if (mutant.foundBy === 'crowd')
      return judgeRuns(mutant.name, (seed) => runCrowd(seed, mutantCrowdSize, factory));
    for (let seed = 1; seed <= mutantSeedsMax; seed++) {
      const outcome = runOf(mutant, seed, factory);
      if (outcome.type === 'broken') return { name: mutant.name, seeds: seed, reason: outcome.reason };
    }
    return { name: mutant.name, seeds: undefined, reason: '' };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function runOf({ foundBy }: Mutant, seed: number, factory: NodeFactory): Outcome {
  switch (foundBy) {
    case 'liar':
      return runWithLiar(seed, factory).outcome;
    case 'crossing':
      return runPlan(withCrossingSessions(planFrom(seed)), factory);
    case 'many names':
      return runPlan(withManyNames(planFrom(seed)), factory);
    default:
      return runSeed(seed, factory);
  }
}

function judgeRuns(name: string, run: (seed: number) => void): MutantOutcome {
  for (let seed = 1; seed <= mutantSeedsMax; seed++) {
    try {
      run(seed);
    } catch (error) {
      return { name, seeds: seed, reason: Error.isError(error) ? error.message : String(error) };
    }
  }
  return { name, seeds: undefined, reason: '' };
}

function judgeRecovery(name: string, factory: CoreFactory): MutantOutcome {
  const ms = recoveryMs(factory);
  const isFound = ms >= recoveryMaxMs;
  return {
    name,
    seeds: isFound ? 1 : undefined,
    reason: isFound ? `lost lines took ${ms.toFixed(0)} ms` : '',
  };
}

async function loadMutant(mutant: Mutant, directory: string): Promise<NodeFactory> {
  await cp(sourceDirectory, directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  const path = join(directory, 'wires/tincan', mutant.file);
  const source = await readFile(path, 'utf8');
  const fits = timesIn(source, mutant);
  if (fits !== 1)
    throw new Error(`the patch for "${mutant.name}" fits ${fits} times in ${mutant.file}, not once`);
  await writeFile(
    path,
    source.replace(mutant.find, () => mutant.replace),
  );
  const loaded: ProtocolModule = await import(pathToFileURL(join(directory, 'wires/tincan/node.ts')).href);
  return factoryOf(loaded.TincanNode);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
