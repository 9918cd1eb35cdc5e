/**
 * One round: two nodes talk as fast as they can, and are killed at random moments, one or both; then what came out is held
 * against what was said.
 *
 * Owns: when somebody is killed, by seed, and what counts as broken.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../src/relay/model/random.ts';
import { freePorts } from '../support/ports.ts';
import { type Message, Side } from './side.ts';

export interface RoundResult {
  /** Each in words; none: the round held. */
  readonly faults: readonly string[];
  readonly kills: number;
  /** Lines that came out again, marked. */
  readonly again: number;
  readonly ms: number;
}

export interface RoundOptions {
  readonly seed: number;
  /** Of each side. */
  readonly lines: number;
}

/** Warnings of which each is a line of another kind of trouble than being killed. */
const harmless = new Set(['no-status-socket']);

export async function runRound({ seed, lines }: RoundOptions): Promise<RoundResult> {
  const startedMs = performance.now();
  const random = new Random(seed, 0xdead);
  const directory = mkdtempSync(join(tmpdir(), 'tincan-crash-'));
  const [a = 0, b = 0] = await freePorts(2);
  const alice = new Side({ name: 'alice', port: a, peerPort: b, directory, lines });
  const bob = new Side({ name: 'bob', port: b, peerPort: a, directory, lines });
  const sides = [alice, bob];
  const stuck: string[] = [];
  let kills = 0;
  try {
    await Promise.all(sides.map((side) => side.start()));
    for (let blow = random.integer(1, 4); blow > 0; blow -= 1) {
      // Real time: a node is killed wherever it is just then.
      await pause(random.between(0, 400));
      const struck = random.pick([[alice], [bob], [alice, bob]]);
      kills += struck.length;
      await Promise.all(struck.map((side) => side.kill()));
      await Promise.all(struck.map((side) => side.start()));
    }
    await Promise.all(sides.map((side) => side.hasReceived(lines)));
    await Promise.all(sides.map((side) => side.owesNothing()));
    await Promise.all(sides.map((side) => side.quit()));
  } catch (error) {
    stuck.push(Error.isError(error) ? error.message : String(error));
  } finally {
    await Promise.all(sides.map((side) => side.kill()));
    rmSync(directory, { recursive: true, force: true });
  }
  const faults = [
    ...stuck,
    ...faultsOf(bob.name, bob.messages, alice.name, lines),
    ...faultsOf(alice.name, alice.messages, bob.name, lines),
    ...complaintsOf(sides),
  ];
  const again = sides.flatMap(({ messages }) => messages).filter((message) => message.again).length;
  return { faults, kills, again, ms: performance.now() - startedMs };
}

function complaintsOf(sides: readonly Side[]): readonly string[] {
  return sides.flatMap(({ name, complaints }) =>
    complaints
      .filter((complaint) => ![...harmless].some((code) => complaint.includes(`"${code}"`)))
      .map((complaint) => `${name}: ${complaint}`),
  );
}

/** What is wrong with what `receiver` got: each line once and in order, repeats only where they are marked. */
export function faultsOf(
  receiver: string,
  messages: readonly Message[],
  sender: string,
  lines: number,
): readonly string[] {
  const faults: string[] = [];
  const seen = new Map<number, string>();
  let next = 1;
  for (const { seq, text, again, life } of messages) {
    const where = `${receiver} in life ${life}: line ${seq} ("${text}")`;
    if (seen.has(seq)) {
      if (!again) faults.push(`${where} came twice, unmarked`);
      if (seen.get(seq) !== text) faults.push(`${where} was "${seen.get(seq)}" before`);
      continue;
    }
    seen.set(seq, text);
    if (text !== `${sender} ${next}`) faults.push(`${where} came where "${sender} ${next}" was next`);
    next += 1;
  }
  if (next !== lines + 1) faults.push(`${receiver} got ${next - 1} of ${lines} lines`);
  return faults.slice(0, 10);
}
