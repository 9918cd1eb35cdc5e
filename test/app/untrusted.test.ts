/** Texts of somebody else, all the way through the real program: whatever they hold, nothing but text comes out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Program } from '../support/program.ts';
import { FacelessNode } from '../support/faceless-node.ts';

const EVIL = '\u001B]0;owned\u0007\u009B2J\u001B[1A';
/** What is seen of it, in a line and in a name. */
const HARMLESS = '\u241B]0;owned\u2407<U+009B>2J\u241B[1A';

let files = '';
beforeAll(() => {
  files = mkdtempSync(join(tmpdir(), 'tincan-test-'));
});
afterAll(() => {
  rmSync(files, { recursive: true, force: true });
});

/** Everything that the program has written, newlines taken out. */
function writtenBy(program: Program): string {
  return [...program.stdout.lines, ...program.stderr.lines].join('');
}

test.each([
  ['an unknown flag', [`--${EVIL}`]],
  ['an unknown command', [EVIL]],
  ['a stray argument', ['chat', EVIL]],
  ['an own address', ['--bind', EVIL]],
  ['a peer', ['--peer', EVIL]],
  ['a wire', ['--wire', EVIL]],
  ['a time', ['--drain-timeout', EVIL]],
  ['the name of a file', ['--room-key-file', `/missing/${EVIL}\nsecond line`]],
])('%s with escape sequences in it is complained about in one harmless line', async (_, args) => {
  await using program = new Program('tincan', args);
  expect(await program.exit()).toEqual({ code: 2, signal: null });
  expect(program.stderr.lines).toEqual([expect.stringContaining(HARMLESS)]);
  expect(writtenBy(program)).not.toMatch(/\p{Cc}/u);
});

test('a file name that makes an empty key is harmless, too', async () => {
  const file = join(files, `${EVIL}.key`);
  writeFileSync(file, '\n');
  await using program = new Program('tincan', ['--bind', '127.0.0.1:0', '--room-key-file', file]);
  expect(await program.exit()).toEqual({ code: 2, signal: null });
  expect(program.stderr.lines).toEqual([expect.stringContaining(HARMLESS)]);
  expect(writtenBy(program)).not.toMatch(/\p{Cc}/u);
});

test('a peer whose name and lines are escape sequences shows as text in chat and status, and is exact in JSON', async () => {
  const args = ['--wire', 'tincan', '--bind', '127.0.0.1:0', '--verbose'];
  await using alice = new Program('alice', ['--name', 'alice', ...args]);
  const port = await alice.readyPort();
  // Its own configuration would refuse such a name; whoever writes another program need not.
  await using mallory = new FacelessNode({
    name: EVIL,
    wire: 'tincan',
    peers: [{ label: 'alice', host: '127.0.0.1', port }],
  });
  await mallory.seen('peer-joined');
  mallory.client.send({ type: 'say', text: `${EVIL}\nalice: a second line`, ref: undefined });
  await mallory.seen('delivered');
  expect(alice.stdout.lines).toEqual([`"${HARMLESS}": ${HARMLESS}\u240Aalice: a second line`]);
  expect(alice.stderr.lines.join('')).toContain(`joined: "${HARMLESS}"`);
  expect(writtenBy(alice)).not.toMatch(/\p{Cc}/u);

  for (const more of [[], ['--json']]) {
    await using status = new Program('status', ['status', ...more], {
      runtimeDirectory: alice.runtimeDirectory,
    });
    expect(await status.exit()).toEqual({ code: 0, signal: null });
    expect(writtenBy(status)).not.toMatch(/\p{Cc}/u);
    const [first = ''] = status.stdout.lines;
    if (more.length === 0) expect(status.stdout.lines.join('')).toContain(HARMLESS);
    else expect(JSON.parse(first)).toMatchObject({ peers: [{ name: EVIL }] });
  }
});

test('names that look alike are warned of on every face, and nobody is kept out', async () => {
  const wire = ['--wire', 'tincan', '--bind', '127.0.0.1:0'];
  await using alice = new Program('alice', ['--name', 'alice', ...wire, '--format', 'text']);
  const port = await alice.readyPort();
  const peers = [{ label: 'alice', host: '127.0.0.1', port }];
  await using bob = new FacelessNode({ name: 'bob', wire: 'tincan', peers });
  await bob.seen('peer-joined');
  await using stranger = new FacelessNode({ name: 'b\u043Eb', wire: 'tincan', peers });
  await stranger.seen('peer-joined');
  await alice.tells(/^warning: a peer is called "b\u043Eb" \(with U\+043E\), which looks like "bob"/u);
  stranger.client.send({ type: 'say', text: 'hello', ref: undefined });
  await alice.hears('b\u043Eb: hello');
});
