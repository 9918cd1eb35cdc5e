import { UNHURRIED, type Scenario } from './scenario.ts';

export const peerKilled: Scenario = {
  id: 'peer-killed',
  title: 'Peer killed and restarted',
  proves:
    'When a peer dies and a new process takes its place, the survivor knows of each of its lines whether it was delivered.',
  see: 'The new bob has the old name and another key, which the lab accepts: alice gives him the lines that the old bob had not taken, and warns of the new key.',
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
  holds: { tincan: 'delivered-or-reported', plain: 'one-gap', tcp: 'one-gap' },
};
