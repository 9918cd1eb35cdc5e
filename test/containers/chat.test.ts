/** Two and three nodes in containers, on each wire: what is said here is heard there, once, by the right name. */
import { expect, test } from '@jest/globals';
import { NODE_IMAGE } from './engine.ts';
import type { LabNode } from './lab-node.ts';
import { Lab, type Wire } from './lab.ts';
import { describeWithImages } from './suite.ts';

const WIRES: readonly Wire[] = ['tincan', 'plain', 'tcp'];

await describeWithImages('chat between containers', [NODE_IMAGE], () => {
  for (const wire of WIRES) {
    test(`${wire}: lines cross in both directions, interleaved`, async () => {
      await using lab = await Lab.start({ nodes: ['alice', 'bob'], wire });
      const { alice, bob } = lab.nodes;
      for (const round of [1, 2, 3]) {
        await alice.says(`question ${round}`);
        await bob.hears('alice', `question ${round}`);
        await bob.says(`answer ${round}`);
        await alice.hears('bob', `answer ${round}`);
      }
      expect(alice.heardFromAll).toEqual(['bob: answer 1', 'bob: answer 2', 'bob: answer 3']);
      expect(bob.heardFromAll).toEqual(['alice: question 1', 'alice: question 2', 'alice: question 3']);
    });

    test(`${wire}: on terminals, lines cross in both directions`, async () => {
      await using lab = await Lab.start({ nodes: ['alice', 'bob'], wire, tty: true });
      const { alice, bob } = lab.nodes;
      await alice.says('typed by alice');
      await bob.hears('alice', 'typed by alice');
      await bob.says('typed by bob');
      await alice.hears('bob', 'typed by bob');
    });

    test(`${wire}: 1,000 paced lines each way at the same time all arrive`, async () => {
      await using lab = await Lab.start({ nodes: ['alice', 'bob'], wire });
      const { alice, bob } = lab.nodes;
      const [atBob, atAlice] = await Promise.all([talk(alice, bob, 1_000), talk(bob, alice, 1_000)]);
      const said = { alice: numbered('alice', 1_000), bob: numbered('bob', 1_000) };
      // UDP promises no order, and neither does the tutorial's wire.
      const inOrder = (lines: readonly string[]) => (wire === 'plain' ? lines.toSorted() : lines);
      expect(inOrder(atBob)).toEqual(inOrder(said.alice));
      expect(inOrder(atAlice)).toEqual(inOrder(said.bob));
    });

    test(`${wire}: of three nodes, each hears both others by their names`, async () => {
      await using lab = await Lab.start({ nodes: ['alice', 'bob', 'carol'], wire });
      const { alice, bob, carol } = lab.nodes;
      const everybody = [alice, bob, carol];
      await Promise.all(everybody.map((speaker) => sayNumbered(speaker, everybody, 50)));
      for (const listener of everybody) {
        const expected = everybody
          .filter((speaker) => speaker !== listener)
          .flatMap(({ name }) => numbered(name, 50).map((line) => `${name}: ${line}`));
        expect(listener.heardFromAll.toSorted()).toEqual(expected.toSorted());
      }
    });

    test(`${wire}: when one node restarts, the chat goes on`, async () => {
      await using lab = await Lab.start({ nodes: ['alice', 'bob'], wire });
      const { alice, bob: first } = lab.nodes;
      await first.says('before');
      await alice.hears('bob', 'before');

      const bob = await lab.restart('bob');
      expect(await first.exitCode()).toBe(0);
      await bob.says('back again');
      await alice.hears('bob', 'back again');
      await alice.says('welcome back');
      await bob.hears('alice', 'welcome back');
    });
  }

  test('the end of input drains and leaves with exit code 0', async () => {
    await using lab = await Lab.start({ nodes: ['alice', 'bob'], wire: 'tcp' });
    const { alice, bob } = lab.nodes;
    await alice.says('the last line');
    expect(await alice.endInput()).toBe(0);
    await bob.hears('alice', 'the last line');
  });
});

/** Says numbered lines, never more than 50 ahead of what was heard; resolves to what was heard. */
async function talk(speaker: LabNode, listener: LabNode, count: number): Promise<readonly string[]> {
  await sayNumbered(speaker, [listener], count);
  return listener.hearsLines(speaker.name, count);
}

async function sayNumbered(speaker: LabNode, everybody: readonly LabNode[], count: number): Promise<void> {
  const lines = numbered(speaker.name, count);
  for (let said = 0; said < count; said += 50) {
    await speaker.says(lines.slice(said, said + 50).join('\n'));
    const listeners = everybody.filter((listener) => listener !== speaker);
    await Promise.all(listeners.map((listener) => listener.hearsLines(speaker.name, said + 50)));
  }
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index + 1} of ${name}`);
}
