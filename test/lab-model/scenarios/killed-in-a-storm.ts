import { UNHURRIED, type Scenario } from './scenario.ts';

export const killedInAStorm: Scenario = {
  id: 'killed-in-a-storm',
  title: 'Killed while the string is bad',
  proves:
    'Loss, duplication and reordering on top of two kills change when lines come, and nothing else: what was on its way is sent again by the next process.',
  see: 'A datagram of a process that is dead may arrive after the next one has started; nobody minds it.',
  backend: 'engine',
  witness: true,
  wires: ['tincan'],
  seed: 19,
  ...UNHURRIED,
  faults: { both: { lossRate: 0.15, duplicateRate: 0.15, reorderRate: 0.15 } },
  steps: [
    { type: 'talk', lines: 10 },
    { type: 'kill', node: 'bob' },
    { type: 'talk', lines: 8 },
    { type: 'start', node: 'bob' },
    { type: 'talk', lines: 8 },
    { type: 'kill', node: 'alice' },
    { type: 'start', node: 'alice' },
    { type: 'talk', lines: 16 },
  ],
  holds: { tincan: 'everything-once-in-order', plain: 'one-gap', tcp: 'one-gap' },
};
