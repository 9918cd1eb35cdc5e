/** The specification beside the code: where it names a constant, it gives the value that the code has. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as shared from '../../../src/kernel/limits.ts';
import * as common from '../../../src/wires/common/limits.ts';
import * as limits from '../../../src/wires/tincan/limits.ts';

const specification = readFileSync(new URL('../../../src/wires/tincan/README.md', import.meta.url), 'utf8');
const values = new Map<string, number>(Object.entries({ ...common, ...shared, ...limits }));

/** Name → value, as the table under "Constants" has them. */
const table = new Map(
  [...specification.matchAll(/^\| `(?<name>\w+)` +\| (?<value>[\d,.]+) +\|$/gm)].map(({ groups = {} }) => [
    groups['name'],
    Number(groups['value']?.replaceAll(',', '')),
  ]),
);

test('the specification gives the value of each constant that it names', () => {
  const named = [...specification.matchAll(/`(\w+)`/g)].flatMap(([, name = '']) =>
    values.has(name) ? [name] : [],
  );
  expect(named.length).toBeGreaterThan(30);
  expect(new Set(table.keys())).toEqual(new Set(named));
});

test('the specification gives the values that the code has', () => {
  expect([...table]).toEqual([...table.keys()].map((name) => [name, values.get(name ?? '')]));
});
