/** What members of a large room promise each other, whoever joins, leaves, dies and comes back meanwhile. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';

/** A room of 64 takes some 15 s of a processor, one of 16 less than one (measured). */
const freshSeeds = 4;
const withinMs = 240_000;

/** The command itself, for the reason that `campaign.test.ts` gives. */
function crowd(
  seeds: number,
  from: number,
  size: number,
): { readonly status: number | null; readonly output: string } {
  const command = fileURLToPath(new URL('simulate.ts', import.meta.url));
  const flags = ['--crowd', String(seeds), '--from', String(from), '--size', String(size)];
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...flags], { encoding: 'utf8' });
  return { status, output: status === 0 ? '' : `${stdout}${stderr}` };
}

test(
  'in a room of 64 that come and go, each line reaches once and in order whoever is owed it',
  () => {
    expect(crowd(1, 2, 64)).toEqual({ status: 0, output: '' });
  },
  withinMs,
);

test(
  `so it is in rooms of 16, in ${freshSeeds} scenarios that nobody has run before`,
  () => {
    const from = randomInt(1_000_000, 4_000_000_000);
    process.stdout.write(`fresh seeds: npm run simulate -- --crowd ${freshSeeds} --from ${from} --size 16\n`);
    expect(crowd(freshSeeds, from, 16)).toEqual({ status: 0, output: '' });
  },
  withinMs,
);
