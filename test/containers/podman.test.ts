/** Podman: the manifests for Kubernetes played for real, and the lab of compose.yaml. */
import { afterAll, expect, test } from '@jest/globals';
import { describeUnless } from '../support/needs.ts';
import type { PersonTerminal } from '../support/person-terminal.ts';
import { NODE_IMAGE } from './engine.ts';
import { Podman } from './podman.ts';
import { whatIsMissing } from './suite.ts';

const PROMPT = '> ';
const PROJECT = `tincan-podman-${process.pid}`;

const started = (await whatIsMissing([NODE_IMAGE])) ?? (await Podman.start());

describeUnless(typeof started === 'string' ? started : undefined, 'Podman', () => {
  const podman = (): Podman => {
    if (typeof started === 'string') throw new Error(started);
    return started;
  };
  afterAll(() => podman()[Symbol.asyncDispose]());

  test('the manifests for Kubernetes bring up alice and bob, who chat through their windows and are healthy', async () => {
    const { run } = bound(podman());
    await run('network', 'create', 'room');
    await run('kube', 'play', 'test/containers/room-key.yaml');
    for (const name of ['alice', 'bob'])
      await run('kube', 'play', '--network', `room:alias=${name}`, `docker/kubernetes/${name}.yaml`);
    const idOf = (name: string): Promise<string> =>
      run('ps', '--quiet', '--filter', `name=^${name}-pod.*-node$`);
    const [alice, bob] = await Promise.all([idOf('alice'), idOf('bob')]);
    await chat(podman(), alice, bob);
    expect(await run('exec', alice, 'node', '/app/src/main.ts', 'status')).toContain('bob  open');
    await run('healthcheck', 'run', alice);
    expect(await run('exec', alice, 'cat', '/proc/1/status')).toMatch(
      /^CapEff:\s*0+$[^]*^NoNewPrivs:\s*1$/mu,
    );
  });

  test('the lab of compose.yaml comes up with the file podman.yaml, and alice and bob chat', async () => {
    const { compose } = bound(podman());
    await compose('--project-name', PROJECT, 'up', '--detach', '--no-build');
    await chat(podman(), 'alice', 'bob');
  });
});

function bound(podman: Podman): Pick<Podman, 'run' | 'compose'> {
  return { run: podman.run.bind(podman), compose: podman.compose.bind(podman) };
}

async function chat(podman: Podman, alice: string, bob: string): Promise<void> {
  await using left: PersonTerminal = podman.attach(alice);
  await using right: PersonTerminal = podman.attach(bob);
  await Promise.all([left.shows(PROMPT), right.shows(PROMPT)]);
  left.type('hi over there\r');
  await right.shows('alice: hi over there');
  right.type('hi back\r');
  await left.shows('bob: hi back');
}
