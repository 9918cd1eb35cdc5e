import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const reordering: Scenario = {
  id: 'reordering',
  title: 'Reordering',
  proves: 'Lines are heard in the order in which they were said, whatever order their packets come in.',
  see: 'Arrows cross: on plain the later line is read first, on tincan it waits for the one before it.',
  backend: 'relay',
  seed: 4,
  ...CONVERSATION,
  faults: { both: { reorderRate: 0.15, reorderHoldPackets: 3 } },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
