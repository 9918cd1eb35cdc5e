import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const lossFive: Scenario = {
  id: 'loss-5',
  title: '5 % loss',
  proves: 'A line whose packet is lost comes with a later one, and nobody hears that it was.',
  see: 'On tincan a lost arrow is followed by another that carries the same line; on plain the line is simply gone.',
  backend: 'relay',
  seed: 5,
  ...CONVERSATION,
  faults: { both: { lossRate: 0.05 } },
  steps: [{ type: 'talk', lines: 80 }],
  holds: REPAIRED,
};
