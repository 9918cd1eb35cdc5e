/** The lab itself: that its scenarios can fail, that a run can be replayed, and that it serves a program that is not ours. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Account } from '../verdict/account.ts';
import { judge } from '../verdict/judge.ts';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { Lab } from './lab.ts';
import type { VerdictLine } from './lab-relay.ts';
import { play } from './play.ts';
import { allAtOnce } from './scenarios/all-at-once.ts';
import { lossTwenty } from './scenarios/loss-20.ts';
import type { Scenario, Step } from './scenarios/scenario.ts';
import { describeWithImages } from './suite.ts';

const TUTORIAL = readFileSync(new URL('tutorial.py', import.meta.url), 'utf8');
const SHORT: readonly Step[] = [{ type: 'talk', lines: 60 }];
const TIMEOUT_MS = 180_000;

await describeWithImages('the lab', [NODE_IMAGE, INTEROP_IMAGE], () => {
  test.concurrent(
    'a scenario whose fault was left out is vacuous, however well all went',
    async () => {
      const scenario = { ...lossTwenty, steps: SHORT };
      const account = await accountOf({ ...scenario, faults: {} }, 'tincan');
      expect(judge(scenario, 'tincan', account)).toEqual({
        type: 'vacuous',
        reason: 'never struck: loss alice>bob, loss bob>alice',
      });
    },
    TIMEOUT_MS,
  );

  test.concurrent(
    'a node that repairs nothing breaks the promise of one that does',
    async () => {
      const scenario = { ...allAtOnce, steps: SHORT };
      const account = await accountOf(scenario, 'plain');
      const verdict = judge(scenario, 'tincan', account);
      const reasons = verdict.type === 'fail' ? verdict.reasons : [];
      for (const broken of [
        /never heard/,
        /more than once/,
        /nobody had said/,
        /without exactly one receipt/,
      ]) {
        expect(reasons).toContainEqual(expect.stringMatching(broken));
      }
      // The very same account is what a wire without promises may leave.
      expect(judge(scenario, 'plain', account)).toEqual({ type: 'pass' });
    },
    TIMEOUT_MS,
  );

  test.concurrent(
    'the same seed gives the same verdict on each datagram of each direction',
    async () => {
      const [first, second] = await Promise.all([
        accountOf(allAtOnce, 'tincan'),
        accountOf(allAtOnce, 'tincan'),
      ]);
      for (const direction of ['alice>bob', 'bob>alice']) {
        const [one, other] = [first, second].map((account) => verdictsOf(account, direction));
        const common = Math.min(one?.length ?? 0, other?.length ?? 0);
        expect(common).toBeGreaterThan(40);
        expect(one?.slice(0, common)).toEqual(other?.slice(0, common));
      }
      const otherSeed = await accountOf({ ...allAtOnce, steps: SHORT }, 'plain', allAtOnce.seed + 1);
      const [here, there] = [first, otherSeed].map((account) =>
        verdictsOf(account, 'alice>bob').slice(0, 40),
      );
      expect(there).not.toEqual(here);
    },
    TIMEOUT_MS,
  );

  test.concurrent(
    "somebody else's UDP program, through the relay: of twenty lines exactly those arrive that the relay let through",
    async () => {
      // This is the example of the README.
      await using lab = await Lab.start({
        nodes: [],
        relay: { between: ['left', 'right'], port: 6000, seed: 7, faults: { both: { lossRate: 0.3 } } },
      });
      const program = (name: string, peer: string) => ({
        name,
        image: INTEROP_IMAGE,
        entrypoint: ['python3', '-c', TUTORIAL],
        command: ['6000', peer, '6000'],
      });
      const left = await lab.run(program('left', 'right'));
      const right = await lab.run(program('right', 'left'));
      await Promise.all([left.prints(/^ready$/), right.prints(/^ready$/)]);
      await Promise.all([lab.relay.knows('left'), lab.relay.knows('right')]);

      for (let line = 1; line <= 20; line++) await left.container.write(`line ${line}\n`);
      await lab.relay.crossed('left>right', 20);
      await lab.relay.heal();
      await left.container.write('the last line\n');
      await right.prints(/^the last line$/);
      await lab.relay.crossed('left>right', 21);

      const passed = lab.relay.verdicts('left>right').filter(({ fate }) => fate === 'passed');
      expect(right.stdout.lines).toEqual([
        'ready',
        ...passed.slice(0, -1).map(({ index }) => `line ${index + 1}`),
        'the last line',
      ]);
      expect(passed.length).toBeLessThan(20);
    },
    TIMEOUT_MS,
  );
});

async function accountOf(
  scenario: Scenario,
  wire: 'tincan' | 'plain',
  seed = scenario.seed,
): Promise<Account> {
  const { account } = await play({ scenario, wire, backend: scenario.backend, seed });
  expect(account.overdue).toEqual([]);
  return account;
}

function verdictsOf({ relays }: Account, direction: string): object[] {
  return (relays[0]?.verdicts ?? []).filter((verdict) => verdict.direction === direction).map(decided);
}

/** Without what is timing or the node's own: when it came, and how large it was. */
function decided(verdict: VerdictLine): object {
  return { ...verdict, atMs: 0, bytes: 0 };
}
