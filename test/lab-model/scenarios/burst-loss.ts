import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const burstLoss: Scenario = {
  id: 'burst-loss',
  title: 'Loss in bursts',
  proves:
    'Several packets lost in a row, as a passing lorry does to a radio link, leave no hole in the conversation.',
  see: 'The ✕ stand in groups: copies that follow each other closely die together, so a repair has to come later.',
  backend: 'relay',
  seed: 18,
  ...CONVERSATION,
  faults: { both: { burstLoss: { enterRate: 0.06, leaveRate: 0.25, lossRate: 1 } } },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
