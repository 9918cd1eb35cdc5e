import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const delayAndJitter: Scenario = {
  id: 'delay-jitter',
  title: 'Delay and jitter',
  proves: 'A long, uneven way (80 to 140 ms) only delays: nothing is lost, doubled or put out of order.',
  see: 'Arrows slant, and cross where a quick one overtakes; on plain the lines overtake each other too.',
  backend: 'relay',
  seed: 7,
  ...CONVERSATION,
  faults: { both: { delayMs: 80, jitterMs: 60 } },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
