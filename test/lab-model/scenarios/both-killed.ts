import { UNHURRIED, type Scenario } from './scenario.ts';

export const bothKilled: Scenario = {
  id: 'both-killed',
  title: 'Both killed and restarted',
  proves:
    'Two peers that are both killed while they talk find each other again, and each goes on where its log and the log of the other end.',
  see: 'While both are dead nobody knows what is owed but two files; what bob had said to nobody comes from the bob who was started anew.',
  backend: 'engine',
  witness: true,
  wires: ['tincan'],
  seed: 18,
  ...UNHURRIED,
  faults: {},
  steps: [
    { type: 'talk', lines: 8 },
    { type: 'kill', node: 'alice' },
    { type: 'talk', lines: 4 },
    { type: 'kill', node: 'bob' },
    { type: 'start', node: 'alice' },
    { type: 'talk', lines: 6 },
    { type: 'start', node: 'bob' },
    { type: 'talk', lines: 16 },
  ],
  holds: { tincan: 'everything-once-in-order', plain: 'one-gap', tcp: 'one-gap' },
};
