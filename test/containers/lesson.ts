/**
 * `npm run lab:lesson`: what a bad network does to lines of chat, and what tincan does about it, in four steps.
 *
 * Owns: the steps, their words, and the check that each shows what its words say. It plays in the lab that the tests play in.
 * Exit code: 0 all was seen, 1 something was not as the lesson says.
 */
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import { Lab } from './lab.ts';
import { arrow, beside, plainDiagram, tincanDiagram } from './lesson-diagram.ts';
import type { ScriptedNode } from './scripted-node.ts';

/** With this seed, 8 of alice's first 20 datagrams are lost. */
const SEED = 25;
const LOSS = { both: { lossRate: 0.2 } };
const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
const CUT_MS = 5_000;
/** Said one after the other, each line has a packet of its own. */
const LINE_SPACING_MS = 100;
const NEVER_REF = 1_000;

/** Where the lesson is told. */
export interface Audience {
  readonly tell: (text: string) => void;
  /** Resolves when the reader wants to go on. */
  readonly pause: () => Promise<void>;
}

/** What the lesson says is not so here. */
class LessonError extends Error {}

/** @throws if a step does not show what its words say. */
export async function lesson(audience: Audience): Promise<void> {
  audience.tell(INTRODUCTION);
  await audience.pause();
  const plain = await onPlain(audience);
  await audience.pause();
  await onTincan(audience, plain);
  await audience.pause();
  await withThree(audience);
  audience.tell(END);
}

const INTRODUCTION = `A lesson in four steps, about ten minutes. alice and bob are two real containers, with a relay between them that loses 20 % of
what crosses it. What you read happens while you read it; each step is checked.`;

const END = `
That was it. Go on by hand: docker compose --profile faults up --detach --wait, then docker attach relay, and type watch.`;

// --- 1. The tutorial's protocol

async function onPlain({ tell }: Audience): Promise<readonly string[]> {
  tell(`
1. THE TUTORIAL'S PROTOCOL (--wire plain): a line is a datagram, and nobody answers.
   Alice says 20 lines. Look for the lines that bob does not hear, and whether alice is told that a line is missing.
`);
  await using lab = await Lab.script({
    nodes: ['alice', 'bob'],
    wire: 'plain',
    relay: { seed: SEED, faults: LOSS },
  });
  const { alice, bob } = lab.nodes;
  await saysAll(alice);
  await lab.relay.crossed('alice>bob', LINES.length);
  await lab.relay.heal();
  await alice.says('the last line', NEVER_REF);
  await bob.hears('alice', 'the last line');

  const heard = new Set(heardBy(bob, 'alice'));
  const missing = LINES.filter((line) => !heard.has(line));
  const lost = lab.relay.verdicts('alice>bob').filter(({ fate }) => fate === 'dropped');
  const complaints = alice.said.events.filter(({ event }) => event.type === 'undelivered');
  const diagram = plainDiagram(LINES.length, new Set(lost.map(({ index }) => index)));
  tell(diagram.map((row) => `   ${row}`).join('\n'));
  tell(`
   ${missing.length} of ${LINES.length} lines are missing, and alice was told of ${complaints.length} of them. The relay lost exactly these ${lost.length} datagrams.`);
  check(missing.length > 0, 'some lines are missing');
  check(missing.length === lost.length, 'each lost datagram is a missing line');
  check(complaints.length === 0, 'nobody is told');
  return diagram;
}

// --- 2. The same network, another protocol; and 4., on the same string

async function onTincan({ tell, pause }: Audience, plain: readonly string[]): Promise<void> {
  tell(`
2. THE SAME NETWORK, ANOTHER PROTOCOL (--wire tincan): the relay strikes the same datagrams again (seed ${SEED}).
   Packets are numbered; bob acknowledges them; a line whose packet is lost goes again in a new packet. Left what you saw on plain,
   right tincan: look for each ✕, and for the packet that brings its line after all.
`);
  await using lab = await Lab.script({
    nodes: ['alice', 'bob'],
    wire: 'tincan',
    relay: { seed: SEED, faults: LOSS },
  });
  const { alice, bob } = lab.nodes;
  for (const node of [alice, bob]) await node.traces();
  await Promise.all([alice.knows('bob'), bob.knows('alice')]);
  await saysAll(alice);
  for (const index of LINES.keys()) await alice.delivered(index);

  const { rows, lost, repairs } = tincanDiagram(alice.traced, bob.traced);
  tell(beside(plain, rows).join('\n'));
  const heard = heardBy(bob, 'alice');
  tell(`
   ${lost} packets with lines were lost; ${repairs} packets carried lines again. Bob heard ${heard.length} of ${LINES.length} lines, in order, each once.`);
  check(lost > 0 && repairs > 0, 'packets were lost, and their lines went again');
  check(String(heard) === String(LINES), 'bob hears every line once and in order');

  await pause();
  await cutString(lab, tell);
}

async function cutString(
  { nodes: { alice, bob }, relay }: Lab<'alice' | 'bob', ScriptedNode>,
  tell: Audience['tell'],
): Promise<void> {
  tell(`
3. THE CUT STRING: nothing passes for ${CUT_MS / 1_000} seconds, either way. Alice says three lines meanwhile.
   Look for when bob hears them.
`);
  await relay.heal();
  const texts = ['into the dark 1', 'into the dark 2', 'into the dark 3'];
  const cutAtMs = performance.now();
  const mended = relay.blackhole('both', CUT_MS).then(() => performance.now());
  await relay.told.first('the cut', ({ type }) => (type === 'blackhole-began' ? true : undefined));
  for (const [index, text] of texts.entries()) await alice.says(text, NEVER_REF + index);
  const [mendedAtMs] = await Promise.all([mended, bob.hears('alice', texts.at(-1) ?? '', CUT_MS + 15_000)]);
  const heardAtMs = performance.now();
  tell(
    `   cut for ${seconds(mendedAtMs - cutAtMs)}; bob heard the three lines by ${seconds(heardAtMs - cutAtMs)}, in order:`,
  );
  const heard = heardBy(bob, 'alice').slice(-texts.length);
  for (const text of heard) tell(`   ${arrow('alice', text)} bob`);
  check(String(heard) === String(texts), 'what was said in the dark arrives after it, in order');
}

// --- 4. The third

async function withThree({ tell }: Audience): Promise<void> {
  tell(`
4. THE THIRD: the tutorial ends by fearing a third participant, because the lines of several people get mixed up. Here alice, bob
   and carol each say five lines at once. Look at carol's end: whose line is whose, and in which order.
`);
  const names = ['alice', 'bob', 'carol'] as const;
  await using lab = await Lab.script({ nodes: names, wire: 'tincan' });
  const { alice, bob, carol } = lab.nodes;
  const nodes = [alice, bob, carol];
  for (const node of nodes) for (const name of names) if (name !== node.name) await node.knows(name);
  const linesOf = (name: string): string[] => [1, 2, 3, 4, 5].map((number) => `${number} from ${name}`);
  await Promise.all(
    nodes.map(async (node) => {
      for (const [index, text] of linesOf(node.name).entries()) await node.says(text, index);
    }),
  );
  for (const node of nodes)
    for (const other of names.filter((name) => name !== node.name))
      await node.hears(other, linesOf(other).at(-1) ?? '');
  for (const { event } of carol.said.events)
    if (event.type === 'message') tell(`   ${event.from}: ${event.text}`);
  for (const node of nodes)
    for (const other of names.filter((name) => name !== node.name))
      check(
        String(heardBy(node, other)) === String(linesOf(other)),
        `${node.name} hears ${other} in order, once`,
      );
  tell(
    '\n   No line is mixed up: ten lines, each under the name of the one who said it, and the lines of each name in order.',
  );
}

async function saysAll(alice: ScriptedNode): Promise<void> {
  for (const [index, text] of LINES.entries()) {
    await alice.says(text, index);
    await setTimeout(LINE_SPACING_MS);
  }
}

function heardBy(node: ScriptedNode, from: string): string[] {
  return node.said.events.flatMap(({ event }) =>
    event.type === 'message' && event.from === from ? [event.text] : [],
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function check(holds: boolean, claim: string): void {
  if (!holds) throw new LessonError(`this was not seen: ${claim}`);
}

// --- On the command line

async function onTerminal(): Promise<Audience> {
  const tell = (text: string): void => console.log(text);
  if (!process.stdin.isTTY) return { tell, pause: async () => {} };
  const input = createInterface({ input: process.stdin, output: process.stdout });
  return {
    tell,
    pause: async () => {
      await input.question('\nEnter: go on ');
    },
  };
}

if (import.meta.main) {
  try {
    await lesson(await onTerminal());
    process.exit(0);
  } catch (error) {
    if (!(error instanceof LessonError)) throw error;
    console.error(`lab:lesson: ${error.message}`);
    process.exit(1);
  }
}
