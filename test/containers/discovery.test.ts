/** Nodes on one bridged network that were told of nobody. */
import { expect, test } from '@jest/globals';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { Lab } from './lab.ts';
import { describeWithImages } from './suite.ts';

const roomKey = 'two cans, one string';
const options = ['--discover'];

await describeWithImages('discovery', [NODE_IMAGE, INTEROP_IMAGE], () => {
  test.each([
    ['IPv4', undefined, /^joined: \w+ at \d+\.\d+\.\d+\.\d+:5000$/],
    ['IPv6', 'alone', /^joined: \w+ at \[fd[0-9a-f:]+\]:5000$/],
  ] as const)(
    'alice and bob find each other over %s, and mallory with another key finds nobody',
    async (_, ipv6, joined) => {
      await using lab = await Lab.start({
        nodes: ['alice'],
        roomKey,
        options,
        ...(ipv6 === undefined ? { leadsOut: true } : { ipv6 }),
      });
      const { alice } = lab.nodes;
      const mallory = await lab.join('mallory', { peers: [], roomKey: 'another key', options });
      const bob = await lab.join('bob', { peers: [], options });
      await alice.notes(joined);
      await bob.notes(joined);
      await alice.says('hi bob');
      await bob.hears('alice', 'hi bob');
      await bob.says('hi alice');
      await alice.hears('bob', 'hi alice');
      expect(mallory.stderr.lines.filter((line) => line.includes('joined'))).toEqual([]);
    },
  );
});
