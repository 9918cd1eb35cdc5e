/** Three nodes in containers, on each wire: what is said here is heard there, once, by the right name. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NODE_IMAGE } from './engine.ts';
import type { LabNode } from './lab-node.ts';
import { Lab, type Wire } from './lab.ts';
import { describeWithImages } from './suite.ts';

const WIRES: readonly Wire[] = ['tincan', 'plain', 'tcp'];

await describeWithImages('chat between containers', [NODE_IMAGE], () => {
  // One chat a wire, and its tests are what happens in it, one after the other: a container takes a second to start.
  describe.each(WIRES)('%s', (wire) => {
    let lab: Lab<'alice' | 'bob' | 'carol'>;
    beforeAll(async () => {
      lab = await Lab.start({ nodes: ['alice', 'bob', 'carol'], wire });
    });
    afterAll(() => lab[Symbol.asyncDispose]());

    test('of three nodes, each hears both others by their names', async () => {
      const everybody = Object.values(lab.nodes);
      await Promise.all(everybody.map((speaker) => sayNumbered(speaker, everybody, 50)));
      for (const listener of everybody) {
        const expected = everybody
          .filter((speaker) => speaker !== listener)
          .flatMap(({ name }) => numbered(name, 50).map((line) => `${name}: ${line}`));
        expect(listener.heardFromAll.toSorted()).toEqual(expected.toSorted());
      }
    });

    test('lines cross in both directions, interleaved', async () => {
      const { alice, bob } = lab.nodes;
      for (const round of [1, 2, 3]) {
        await alice.says(`question ${round}`);
        await bob.hears('alice', `question ${round}`);
        await bob.says(`answer ${round}`);
        await alice.hears('bob', `answer ${round}`);
      }
      expect(alice.heardFromAll.slice(-3)).toEqual(['bob: answer 1', 'bob: answer 2', 'bob: answer 3']);
      expect(bob.heardFromAll.slice(-3)).toEqual([
        'alice: question 1',
        'alice: question 2',
        'alice: question 3',
      ]);
    });

    test('1,000 paced lines each way at the same time all arrive', async () => {
      const { alice, bob } = lab.nodes;
      const [atBob, atAlice] = await Promise.all([talk(alice, bob, 1_000), talk(bob, alice, 1_000)]);
      const said = { alice: numbered('alice', 1_000), bob: numbered('bob', 1_000) };
      // UDP promises no order, and neither does the tutorial's wire.
      const inOrder = (lines: readonly string[]) => (wire === 'plain' ? lines.toSorted() : lines);
      expect(inOrder(atBob)).toEqual(inOrder(said.alice));
      expect(inOrder(atAlice)).toEqual(inOrder(said.bob));
    });

    test('a node that leaves and comes back on a terminal chats on', async () => {
      const { alice, carol } = lab.nodes;
      await carol.says('before');
      await alice.hears('carol', 'before');

      expect(await carol.stop()).toBe(0);
      const typist = await lab.startNode('carol', { tty: true });
      await typist.says('typed by carol');
      await alice.hears('carol', 'typed by carol');
      await alice.says('welcome back');
      await typist.hears('alice', 'welcome back');
    });

    test('the end of input drains and leaves with exit code 0', async () => {
      const { alice, bob } = lab.nodes;
      await alice.says('the last line');
      expect(await alice.endInput()).toBe(0);
      await bob.hears('alice', 'the last line');
    });
  });
});

/** Says numbered lines, never more than 50 ahead of what was heard; resolves to what was heard of them. */
async function talk(speaker: LabNode, listener: LabNode, count: number): Promise<readonly string[]> {
  const before = listener.heard(speaker.name).length;
  await sayNumbered(speaker, [listener], count);
  return listener.heard(speaker.name).slice(before);
}

async function sayNumbered(speaker: LabNode, everybody: readonly LabNode[], count: number): Promise<void> {
  const lines = numbered(speaker.name, count);
  const listeners = everybody
    .filter((listener) => listener !== speaker)
    .map((listener) => ({ listener, before: listener.heard(speaker.name).length }));
  for (let said = 0; said < count; said += 50) {
    await speaker.says(lines.slice(said, said + 50).join('\n'));
    await Promise.all(
      listeners.map(({ listener, before }) => listener.hearsLines(speaker.name, before + said + 50)),
    );
  }
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index + 1} of ${name}`);
}
