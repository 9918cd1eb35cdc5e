import { REPAIRED, UNHURRIED, type Scenario } from './scenario.ts';

export const partition: Scenario = {
  id: 'partition',
  title: 'Partition of 5 s, twice',
  proves:
    'A string that is cut for 5 s, mended and cut again loses nothing, and talk goes on by itself each time.',
  see: 'Nothing passes in the shaded time; see how soon after its end the first line comes through, and the waiting ones behind it.',
  backend: 'relay',
  seed: 10,
  ...UNHURRIED,
  faults: {},
  steps: [
    { type: 'talk', lines: 10 },
    { type: 'blackhole', direction: 'both', forMs: 5_000 },
    // Longer than the longest pause between two probes, so that talk has come back before the second cut.
    { type: 'talk', lines: 50 },
    { type: 'blackhole', direction: 'both', forMs: 5_000 },
    { type: 'talk', lines: 10 },
  ],
  holds: REPAIRED,
};
