/** The simulator's own test: each deliberate bug in the protocol is found within a bounded number of seeds. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mutantSeedsMax, mutants } from './mutants.ts';

const command = fileURLToPath(new URL('mutants.ts', import.meta.url));

/** The rarest takes some 500 seeds, 30 s on a machine that does nothing else. */
const withinMs = 240_000;

test('there are at least ten deliberate bugs to be found', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(10);
});

test.each(mutants)(
  `a protocol that $name is found out in ${mutantSeedsMax} seeds`,
  ({ name }) => {
    // In a process of its own, for the reason that `campaign.test.ts` gives.
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, name], { encoding: 'utf8' });
    expect({ status, output: status === 0 ? '' : `${stdout}${stderr}` }).toEqual({ status: 0, output: '' });
  },
  withinMs,
);
