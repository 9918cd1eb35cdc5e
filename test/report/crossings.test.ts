import { describe, expect, test } from '@jest/globals';
import { crossingsShownMax, type Scene, sceneOf } from './crossings.ts';
import { fixtureResults } from './fixture.ts';
import type { Arrow, Evidence, Line } from './results.ts';

const passed: Arrow['fate'] = { type: 'passed', duplicated: false, held: false, corrupted: false };
const lost: Arrow['fate'] = { type: 'dropped', cause: 'loss' };

function arrow(index: number, fate: Arrow['fate'] = passed, relayMs = index * 10): Arrow {
  const arrivedMs = fate.type === 'passed' ? [relayMs + 1] : [];
  return { from: 'alice', to: 'bob', index, bytes: 60, label: '', relayMs, fate, arrivedMs };
}

function scene(changes: Partial<Evidence>): Scene | undefined {
  const evidence = fixtureResults().cases[0]?.evidence;
  if (evidence === undefined) throw new Error('the fixture has evidence');
  return sceneOf({ ...evidence, arrows: [], ...changes });
}

function labels(shown: Scene | undefined): readonly string[] {
  return shown?.crossings.map(({ label }) => label) ?? [];
}

describe('the stretch that is shown', () => {
  test('the stretch that is shown is the beginning, when nothing happens', () => {
    const arrows = Array.from({ length: 100 }, (_, at) => arrow(at));
    expect(labels(scene({ arrows }))).toEqual(Array.from({ length: crossingsShownMax }, (_, at) => `#${at}`));
  });

  test('the stretch that is shown has the edge of a fault in its middle', () => {
    const arrows = Array.from({ length: 200 }, (_, at) => arrow(at, at >= 100 ? lost : passed));
    const shown = scene({ arrows });
    expect(shown?.crossings.filter(({ droppedBy }) => droppedBy === 'loss')).toHaveLength(
      crossingsShownMax / 2,
    );
    expect(labels(shown)[0]).toBe(`#${100 - crossingsShownMax / 2}`);
  });

  test('the stretch that is shown is around the beginning of a phase in which nothing befell a datagram', () => {
    const arrows = Array.from({ length: 200 }, (_, at) => arrow(at));
    const phases = [{ what: 'bob paused', fromMs: 1_000, untilMs: 3_000 }];
    expect(labels(scene({ arrows, phases }))[0]).toBe(`#${100 - crossingsShownMax / 2}`);
  });

  test('the stretch that is shown never bridges datagrams that were not kept', () => {
    const arrows = [
      ...[0, 1, 2].map((index) => arrow(index)),
      ...[90, 91].map((index) => arrow(index, lost)),
      arrow(92),
    ];
    expect(labels(scene({ arrows, arrowsOmitted: 87 }))).toEqual(['#90', '#91', '#92']);
    expect(scene({ arrows, arrowsOmitted: 87 })?.total).toBe(93);
  });

  test('the stretch that is shown draws two that came at the same time one after the other', () => {
    const shown = scene({ arrows: [arrow(0, passed, 5), arrow(1, passed, 5), arrow(2, passed, 5)] });
    const apart = shown?.crossings.map(({ relayMs = 0, arrivedMs }, at) => [
      relayMs - 5 - at / 1_000,
      (arrivedMs[0] ?? 0) - relayMs,
    ]);
    expect(apart?.flat().map((ms) => Math.round(ms * 1e6) / 1e6)).toEqual([0, 1, 0, 1, 0, 1]);
  });
});

describe('without a relay', () => {
  test('without a relay, lines are shown, those that took long at the edge', () => {
    const lines = Array.from({ length: 100 }, (_, at): Line => ({
      number: at,
      saidMs: at * 10,
      heardMs: [at < 50 ? at * 10 + 1 : 5_000],
    }));
    const flows =
      fixtureResults()
        .cases[0]?.evidence?.flows.slice(0, 1)
        .map((flow) => ({ ...flow, lines })) ?? [];
    const shown = scene({ flows });
    expect(shown).toMatchObject({ what: 'line', lifelines: ['alice', 'bob'], total: 100 });
    expect(labels(shown)[0]).toBe(`line ${50 - crossingsShownMax / 2}`);
  });
});

describe('a story', () => {
  test.each([
    [arrow(3, lost), '30 ms: alice → bob #3, 60 B: dropped (loss)'],
    [arrow(3), '30 ms: alice → bob #3, 60 B: arrived after 1 ms'],
    [{ ...arrow(3), label: 'data', arrivedMs: [] }, '30 ms: alice → bob #3, data, 60 B: still on its way'],
    [
      {
        ...arrow(3, { type: 'passed', duplicated: true, held: true, corrupted: true, truncatedTo: 12 }),
        arrivedMs: [45, 32],
      },
      '30 ms: alice → bob #3, 60 B: doubled, held back, corrupted, cut to 12 B, arrived after 15 ms and 2 ms',
    ],
  ] as const)('the story of a datagram tells all that befell it (example %#)', (one, story) => {
    expect(scene({ arrows: [one] })?.crossings.map((crossing) => crossing.story)).toEqual([story]);
  });
});
