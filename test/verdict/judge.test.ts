import type { Verdict } from '../lab-model/outcome.ts';
import { describe, expect, test } from '@jest/globals';
import { SCENARIOS } from '../lab-model/scenarios/all.ts';
import { clean } from '../lab-model/scenarios/clean.ts';
import { corruption } from '../lab-model/scenarios/corruption.ts';
import { lossTwenty } from '../lab-model/scenarios/loss-20.ts';
import { networkCut } from '../lab-model/scenarios/network-cut.ts';
import { truncation } from '../lab-model/scenarios/truncation.ts';
import { peerKilled } from '../lab-model/scenarios/peer-killed.ts';
import { DATAGRAMS_MIN, type NodeName } from '../lab-model/scenarios/scenario.ts';
import type { Account, Life } from './account.ts';
import { judge } from './judge.ts';
import { isMessage, message, saidLines, virtualAccount, withEvents, withLife } from './virtual.ts';

/** Those whose whole fault is in the relay, from the first datagram on. */
const CONSTANT = SCENARIOS.filter(
  ({ backend, faults }) => backend === 'relay' && Object.keys(faults).length > 0,
);

/** What each says in the scenario that most tests take apart. */
const LINES = lossTwenty.steps.reduce((sum, step) => sum + (step.type === 'talk' ? step.lines : 0), 0);

describe('a scenario whose fault is in the relay', () => {
  test('eleven scenarios have their fault in the relay', () => {
    expect(CONSTANT.map(({ id }) => id)).toHaveLength(11);
  });

  test.each(CONSTANT)('$id passes where a repairing wire hears everything', (scenario) => {
    expect(judge(scenario, 'tincan', virtualAccount(scenario, 'repairing'))).toEqual({ type: 'pass' });
  });

  test.each(CONSTANT)('$id passes where a bare wire shows the damage that was done', (scenario) => {
    expect(judge(scenario, 'plain', virtualAccount(scenario, 'bare'))).toEqual({ type: 'pass' });
  });

  test.each(CONSTANT)('$id is vacuous without its fault, however well all went', (scenario) => {
    const struckByNothing = virtualAccount(scenario, 'repairing', {});
    expect(judge(scenario, 'tincan', struckByNothing)).toMatchObject({ type: 'vacuous' });
    expect(judge(scenario, 'plain', virtualAccount(scenario, 'bare', {}))).toMatchObject({
      type: 'vacuous',
      reason: expect.stringMatching(/^never struck: .* alice>bob/),
    });
  });

  test.each(CONSTANT)(
    '$id has a seed with which each fault strikes early, in both directions',
    (scenario) => {
      const early = { ...scenario, steps: [{ type: 'talk' as const, lines: DATAGRAMS_MIN }] };
      expect(judge(early, 'plain', virtualAccount(early, 'bare'))).toEqual({ type: 'pass' });
    },
  );

  test('a fault that struck in one direction alone is vacuous: it was asked for in both', () => {
    const account = virtualAccount(lossTwenty, 'repairing');
    const calm = virtualAccount(lossTwenty, 'repairing', {});
    const [relay] = account.relays;
    const [calmRelay] = calm.relays;
    if (relay === undefined || calmRelay === undefined) throw new Error('no relay');
    const half: Account = {
      ...account,
      relays: [
        {
          ...relay,
          verdicts: [...ofAlice(relay.verdicts), ...ofBob(calmRelay.verdicts)],
          departed: [...ofAlice(relay.departed), ...ofBob(calmRelay.departed)],
          counts: {
            ...relay.counts,
            directions: {
              'alice>bob': relay.counts.directions['alice>bob'] ?? fail(),
              'bob>alice': calmRelay.counts.directions['bob>alice'] ?? fail(),
            },
          },
        },
      ],
    };
    expect(judge(lossTwenty, 'tincan', half)).toEqual({
      type: 'vacuous',
      reason: 'never struck: loss bob>alice',
    });
  });
});

describe('a wire that promises everything once and in order fails', () => {
  const whole = virtualAccount(lossTwenty, 'repairing');
  const breaks: Readonly<Record<string, readonly [Account, RegExp]>> = {
    'when a line is heard twice': [
      withEvents(whole, 'bob', (events) => events.flatMap((one, at) => (at === 4 ? [one, one] : [one]))),
      /^alice>bob: heard more than once: 5$/,
    ],
    'when a line is missing': [
      withEvents(whole, 'bob', (events) => events.toSpliced(6, 1)),
      /^alice>bob: 1 lines were never heard: 7$/,
    ],
    'when two lines change places': [
      withEvents(whole, 'alice', (events) => swapped(events, 2)),
      /^bob>alice: line 3 was heard out of order$/,
    ],
    'when a line is heard that nobody said': [
      withEvents(whole, 'alice', (events) => [...events, message('bob 1 ....!')]),
      /^bob>alice: 1 lines were heard that nobody had said$/,
    ],
    'when a receipt is missing': [
      withEvents(whole, 'alice', (events) =>
        events.filter(({ event }) => !(event.type === 'delivered' && event.ref === 9)),
      ),
      /^alice>bob: lines without exactly one receipt: 9$/,
    ],
    'when a line has two receipts': [
      withEvents(whole, 'alice', (events) => [...events, ...events.slice(-1)]),
      new RegExp(`^alice>bob: lines without exactly one receipt: ${LINES}$`),
    ],
    'when a line that was heard is reported as undelivered': [
      withEvents(whole, 'alice', (events) => [
        ...events,
        { event: { type: 'undelivered', ref: 3, seq: 3, reason: 'left' }, atMs: 0 },
      ]),
      /^alice>bob: heard, but reported as undelivered: 3$/,
    ],
    'when a node leaves with another exit code': [
      withLife(whole, 'bob', (life) => ({ ...life, exitCode: 3 })),
      /^bob>alice: bob left with exit code 3, not 0$/,
    ],
    'when something did not come in time': [{ ...whole, overdue: ['waited'] }, /^waited$/],
  };
  test.each(Object.entries(breaks))(
    'a wire that promises everything once and in order fails %s',
    (_, [account, reason]) => {
      expect(reasonsOf(judge(lossTwenty, 'tincan', account))).toEqual([expect.stringMatching(reason)]);
    },
  );
});

describe('a bare wire fails', () => {
  const damaged = virtualAccount(lossTwenty, 'bare');

  test('a bare wire fails when a line is missing that had left the relay', () => {
    const account = withEvents(damaged, 'bob', (events) => events.toSpliced(3, 1));
    expect(reasonsOf(judge(lossTwenty, 'plain', account))).toEqual([
      'alice>bob: 1 lines left the relay and were not heard (4); ' +
        'the kernel dropped 0, and 0 left before the relay knew where to',
    ]);
  });

  test('a bare wire passes where a line is missing that the receiver’s kernel has dropped', () => {
    const short = withEvents(damaged, 'bob', (events) => events.toSpliced(3, 1));
    const account = withLife(short, 'bob', (life) => ({ ...life, kernelDrops: { RcvbufErrors: 1 } }));
    expect(judge(lossTwenty, 'plain', account)).toEqual({ type: 'pass' });
  });

  test('a bare wire fails when a line is heard that the relay has dropped', () => {
    const dropped = damaged.relays[0]?.verdicts.find(({ fate }) => fate === 'dropped')?.index ?? 0;
    const text = damaged.lives[0]?.said[dropped]?.text ?? '';
    const account = withEvents(damaged, 'bob', (events) => events.toSpliced(dropped, 0, message(text)));
    expect(reasonsOf(judge(lossTwenty, 'plain', account)).join()).toContain(
      `alice>bob: heard what had not left the relay then: ${text}`,
    );
  });

  test('a bare wire fails when a corrupted line differs in more than the bit that was flipped', () => {
    const account = withEvents(virtualAccount(corruption, 'bare'), 'bob', (events) => {
      const texts = new Set(saidLines('alice', 200, corruption).map(({ text }) => text));
      const at = events.findIndex(({ event }) => event.type === 'message' && !texts.has(event.text));
      const event = events[at]?.event;
      const text = event?.type === 'message' ? event.text.replace('...', '###') : '';
      return events.toSpliced(at, 1, message(text));
    });
    expect(reasonsOf(judge(corruption, 'plain', account)).join()).toContain('heard what had not left');
  });

  test('a bare wire fails when a corrupted line is neither heard nor refused', () => {
    const account = withEvents(virtualAccount(corruption, 'bare'), 'alice', (events) =>
      events.filter(isMessage),
    );
    expect(reasonsOf(judge(corruption, 'plain', account)).join()).toMatch(
      /^bob>alice: \d+ corrupted lines were not heard; alice refused 0 as not UTF-8$/,
    );
  });

  test('a bare wire fails when a truncated line is heard whole', () => {
    const account = virtualAccount(truncation, 'bare');
    const cut = account.relays[0]?.verdicts.find(({ truncatedTo }) => truncatedTo !== undefined)?.index ?? 0;
    const text = account.lives[0]?.said[cut]?.text ?? '';
    const mended = withEvents(account, 'bob', (events) => events.toSpliced(cut, 1, message(text)));
    expect(reasonsOf(judge(truncation, 'plain', mended)).join()).toContain(
      `alice>bob: heard what had not left the relay then: ${text}`,
    );
  });

  test('a bare wire fails when more was said than reached the relay', () => {
    const account = withLife(damaged, 'alice', (life) => ({
      ...life,
      said: [...life.said, { number: LINES + 1, text: 'alice and one more', atMs: 0 }],
    }));
    expect(reasonsOf(judge(lossTwenty, 'plain', account))).toEqual([
      `alice>bob: ${LINES + 1} lines were said, ${LINES} datagrams reached the relay`,
    ]);
  });
});

describe('a record that is not whole fails', () => {
  const account = virtualAccount(lossTwenty, 'repairing');
  const [relay] = account.relays;
  if (relay === undefined) throw new Error('no relay');

  test('a record fails when the counts of a relay do not add up', () => {
    const counts = relay.counts.directions['alice>bob'] ?? fail();
    const directions = {
      ...relay.counts.directions,
      'alice>bob': { ...counts, offered: counts.offered + 1 },
    };
    const relays = [{ ...relay, counts: { ...relay.counts, directions } }];
    expect(reasonsOf(judge(lossTwenty, 'tincan', { ...account, relays }))).toEqual([
      expect.stringContaining(`relay 1, alice>bob: the counts don't add up: ${LINES + 1} offered`),
      `relay 1, alice>bob: ${LINES + 1} offered by its counts, ${LINES} by its log`,
    ]);
  });

  test('a record fails when its log has a hole', () => {
    const relays = [{ ...relay, logGaps: 2 }];
    expect(reasonsOf(judge(lossTwenty, 'tincan', { ...account, relays }))).toEqual([
      'relay 1: 2 log lines had no room',
    ]);
  });
});

describe('around a fault that a wire does not repair', () => {
  const cut = { what: 'bob disconnected', fromMs: 1_000_900, untilMs: 1_003_000, node: 'bob' } as const;
  const isCutOff = (life: Life, atMs: number): boolean =>
    life.name === 'bob' && atMs > cut.fromMs && atMs < cut.untilMs;
  const gap: Account = {
    ...withEvents(virtualAccount(networkCut, 'bare'), 'bob', (events) =>
      events.filter(({ atMs }) => atMs < cut.fromMs || atMs > cut.untilMs),
    ),
    relays: [],
    phases: [cut],
  };

  test('around a fault that a wire does not repair, one gap passes', () => {
    expect(gap.lives.some((life) => life.events.some(({ atMs }) => isCutOff(life, atMs)))).toBe(false);
    expect(judge(networkCut, 'plain', gap)).toEqual({ type: 'pass' });
  });

  test('around a fault that a wire does not repair, two gaps fail', () => {
    const account = withEvents(gap, 'bob', (events) => events.toSpliced(-5, 1));
    expect(reasonsOf(judge(networkCut, 'plain', account)).join()).toContain('not one gap');
  });

  test('around a fault that a wire does not repair, a gap long before the fault fails', () => {
    const early = { ...cut, fromMs: 1_004_000, untilMs: 1_005_000 };
    const reasons = reasonsOf(judge(networkCut, 'plain', { ...gap, phases: [early] }));
    expect(reasons.join()).toMatch(/line 9 was lost \d+ ms before anything happened/);
  });

  test('a fault that a wire does not repair is vacuous where everything was heard while it was on', () => {
    const account = { ...virtualAccount(networkCut, 'bare'), relays: [], phases: [cut] };
    expect(judge(networkCut, 'plain', account)).toEqual({
      type: 'vacuous',
      reason: 'never struck: bob disconnected',
    });
  });
});

describe('where netem does the harm', () => {
  const bare = virtualAccount(lossTwenty, 'bare');
  const drops = { 'alice>bob': gone('bob'), 'bob>alice': gone('alice') };
  const lost: Account = { ...bare, relays: [], netemDrops: drops };

  function gone(listener: string): number {
    return LINES - (bare.lives.find(({ name }) => name === listener)?.events.length ?? 0);
  }

  test('where netem does the harm, lines that are gone pass as far as it has dropped packets', () => {
    expect(judge(lossTwenty, 'plain', lost)).toEqual({ type: 'pass' });
    const fewer = { ...lost, netemDrops: { ...drops, 'alice>bob': drops['alice>bob'] - 1 } };
    expect(reasonsOf(judge(lossTwenty, 'plain', fewer))).toEqual([
      `alice>bob: ${gone('bob')} lines are gone, ${gone('bob') - 1} packets were dropped`,
    ]);
  });

  test('where netem does the harm, a fault that its counters do not show is vacuous', () => {
    const whole: Account = {
      ...virtualAccount(lossTwenty, 'repairing', {}),
      relays: [],
      netemDrops: { ...drops, 'bob>alice': 0 },
    };
    expect(judge(lossTwenty, 'tincan', whole)).toEqual({
      type: 'vacuous',
      reason: 'never struck: loss bob>alice',
    });
  });
});

describe('when a peer is killed', () => {
  const account = killedBob();

  test('when a peer is killed, all lines once and in order pass, and so does one that comes again and says so', () => {
    expect(judge(peerKilled, 'tincan', account)).toEqual({ type: 'pass' });
    expect(judge(peerKilled, 'tincan', withRepeat(account, { again: true }))).toEqual({ type: 'pass' });
  });

  test('when a peer is killed, a line that comes again and does not say so fails', () => {
    expect(reasonsOf(judge(peerKilled, 'tincan', withRepeat(account)))).toEqual([
      'alice>bob: heard more than once: 10',
    ]);
  });

  test('when a peer is killed, a line that none of its lives hears fails', () => {
    const lives = account.lives.map((life, at) =>
      at === 1 ? { ...life, events: life.events.slice(0, -1) } : life,
    );
    expect(reasonsOf(judge(peerKilled, 'tincan', { ...account, lives }))).toEqual([
      'alice>bob: 1 lines were never heard: 10',
    ]);
  });

  test('when a peer is killed, the survivor has a receipt for each line; who was killed may have taken one along', () => {
    const without = (name: NodeName): Account =>
      withEvents(account, name, (events) =>
        events.filter(({ event }) => !(event.type === 'delivered' && event.ref === 5)),
      );
    expect(judge(peerKilled, 'tincan', without('bob'))).toEqual({ type: 'pass' });
    expect(reasonsOf(judge(peerKilled, 'tincan', without('alice')))).toEqual([
      'alice>bob: lines without exactly one receipt: 5',
    ]);
  });
});

/** The last line that bob heard before he was killed comes to his next life, too. */
function withRepeat(account: Account, mark: { readonly again?: true } = {}): Account {
  const last = account.lives[1]?.events.at(-1);
  if (last?.event.type !== 'message') throw new Error('his first life ends with a message');
  const repeated = { ...last, event: { ...last.event, ...mark } };
  const lives = account.lives.map((life, at) =>
    at === 2 ? { ...life, events: [repeated, ...life.events] } : life,
  );
  return { ...account, lives };
}

/** Alice says 40 lines; the first bob hears 10 of them and dies, the second one hears the rest. */
function killedBob(): Account {
  const said = saidLines('alice', 40, clean);
  const gone = { what: 'bob gone', fromMs: 1_000_215, untilMs: 1_000_500, node: 'bob' } as const;
  const answers = saidLines('bob', 10, clean);
  const heardLater = said.slice(10).map(({ text }) => message(text, 1_000_900));
  const bob = { name: 'bob', kernelDrops: {} } as const;
  const alice: Life = {
    name: 'alice',
    said,
    exitCode: 0,
    kernelDrops: {},
    events: [
      ...answers.map(({ text }) => message(text)),
      ...said.map(({ number }) => ({
        event: { type: 'delivered', ref: number, seq: number, to: 'bob' } as const,
        atMs: 0,
      })),
    ],
  };
  return {
    ...virtualAccount(clean, 'bare'),
    relays: [],
    phases: [gone],
    lives: [
      alice,
      {
        ...bob,
        said: answers,
        events: [
          ...answers.map(({ number }) => ({
            event: { type: 'delivered', ref: number, seq: number, to: 'alice' } as const,
            atMs: 0,
          })),
          ...said.slice(0, 10).map(({ text }) => message(text)),
        ],
        exitCode: undefined,
      },
      { ...bob, said: [], events: heardLater, exitCode: 0 },
    ],
  };
}

function reasonsOf(verdict: Verdict): readonly string[] {
  return verdict.type === 'fail' ? verdict.reasons : [`it is ${verdict.type}`];
}

function swapped<T>(items: readonly T[], at: number): T[] {
  const [one, other] = items.slice(at, at + 2);
  return one === undefined || other === undefined ? [] : items.toSpliced(at, 2, other, one);
}

function ofAlice<T extends { readonly direction: string }>(lines: readonly T[]): T[] {
  return lines.filter(({ direction }) => direction === 'alice>bob');
}

function ofBob<T extends { readonly direction: string }>(lines: readonly T[]): T[] {
  return lines.filter(({ direction }) => direction === 'bob>alice');
}

function fail(): never {
  throw new Error('that direction is missing');
}
