/** The simulator's own test: each deliberate bug in the protocol is found within a bounded number of seeds. */
import { expect, test } from '@jest/globals';
import { findMutant, mutantSeedsMax, mutants } from './mutants.ts';

test('there are at least ten deliberate bugs', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(10);
});

/** The rarest takes 91 seeds, 5 s on a machine that does nothing else. */
const withinMs = 240_000;

test.each(mutants)(
  'a protocol that $name is found out',
  async (mutant) => {
    const { seeds, reason } = await findMutant(mutant);
    expect(`${mutant.name}: ${seeds === undefined ? `held in ${mutantSeedsMax} seeds` : 'found'}`).toBe(
      `${mutant.name}: found`,
    );
    expect(reason).not.toBe('');
  },
  withinMs,
);
