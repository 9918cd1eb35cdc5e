/** The relay's core in virtual time. */
import { expect, test } from '@jest/globals';
import type { Address } from '../../../src/kernel/contract.ts';
import { unimpaired } from '../../../src/relay/model/impairment.ts';
import { silenceBeforeLookupMs } from '../../../src/relay/model/limits.ts';
import type { Command, Event, Faults } from '../../../src/relay/model/messages.ts';
import { Relay, type RelayInput, type RelayOutput } from '../../../src/relay/model/relay.ts';
import { utf8 } from '../../support/core.ts';

const alice: Address = { ip: '10.0.0.2', port: 5000 };
const bob: Address = { ip: '10.1.0.3', port: 5000 };
const startedAtMs = 1_700_000_000_000;
const both = ['alice>bob', 'bob>alice'] as const;

/** A relay on a network where names lead where `names` says. */
class RelayWorld {
  readonly names = new Map<string, string>([
    ['alice.lab', alice.ip],
    ['bob.lab', bob.ip],
  ]);
  nowMs = startedAtMs;
  readonly lookedUp: string[] = [];
  readonly relay: Relay;
  #sent: { text: string; to: Address; atMs: number }[] = [];
  readonly #events: Event[] = [];

  constructor({ sameHost = false, seed = 7 } = {}) {
    const host = (name: string): string => (sameHost ? 'localhost' : `${name}.lab`);
    this.names.set('localhost', '127.0.0.1');
    this.relay = new Relay({
      between: [
        { name: 'alice', host: host('alice'), port: sameHost ? 5001 : 5000 },
        { name: 'bob', host: host('bob'), port: sameHost ? 5002 : 5000 },
      ],
      seed,
      startedAtMs,
      tellsCrossings: () => true,
      random: () => 0.5,
    });
    this.give({ type: 'timeout' });
  }

  give(input: RelayInput): void {
    this.relay.handle(input, this.nowMs);
    for (const output of this.relay.drain()) this.#perform(output);
  }

  hear(from: Address, ...texts: readonly string[]): void {
    for (const text of texts) this.give({ type: 'datagram', from, bytes: utf8(text) });
  }

  command(command: Command): void {
    this.give({ type: 'command', command });
  }

  impair(faults: Faults, directions: readonly (typeof both)[number][] = both): void {
    this.command({ type: 'impair', directions, faults, timesFrom: 'command' });
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let rounds = 0; rounds < 1_000; rounds += 1) {
      const deadlineMs = this.relay.deadline();
      if (deadlineMs === undefined || deadlineMs > untilMs) {
        this.nowMs = untilMs;
        return;
      }
      this.nowMs = Math.max(this.nowMs, deadlineMs);
      this.give({ type: 'timeout' });
    }
    throw new Error(`the deadline stays at ${this.relay.deadline()}: the core spins`);
  }

  /** What was sent since the last look. */
  sent(): { text: string; to: Address; atMs: number }[] {
    return this.#sent.splice(0);
  }

  texts(): string[] {
    return this.sent().map(({ text }) => text);
  }

  /** The events of one type so far. */
  events<Type extends Event['type']>(type: Type): (Event & { readonly type: Type })[] {
    return this.#events.filter((event): event is Event & { readonly type: Type } => event.type === type);
  }

  #perform(output: RelayOutput): void {
    switch (output.type) {
      case 'datagram':
        this.#sent.push({
          text: Buffer.from(output.bytes).toString(),
          to: output.to,
          atMs: this.nowMs - startedAtMs,
        });
        break;
      case 'event':
        this.#events.push(output.event);
        break;
      case 'resolve': {
        const { host } = output;
        this.lookedUp.push(host);
        const ip = this.names.get(host);
        this.give(
          ip === undefined
            ? { type: 'unresolved', host, reason: 'ENOTFOUND' }
            : { type: 'resolved', host, ip },
        );
        break;
      }
      default:
        output satisfies never;
    }
  }
}

test('what one node sends goes to the other at once, both ways', () => {
  const world = new RelayWorld();
  world.hear(alice, 'hi');
  world.hear(bob, 'hi yourself');
  expect(world.sent()).toEqual([
    { text: 'hi', to: bob, atMs: 0 },
    { text: 'hi yourself', to: alice, atMs: 0 },
  ]);
});

test('what is delayed leaves on time, and before what comes at that time', () => {
  const world = new RelayWorld();
  world.impair({ delayMs: 50 }, ['alice>bob']);
  world.hear(alice, 'one');
  world.pass(20);
  world.impair({ delayMs: 0 }, ['alice>bob']);
  world.hear(alice, 'two');
  world.pass(30);
  world.hear(bob, 'three');
  expect(world.sent()).toEqual([
    { text: 'two', to: bob, atMs: 20 },
    { text: 'one', to: bob, atMs: 50 },
    { text: 'three', to: alice, atMs: 50 },
  ]);
});

test('a command finds what was due before it done, however late the clock wakes the relay', () => {
  const world = new RelayWorld();
  world.impair({ delayMs: 50 });
  world.hear(alice, 'due at 50');
  world.nowMs += 60;
  world.command({ type: 'counts' });
  expect(world.events('counts')[0]?.counts.directions['alice>bob']).toMatchObject({ departed: 1, queued: 0 });
});

test('a stranger is counted and dropped', () => {
  const world = new RelayWorld();
  world.hear({ ip: '10.0.0.9', port: 5000 }, 'let me in');
  world.command({ type: 'counts' });
  expect(world.sent()).toEqual([]);
  const [answer] = world.events('counts');
  expect(answer?.counts.strangers).toBe(1);
  expect(answer?.counts.directions['alice>bob']?.offered).toBe(0);
});

test('a node that speaks from another port is followed there', () => {
  const world = new RelayWorld();
  const moved = { ...alice, port: 40_000 };
  world.hear(moved, 'from a new port');
  world.hear(bob, 'to the new port');
  expect(world.sent()).toEqual([
    { text: 'from a new port', to: bob, atMs: 0 },
    { text: 'to the new port', to: moved, atMs: 0 },
  ]);
  expect(world.events('address').at(-1)).toMatchObject({ name: 'alice', address: moved });
});

test('a second program at the address of a node that speaks is a stranger; once the node is silent, it may have moved there', () => {
  const world = new RelayWorld();
  const second = { ...alice, port: 40_000 };
  world.hear(alice, 'from alice');
  world.hear(second, 'from the second');
  world.hear(bob, 'to alice');
  expect(world.sent()).toEqual([
    { text: 'from alice', to: bob, atMs: 0 },
    { text: 'to alice', to: alice, atMs: 0 },
  ]);
  world.command({ type: 'counts' });
  expect(world.events('counts').at(-1)?.counts.strangers).toBe(1);

  world.pass(silenceBeforeLookupMs);
  world.hear(second, 'from the second');
  world.hear(bob, 'to the second');
  expect(world.sent().at(-1)).toMatchObject({ text: 'to the second', to: second });
  expect(world.events('address').at(-1)).toMatchObject({ name: 'alice', address: second });
});

test('the port that a node was heard at outlives a look-up that finds it where it was', () => {
  const world = new RelayWorld();
  const moved = { ...alice, port: 40_000 };
  world.hear(moved, 'from a new port');
  world.hear({ ip: '10.0.0.9', port: 1 }, 'a stranger makes the relay ask');
  world.pass(1_000);
  world.hear(bob, 'to the new port');
  expect(world.lookedUp.filter((name) => name === 'alice.lab')).toHaveLength(2);
  expect(world.sent().at(-1)?.to).toEqual(moved);
});

test('on one address, where the port alone tells the nodes apart, another port is a stranger', () => {
  const world = new RelayWorld({ sameHost: true });
  world.hear({ ip: '127.0.0.1', port: 5001 }, 'alice');
  world.hear({ ip: '127.0.0.1', port: 5002 }, 'bob');
  world.hear({ ip: '127.0.0.1', port: 5003 }, 'who?');
  expect(world.texts()).toEqual(['alice', 'bob']);
});

test('a node at a new address is found again when it speaks', () => {
  const world = new RelayWorld();
  world.pass(5_000);
  world.names.set('alice.lab', '10.0.0.77');
  const moved = { ip: '10.0.0.77', port: 5000 };
  world.hear(moved, 'first words');
  world.pass(1_000);
  world.hear(moved, 'second words');
  world.hear(bob, 'welcome back');
  expect(world.sent().map(({ text, to }) => ({ text, to }))).toEqual([
    { text: 'second words', to: bob },
    { text: 'welcome back', to: moved },
  ]);
});

test('a node at a new address is found again when it is silent and something goes to it', () => {
  const world = new RelayWorld();
  world.hear(alice, 'hi');
  world.names.set('alice.lab', '10.0.0.77');
  world.pass(silenceBeforeLookupMs);
  world.hear(bob, 'are you there?');
  world.pass(1_000);
  world.hear(bob, 'and now?');
  expect(
    world
      .sent()
      .slice(1)
      .map(({ to }) => to.ip),
  ).toEqual([alice.ip, '10.0.0.77']);
});

test('while both nodes talk, nobody is looked up again', () => {
  const world = new RelayWorld();
  const before = world.lookedUp.length;
  for (let second = 0; second < 20; second += 1) {
    world.hear(alice, 'tick');
    world.hear(bob, 'tock');
    world.pass(silenceBeforeLookupMs / 2);
  }
  expect(world.lookedUp).toHaveLength(before);
});

test('a name without an address is warned of once, tried again, and meanwhile nothing is lost uncounted', () => {
  const world = new RelayWorld();
  world.names.delete('bob.lab');
  world.pass(silenceBeforeLookupMs);
  world.hear(alice, 'bob?');
  world.pass(10_000);
  expect(world.events('warning')).toEqual([
    {
      type: 'warning',
      code: 'unresolved',
      message: 'bob: the name "bob.lab" has no address (ENOTFOUND); trying again',
    },
  ]);
  world.names.set('bob.lab', '10.1.0.88');
  world.pass(10_000);
  expect(world.events('address').slice(2)).toMatchObject([
    { name: 'bob', address: { ip: '10.1.0.88', port: 5000 } },
  ]);
});

test('while nobody knows where a node is, what is for it departs into the dark, and is counted', () => {
  const relay = new Relay({
    between: [
      { name: 'alice', host: 'a', port: 5000 },
      { name: 'bob', host: 'b', port: 5000 },
    ],
    seed: 1,
    startedAtMs,
    tellsCrossings: () => false,
    random: () => 0.5,
  });
  relay.handle({ type: 'timeout' }, startedAtMs);
  relay.handle({ type: 'resolved', host: 'a', ip: alice.ip }, startedAtMs);
  relay.handle({ type: 'datagram', from: alice, bytes: utf8('bob?') }, startedAtMs);
  relay.handle({ type: 'command', command: { type: 'counts' } }, startedAtMs);
  expect(relay.drain()).toContainEqual(
    expect.objectContaining({
      event: expect.objectContaining({
        counts: expect.objectContaining({
          directions: expect.objectContaining({
            'alice>bob': expect.objectContaining({ offered: 1, departed: 1, unaddressed: 1 }),
          }),
        }),
      }),
    }),
  );
});

test('faults that are named change, the others stay, and heal ends them all', () => {
  const world = new RelayWorld();
  world.impair({ lossRate: 0.5 });
  world.hear(alice, 'zero', 'one');
  world.impair({ delayMs: 10 }, ['alice>bob']);
  const [, changed] = world.events('faults');
  expect(changed?.directions).toEqual({
    'alice>bob': { fromIndex: 2, faults: { ...unimpaired, lossRate: 0.5, delayMs: 10 } },
    'bob>alice': { fromIndex: 0, faults: { ...unimpaired, lossRate: 0.5 } },
  });
  world.command({ type: 'heal', directions: ['alice>bob'], ref: 'h' });
  const [, , healed] = world.events('faults');
  expect(healed).toMatchObject({ ref: 'h', directions: { 'alice>bob': { faults: unimpaired } } });
  expect(healed?.directions['bob>alice']?.faults.lossRate).toBe(0.5);
});

test('a partition of five seconds lets nothing through for five seconds, and tells when it begins and ends', () => {
  const world = new RelayWorld();
  world.pass(1_000);
  world.impair({ blackholes: [{ fromMs: 100, untilMs: 5_100 }] });
  for (const time of ['before', 'within', 'at the end']) {
    world.hear(alice, time);
    world.hear(bob, time);
    world.pass(time === 'within' ? 5_000 : 100);
  }
  expect(world.texts()).toEqual(['before', 'before', 'at the end', 'at the end']);
  const edges = world.events('blackhole-began').map(({ direction, atMs }) => `${direction} at ${atMs}`);
  expect(edges).toEqual(['alice>bob at 1100', 'bob>alice at 1100']);
});

test('a one-way blackhole leaves the other way alone, and without an end it lasts until healed', () => {
  const world = new RelayWorld();
  world.impair({ blackholes: [{ fromMs: 0, untilMs: Infinity }] }, ['bob>alice']);
  world.pass(3_600_000);
  world.hear(alice, 'to bob');
  world.hear(bob, 'to alice');
  expect(world.texts()).toEqual(['to bob']);
  expect(world.relay.deadline()).toBeUndefined();
  world.command({ type: 'heal', directions: both });
  expect(world.events('blackhole-ended').map(({ direction }) => direction)).toEqual(['bob>alice']);
  world.hear(bob, 'to alice again');
  expect(world.texts()).toEqual(['to alice again']);
});

test('times may count from the start of the relay', () => {
  const world = new RelayWorld();
  world.pass(1_000);
  const faults = { blackholes: [{ fromMs: 2_000, untilMs: 3_000 }] };
  world.command({ type: 'impair', directions: both, faults, timesFrom: 'start' });
  world.pass(5_000);
  world.command({ type: 'faults' });
  const [before, after] = world.events('faults').map(({ directions }) => directions['alice>bob']?.faults);
  expect(before?.blackholes).toEqual(faults.blackholes);
  // What is over is not worth telling.
  expect(after?.blackholes).toEqual([]);
});

test('the same seed, faults and datagrams give the same verdicts, whenever they come', () => {
  const verdicts = (gapMs: number, seed: number): unknown[] => {
    const world = new RelayWorld({ seed });
    world.impair({ lossRate: 0.3, duplicateRate: 0.3, reorderRate: 0.2, corruptRate: 0.2, jitterMs: 20 });
    for (let count = 0; count < 100; count += 1) {
      world.hear(alice, `a ${count}`);
      world.hear(bob, `b ${count}`);
      world.pass(gapMs);
    }
    return world
      .events('verdict')
      .map(({ crossing, verdict }) => ({ direction: crossing.direction, ...verdict }));
  };
  expect(verdicts(1, 7)).toEqual(verdicts(13, 7));
  expect(verdicts(1, 7)).not.toEqual(verdicts(1, 8));
});

test('what departs is told with the verdict on it, which copy it is, and how long it took', () => {
  const world = new RelayWorld();
  world.impair({ duplicateRate: 1, delayMs: 10 });
  world.hear(alice, 'twice');
  world.pass(10);
  const departed = world
    .events('departed')
    .map(({ verdict, copy, afterMs }) => ({ index: verdict.index, copy, afterMs }));
  expect(departed).toEqual([
    { index: 0, copy: 0, afterMs: 10 },
    { index: 0, copy: 1, afterMs: 10 },
  ]);
});

test('after quit the relay tells the final counts and does nothing any more', () => {
  const world = new RelayWorld();
  world.impair({ delayMs: 10 });
  world.hear(alice, 'on its way');
  world.command({ type: 'quit', ref: 3 });
  const [closed] = world.events('closed');
  expect(closed).toMatchObject({
    ref: 3,
    counts: { directions: { 'alice>bob': { offered: 1, departed: 0, queued: 1 } } },
  });
  world.nowMs += 100;
  world.hear(bob, 'too late');
  expect(world.sent()).toEqual([]);
  expect(world.relay.deadline()).toBeUndefined();
});
