/** The demo as a person runs it: the shipped compose.yaml, `docker attach`, detach, attach again, down. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NODE_IMAGE, docker } from './engine.ts';
import { describeWithImages } from './suite.ts';
import { PersonTerminal } from './terminal.ts';
import { withoutEscapes } from './transcript.ts';

const run = promisify(execFile);
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
/** A name of its own, so that a lab that a person has up on this machine is not touched. */
const PROJECT = `tincan-test-${process.pid}`;
/** What attaching draws, in any case: the window's size is news to the node. */
const PROMPT = '> ';
const DETACH_KEYS = '\u0010\u0011';

await describeWithImages('docker compose', [NODE_IMAGE], () => {
  // One lab for all: what is tested is what a person does in it, one thing after the other.
  beforeAll(() => compose('up', '--detach', '--wait', '--no-build'));
  afterAll(async () => {
    await compose('down', '--timeout', '3');
    expect(await leftOfProject()).toEqual([]);
  });

  test('the log of a node that nobody attached to is plain lines', async () => {
    await using alice = attach('alice');
    await alice.shows(PROMPT);
    alice.type('for the log\r');
    await using log = new PersonTerminal(['docker', 'logs', '--follow', `${PROJECT}-bob`]);
    await log.shows('alice: for the log');
    const { stdout } = await run('docker', ['logs', `${PROJECT}-bob`]);
    // Colours may stand in a line; what moves the cursor or clears would garble the log.
    expect(stdout.match(CURSOR_MOVES)).toBeNull();
  });

  test('two healthy nodes chat through docker attach, detached and attached again', async () => {
    expect(await healthOf(['alice', 'bob'])).toEqual(['healthy', 'healthy']);
    await using alice = attach('alice');
    await using bob = attach('bob');
    await Promise.all([alice.shows(PROMPT), bob.shows(PROMPT)]);
    alice.type('hi bob, alice here\r');
    await bob.shows('alice: hi bob, alice here');
    bob.type('hi alice, loud and clear\r');
    await alice.shows('bob: hi alice, loud and clear');

    bob.type(DETACH_KEYS);
    await bob.ended();
    alice.type('are you still there?\r');

    // Detached is not gone: the node hears it meanwhile, and a second window shows what comes from now on.
    await using bobAgain = attach('bob');
    await bobAgain.shows(PROMPT);
    alice.type('and now?\r');
    await bobAgain.shows('alice: and now?');
    bobAgain.type('back at the window\r');
    await alice.shows('bob: back at the window');
    const logs = await compose('logs', '--no-color', '--no-log-prefix', 'bob');
    expect(withoutEscapes(logs)).toContain('alice: are you still there?');
  });

  test('a node that restarts is healthy again and goes on chatting', async () => {
    await using alice = attach('alice');
    await alice.shows(PROMPT);
    await compose('restart', '--timeout', '3', 'bob');
    await compose('up', '--detach', '--wait', '--no-build');
    await using bob = attach('bob');
    await bob.shows(PROMPT);
    bob.type('new start\r');
    await alice.shows('bob: new start');
    alice.type('same string\r');
    await bob.shows('alice: same string');
  });
});

/** Control sequences other than colours (those end in `m`). */
const CURSOR_MOVES = new RegExp(String.raw`\u001B\[[0-9;?]*[A-LN-Za-ln-z]`, 'u');

async function compose(...words: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', ['compose', '--project-name', PROJECT, ...words], {
    cwd: CHECKOUT,
    env: { ...process.env, TINCAN_LAB_PREFIX: `${PROJECT}-` },
  });
  return stdout;
}

function attach(node: string): PersonTerminal {
  return new PersonTerminal(['docker', 'attach', `${PROJECT}-${node}`]);
}

async function healthOf(nodes: readonly string[]): Promise<(string | undefined)[]> {
  return Promise.all(
    nodes.map(
      async (node) => (await docker.getContainer(`${PROJECT}-${node}`).inspect()).State.Health?.Status,
    ),
  );
}

async function leftOfProject(): Promise<string[]> {
  const filters = { label: [`com.docker.compose.project=${PROJECT}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  return [...containers.map(({ Names: names }) => names.join()), ...networks.map(({ Name: name }) => name)];
}
