import { UNHURRIED, type Scenario } from './scenario.ts';

export const peerReaddressed: Scenario = {
  id: 'peer-readdressed',
  title: 'Peer moves to a new address',
  proves:
    'A peer that comes back at another address, while somebody else has its old one, is found again without losing a line.',
  see: 'On tincan the first authentic packet from the new address is enough; the other wires must look the name up again.',
  backend: 'engine',
  seed: 15,
  ...UNHURRIED,
  faults: {},
  steps: [
    { type: 'talk', lines: 8 },
    { type: 'readdress', node: 'bob' },
    { type: 'talk', lines: 30 },
  ],
  holds: { tincan: 'everything-once-in-order', plain: 'one-gap', tcp: 'one-gap' },
};
