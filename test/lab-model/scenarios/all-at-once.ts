import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const allAtOnce: Scenario = {
  id: 'all-at-once',
  title: 'All at once',
  proves:
    'Loss, bursts, duplicates, reordering, corruption, delay and jitter together change when lines come, and nothing else.',
  see: 'A bad day on a bad network: find a lost, a doubled, an overtaken and a corrupted packet in one picture.',
  backend: 'relay',
  seed: 25,
  ...CONVERSATION,
  faults: {
    both: {
      lossRate: 0.1,
      burstLoss: { enterRate: 0.05, leaveRate: 0.3, lossRate: 1 },
      duplicateRate: 0.1,
      reorderRate: 0.1,
      corruptRate: 0.05,
      delayMs: 20,
      jitterMs: 20,
    },
  },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
