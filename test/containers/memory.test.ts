/** Bounded memory: a node in a small container, whose stdout nobody reads, among many peers that make it keep all they can. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { memoryMaxBytes } from '../../src/wires/tincan/limits.ts';
import { NODE_IMAGE } from './engine.ts';
import { Lab } from './lab.ts';
import type { Program } from './program.ts';
import { describeWithImages } from './suite.ts';

const TIMEOUT_MS = 180_000;
const CONTAINER_BYTES = 134_217_728;
/** What the collector has not given back yet, on top of what the account says. */
const SLACK_BYTES = 33_554_432;
const HOARDERS = readFileSync(new URL('hoarders.ts', import.meta.url), 'utf8');
const HOARDERS_FILE = '/app/test/containers/hoarders.ts';

/** One address has so many peers at most. */
const PEERS_EACH = 50;

await describeWithImages('a node in 128 MiB', [NODE_IMAGE], () => {
  test.each(['short-lines', 'wide-lines', 'later-lines', 'last-bytes', 'small-pieces', 'names'])(
    'a node in 128 MiB takes no more than its account says, and lives on, where a hundred peers send %s',
    async (hoard) => {
      await using lab = await Lab.start({ nodes: [], wire: 'tincan' });
      const alice = await lab.join('alice', {
        memoryBytes: CONTAINER_BYTES,
        entrypoint: ['sh', '-c', 'node /app/bundle/main.cjs | sleep 600'],
      });
      const before = await residentBytes(alice);
      const ip = await alice.ip();
      const hoarders = await Promise.all(
        ['one', 'two'].map((name) =>
          lab.run({
            image: NODE_IMAGE,
            name,
            entrypoint: ['node', HOARDERS_FILE],
            command: [ip, '5000', hoard, String(PEERS_EACH)],
            files: { [HOARDERS_FILE]: HOARDERS },
          }),
        ),
      );
      // What was not taken in the first time was refused.
      for (const each of hoarders) {
        const hasSent = (): true | undefined =>
          each.stdout.lines.filter((line) => line === 'sent').length >= 3 || undefined;
        await each.stdout.until('the hoarders to have sent all three times', hasSent, [each.stderr], 60_000);
      }
      expect((await residentBytes(alice)) - before).toBeLessThan(memoryMaxBytes + SLACK_BYTES);
      // The account was put to the test: it is not that nobody was let in. Some give up, as they say each word once.
      const joined = alice.stderr.lines.filter((line) => line.startsWith('joined: hoarder'));
      expect(joined.length).toBeGreaterThan(1.8 * PEERS_EACH);
    },
    TIMEOUT_MS,
  );
});

/** Anonymous memory of the node: what no file on disk stands behind, so that the kernel can't take it back. */
async function residentBytes(program: Program): Promise<number> {
  const statuses = await program.exec(['sh', '-c', 'cat /proc/[0-9]*/status']);
  const kilobytes = [...statuses.toString().matchAll(/^RssAnon:\s+(\d+) kB$/gm)].map(([, size]) =>
    Number(size),
  );
  return Math.max(...kilobytes) * 1_024;
}
