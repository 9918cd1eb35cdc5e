import { CONVERSATION, REPAIRED, type Scenario } from './scenario.ts';

export const lossTwenty: Scenario = {
  id: 'loss-20',
  title: '20 % loss',
  proves:
    'One packet in five may go missing, in both directions, and the conversation is still whole and in order.',
  see: 'Count the arrows that end in ✕: on plain each of them is a line that nobody ever hears.',
  backend: 'relay',
  seed: 20,
  ...CONVERSATION,
  faults: { both: { lossRate: 0.2 } },
  steps: [{ type: 'talk', lines: 60 }],
  holds: REPAIRED,
};
