import { UNHURRIED, type Scenario } from './scenario.ts';

export const peerPaused: Scenario = {
  id: 'peer-paused',
  title: 'Peer paused for 10 s',
  proves: 'A peer that is frozen for 10 s, as a closed laptop is, has missed nothing when it wakes up.',
  see: 'What is sent to a frozen peer waits in its kernel; see the latency fall as it catches up.',
  backend: 'engine',
  witness: true,
  seed: 13,
  ...UNHURRIED,
  faults: {},
  steps: [
    { type: 'talk', lines: 10 },
    { type: 'pause', node: 'bob', forMs: 10_000 },
    { type: 'talk', lines: 20 },
  ],
  holds: {
    tincan: 'everything-once-in-order',
    plain: 'everything-once-in-order',
    tcp: 'everything-once-in-order',
  },
};
