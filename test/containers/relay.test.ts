/** The relay in containers: between the demo's nodes, for a person who turns the knobs; and its capture in a dissector. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Can, RelayProgram } from '../support/relay-program.ts';
import { untilTrue } from '../support/wait.ts';
import { ComposeLab } from './compose-lab.ts';
import { INTEROP_IMAGE, NODE_IMAGE } from './engine.ts';
import { Lab } from './lab.ts';
import { describeWithImages } from './suite.ts';
import type { PersonTerminal } from '../support/person-terminal.ts';

const PROMPT = '> ';

await describeWithImages('docker compose --profile faults', [NODE_IMAGE], () => {
  const lab = new ComposeLab('faults', ['faults']);
  beforeAll(() => lab.up());
  afterAll(async () => {
    await lab.down('--volumes');
    expect(await lab.left()).toEqual([]);
  });

  test('alice and bob chat through the relay, not past it', async () => {
    await using alice = lab.attach('alice');
    await using bob = lab.attach('bob');
    await using relay = lab.attach('relay');
    await Promise.all([alice.shows(PROMPT), bob.shows(PROMPT)]);
    // Whoever attaches is greeted, for the relay was there before.
    await relay.shows('help lists all words');
    await relay.shows('relay> ');
    relay.type('watch\r');
    await relay.shows('watching');
    alice.type('through the relay\r');
    await bob.shows('alice: through the relay');
    await relay.shows('✓ passed');
    relay.type('watch off\r');
    await relay.shows('no longer watching');

    relay.type('partition\r');
    await relay.shows('bob>alice: nothing passes from now on');
    alice.type('into the dark\r');
    await relay.shows('alice>bob: nothing passes from now on');
    await counted(relay, 'dropped: blackhole');
    relay.type('heal\r');
    await relay.shows('bob>alice: open again');
    // What was said in the dark is there after all: that is what the protocol is for.
    await bob.shows('alice: into the dark');
  });
});

/** Asks for the counts until they have this in them: what was typed in another window may take longer to get here. */
async function counted(relay: PersonTerminal, text: string): Promise<void> {
  const answers = () =>
    relay.screen.lines.filter((line) => line.includes('bob>alice: ') && line.includes(' offered'));
  while (!relay.screen.lines.some((line) => line.includes(text))) {
    const before = answers().length;
    relay.type('counts\r');
    await relay.screen.until('the counts', () => answers().length > before || undefined);
  }
}

await describeWithImages('the capture of the relay', [INTEROP_IMAGE], () => {
  let files = '';
  beforeAll(() => {
    files = mkdtempSync(join(tmpdir(), 'tincan-test-'));
  });
  afterAll(() => {
    rmSync(files, { recursive: true, force: true });
  });

  test('tshark reads every packet, with its interface, its verdict and checksums that are right', async () => {
    const path = join(files, 'capture');
    const alicePort = await capture(path);
    await using lab = await Lab.start({ nodes: [] });
    const tshark = await lab.run({
      image: INTEROP_IMAGE,
      name: 'tshark',
      entrypoint: ['sh', '-c', `base64 -d /tmp/capture | tshark -r - ${TSHARK_OPTIONS}; echo end`],
      command: [],
      files: { '/tmp/capture': readFileSync(path, 'base64') },
    });
    await tshark.prints(/^end$/);
    const packets = tshark.stdout.lines.slice(0, -1).map((line) => line.split('\t'));
    const good = '1';
    expect(packets).toEqual([
      ['alice>bob in', 'alice>bob 0: passed, corrupted', '127.0.0.1', alicePort, good, good, hex('zero')],
      [
        'alice>bob out',
        expect.stringMatching(/^alice>bob 0: corrupted, after \d+\.\d{3} ms$/),
        '127.0.0.1',
        alicePort,
        good,
        good,
        expect.not.stringMatching(hex('zero')),
      ],
      ['alice>bob in', 'alice>bob 1: dropped (listed)', '127.0.0.1', alicePort, good, good, hex('one')],
      ['bob>alice in', 'bob>alice 0: passed', '127.0.0.1', expect.any(String), good, good, hex('odd')],
      [
        'bob>alice out',
        expect.stringMatching(/^bob>alice 0: after /),
        '127.0.0.1',
        expect.any(String),
        good,
        good,
        hex('odd'),
      ],
    ]);
  });
});

/** Fields of each packet, separated by tabs, with every checksum checked. */
const TSHARK_OPTIONS = [
  '-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -d udp.port==1-65535,data -T fields',
  ...[
    'frame.interface_name',
    'frame.comment',
    'ip.src',
    'udp.srcport',
    'ip.checksum.status',
    'udp.checksum.status',
    'data.data',
  ].map((field) => `-e ${field}`),
].join(' ');

/** Lets a few datagrams cross a relay that captures them; resolves to the port that alice has. */
async function capture(path: string): Promise<string> {
  await using alice = await Can.open();
  await using bob = await Can.open();
  const faults = { 'alice>bob': { corruptRate: 1, lossIndexes: [1] } };
  const options = ['--seed', '7', '--faults', JSON.stringify(faults), '--pcapng', path];
  await using relay = await RelayProgram.start(alice, bob, ...options);
  await alice.send(relay.port, 'zero');
  await untilTrue('bob to hear something', () => bob.heard.length === 1);
  await alice.send(relay.port, 'one');
  await relay.ask({ type: 'counts' }, 'counts');
  await bob.send(relay.port, 'odd');
  await untilTrue('alice to hear something', () => alice.heard.length === 1);
  relay.program.say('quit');
  await relay.program.exit();
  return String(alice.port);
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
