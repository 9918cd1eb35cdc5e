import { expect, test } from '@jest/globals';
import { readPlan } from '../../../src/relay/control/plan.ts';

const directions = ['alice>bob', 'bob>alice'] as const;

test('a plan is what impair would be told, the single direction last', () => {
  const plan = readPlan('{"bob>alice":{"lossRate":1},"both":{"delayMs":5}}', directions);
  expect(plan).toEqual([
    { type: 'impair', directions, faults: { delayMs: 5 }, timesFrom: 'start' },
    { type: 'impair', directions: ['bob>alice'], faults: { lossRate: 1 }, timesFrom: 'start' },
  ]);
});

test.each([
  ['{', 'not JSON'],
  ['[]', 'a fault plan is an object, not []'],
  ['{"lossRate":1}', 'no direction is called "lossRate"'],
  ['{"both":{"lossRate":2}}', 'lossRate is a share from 0 to 1, not 2'],
])('the plan %s is refused', (text, message) => {
  expect(() => readPlan(text, directions)).toThrow(message);
});

test('a byte order mark before a plan, as some editors write it, changes nothing', () => {
  const plan = '{"both":{"lossRate":0.5}}';
  expect(readPlan(`\uFEFF${plan}`, directions)).toEqual(readPlan(plan, directions));
});
