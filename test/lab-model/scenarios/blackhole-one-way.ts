import { REPAIRED, UNHURRIED, type Scenario } from './scenario.ts';

export const blackholeOneWay: Scenario = {
  id: 'blackhole-one-way',
  title: 'One-way blackhole',
  proves:
    'When one direction is dead for 3 s, both directions are whole afterwards, though only one of them was hit.',
  see: 'Alice goes on hearing bob, but her own packets and her receipts go nowhere; then they all come at once.',
  backend: 'relay',
  seed: 9,
  ...UNHURRIED,
  faults: {},
  steps: [
    { type: 'talk', lines: 10 },
    { type: 'blackhole', direction: 'alice>bob', forMs: 3_000 },
    { type: 'talk', lines: 15 },
  ],
  holds: REPAIRED,
};
