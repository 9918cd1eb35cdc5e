/** tincan talks to programs that we did not write: nc, socat, and the tutorial's own Python, each in a container. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { Lab } from './lab.ts';
import { describeWithImages } from './suite.ts';

const TUTORIAL = readFileSync(new URL('tutorial.py', import.meta.url), 'utf8');

/** Other people's programs on wire `plain`: each listens on port 6000 and sends to alice. */
const UDP_PROGRAMS = {
  'nc -u': ['nc', '-u', '-p', '6000', 'alice', '5000'],
  socat: ['socat', '-', 'UDP4-DATAGRAM:alice:5000,bind=:6000'],
  'the tutorial in Python': ['python3', '-c', TUTORIAL, '6000', 'alice', '5000'],
} as const;

await describeWithImages('programs that we did not write', [NODE_IMAGE, INTEROP_IMAGE], () => {
  for (const [program, entrypoint] of Object.entries(UDP_PROGRAMS)) {
    test(`plain: ${program} hears a node and is heard by it`, async () => {
      await using lab = await Lab.start({
        nodes: ['alice'],
        wire: 'plain',
        options: ['--peer', 'other=other:6000'],
      });
      const { alice } = lab.nodes;
      const other = await lab.run({ image: INTEROP_IMAGE, name: 'other', entrypoint, command: [] });
      if (program.includes('Python')) await other.prints(/^ready$/);

      // What comes from the other side shows that its socket is open, so that the answer can't come too early.
      await other.container.write('hello tincan\n');
      await alice.hears('other', 'hello tincan');
      await other.container.write('zwei Dosen, größer als eine: 🥫🥫\n');
      await alice.hears('other', 'zwei Dosen, größer als eine: 🥫🥫');
      await alice.says('hello yourself ✓');
      await other.prints(/^hello yourself ✓$/);
    });
  }

  test('tcp: nc dials a node, and both hear each other', async () => {
    await using lab = await Lab.start({ nodes: ['alice'], wire: 'tcp' });
    const { alice } = lab.nodes;
    const nc = await lab.run({
      image: INTEROP_IMAGE,
      name: 'nc',
      entrypoint: ['nc', '-v', 'alice', '5000'],
      command: [],
    });
    await nc.container.write('first\nsecond\n');
    const from = await guestOf(alice);
    await alice.hears(from, 'first');
    await alice.hears(from, 'second');
    await alice.says('to whoever is there');
    await nc.prints(/^to whoever is there$/);
  });

  test('tcp: a node dials nc, and both hear each other', async () => {
    await using lab = await Lab.start({ nodes: ['alice'], wire: 'tcp', options: ['--peer', 'nc:6000'] });
    const { alice } = lab.nodes;
    const nc = await lab.run({
      image: INTEROP_IMAGE,
      name: 'nc',
      entrypoint: ['nc', '-l', '-p', '6000'],
      command: [],
    });
    await alice.notes(/^joined: nc at /);
    await alice.says('dialled you');
    await nc.prints(/^dialled you$/);
    await nc.container.write('so you did\n');
    await alice.hears('nc', 'so you did');
  });

  test('tcp: a line that nc leaves unfinished is the last one, and the node goes on', async () => {
    await using lab = await Lab.start({ nodes: ['alice'], wire: 'tcp' });
    const { alice } = lab.nodes;
    const entrypoint = ['sh', '-c', 'printf "no newline" | nc -N alice 5000'];
    const nc = await lab.run({ image: INTEROP_IMAGE, name: 'nc', entrypoint, command: [] });
    const from = await guestOf(alice);
    await alice.hears(from, 'no newline');
    await alice.notes(/^left: /);
    expect(await nc.exitCode()).toBe(0);
  });
});

/** The label of the first guest that joined: its address, since nobody configured it. */
async function guestOf(node: { notes(pattern: RegExp): Promise<string> }): Promise<string> {
  const joined = await node.notes(/^joined: \S+ at /);
  return joined.replace(/^joined: (\S+) at .*$/, '$1');
}
