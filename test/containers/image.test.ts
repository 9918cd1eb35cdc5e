/** What is in the image of a node, and what is not. */
import { expect, test } from '@jest/globals';
import { labels } from './cleanup.ts';
import { NODE_IMAGE, docker } from './engine.ts';
import { Program } from './program.ts';
import { describeWithImages } from './suite.ts';

const SIZE_MAX_BYTES = 200_000_000;

await describeWithImages('the image of a node', [NODE_IMAGE], () => {
  test('the image has Node and five small programs, and none that installs, fetches or compiles', async () => {
    const everywhere = '/bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /opt';
    const script = `for file in $(ls -d ${everywhere} 2>/dev/null); do ls "$file/"; done`;
    const shell = await Program.start({
      image: NODE_IMAGE,
      name: 'contents',
      networks: [],
      labels: labels(),
      entrypoint: ['sh', '-c', script],
      command: [],
    });
    await shell.exitCode();
    await shell.kill();
    const programs = new Set(shell.stdout.lines);
    expect([...programs].toSorted()).toEqual(['cat', 'ls', 'node', 'sh', 'sleep', 'tail']);
  });

  test('the image is little more than Node', async () => {
    const { Size: bytes } = await docker.getImage(NODE_IMAGE).inspect();
    expect(bytes).toBeLessThan(SIZE_MAX_BYTES);
  });
});
