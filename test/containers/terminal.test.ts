/** The chat window as a person sees it: a real pseudo-terminal in a container, and an emulator in front of it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { NODE_IMAGE, docker } from './engine.ts';
import type { LabNode } from './lab-node.ts';
import { Lab } from './lab.ts';
import { describeWithImages } from './suite.ts';
import { PersonWindow, type WindowSize } from './window.ts';

const SIZE: WindowSize = { columns: 64, rows: 18 };
const ESC = '\u001B';
const UP = `${ESC}[A`;
const DOWN = `${ESC}[B`;

/** How long a node is watched while nothing happens, in ms of wall time, and what it may use of that. */
const IDLE_MS = 6_000;
const IDLE_SHARE = 0.005;

/** A program that crashes when it is told to. */
const CRASH = encodeURIComponent("process.on('SIGUSR2', () => { throw new Error('crash'); });");

await describeWithImages('the terminal', [NODE_IMAGE], () => {
  // One pair for all: each test has a window of its own, and begins by clearing it.
  let lab: Lab<'alice'>;
  let alice: LabNode;
  let bob: LabNode;

  beforeAll(async () => {
    lab = await Lab.start({ nodes: ['alice'], tty: true, options: ['--peer', 'bob:5000'] });
    ({ alice } = lab.nodes);
    bob = await lab.join('bob', { peers: ['alice'], tty: false, options: [] });
    await bob.notes(/^joined: alice/u);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  async function attach(size = SIZE): Promise<PersonWindow> {
    const window = await PersonWindow.attach(alice.id, size);
    await window.shows('alice>');
    window.type('\u0015/clear\r');
    await window.showsNoMore('ready');
    return window;
  }

  test('a draft stays whole while lines arrive, and is said with its mark', async () => {
    await using window = await attach();
    window.type('half a 漢字 thought 👨‍👩‍👧 e\u0301');
    await window.shows('thought');
    await bob.says('one');
    await bob.says('two, which is a line that is too long for a window of sixty-four columns');
    await window.shows('bob: two');
    await window.showsGolden('draft-among-lines');
    window.type(`${ESC}[D${ESC}[D\u007F!\r`);
    await bob.hears('alice', 'half a 漢字 thought ! e\u0301');
    await window.showsGolden('said-with-mark');
  });

  test('in a window of another size, lines and draft flow', async () => {
    await using window = await attach();
    await bob.says('a line that fits into the wide window, but not into a narrow one');
    await window.shows('narrow one');
    window.type('a draft that will take several rows as soon as the window is narrow');
    await window.shows('is narrow');
    await window.resize({ columns: 24, rows: 12 });
    await window.showsGolden('narrow');
    await window.resize({ columns: 90, rows: 12 });
    await window.showsGolden('wide');
    window.type('\u0015');
    await window.showsNoMore('a draft');
  });

  test('a paste of several lines is one thing in the draft, a long one is asked about, and the peer gets it whole', async () => {
    await using window = await attach();
    window.type(`see ${paste('one\ntwo\n/three')}\r`);
    await bob.hears('alice', 'see one␊two␊/three');
    await window.shows('✓✓ alice: see one');
    window.type(paste('1\n2\n3\n4\n5\n6\n'));
    await window.shows('[6 lines pasted]');
    window.type('\r');
    await window.showsGolden('paste-asked-about');
    window.type('y');
    await bob.hears('alice', '1␊2␊3␊4␊5␊6');
    await window.showsGolden('paste-said');
  });

  test('who attaches again sees the banner, the last lines, and the draft as it was left', async () => {
    {
      await using window = await attach();
      window.type('kept for later');
      await window.shows('kept for later');
    }
    await bob.says('said while nobody was attached');
    await alice.prints(/said while nobody was attached/u);
    await using again = await PersonWindow.attach(alice.id, SIZE);
    await again.showsGolden('attached-again');
    again.type('\u0015');
    await again.showsNoMore('kept for later');
  });

  test('earlier lines come back on the arrow keys, and the draft is kept', async () => {
    await using window = await attach();
    window.type('first\r');
    await bob.hears('alice', 'first');
    window.type('/peers\r');
    await window.shows('wire tincan');
    window.type(`draft${UP}${UP}`);
    await window.shows('alice> first');
    window.type(DOWN);
    await window.shows('alice> /peers');
    window.type(DOWN);
    await window.shows('alice> draft');
    window.type(`${UP}${UP} again\r`);
    await bob.hears('alice', 'first again');
    await window.shows('✓✓ alice: first again');
  });

  test('an action, a line to one alone and a new name arrive as such', async () => {
    await using window = await attach();
    window.type('/me waves\r');
    await window.shows('✓✓ * alice waves');
    window.type('/msg bob psst\r');
    await window.shows('✓✓ alice to bob: psst');
    window.type('/nick alicia\r');
    await bob.notes(/^renamed: alice is now alicia$/u);
    await window.shows('alicia>');
    window.type('/nick alice\r');
    await window.shows('alice>');
  });

  test('a mark says what is known: a peer that does not answer has not got the line', async () => {
    await using window = await attach();
    await bob.pause();
    window.type('are you there?\r');
    await window.shows(' ✓ alice: are you there?');
    await bob.resume();
    await window.shows('✓✓ alice: are you there?');
  });

  test('the commands and keys are told', async () => {
    await using window = await attach({ columns: 80, rows: 34 });
    window.type('/help\r');
    await window.showsGolden('help');
  });

  test('while nothing happens, a node costs next to nothing', async () => {
    const before = await cpuMs(alice.id);
    const startedAt = performance.now();
    await pause(IDLE_MS);
    const used = (await cpuMs(alice.id)) - before;
    expect(used / (performance.now() - startedAt)).toBeLessThan(IDLE_SHARE);
  });

  test.each([
    ['SIGTERM', ['node', '/app/bundle/main.cjs'], 0],
    // Our own bugs, too: what nobody catches, in the middle of a draft.
    ['a crash', ['node', '--import', `data:text/javascript,${CRASH}`, '/app/bundle/main.cjs'], 1],
  ])('after %s, the terminal is as it was', async (what, entrypoint, code) => {
    const carol = await lab.join('carol', { tty: true, peers: ['alice'], options: [], entrypoint });
    await using window = await PersonWindow.attach(carol.id, SIZE);
    await window.shows('carol>');
    window.type('a draft 👍');
    await window.shows('a draft 👍');
    await window.modesAre({ bracketedPaste: true, wraparound: true });
    await docker.getContainer(carol.id).kill({ signal: what === 'SIGTERM' ? 'SIGTERM' : 'SIGUSR2' });
    expect(await carol.exitCode()).toBe(code);
    await window.modesAre({ bracketedPaste: false, wraparound: true });
  });

  test('one Ctrl-C clears the draft and says how to leave; a second leaves, and the terminal is as it was', async () => {
    await using window = await attach();
    window.type('never said\u0003');
    await window.showsGolden('interrupted');
    await window.modesAre({ bracketedPaste: true, wraparound: true });
    // Both at once: at the latest the second comes within the two seconds.
    window.type('\u0003\u0003');
    expect(await alice.exitCode()).toBe(0);
    await window.modesAre({ bracketedPaste: false, wraparound: true });
  });
});

function paste(text: string): string {
  return `${ESC}[200~${text.replaceAll('\n', '\r')}${ESC}[201~`;
}

/** CPU time that a container has used since its start, in ms, by its control group. */
async function cpuMs(id: string): Promise<number> {
  const { cpu_stats: stats } = await docker.getContainer(id).stats({ stream: false, 'one-shot': true });
  return stats.cpu_usage.total_usage / 1_000_000;
}
