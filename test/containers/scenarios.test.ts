/**
 * The matrix of scenarios, each cell a test of its own, several at a time: starting containers takes a processor, but a
 * conversation mostly waits. What was seen goes to `results.json`, for the report.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { RESULTS_DIRECTORY } from '../report/directory.ts';
import type { Capability, LabCase } from '../report/results.ts';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { type Cell, cellsOf, finish, type Finished, replayLine } from './matrix.ts';
import { probe, type Probe } from './probe.ts';
import { writeResults } from './results-file.ts';
import { SCENARIOS } from './scenarios/all.ts';
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
      `${scenario.title} (${scenario.id}) on ${wire}, by ${backend}`,
      async () => {
        const outcome = await finish(cell);
        finished.set(cell, outcome);
        if (outcome.labCase.verdict.type !== 'pass') throw new Error(explain(cell, outcome.labCase));
      },
      TIMEOUT_MS,
    );
  }

  afterAll(async () => {
    if (found !== undefined) await write(found);
  });
});

describe('what this machine or a wire cannot do', () => {
  test('is shown as unsupported with its reason: TCP through the relay, and netem where the kernel has none', () => {
    const unsupported = cells
      .filter((cell) => cell.unsupported !== undefined)
      .map(({ scenario, wire, backend }) => `${scenario.id} ${wire} ${backend}`);
    const ofRelay = SCENARIOS.filter(({ backend }) => backend === 'relay');
    const ofNetem = ofRelay.filter(({ id }) => id !== 'relay-restarted');
    const expected = [
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

/** Everything that is needed to look into it. */
function explain(cell: Cell, { verdict }: LabCase): string {
  const why = verdict.type === 'fail' ? verdict.reasons : verdict.type === 'pass' ? [] : [verdict.reason];
  return [verdict.type, ...why, `again: ${replayLine(cell)}`].join('\n');
}

function has(name: string, capabilities: readonly Capability[]): boolean {
  return capabilities.some((capability) => capability.name === name && capability.available);
}
