import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const lossFifty: Scenario = {
  id: 'loss-50',
  title: '50 % loss',
  proves:
    'Even when every second packet is lost, every line arrives once and in order; it only takes longer.',
  see: 'Look at the latency: a line may need three or four tries, and those behind it wait so that the order stays.',
  backend: 'relay',
  seed: 50,
  ...CONVERSATION,
  faults: { both: { lossRate: 0.5 } },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
