/**
 * Records the session that opens the README: two real containers, a relay on the string between them, and two windows.
 *
 *     npm run record              plays the session, writes session.cast and from it session.svg
 *     npm run record -- --render  only draws session.svg from session.cast
 *
 * Owns: the play.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Lab } from '../containers/lab.ts';
import { PersonWindow } from '../containers/window.ts';
import { Camera } from './camera.ts';
import { type CastEvent, formatCast, parseCast } from './cast.ts';
import { PANE, STAGE } from './stage.ts';
import { renderSvg } from './svg.ts';

const CAST_FILE = fileURLToPath(new URL('session.cast', import.meta.url));
const SVG_FILE = fileURLToPath(new URL('session.svg', import.meta.url));
const TITLE = 'tincan: two containers, one string';

/** Milliseconds a person needs for a key, and to read what there is to see. */
const KEY_MS = 55;
const READ_MS = 2_000;
const CUT_MS = 4_000;

const USAGE = 'usage: npm run record [-- --render]';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const isRenderOnly = args[0] === '--render';
  if (args.length > (isRenderOnly ? 1 : 0)) {
    console.error(`record: ${args.join(' ')}: there is only --render\n\n${USAGE}`);
    return 2;
  }
  if (!isRenderOnly) {
    const events = await record();
    writeFileSync(CAST_FILE, formatCast({ ...STAGE, events }, TITLE));
    tell(`wrote ${relative('', CAST_FILE)}`);
  }
  writeFileSync(SVG_FILE, await renderSvg(parseCast(readFileSync(CAST_FILE, 'utf8'))));
  tell(`wrote ${relative('', SVG_FILE)}`);
  return 0;
}

function tell(what: string): void {
  console.error(`record: ${what}`);
}

async function record(): Promise<readonly CastEvent[]> {
  tell('starting two nodes and a relay in containers; the session takes about half a minute');
  await using lab = await Lab.start({ nodes: ['alice', 'bob'], tty: true, relay: { seed: 1 } });
  // Whoever attaches finds them chatting already.
  await Promise.all([lab.nodes.alice.prints(/joined: bob/u), lab.nodes.bob.prints(/joined: alice/u)]);
  await using alice = await PersonWindow.attach(lab.nodes.alice.id, PANE);
  await using bob = await PersonWindow.attach(lab.nodes.bob.id, PANE);
  await Promise.all([alice.shows('alice>'), bob.shows('bob>')]);
  const camera = new Camera(alice, bob, tell);
  await play(alice, bob, camera, (ms) => lab.relay.blackhole('both', ms));
  return camera.stop();
}

async function play(
  alice: PersonWindow,
  bob: PersonWindow,
  camera: Camera,
  cut: (forMs: number) => Promise<void>,
): Promise<void> {
  camera.show('Two containers, one UDP string between them.');
  await pause(READ_MS);
  await types(alice, 'hi bob, can you hear me?\r');
  await bob.shows('can you hear me?');
  await pause(READ_MS);

  camera.show('A draft stays whole while lines come in.');
  await types(bob, 'loud and cl');
  await types(alice, 'and now? 你好 👋\r');
  await pause(READ_MS / 2);
  await types(bob, 'ear! 🥫\r');
  await alice.shows('loud and clear');
  await pause(READ_MS);

  camera.show('The string is cut. Nothing is lost: · waits, ✓ sent, ✓✓ delivered.');
  const healed = cut(CUT_MS);
  await types(alice, 'still there?\r');
  await types(bob, 'it got very quiet here\r');
  await types(alice, '/me waits\r');
  await healed;
  camera.show('Mended: every line arrives, once and in order.');
  await Promise.all([bob.shows('waits'), alice.shows('very quiet')]);
  await pause(2 * READ_MS);

  camera.show('And you can look inside: /trace, /stats.');
  await types(alice, '/trace on\r');
  await types(bob, 'see you!\r');
  await alice.shows('bob: see you!');
  await pause(READ_MS);
  await types(bob, '/stats\r');
  await bob.shows('round trip');
  await pause(2 * READ_MS);
}

async function types(window: PersonWindow, text: string): Promise<void> {
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    window.type(segment);
    await pause(segment === '\r' ? 4 * KEY_MS : KEY_MS);
  }
}
