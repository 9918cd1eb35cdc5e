/** The lab itself: that a scenario can be vacuous and can fail, and that a run can be replayed. */
import { expect, test } from '@jest/globals';
import type { Account } from '../verdict/account.ts';
import { judge } from '../verdict/judge.ts';
import { NODE_IMAGE } from './engine.ts';
import type { VerdictLine } from './lab-relay.ts';
import { play } from './play.ts';
import { allAtOnce } from './scenarios/all-at-once.ts';
import { lossTwenty } from './scenarios/loss-20.ts';
import { DATAGRAMS_MIN, DIRECTIONS, type Scenario, type Step } from './scenarios/scenario.ts';
import { describeWithImages } from './suite.ts';

const SHORT: readonly Step[] = [{ type: 'talk', lines: 60 }];
const TIMEOUT_MS = 180_000;

await describeWithImages('the lab', [NODE_IMAGE], () => {
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
      const accounts = await Promise.all([
        accountOf(allAtOnce, 'tincan'),
        accountOf({ ...allAtOnce, steps: SHORT }, 'tincan'),
      ]);
      for (const direction of DIRECTIONS) {
        const [one = [], other = []] = accounts.map((account) => verdictsOf(account, direction));
        const common = Math.min(one.length, other.length);
        expect(common).toBeGreaterThanOrEqual(DATAGRAMS_MIN);
        expect(one.slice(0, common)).toEqual(other.slice(0, common));
      }
    },
    TIMEOUT_MS,
  );
});

async function accountOf(scenario: Scenario, wire: 'tincan' | 'plain'): Promise<Account> {
  const { backend, seed } = scenario;
  const { account } = await play({ scenario, wire, backend, seed });
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
