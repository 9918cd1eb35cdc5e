import { UNHURRIED, type Scenario } from './scenario.ts';

export const peerKilled: Scenario = {
  id: 'peer-killed',
  title: 'Peer killed and restarted',
  proves:
    'A peer that is killed in the middle of a word goes on with the state that it has kept: no line is missing, and one that comes again says so.',
  see: 'On tincan bob is the same bob after the kill; on the other wires what was said meanwhile is gone.',
  backend: 'engine',
  witness: true,
  seed: 14,
  ...UNHURRIED,
  faults: {},
  steps: [
    { type: 'talk', lines: 8 },
    { type: 'kill', node: 'bob' },
    { type: 'talk', lines: 12 },
    { type: 'start', node: 'bob' },
    { type: 'talk', lines: 16 },
  ],
  holds: { tincan: 'everything-once-in-order', plain: 'one-gap', tcp: 'one-gap' },
};
