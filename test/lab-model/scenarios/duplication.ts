import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const duplication: Scenario = {
  id: 'duplication',
  title: 'Duplication',
  proves: 'A packet that arrives twice is heard once.',
  see: 'Arrows fork: on plain bob reads the line twice, on tincan the second copy is recognised by its number.',
  backend: 'relay',
  seed: 3,
  ...CONVERSATION,
  faults: { both: { duplicateRate: 0.2 } },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
