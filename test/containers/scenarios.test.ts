/**
 * The matrix of scenarios, each cell a test of its own, several at a time: starting containers takes a processor, but a
 * conversation mostly waits. What was seen goes to `results.json`, for the report; and the lab itself is held to what it
 * claims: that a run can be replayed, can fail, and can be vacuous.
 */
import type { Wire } from '../lab-model/outcome.ts';
import { afterAll, describe, expect, test } from '@jest/globals';
import { RESULTS_DIRECTORY } from '../report/directory.ts';
import type { Capability, LabCase } from '../report/results.ts';
import type { Account } from '../verdict/account.ts';
import { judge } from '../verdict/judge.ts';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { type Cell, cellsOf, finish, type Finished, replayLine } from './matrix.ts';
import { probe, type Probe } from './probe.ts';
import { writeResults } from './results-file.ts';
import { allAtOnce } from '../lab-model/scenarios/all-at-once.ts';
import { SCENARIOS } from '../lab-model/scenarios/all.ts';
import { clean } from '../lab-model/scenarios/clean.ts';
import { lossTwenty } from '../lab-model/scenarios/loss-20.ts';
import { DATAGRAMS_MIN, DIRECTIONS, type Direction, type Scenario } from '../lab-model/scenarios/scenario.ts';
import { describeWithImages, whatIsMissing } from './suite.ts';

const IMAGES = [NODE_IMAGE, INTEROP_IMAGE];
/** The longest takes half a minute on an idle machine, in ms. */
const TIMEOUT_MS = 180_000;

const lack = await whatIsMissing(IMAGES);
const found = lack === undefined ? await probe() : undefined;
const cells = cellsOf(found?.capabilities ?? []);
const finished = new Map<Cell, Finished>();

await describeWithImages('scenarios', IMAGES, () => {
  for (const cell of cells.filter(({ unsupported }) => unsupported === undefined)) {
    const { scenario, wire, backend } = cell;
    test.concurrent(
      `what scenario ${scenario.id} (${scenario.title}) must show holds on ${wire}, by ${backend}`,
      async () => {
        const outcome = await finish(cell);
        finished.set(cell, outcome);
        if (outcome.labCase.verdict.type !== 'pass') throw new Error(explain(cell, outcome.labCase));
      },
      TIMEOUT_MS,
    );
  }

  test(
    'the line that a run prints replays it, to the same verdict on each datagram of each direction',
    async () => {
      const { account: again } = await finish(cellOf(allAtOnce, 'tincan'));
      for (const direction of DIRECTIONS) {
        const one = verdictsOf(accountOf(allAtOnce, 'tincan'), direction);
        const other = verdictsOf(again, direction);
        const common = Math.min(one.length, other.length);
        expect(common).toBeGreaterThanOrEqual(DATAGRAMS_MIN);
        expect(one.slice(0, common)).toEqual(other.slice(0, common));
      }
    },
    TIMEOUT_MS,
  );

  test('what a wire without promises leaves behind would break the promises of the wire that gives them', () => {
    const verdict = judge(allAtOnce, 'tincan', accountOf(allAtOnce, 'plain'));
    const reasons = verdict.type === 'fail' ? verdict.reasons : [];
    for (const broken of [
      /never heard/,
      /more than once/,
      /nobody had said/,
      /without exactly one receipt/,
    ]) {
      expect(reasons).toContainEqual(expect.stringMatching(broken));
    }
  });

  test('a run without its fault is vacuous, however well all went', () => {
    expect(judge(lossTwenty, 'tincan', accountOf(clean, 'tincan'))).toEqual({
      type: 'vacuous',
      reason: 'never struck: loss alice>bob, loss bob>alice',
    });
  });

  afterAll(async () => {
    if (found !== undefined) await write(found);
  });
});

describe('what this machine or a wire cannot do', () => {
  test('what this machine or a wire cannot do is shown as unsupported with its reason: TCP through the relay, a kill of both ends where nothing is kept, and netem where the kernel has none', () => {
    const unsupported = cells
      .filter((cell) => cell.unsupported !== undefined)
      .map(({ scenario, wire, backend }) => `${scenario.id} ${wire} ${backend}`);
    const ofRelay = SCENARIOS.filter(({ backend }) => backend === 'relay');
    const ofNetem = ofRelay.filter(({ id }) => id !== 'relay-restarted');
    const ofTincan = SCENARIOS.filter(({ wires }) => wires !== undefined);
    const expected = [
      ...ofTincan.flatMap(({ id }) => ['plain', 'tcp'].map((wire) => `${id} ${wire} engine`)),
      ...ofRelay.map(({ id }) => `${id} tcp relay`),
      ...(has('netem', found?.capabilities ?? [])
        ? []
        : ofNetem.flatMap(({ id }) => ['tincan', 'plain', 'tcp'].map((wire) => `${id} ${wire} netem`))),
    ];
    expect(unsupported.toSorted()).toEqual(expected.toSorted());
  });
});

const startedAt = new Date();

async function write(seen: Probe): Promise<void> {
  const outcomes = await Promise.all(
    cells
      .filter((cell) => finished.has(cell) || cell.unsupported !== undefined)
      .map(async (cell) => ({ cell, finished: finished.get(cell) ?? (await finish(cell)) })),
  );
  await writeResults(RESULTS_DIRECTORY, startedAt, seen, outcomes);
}

function cellOf(scenario: Scenario, wire: Wire): Cell {
  const cell = cells.find((other) => other.scenario === scenario && other.wire === wire);
  if (cell === undefined) throw new Error(`there is no cell ${scenario.id} on ${wire}`);
  return cell;
}

/** Of a run further up. */
function accountOf(scenario: Scenario, wire: Wire): Account {
  const account = finished.get(cellOf(scenario, wire))?.account;
  if (account === undefined) throw new Error(`${scenario.id} on ${wire} has left no account`);
  return account;
}

/** Without what is timing or the node's own: when it came, and how large it was. */
function verdictsOf(account: Account | undefined, direction: Direction): object[] {
  return (account?.relays[0]?.verdicts ?? [])
    .filter((verdict) => verdict.direction === direction)
    .map((verdict) => ({ ...verdict, atMs: 0, bytes: 0 }));
}

/** Everything that is needed to look into it. */
function explain(cell: Cell, { verdict }: LabCase): string {
  const why = verdict.type === 'fail' ? verdict.reasons : verdict.type === 'pass' ? [] : [verdict.reason];
  return [verdict.type, ...why, `again: ${replayLine(cell)}`].join('\n');
}

function has(name: string, capabilities: readonly Capability[]): boolean {
  return capabilities.some((capability) => capability.name === name && capability.available);
}
