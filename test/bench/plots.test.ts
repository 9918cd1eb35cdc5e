import { expect, test } from '@jest/globals';
import type { Result } from '../../bench/figures.ts';
import { type Group, type Measure, chartSvg, groupOf } from '../../bench/plots.ts';

const measure: Measure = { figure: 'rate', unit: 'lines/s', better: 'more' };

function resultOf(contender: string, runs: Result['runs']): Result {
  return { row: 'pipe-60', says: 'lines', contender, runs, failures: [] };
}

function chartOf(results: readonly Result[], how = measure): string {
  return chartSvg([groupOf(results, how)], how);
}

/** The lengths of the bars, in their order. */
function lengthsIn(svg: string): number[] {
  return [...svg.matchAll(/<rect class="(?:own|other)".*? width="([\d.]+)"/g)].map(([, length]) =>
    Number(length),
  );
}

test('each contender has a bar as long as its median, on one scale for the row', () => {
  const svg = chartOf([
    resultOf('tincan', [{ rate: 20 }, { rate: 40 }, { rate: 10 }]),
    resultOf('other', [{ rate: 10 }]),
  ]);
  const [own = 0, other = 0] = lengthsIn(svg);
  expect(own / other).toBeCloseTo(2, 1);
  expect(svg).toContain('20 (10–40)');
  expect(svg).toContain('lines/s; more is better');
});

test('no bar, whisker or value leaves the picture, whatever the figures are', () => {
  const svg = chartOf([resultOf('tincan', [{ rate: 1 }, { rate: 1e9 }]), resultOf('other', [{ rate: 0 }])]);
  const width = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
  const places = [...svg.matchAll(/(?:x|x2)="([\d.]+)"/g)].map(([, place]) => Number(place));
  expect(places.length).toBeGreaterThan(5);
  expect(Math.max(...places)).toBeLessThan(width - 100);
  expect(svg).not.toContain('NaN');
});

test('a contender without figures has no bar, and a row without any is left out', () => {
  const empty: Group = groupOf([resultOf('failed', [])], measure);
  const svg = chartSvg([empty, groupOf([resultOf('tincan', [{ rate: 1 }])], measure)], measure);
  expect(lengthsIn(svg)).toHaveLength(1);
  expect(svg.match(/class="title"/g)).toHaveLength(1);
  expect(chartOf([resultOf('tincan', [{ rate: 0 }])])).not.toContain('NaN');
});

test('rows with one contender each are drawn on one scale, so that they can be compared', () => {
  const rows = [1, 4].map((rate) => groupOf([resultOf('tincan', [{ rate }])], measure));
  const [first = 0, second = 0] = lengthsIn(chartSvg(rows, measure));
  expect(second / first).toBeCloseTo(4, 1);
});

test('a second figure has a bar of its own, and what did not arrive is said', () => {
  const how: Measure = { ...measure, beside: 'quiet' };
  const svg = chartOf([resultOf('tincan', [{ rate: 2, quiet: 1, deliveredPercent: 39 }])], how);
  expect(lengthsIn(svg)).toHaveLength(2);
  expect(svg).toContain('tincan, quiet');
  expect(svg).toContain('39 % arrived');
});

test('words can not become markup', () => {
  const svg = chartOf([{ ...resultOf('tincan', [{ rate: 1 }]), says: '<b> & more' }]);
  expect(svg).toContain('&lt;b&gt; &amp; more');
});

test('the ground and the words have colours for a light page and for a dark one', () => {
  const svg = chartOf([resultOf('tincan', [{ rate: 1 }])]);
  const [light = '', dark = ''] = svg.split('@media (prefers-color-scheme: dark)');
  for (const style of [light, dark]) {
    expect(style).toMatch(/rect\.ground \{ fill: #\w{6} \}/);
    expect(style).toMatch(/text \{ fill: #\w{6}/);
  }
});
