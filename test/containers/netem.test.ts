/** Our faults in netem's words, as tc understands them, whether or not this kernel can do as they say. */
import { describe, expect, test } from '@jest/globals';
import { labels } from './cleanup.ts';
import { INTEROP_IMAGE } from './engine.ts';
import { netemCounts, netemWords, unprovable } from './netem.ts';
import { Program } from './program.ts';
import { SCENARIOS } from '../lab-model/scenarios/all.ts';
import { allAtOnce } from '../lab-model/scenarios/all-at-once.ts';
import { lossTwenty } from '../lab-model/scenarios/loss-20.ts';
import { reordering } from '../lab-model/scenarios/reordering.ts';
import { describeWithImages } from './suite.ts';

const DATAGRAM_BYTES = 100;

describe('faults in the words of netem', () => {
  test('where there is no fault, netem is given no word', () => {
    expect(netemWords({}, DATAGRAM_BYTES)).toEqual([]);
  });

  test.each([
    [{ lossRate: 0.2 }, 'loss 20%'],
    [
      { burstLoss: { enterRate: 0.05, leaveRate: 0.25, lossRate: 1 }, lossRate: 0.1 },
      'loss gemodel 5% 25% 100% 10%',
    ],
    [{ duplicateRate: 0.125 }, 'duplicate 12.5%'],
    [{ corruptRate: 0.05 }, 'corrupt 5%'],
    [{ delayMs: 80, jitterMs: 60 }, 'delay 110ms 30ms'],
    [{ reorderRate: 0.15 }, 'delay 60ms reorder 85%'],
    [{ bandwidthBitsPerSecond: 100_000, queueMaxBytes: 1_050 }, 'rate 128000bit limit 10'],
  ])('the faults %j are "%s" in the words of netem', (faults, words) => {
    expect(netemWords(faults, DATAGRAM_BYTES).join(' ')).toBe(words);
  });

  test('what netem has dropped, and what waits in it, is read from what tc says', () => {
    const json =
      '[{"kind":"netem","handle":"8001:","root":true,"bytes":14042,"packets":143,"drops":31,"qlen":2}]';
    expect(netemCounts(json)).toEqual({ drops: 31, queued: 2 });
    expect(() => netemCounts('[{"kind":"noqueue"}]')).toThrow('there is no netem');
  });

  test('what netem does not count must show at the wire, or can not be shown at all', () => {
    expect(unprovable(lossTwenty, false, true)).toBeUndefined();
    expect(unprovable(reordering, true, false)).toBeUndefined();
    expect(unprovable(reordering, false, false)).toMatch('reorders');
    expect(unprovable(allAtOnce, false, false)).toMatch('duplicates');
  });
});

await describeWithImages('tc', [INTEROP_IMAGE], () => {
  test('tc understands the words of every scenario, and fails on one that is wrong', async () => {
    const commands = SCENARIOS.map(({ faults, lineBytes }) => netemWords(faults.both ?? {}, lineBytes))
      .concat([['loss', 'wrong']])
      .map((words) => `tc qdisc replace dev lo root netem ${words.join(' ')} 2>&1 && echo done`);
    const tc = await Program.start({
      image: INTEROP_IMAGE,
      name: 'tc',
      networks: [],
      labels: labels(),
      entrypoint: ['sh', '-c', commands.join('; ')],
      command: [],
      capabilities: ['NET_ADMIN'],
    });
    try {
      await tc.exitCode();
      const answers = tc.stdout.lines.slice(0, SCENARIOS.length);
      // The kernel may have no netem; then that is all that is wrong.
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toMatch(/^(done|Error: Specified qdisc kind is unknown\.)$/);
      expect(tc.stdout.lines[SCENARIOS.length]).toMatch(/wrong/);
    } finally {
      await tc.kill();
    }
  });
});
