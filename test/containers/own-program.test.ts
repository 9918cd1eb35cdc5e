import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { Lab } from './lab.ts';
import { describeWithImages } from './suite.ts';

const PROGRAM = readFileSync(new URL('tutorial.py', import.meta.url), 'utf8');

await describeWithImages('your own UDP program', [NODE_IMAGE, INTEROP_IMAGE], () => {
  test('of twenty lines, exactly those arrive that the relay has let through', async () => {
    const python = { image: INTEROP_IMAGE, entrypoint: ['python3', '-c', PROGRAM] };
    await using lab = await Lab.start({
      nodes: [],
      relay: { between: ['left', 'right'], port: 6000, seed: 7, faults: { both: { lossRate: 0.3 } } },
    });
    const left = await lab.run({ name: 'left', ...python, command: ['6000', 'right', '6000'] });
    const right = await lab.run({ name: 'right', ...python, command: ['6000', 'left', '6000'] });
    await Promise.all([left.prints(/^ready$/), right.prints(/^ready$/)]);
    await Promise.all([lab.relay.knows('left'), lab.relay.knows('right')]);

    for (let line = 1; line <= 20; line++) await left.container.write(`line ${line}\n`);
    await lab.relay.crossed('left>right', 20);
    await lab.relay.heal();
    await left.container.write('the last line\n');
    await right.prints(/^the last line$/);

    const verdicts = lab.relay.verdicts('left>right').slice(0, 20);
    const passed = verdicts.filter(({ fate }) => fate === 'passed');
    expect(passed.length).toBeLessThan(20); // else the test proves nothing
    const lines = passed.map(({ index }) => `line ${index + 1}`);
    expect(right.stdout.lines).toEqual(['ready', ...lines, 'the last line']);
  });
});
