import { CONVERSATION, type Scenario } from './scenario.ts';

export const clean: Scenario = {
  id: 'clean',
  title: 'A clean string',
  proves:
    'With nothing in the way every line is heard once and in order on every wire: the lab itself loses nothing.',
  see: 'Straight arrows, a fraction of a millisecond long: what every other picture is to be compared with.',
  backend: 'engine',
  witness: true,
  seed: 1,
  ...CONVERSATION,
  faults: {},
  steps: [{ type: 'talk', lines: 60 }],
  holds: {
    tincan: 'everything-once-in-order',
    plain: 'everything-once-in-order',
    tcp: 'everything-once-in-order',
  },
};
