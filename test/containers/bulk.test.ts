/** Wire tincan under load: pastes, floods, and a reader that stops. Everything arrives, in order, in bounded memory. */
import { expect, test } from '@jest/globals';
import { NODE_IMAGE } from './engine.ts';
import { Lab } from './lab.ts';
import { describeWithImages } from './suite.ts';

const LINES = 20_000;
/** Generous for a busy machine: 40,000 lines take about two seconds on an idle one. */
const FLOOD_DEADLINE_MS = 50_000;
/** The pause, the flood, and the start of the containers, in ms. */
const TIMEOUT_MS = 120_000;
/** What a node may take, in bytes: a third of what the sender says while the reader stops. */
const NODE_MEMORY_BYTES = 160 * 1_048_576;

await describeWithImages('bulk on wire tincan', [NODE_IMAGE], () => {
  test('20,000 unpaced lines each way at once arrive complete and in order', async () => {
    await using lab = await Lab.start({ nodes: ['alice', 'bob'], wire: 'tincan' });
    const { alice, bob } = lab.nodes;
    const said = { alice: numbered('alice', LINES), bob: numbered('bob', LINES) };
    await Promise.all([alice.says(said.alice.join('\n')), bob.says(said.bob.join('\n'))]);
    const [atBob, atAlice] = await Promise.all([
      bob.hearsLines('alice', LINES, FLOOD_DEADLINE_MS),
      alice.hearsLines('bob', LINES, FLOOD_DEADLINE_MS),
    ]);
    expect(atBob).toEqual(said.alice);
    expect(atAlice).toEqual(said.bob);
  });

  test('a paste of 100 KB into a terminal arrives whole', async () => {
    // With a peer named, so that the terminal does not ask for one.
    const options = ['--peer', 'bob:5000'];
    await using lab = await Lab.start({ nodes: ['alice'], wire: 'tincan', tty: true, options });
    const { alice } = lab.nodes;
    const paste = numbered('a paste that is made of many lines of some length', 1_800);
    const bytes = Buffer.byteLength(paste.join('\n'));
    expect(bytes).toBeGreaterThan(100_000);
    const bob = await lab.join('bob', { peers: ['alice'], tty: false, options: [] });
    await bob.notes(/^joined: alice/);
    // The marks that a terminal puts around what is pasted; Enter says it, once the question is answered. What came with
    // the paste in one read would be taken for a part of it, so each key waits for what a person would see.
    const shows = (text: string): Promise<true> =>
      alice.stdout.until(
        `alice's window to show "${text}"`,
        () => alice.stdout.partial.includes(text) || undefined,
      );
    await alice.container.write(`\u001B[200~${paste.join('\r')}\u001B[201~`);
    await shows('pasted');
    await alice.says('');
    await shows('Say these 1800 lines?');
    await alice.container.write('y');
    expect(await bob.hearsLines('alice', paste.length)).toEqual(paste);
  });

  test(
    'a reader that stops for 10 s loses nothing, and memory stays bounded',
    async () => {
      await using lab = await Lab.start({ nodes: ['alice'], wire: 'tincan' });
      const { alice } = lab.nodes;
      const bob = await lab.join('bob', {
        peers: ['alice'],
        memoryBytes: NODE_MEMORY_BYTES,
        // The fault itself: nobody reads bob's stdout for ten seconds.
        entrypoint: ['sh', '-c', 'node /app/bundle/main.cjs | { sleep 10; cat; }'],
      });
      await alice.notes(/^joined: bob/);
      const filler = 'x'.repeat(3_000);
      const said = numbered('alice', LINES).map((line) => `${line} ${filler}`);
      await alice.says(said.join('\n'));
      const heard = await bob.hearsLines('alice', LINES, FLOOD_DEADLINE_MS);
      // Compared by digest of each line's head: a failure should not print 60 MB.
      expect(heard.map((line) => line.slice(0, 40))).toEqual(said.map((line) => line.slice(0, 40)));
      expect(heard.every((line) => line.endsWith(filler))).toBe(true);
    },
    TIMEOUT_MS,
  );
});

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index + 1} of ${name}`);
}
