/** `npm run lab:swarm`: alice and bob on two engines of a Docker Swarm, and what is left when one machine goes. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PersonTerminal } from '../support/person-terminal.ts';
import { describeUnless } from '../support/needs.ts';
import { until } from '../support/wait.ts';
import { CHECKOUT } from './compose-lab.ts';
import { NODE_IMAGE } from './engine.ts';
import { whatIsMissing } from './suite.ts';

const PROMPT = '> ';
/** The moved node is stopped, started elsewhere and found healthy. */
const MOVE_DEADLINE_MS = 60_000;

function swarm(word: 'up' | 'down'): { readonly code: number | null; readonly said: string } {
  const { status, stderr } = spawnSync(join(CHECKOUT, 'docker/swarm.sh'), [word], { encoding: 'utf8' });
  return { code: status, said: stderr };
}

function on(machine: 'a' | 'b', ...words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync('docker', ['--host', hostOf(machine), ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr}`);
  return stdout.trim();
}

const hostOf = (machine: 'a' | 'b'): string => `unix:///tmp/tincan-swarm/${machine}/sock`;

function healthy(machine: 'a' | 'b', name: string): string {
  return on(machine, 'ps', '--quiet', '--filter', `name=tincan_${name}`, '--filter', 'health=healthy');
}

function attach(machine: 'a' | 'b', name: string): PersonTerminal {
  return new PersonTerminal(['docker', '--host', hostOf(machine), 'attach', healthy(machine, name)]);
}

/** Why there can be no swarm here; undefined: it is up. */
async function started(): Promise<string | undefined> {
  const missing = await whatIsMissing([NODE_IMAGE]);
  if (missing !== undefined) return missing;
  const { code, said } = swarm('up');
  if (code === 3) return said.trim();
  if (code !== 0) throw new Error(said);
  return undefined;
}

describeUnless(await started(), 'two engines in a swarm', () => {
  beforeAll(() => expect([healthy('a', 'alice'), healthy('b', 'bob')]).not.toContain(''));
  afterAll(() => expect(swarm('down')).toEqual({ code: 0, said: '' }));

  test('alice and bob chat from one machine to the other, and go on when the one of bob has been drained', async () => {
    await using alice = attach('a', 'alice');
    await using bob = attach('b', 'bob');
    await Promise.all([alice.shows(PROMPT), bob.shows(PROMPT)]);
    alice.type('hi over there\r');
    await bob.shows('alice: hi over there');
    bob.type('hi back\r');
    await alice.shows('bob: hi back');

    const [manager, worker] = ['manager', 'worker'].map((role) =>
      on('a', 'node', 'ls', '--quiet', '--filter', `role=${role}`),
    );
    on('a', 'node', 'update', '--label-rm', 'tincan', String(manager));
    on('a', 'node', 'update', '--availability', 'drain', String(worker));
    const isMoved = async (): Promise<true | undefined> => healthy('a', 'bob') !== '' || undefined;
    await until('bob to be healthy on the machine of alice', isMoved, () => '', MOVE_DEADLINE_MS);
    await using moved = attach('a', 'bob');
    await moved.shows(PROMPT);
    moved.type('moved in\r');
    await alice.shows('bob: moved in');
    alice.type('welcome\r');
    await moved.shows('alice: welcome');
  });
});
