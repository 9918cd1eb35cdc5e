/** The demo as a person runs it: the shipped compose.yaml, `docker attach`, detach, attach again, down. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ComposeLab } from './compose-lab.ts';
import { NODE_IMAGE, docker } from './engine.ts';
import { describeWithImages } from './suite.ts';
import { PersonTerminal } from '../support/person-terminal.ts';
import { withoutEscapes } from '../support/transcript.ts';

/** What attaching draws, in any case: the window's size is news to the node. */
const PROMPT = '> ';
const DETACH_KEYS = '\u0010\u0011';

await describeWithImages('docker compose', [NODE_IMAGE], () => {
  const lab = new ComposeLab('demo');
  // One lab for all: what is tested is what a person does in it, one thing after the other.
  beforeAll(() => lab.up());
  afterAll(async () => {
    await lab.down();
    expect(await lab.left()).toEqual([]);
  });

  test('the log of a node that nobody attached to is plain lines', async () => {
    await using alice = lab.attach('alice');
    await alice.shows(PROMPT);
    alice.type('for the log\r');
    await using log = new PersonTerminal(['docker', 'logs', '--follow', lab.container('bob')]);
    await log.shows('alice: for the log');
    const logged = await lab.logs('bob');
    // Colours may stand in a line; what moves the cursor or clears would garble the log.
    expect(logged.match(CURSOR_MOVES)).toBeNull();
  });

  test('two healthy nodes chat through docker attach, detached and attached again', async () => {
    expect(await healthOf([lab.container('alice'), lab.container('bob')])).toEqual(['healthy', 'healthy']);
    await using alice = lab.attach('alice');
    await using bob = lab.attach('bob');
    await Promise.all([alice.shows(PROMPT), bob.shows(PROMPT)]);
    alice.type('hi bob, alice here\r');
    await bob.shows('alice: hi bob, alice here');
    bob.type('hi alice, loud and clear\r');
    await alice.shows('bob: hi alice, loud and clear');

    bob.type(DETACH_KEYS);
    await bob.ended();
    alice.type('are you still there?\r');

    // Detached is not gone: the node hears it meanwhile, and a second window shows what comes from now on.
    await using bobAgain = lab.attach('bob');
    await bobAgain.shows(PROMPT);
    alice.type('and now?\r');
    await bobAgain.shows('alice: and now?');
    bobAgain.type('back at the window\r');
    await alice.shows('bob: back at the window');
    expect(withoutEscapes(await lab.logs('bob'))).toContain('alice: are you still there?');
  });

  test('a node that restarts is healthy again and goes on chatting', async () => {
    await using alice = lab.attach('alice');
    await alice.shows(PROMPT);
    await lab.compose('restart', '--timeout', '3', 'bob');
    await lab.up();
    await using bob = lab.attach('bob');
    await bob.shows(PROMPT);
    bob.type('new start\r');
    await alice.shows('bob: new start');
    alice.type('same string\r');
    await bob.shows('alice: same string');
  });
});

/** Control sequences other than colours (those end in `m`). */
const CURSOR_MOVES = new RegExp(String.raw`\u001B\[[0-9;?]*[A-LN-Za-ln-z]`, 'u');

async function healthOf(containers: readonly string[]): Promise<(string | undefined)[]> {
  return Promise.all(
    containers.map(async (name) => (await docker.getContainer(name).inspect()).State.Health?.Status),
  );
}
