/** A deliberate bug whose text the code has moved away from is found here, in seconds, and not first in the simulation suite. */
import { expect, test } from '@jest/globals';
import { mutants, timesFitting } from './simulation/mutants.ts';

test('the text that each deliberate bug of the simulator replaces is in its file once', async () => {
  const misfits = await Promise.all(
    mutants.map(async (mutant) => ({
      name: mutant.name,
      file: mutant.file,
      fits: await timesFitting(mutant),
    })),
  );
  expect(misfits.filter(({ fits }) => fits !== 1)).toEqual([]);
});
