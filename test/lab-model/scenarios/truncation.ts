import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const truncation: Scenario = {
  id: 'truncation',
  title: 'Truncation',
  proves: 'A packet that comes cut short never reaches a reader as if that were all of it.',
  see: 'On plain the end of a line is missing, and nobody can tell; on tincan the packet fails its authentication and counts as lost.',
  backend: 'relay',
  seed: 6,
  ...CONVERSATION,
  faults: { both: { truncateRate: 0.15 } },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
