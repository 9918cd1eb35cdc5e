import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const corruption: Scenario = {
  id: 'corruption',
  title: 'Corruption',
  proves: 'A flipped bit that every checksum on the way has missed never reaches a reader.',
  see: 'On plain a letter changes, or the line is no text any more; on tincan the packet fails its authentication and counts as lost.',
  backend: 'relay',
  seed: 6,
  ...CONVERSATION,
  faults: { both: { corruptRate: 0.15 } },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
