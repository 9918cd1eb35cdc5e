/** `npm run lab` and `npm run lab:down`, on a machine where everything is set up: what they find, and what they leave. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { CHECKOUT, ComposeLab } from './compose-lab.ts';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { labels, removeContainer } from './cleanup.ts';
import { Program } from './program.ts';
import { describeWithImages } from './suite.ts';

await describeWithImages('the script of the lab', [NODE_IMAGE, INTEROP_IMAGE], () => {
  const lab = new ComposeLab('script', ['crowd', 'faults']);
  afterAll(async () => {
    await lab.down('--volumes');
    expect(await lab.left()).toEqual([]);
  });

  /** `docker/lab.sh`, which `npm run lab` is, without a terminal and for this lab's project. */
  async function script(...words: readonly string[]): Promise<{ code: number | null; said: string }> {
    return new Promise((ended) => {
      const child = execFile(
        join(CHECKOUT, 'docker/lab.sh'),
        [...words],
        { env: { ...lab.environment, TINCAN_SETUP: 'no' } },
        (_, stdout, stderr) => ended({ code: child.exitCode, said: stdout + stderr }),
      );
    });
  }

  test('npm run lab tells of what an earlier lab has left up, and npm run lab:down takes all of it down', async () => {
    await lab.compose('up', '--detach', '--wait', '--no-build', 'relay', 'carol');
    const up = await script();
    expect(up.code).toBe(0);
    expect(up.said).toContain('alice and bob are up, the relay of an earlier lab between them.');
    expect(up.said).toContain('lab: these were up before, too: carol relay.');

    expect((await script('down')).code).toBe(0);
    const kept = ['alice', 'bob', 'carol', 'dave'].map((name) => `${lab.project}_${name}-state`);
    expect((await lab.left()).toSorted()).toEqual(kept);

    expect((await script('down', '--volumes')).code).toBe(0);
    expect(await lab.left()).toEqual([]);
  });

  test("npm run lab does not take another checkout's lab for its own", async () => {
    const theirs = await Program.start({
      image: NODE_IMAGE,
      name: 'theirs',
      networks: [],
      labels: {
        ...labels(),
        'com.docker.compose.project': lab.project,
        'com.docker.compose.project.working_dir': '/somewhere/else',
      },
      entrypoint: ['cat'],
      command: [],
    });
    const up = await script();
    await removeContainer(theirs.id);
    expect(up.code).toBe(1);
    expect(up.said).toMatch(/^lab: the lab of another checkout is up already: \/somewhere\/else$/mu);
    expect(await lab.left()).toEqual([]);
  });
});
