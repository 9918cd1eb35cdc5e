/** The lab where IPv6 is: beside IPv4, and alone. */
import { describe, expect, test } from '@jest/globals';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import type { LabNode } from './lab-node.ts';
import { Lab, type Wire } from './lab.ts';
import { describeWithImages } from './suite.ts';

const WIRES: readonly Wire[] = ['tincan', 'plain', 'tcp'];

await describeWithImages('IPv6', [NODE_IMAGE, INTEROP_IMAGE], () => {
  describe.each(WIRES)('%s', (wire) => {
    test('where IPv4 is, too, alice and bob chat by names that lead to both', async () => {
      await using lab = await Lab.start({ nodes: ['alice', 'bob'], wire, ipv6: 'too' });
      await chat(lab.nodes.alice, lab.nodes.bob);
    });

    test('where IPv4 leads nowhere, alice and bob chat by the same names', async () => {
      await using lab = await Lab.start({ nodes: ['alice', 'bob'], wire, ipv6: 'alone' });
      await chat(lab.nodes.alice, lab.nodes.bob);
    });
  });

  test('without IPv4, carol knows alice alone, by an IPv6 address, and is introduced to bob', async () => {
    await using lab = await Lab.start({ nodes: ['alice', 'bob'], ipv6: 'alone' });
    const { alice, bob } = lab.nodes;
    const options = ['--peer', `alice=[${await ipv6Of(alice)}]:5000`];
    const carol = await lab.join('carol', { peers: [], options });
    await carol.notes(/^joined: bob at \[fd[0-9a-f:]+\]:5000$/);
    await chat(carol, bob);
    await chat(carol, alice);
  });

  test('a node binds to its IPv6 address alone where its own name leads to one that it has not, and is reached', async () => {
    await using lab = await Lab.start({ nodes: ['alice'], ipv6: 'alone' });
    const { alice } = lab.nodes;
    const bob = await lab.join('bob', { peers: ['alice'], options: ['--bind', 'bob:5000'] });
    await bob.notes(/^ready bob \[fd[0-9a-f:]+\]:5000 tincan$/);
    await alice.notes(/^joined: bob at \[fd/);
    await chat(alice, bob);
  });

  test('alice is reached at her link-local address on the interface that it is given with', async () => {
    await using lab = await Lab.start({ nodes: ['alice'], ipv6: 'alone' });
    const { alice } = lab.nodes;
    const options = ['--peer', `alice=[${await ipv6Of(alice, 'fe80')}%eth0]:5000`];
    const bob = await lab.join('bob', { peers: [], options });
    await bob.notes(/^joined: alice at \[fe80[0-9a-f:]+%eth0\]:5000$/);
    await alice.notes(/^joined: bob at \[fe80[0-9a-f:]+%eth0\]:5000$/);
    await chat(alice, bob);
  });

  test('the relay stands between alice and bob without IPv4, harms what crosses, and all the lines arrive', async () => {
    const faults = { both: { lossRate: 0.2 } };
    await using lab = await Lab.start({ nodes: ['alice', 'bob'], ipv6: 'alone', relay: { seed: 7, faults } });
    const { alice, bob } = lab.nodes;
    for (let line = 1; line <= 20; line += 1) await alice.says(`line ${line}`);
    for (let line = 1; line <= 20; line += 1) await bob.hears('alice', `line ${line}`);
    const lost = lab.relay.verdicts('alice>bob').filter(({ fate }) => fate === 'dropped');
    expect(lost.length).toBeGreaterThan(0);
  });
});

async function chat(left: LabNode, right: LabNode): Promise<void> {
  await left.says(`hi ${right.name}`);
  await right.hears(left.name, `hi ${right.name}`);
  await right.says(`hi ${left.name}`);
  await left.hears(right.name, `hi ${left.name}`);
}

/** As the node itself sees it. */
async function ipv6Of(node: LabNode, prefix: 'fd' | 'fe80' = 'fd'): Promise<string> {
  const script = `for (const { address } of Object.values(os.networkInterfaces()).flat()) if (address.startsWith('${prefix}')) console.log(address)`;
  return (await node.exec(['node', '--eval', script])).toString().trim();
}
