import { REPAIRED, type Scenario } from './scenario.ts';

export const bandwidth: Scenario = {
  id: 'bandwidth',
  title: 'A narrow string',
  proves: 'Saying more than the string can carry loses nothing: the sender slows down until it fits.',
  see: 'On plain the queue before the narrow place is full and the rest falls off its end; on tincan the lines wait in their log instead.',
  backend: 'relay',
  seed: 8,
  everyMs: 10,
  lineBytes: 400,
  faults: { both: { bandwidthBitsPerSecond: 128_000, queueMaxBytes: 8_000 } },
  steps: [{ type: 'talk', lines: 80 }],
  holds: REPAIRED,
};
