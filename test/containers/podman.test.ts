/** Podman: the manifests for Kubernetes played for real, and the lab of compose.yaml. */
import { afterAll, expect, test } from '@jest/globals';
import { describeUnless } from '../support/needs.ts';
import { readPage, samplesOf } from '../support/pages.ts';
import type { PersonTerminal } from '../support/person-terminal.ts';
import { NODE_IMAGE } from './engine.ts';
import { Podman } from './podman.ts';
import { whatIsMissing } from './suite.ts';

const PROMPT = '> ';

const started = (await whatIsMissing([NODE_IMAGE])) ?? (await Podman.start());

describeUnless(typeof started === 'string' ? started : undefined, 'Podman', () => {
  const podman = (): Podman => {
    if (typeof started === 'string') throw new Error(started);
    return started;
  };
  afterAll(() => podman()[Symbol.asyncDispose]());

  test('the manifests for Kubernetes bring up alice and bob, who chat through their windows and are healthy', async () => {
    const [create, ...plays] = commandsOfPage('podman network', 'podman kube');
    expect(plays).toHaveLength(2);
    await podman().run(...(create ?? []));
    await podman().run('kube', 'play', 'test/containers/room-key.yaml');
    for (const words of plays) await podman().run(...words);
    const [alice, bob] = await Promise.all(['alice', 'bob'].map((name) => idOf(podman(), name)));
    await chat(podman(), String(alice), String(bob));
    const inAlice = (...words: readonly string[]): Promise<string> =>
      podman().run('exec', String(alice), ...words);
    expect(await inAlice('node', '/app/bundle/main.cjs', 'status')).toContain('bob  open');
    await podman().run('healthcheck', 'run', String(alice));
    expect(await inAlice('cat', '/proc/1/status')).toMatch(/^CapEff:\s*0+$[^]*^NoNewPrivs:\s*1$/mu);
  });

  test('the lab of compose.yaml comes up with the file podman.yaml, and alice and bob chat', async () => {
    const [[, ...words] = []] = commandsOfPage('podman compose');
    await podman().compose(...words, '--no-build');
    await chat(podman(), 'alice', 'bob');
  });
});

/** The page's commands that begin so, each as the words after `podman`. */
function commandsOfPage(...starts: readonly string[]): readonly (readonly string[])[] {
  const lines = samplesOf(readPage('docker/README.md')).flatMap((sample) => sample.lines);
  const found = lines.filter((line) => starts.some((start) => line.startsWith(start)));
  return found.map((line) => line.split(' ').slice(1));
}

/** Of the container of a node; a pod has another one, which holds it together. */
function idOf(podman: Podman, name: string): Promise<string> {
  return podman.run('ps', '--quiet', '--filter', `name=^${name}-pod.*-node$`);
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
