import { describe, expect, test } from '@jest/globals';
import type { Event, PeerTarget } from '../../../../src/kernel/contract.ts';
import {
  creditBytes,
  forgetAfterMs,
  logTurnMaxMs,
  rememberedPeersMax,
} from '../../../../src/wires/tincan/limits.ts';
import { Outputs } from '../../../../src/kernel/io.ts';
import { Log } from '../../../../src/wires/tincan/log.ts';
import { Memory } from '../../../../src/wires/tincan/memory.ts';
import { Incoming } from '../../../../src/wires/tincan/peer/incoming.ts';
import { linesCostBytes } from '../../../../src/wires/tincan/peer/partial-line.ts';
import type { Peer } from '../../../../src/wires/tincan/peer/peer.ts';
import { Pins } from '../../../../src/wires/tincan/room/pins.ts';
import { Roster } from '../../../../src/wires/tincan/room/roster.ts';
import { must } from '../handshake/handshake-pair.ts';
import { establishedOf, lonePeer, peerIdOf } from '../peer/peer-pair.ts';

const now = 1_000_000;

function targetCalled(label: string): PeerTarget {
  return { label, host: `${label}.test`, port: 5_000 };
}

/** A roster over a log of some lines, with what it told. */
class RosterBench {
  readonly outputs = new Outputs();
  readonly #events: Event[] = [];
  readonly log = new Log(new Uint8Array(8).fill(1));
  readonly roster: Roster;
  #peers = 0;

  constructor({ targets = [], lines = 0 }: { targets?: string[]; lines?: number } = {}) {
    this.roster = new Roster({
      targets: targets.map(targetCalled),
      log: this.log,
      pins: new Pins({ known: new Map(), acceptsChanges: true, outputs: this.outputs }),
      acceptsChanges: true,
      outputs: this.outputs,
    });
    this.say(lines);
  }

  say(lines: number): void {
    for (let line = 0; line < lines; line += 1) {
      this.log.append({ type: 'line', bytes: new Uint8Array(3), ref: this.log.head + 1, to: undefined });
    }
  }

  /** All that the roster has told. */
  get events(): readonly Event[] {
    for (const output of this.outputs.take()) if (output.type === 'event') this.#events.push(output.event);
    return this.#events;
  }

  /** Somebody new, who is here. */
  join(name: string, start = 1): Peer {
    this.#peers += 1;
    const peer = lonePeer({ ordinal: this.#peers, name, log: this.log, owedFrom: start });
    this.roster.peers.set(peer.id, peer);
    this.comeBack(peer);
    return peer;
  }

  comeBack(peer: Peer): void {
    peer.open(establishedOf({ role: 'responder', hello: { name: peer.name } }), peer.path.address, now);
    this.roster.onJoined(peer);
  }

  leave(peer: Peer, code: 'left' | 'lost'): void {
    peer.leave(code, 'the test says so', now);
    this.roster.onLeft(peer, code, now);
  }

  /** `undelivered` told so far, as refs by name. */
  get undelivered(): readonly (readonly [string | undefined, unknown])[] {
    return this.events.flatMap((event) =>
      event.type === 'undelivered' ? [[event.to, event.ref] as const] : [],
    );
  }

  get warnings(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
  }
}

/** Its program has taken our lines up to there. */
function accept(peer: Peer, seq: number): void {
  while (peer.outgoing.takeNext(1_000, 1_000) !== undefined);
  peer.outgoing.onReceipt(seq, creditBytes);
}

describe('who is owed what', () => {
  test('a newcomer is owed what is said from now on; with a configured peer missing, anybody could be it', () => {
    const open = new RosterBench({ lines: 5 });
    expect(open.roster.startFor(undefined)).toBe(6);
    const waiting = new RosterBench({ lines: 5, targets: ['bob'] });
    expect(waiting.roster.startFor(undefined)).toBe(1);
    waiting.roster.bind(must(waiting.roster.targets[0]), waiting.join('bob'), now);
    expect(waiting.roster.startFor(undefined)).toBe(6);
  });

  test('a successor behind a target is owed what its predecessor had not accepted, and the faces are told', () => {
    const bench = new RosterBench({ lines: 5, targets: ['bob'] });
    const target = must(bench.roster.targets[0]);
    const first = bench.join('bob');
    bench.roster.bind(target, first, now);
    accept(first, 3);
    bench.leave(first, 'lost');
    expect(bench.roster.startFor(target)).toBe(4);
    const second = bench.join('bob', 4);
    bench.roster.bind(target, second, now);
    expect(bench.warnings).toEqual(['new-session']);
    expect(bench.undelivered).toEqual([]);
    expect([...bench.roster.peers.keys()]).toEqual([second.id]);
  });

  test('lines are settled once nobody who is owed them is behind, and none while a configured peer is missing', () => {
    const bench = new RosterBench({ lines: 5 });
    const [fast, slow] = [bench.join('fast'), bench.join('slow')];
    accept(fast, 5);
    accept(slow, 2);
    expect(bench.roster.settledThrough).toBe(2);
    expect(new RosterBench({ lines: 5, targets: ['bob'] }).roster.settledThrough).toBe(0);
  });
});

describe('the target that somebody stands behind', () => {
  const elsewhere = { ip: '203.0.113.4', port: 1 };

  test('the target that somebody stands behind is the one at its address, else the one of its name, and none whose peer is here', () => {
    const bench = new RosterBench({ targets: ['bob', 'carol'] });
    const { roster } = bench;
    const [bob, carol] = roster.targets;
    const addressOf = (target: unknown): typeof elsewhere | undefined =>
      target === carol ? elsewhere : undefined;
    expect(roster.targetFor(establishedOf({ hello: { name: 'bob' } }), elsewhere, addressOf)).toBe(carol);
    expect(
      roster.targetFor(establishedOf({ hello: { name: 'bob' } }), { ip: '203.0.113.5', port: 1 }, addressOf),
    ).toBe(bob);
    expect(
      roster.targetFor(establishedOf({ hello: { name: 'dave' } }), { ip: '203.0.113.5', port: 1 }, addressOf),
    ).toBeUndefined();
    roster.bind(must(bob), bench.join('bob'), now);
    expect(
      roster.targetFor(establishedOf({ hello: { name: 'bob' } }), { ip: '203.0.113.5', port: 1 }, addressOf),
    ).toBeUndefined();
  });
});

describe('who has gone', () => {
  test('a peer that has gone with a goodbye is forgotten at once, and what it was owed is reported', () => {
    const bench = new RosterBench({ lines: 3 });
    const peer = bench.join('dave');
    accept(peer, 1);
    bench.leave(peer, 'left');
    expect(bench.undelivered).toEqual([
      ['dave', 2],
      ['dave', 3],
    ]);
    expect([bench.roster.peers.size, bench.roster.settledThrough]).toEqual([0, 3]);
  });

  test('a peer that has gone in silence is kept in mind for a while, unless it is back by then', () => {
    const bench = new RosterBench({ lines: 1 });
    const [gone, back] = [bench.join('gone'), bench.join('back')];
    bench.leave(gone, 'lost');
    bench.leave(back, 'lost');
    expect(bench.roster.deadline).toBe(now + forgetAfterMs);
    bench.comeBack(back);
    bench.roster.onTimeout(now + forgetAfterMs);
    expect(bench.undelivered).toEqual([['gone', 1]]);
    expect(bench.roster.deadline).toBeUndefined();
  });

  test('a peer that has gone and was configured is waited for, however long', () => {
    const bench = new RosterBench({ lines: 1, targets: ['bob'] });
    const bob = bench.join('bob');
    bench.roster.bind(must(bench.roster.targets[0]), bob, now);
    bench.leave(bob, 'left');
    bench.roster.onTimeout(now + 2 * forgetAfterMs);
    expect([bench.undelivered, bench.roster.settledThrough]).toEqual([[], 0]);
  });

  test('a peer that has gone makes room in a full log: the slowest of the lost, and nobody who is here', () => {
    const bench = new RosterBench({ lines: 4 });
    const [lost, here] = [bench.join('lost'), bench.join('here')];
    bench.leave(lost, 'lost');
    expect(bench.roster.forgetSlowest(now)).toBe(true);
    expect(bench.undelivered.map(([to]) => to)).toEqual(Array.from({ length: 4 }, () => 'lost'));
    expect(bench.roster.forgetSlowest(now)).toBe(false);
    expect([...bench.roster.peers.values()]).toEqual([here]);
  });

  test('a peer that is here and does not take a full log loses its lines only if it was here all the time, if others took them, and if nobody away is waited for', () => {
    const bench = new RosterBench({ lines: 4, targets: ['away'] });
    const [slow, quick] = [bench.join('slow'), bench.join('quick')];
    const giveUp = (since = now): boolean => bench.roster.giveUpLaggards(4, since, now + logTurnMaxMs);
    accept(slow, 1);
    bench.roster.bind(must(bench.roster.targets[0]), quick, now);
    expect([giveUp(), bench.undelivered]).toEqual([false, []]);
    accept(quick, 4);
    expect([giveUp(now - 1), bench.undelivered]).toEqual([false, []]);
    bench.leave(slow, 'lost');
    expect([giveUp(), bench.undelivered]).toEqual([false, []]);
    bench.comeBack(slow);
    expect(giveUp()).toBe(true);
    expect(bench.undelivered).toEqual([2, 3, 4].map((ref) => ['slow', ref]));
    expect([slow.joined, quick.joined, bench.roster.settledThrough]).toEqual([false, true, 4]);
  });

  test('a peer that is missing since the start is waited for, so that nobody who is here loses its lines', () => {
    const bench = new RosterBench({ lines: 4, targets: ['missing'] });
    accept(bench.join('quick'), 4);
    bench.join('slow');
    expect(bench.roster.giveUpLaggards(4, now, now + logTurnMaxMs)).toBe(false);
  });

  test('a peer that has gone is remembered as long as the face has lines of it, however many go after it', () => {
    const bench = new RosterBench();
    const peer = bench.join('bob');
    const logId = new Uint8Array(8).fill(9);
    peer.incoming.onResume({
      type: 'resume',
      logId,
      start: 1,
      head: 1,
      followedLogId: logId,
      held: 0,
      known: 0,
    });
    const line = {
      type: 'line',
      kind: 'room',
      seq: 1,
      offset: 0,
      fin: true,
      bytes: new Uint8Array(5),
    } as const;
    peer.incoming.onLine(line);
    bench.roster.remove(peer, 0, now);
    for (let gone = 0; gone <= rememberedPeersMax; gone += 1) {
      const incoming = new Incoming(new Memory());
      bench.roster.remembered.set(
        peerIdOf(
          new Uint8Array(32)
            .fill(99)
            .fill(gone % 256, 30)
            .fill(gone >> 8, 31),
        ),
        {
          incoming,
          settledThrough: 0,
          toldThrough: 0,
        },
      );
    }
    bench.roster.remove(bench.join('carol'), 0, now);
    expect(bench.roster.remembered.size).toBe(rememberedPeersMax);
    expect(bench.roster.recall(peer.id)?.incoming.costBytes).toBe(linesCostBytes(1, 5));
  });

  test('a peer that has gone is remembered by two numbers, once', () => {
    const bench = new RosterBench({ lines: 3 });
    const peer = bench.join('dave');
    accept(peer, 2);
    bench.leave(peer, 'left');
    expect(bench.roster.recall(peer.id)).toMatchObject({ settledThrough: 3 });
    expect(bench.roster.recall(peer.id)).toBeUndefined();
  });
});

test('at the end each line is reported once for each who was owed it, and counted once', () => {
  const bench = new RosterBench({ lines: 2, targets: ['missing'] });
  const peer = bench.join('dave');
  accept(peer, 1);
  bench.roster.reportAll('the node stops');
  expect(bench.roster.undelivered).toBe(2);
  expect(bench.undelivered).toEqual([
    ['dave', 2],
    ['missing', 1],
    ['missing', 2],
  ]);
});
