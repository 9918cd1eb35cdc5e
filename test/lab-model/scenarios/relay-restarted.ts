import { REPAIRED, UNHURRIED, type Scenario } from './scenario.ts';

export const relayRestarted: Scenario = {
  id: 'relay-restarted',
  title: 'Relay restarted',
  proves:
    'When the box in the middle restarts and forgets everything, the ends go on as if it had been a pause.',
  see: 'On plain what was said in between is gone; on tincan the ends notice nothing but the silence.',
  backend: 'relay',
  seed: 17,
  ...UNHURRIED,
  faults: {},
  steps: [
    { type: 'talk', lines: 8 },
    { type: 'stop-relay' },
    { type: 'talk', lines: 8 },
    { type: 'start-relay' },
    { type: 'talk', lines: 12 },
  ],
  holds: REPAIRED,
};
