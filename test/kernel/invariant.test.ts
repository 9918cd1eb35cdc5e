import { expect, test } from '@jest/globals';
import { InvariantViolation, invariant } from '../../src/kernel/invariant.ts';

test('what holds passes, and what does not hold is our own bug, in words', () => {
  expect(() => {
    invariant(true, 'two and two are four');
  }).not.toThrow();
  expect(() => {
    invariant(false, 'two and two are four');
  }).toThrow(new InvariantViolation('two and two are four'));
});
