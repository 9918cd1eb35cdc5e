import { expect, test } from '@jest/globals';
import { type Result, quantile, rounded, spreadOf, tableOf } from '../../bench/figures.ts';

test('the median of some values is the one in the middle, whatever their order; of none there is none', () => {
  expect(quantile([30, 10, 20], 0.5)).toBe(20);
  expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

test('of a hundred values, 99 % are below the one that stands for 99 %', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(values.filter((value) => value < quantile(values, 0.99))).toHaveLength(99);
});

test('a spread is of those runs alone that have the figure', () => {
  const runs = [{ rate: 4 }, { other: 1 }, { rate: 1 }, { rate: 2 }];
  expect(spreadOf(runs, 'rate')).toEqual({ low: 1, median: 2, high: 4 });
  expect(spreadOf(runs, 'missing')).toBeUndefined();
});

test('a figure is written with three digits, or with all before the point', () => {
  expect([0.123456, 12.34, 99.99, 1234.5, 1_627_000].map(rounded)).toEqual([
    '0.123',
    '12.3',
    '100',
    '1,235',
    '1,627,000',
  ]);
});

test('a table has a row for each contender, with medians and spreads, and nothing where a run gave no figures', () => {
  const common = { row: 'pipe-60', says: 'lines', failures: [] };
  const results: readonly Result[] = [
    { ...common, contender: 'tincan', runs: [{ rate: 10 }, { rate: 30 }, { rate: 20 }] },
    { ...common, contender: 'other', runs: [{ rate: 7, lost: 1 }] },
    { ...common, contender: 'failed', runs: [] },
  ];
  expect(tableOf(results).split('\n')).toEqual([
    '**`pipe-60`**: lines',
    '',
    '| contender | rate | lost |',
    '| --- | --- | --- |',
    '| tincan | 20 (10–30) |  |',
    '| other | 7 | 1 |',
    '| failed |  |  |',
    '',
  ]);
});
