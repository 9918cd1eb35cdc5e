import { test, expect } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { replayLine } from './simulate.ts';
import { runSeed } from './run.ts';
import { tincan } from './tincan.ts';

/** About 20 runs a second on one core, measured: together some 20 s of CI. */
const fixedSeeds = 300;
const freshSeeds = 80;

function expectToHold(from: number, count: number): void {
  const broken: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const outcome = runSeed(seed, tincan);
    if (outcome.type === 'broken') broken.push(`${outcome.reason}\n  ${replayLine(seed)}`);
  }
  expect(broken).toEqual([]);
}

test(`the promise holds in the first ${fixedSeeds} scenarios`, () => {
  expectToHold(1, fixedSeeds);
}, 240_000);

test(`the promise holds in ${freshSeeds} scenarios that nobody has run before`, () => {
  const from = randomInt(1_000_000, 4_000_000_000);
  process.stdout.write(`fresh seeds: npm run simulate -- --seeds ${freshSeeds} --from ${from}\n`);
  expectToHold(from, freshSeeds);
}, 240_000);

test('one seed gives one course of events, to the last step', () => {
  expect(runSeed(7, tincan)).toEqual(runSeed(7, tincan));
});
