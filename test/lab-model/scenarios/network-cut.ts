import { UNHURRIED, type Scenario } from './scenario.ts';

export const networkCut: Scenario = {
  id: 'network-cut',
  title: 'Network disconnected and reconnected',
  proves: 'A pulled cable that is plugged in again costs time and no line.',
  see: 'While the cable is out bob has no network interface at all; see how long after its return the first line takes.',
  backend: 'engine',
  seed: 16,
  ...UNHURRIED,
  faults: {},
  steps: [
    { type: 'talk', lines: 8 },
    { type: 'disconnect', node: 'bob' },
    { type: 'talk', lines: 30 },
    { type: 'reconnect', node: 'bob' },
    { type: 'talk', lines: 30 },
  ],
  holds: { tincan: 'everything-once-in-order', plain: 'one-gap', tcp: 'one-gap' },
};
