/** What the simulator's command line prints: runs that a person can read, and digests that hold a refactoring. */
import { expect, test } from '@jest/globals';
import { planFrom } from './plan.ts';
import { digestLines, drawRun, parseJob } from './simulate.ts';
import { legend } from './space-time.ts';
import { tincan } from './tincan.ts';
import { ToyCore } from './toy-core.ts';

/** Two hosts, faults of the network of many kinds, and an attacker who floods. */
const seed = 7;
const whole = drawRun(seed, tincan, undefined, 0).text;

test('two runs agree on the digest of every seed, and two seeds on none', () => {
  const lines = [...digestLines(3, 6, tincan)];
  expect(lines).toEqual([...digestLines(3, 6, tincan)]);
  for (const [index, line] of lines.entries()) {
    expect(line).toMatch(new RegExp(`^${6 + index} [0-9a-f]{16} held \\d+$`));
  }
  expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(3);
});

test('a protocol that says one byte more has another digest', () => {
  const [line] = digestLines(1, 6, tincan);
  const [other] = digestLines(1, 6, (settings) => tincan({ ...settings, name: `${settings.name}!` }));
  expect(other).not.toBe(line);
});

test('a run is drawn with the names of its columns, and one for the attacker where she strikes', () => {
  expect(whole).toMatch(/^ +ms +alice +bob +mallory +what happens$/m);
  const calm = [1, 2, 3, 4, 5, 6].find((one) => planFrom(one).changes.every(({ type }) => type !== 'attack'));
  expect(drawRun(calm ?? 0, tincan, undefined, 1).text).not.toContain('mallory');
});

test('every mark in a diagram is explained above it', () => {
  const marks = new Set(
    rowsOf(whole).flatMap((row) => row.match(/[^\p{Letter}\p{Number}\p{ASCII}…–]/gu) ?? []),
  );
  expect(marks.size).toBeGreaterThan(8);
  // An arrow may point to either side.
  expect([...marks].filter((mark) => !legend.includes(mark === '◀' ? '▶' : mark))).toEqual([]);
});

test('every fault of the network is told before the diagram, and where it sets in', () => {
  const [head = '', diagram = ''] = whole.split(legend);
  const faults = planFrom(seed).changes.filter(({ type }) => type === 'impair');
  expect(faults.length).toBeGreaterThan(2);
  for (const { atMs } of faults) {
    expect(head).toMatch(new RegExp(`^ +${atMs.toFixed(0)} ms  \\w+>\\w+: .* on the way$`, 'm'));
    expect(diagram).toMatch(new RegExp(`^ *${atMs.toFixed(3).replace('.', '\\.')} .*── \\w+>\\w+: `, 'm'));
  }
});

test('what the attacker sends in a row is one row with its count, and hides no row of the hosts', () => {
  const rows = rowsOf(whole);
  const forged = rows.filter((row) => row.includes('forged or replayed'));
  expect(forged.some((row) => /×\d+/.test(row))).toBe(true);
  expect(rows.some((row, index) => index > 0 && sameRow(row, rows[index - 1] ?? ''))).toBe(false);
});

test('a run that held is drawn from its beginning or from the time that is asked for, and what is left out is counted', () => {
  const all = rowsOf(whole);
  const first = drawRun(seed, tincan, undefined, 5).text;
  expect(rowsOf(first)).toEqual(all.slice(0, 5));
  expect(first).toContain(`(${(all.length - 5).toLocaleString('en')} rows after)`);
  const later = rowsOf(drawRun(seed, tincan, 8_071, 5).text);
  expect(later).toHaveLength(5);
  expect(Number(later[0]?.trimStart().split(' ')[0])).toBeGreaterThanOrEqual(8_071);
  expect(all.join('\n')).toContain(later.join('\n'));
});

test('a run that breaks the promise is drawn to the row in which it does', () => {
  const broken = drawRun(seed, (settings) => new ToyCore(settings, 'floods unknown addresses'), undefined, 5);
  expect(broken.outcome.type).toBe('broken');
  const { atMs = 0 } = broken.outcome.type === 'broken' ? broken.outcome : {};
  expect(broken.text).toMatch(/^\([\d,]+ rows before\)$/m);
  expect(broken.text).toMatch(/^BROKEN at /m);
  expect(rowsOf(broken.text)).toHaveLength(5);
  expect(Number(rowsOf(broken.text).at(-1)?.trimStart().split(' ')[0])).toBeCloseTo(atMs, 2);
});

test.each([
  [['--seed', '7'], { type: 'seed', seed: 7, atMs: undefined, lines: 120 }],
  [['--seed', '7', '--at', '90', '--lines', '0'], { type: 'seed', seed: 7, atMs: 90, lines: 0 }],
  [['--digests', '60', '--from', '5'], { type: 'digests', count: 60, from: 5 }],
  [['--seeds', '60'], { type: 'campaign', count: 60, from: 1, hasLiar: false }],
  [['--liars', '60', '--from', '5'], { type: 'campaign', count: 60, from: 5, hasLiar: true }],
  [['--crowd', '3'], { type: 'crowd', count: 3, from: 1, size: 64 }],
  [['--crowd', '3', '--from', '5', '--size', '16'], { type: 'crowd', count: 3, from: 5, size: 16 }],
  [['--help'], { type: 'help' }],
])('the flags %j are understood', (flags, job) => {
  expect(parseJob(flags)).toEqual(job);
});

test.each([
  [[], /^one of --seed N, /],
  [['--seed', '1', '--digests', '1'], /^one of --seed N, /],
  [['--seed', '1', '--from', '2'], /^--from goes with --seeds, --liars, --crowd or --digests$/],
  [['--digests', '1', '--at', '2'], /^--at goes with --seed$/],
  [['--seed', '1', '--size', '2'], /^--size goes with --crowd$/],
  [['--seed', 'x'], /^--seed takes a whole number/],
])('the flags %j are refused in one line', (flags, message) => {
  expect(() => parseJob(flags)).toThrow(message);
});

/** The rows of the diagram. */
function rowsOf(text: string): string[] {
  return text.split('\n').filter((row) => /^ *\d+\.\d{3} {2}/.test(row));
}

/** But for their times and counts. */
function sameRow(row: string, other: string): boolean {
  const bare = (one: string): string => one.slice(11).replaceAll(/[×#]\d+/g, '');
  return row.includes('forged') && bare(row) === bare(other);
}
