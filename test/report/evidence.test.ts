import { describe, expect, test } from '@jest/globals';
import { allAtOnce } from '../lab-model/scenarios/all-at-once.ts';
import { clean } from '../lab-model/scenarios/clean.ts';
import type { Scenario } from '../lab-model/scenarios/scenario.ts';
import { keptMax, parseResults } from './results.ts';
import type { Account } from '../verdict/account.ts';
import { evidenceOf, transcriptOf } from './evidence.ts';
import { virtualAccount, withEvents } from '../verdict/virtual.ts';

const ABOUT = { seed: 12, replay: 'npm run lab:scenario -- all-at-once', tookMs: 1, transcripts: [] };
const damaged = virtualAccount(longer(allAtOnce), 'bare');

describe('the evidence of an account', () => {
  const evidence = evidenceOf(damaged, ABOUT);

  test('the evidence of an account is what the schema of results.json asks for', () => {
    const { id, title, proves, see } = allAtOnce;
    const labCase = {
      scenario: id,
      wire: 'plain',
      backend: 'relay',
      verdict: { type: 'pass' },
      evidence,
    };
    const versions = { tincan: '0', node: '0', engine: '0', kernel: '0' };
    const run = { startedAt: '2026-01-01T00:00:00.000Z', tookMs: 1, versions, capabilities: [] };
    const scenarios = [{ id, title, proves, see }];
    const results = { schemaVersion: 1, run, scenarios, cases: [labCase] };
    expect(parseResults(JSON.stringify(results)).cases[0]?.evidence).toEqual(evidence);
  });

  test('the evidence of an account counts lines so that heard = said - lost - undelivered + duplicated + altered', () => {
    for (const { lineCounts } of evidence.flows) {
      const { said, heard, lost, undelivered, duplicated, altered } = lineCounts;
      expect(heard).toBe(said - lost - undelivered + duplicated + altered);
      for (const count of [lost, duplicated, altered]) expect(count).toBeGreaterThan(0);
    }
  });

  test('the evidence of an account keeps arrows in order of time, and counts those that it leaves out', () => {
    const times = evidence.arrows.map(({ relayMs }) => relayMs);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(evidence.arrows).toHaveLength(keptMax.arrows);
    expect(evidence.arrows.length + evidence.arrowsOmitted).toBe(
      damaged.relays.flatMap(({ verdicts }) => verdicts).length,
    );
  });

  test('the evidence of an account draws an arrow for each copy that left, and none for a dropped datagram', () => {
    for (const { fate, arrivedMs } of evidence.arrows) {
      expect(arrivedMs).toHaveLength(fate.type === 'dropped' ? 0 : fate.duplicated ? 2 : 1);
    }
  });
});

describe('a fault that begins and ends', () => {
  const cut = { what: 'partition', fromMs: 1_001_000, untilMs: 1_002_500, node: undefined };
  // Bob hears nothing meanwhile, and afterwards 40 ms late what waited.
  const account: Account = {
    ...withEvents(virtualAccount(longer(clean), 'repairing'), 'bob', (events) =>
      events.map((one) =>
        one.atMs > cut.fromMs && one.atMs < cut.untilMs + 10 ? { ...one, atMs: cut.untilMs + 40 } : one,
      ),
    ),
    phases: [cut],
  };
  const { arrows, recoveries, phases } = evidenceOf(account, ABOUT);

  test('a fault that begins and ends has arrows around its beginning and around its end', () => {
    expect(phases).toEqual([{ what: 'partition', fromMs: 1_000, untilMs: 2_500 }]);
    expect(arrows[0]?.relayMs).toBeLessThan(1_000);
    expect(arrows.some(({ relayMs }) => relayMs > 2_500)).toBe(true);
  });

  test('after a fault the evidence tells how long it took until a line was heard again, and until all that waited was', () => {
    expect(recoveries.map(({ what, tookMs }) => [what, Math.round(tookMs)])).toEqual([
      ['bob hears alice again', 40],
      ['bob has caught up with alice', 40],
      ['alice hears bob again', 1],
    ]);
  });
});

test('a transcript keeps its first lines, and counts the others', () => {
  const lines = Array.from({ length: keptMax.transcriptLines + 3 }, (_, at) => `line ${at}`);
  const { lines: kept, linesOmitted } = transcriptOf('alice', 'stdout', lines);
  expect([kept.length, kept[0], linesOmitted]).toEqual([keptMax.transcriptLines, 'line 0', 3]);
});

/** More lines than a report keeps arrows for. */
function longer(scenario: Scenario): Scenario {
  return { ...scenario, steps: [{ type: 'talk', lines: 150 }] };
}
