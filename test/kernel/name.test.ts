import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type NameProblem, delimitedName, nameProblem } from '../../src/kernel/name.ts';
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
  ['\u2800', 'invisible'],
  ['\u3164', 'invisible'],
  ['a\uFFA0', 'invisible'],
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

test.each(['bob', 'Zoë', '漢字', '🥫', '192.0.2.1:5000', '[::1]:5000', 'bob:5000', "o'neill-2"])(
  'in a sentence the name %s stands as it is',
  (name) => {
    expect(delimitedName(name)).toBe(name);
  },
);

test.each([
  ['alice: I owe you', '"alice: I owe you"'],
  ['alice:', '"alice:"'],
  ['Anna Maria', '"Anna Maria"'],
  ['a"b', '"a<U+0022>b"'],
  ['', '""'],
  ['Warning', '"Warning"'],
  ['alice：hi', '"alice：hi"'],
])('in a sentence the name %j stands as %s, so that it ends where it ends', (name, shown) => {
  expect(delimitedName(name)).toBe(shown);
});
