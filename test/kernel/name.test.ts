import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type NameProblem, nameProblem } from '../../src/kernel/name.ts';
import { nameMaxBytes } from '../../src/kernel/limits.ts';

test.each<[string, NameProblem | undefined]>([
  ['bob', undefined],
  ['Anna Maria 漢字 🥫', undefined],
  ['', 'empty'],
  [' \t', 'empty'],
  ['a\u0000', 'invisible'],
  ['a\u001Bb', 'invisible'],
  ['a\u200Bb', 'invisible'],
  ['a\u202Eb', 'invisible'],
  ['a\uD800', 'invisible'],
  ['x'.repeat(64), undefined],
  ['x'.repeat(65), 'too-long'],
  ['🥫'.repeat(16), undefined],
  ['🥫'.repeat(17), 'too-long'],
])('the problem with the name %j is %s', (name, problem) => {
  expect(nameProblem(name)).toBe(problem);
});

test('the bound counts bytes of UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (more) => {
      const name = `x${more}`;
      expect(nameProblem(name) === 'too-long').toBe(Buffer.byteLength(name) > nameMaxBytes);
    }),
  );
});
