/**
 * `npm run crash -- --rounds N`: kills real processes at random under load, and compares what was said with what came out.
 *
 * Owns: flags, progress, exit codes (0: held, 1: something was lost, doubled or put out of order, 2: usage).
 */
import { parseArgs } from 'node:util';
import { runRound } from './round.ts';

const usage = `npm run crash -- --rounds N [--from SEED] [--lines N]   kill one node or both at random moments while they talk; each
                                                        round has a seed of its own, fresh unless given (but moments are
                                                        real time: a seed gives the same kind of round, not the same one)`;

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

async function main(flags: string[]): Promise<number> {
  let rounds: number;
  let from: number;
  let lines: number;
  try {
    const { values } = parseArgs({
      args: flags,
      options: { rounds: { type: 'string' }, from: { type: 'string' }, lines: { type: 'string' } },
    });
    rounds = wholeNumber('--rounds', values.rounds);
    from = wholeNumber('--from', values.from ?? String(Math.floor(Math.random() * 1_000_000)));
    lines = wholeNumber('--lines', values.lines ?? '20000');
  } catch (error) {
    process.stderr.write(`crash: ${Error.isError(error) ? error.message : String(error)}\n${usage}\n`);
    return 2;
  }
  return campaign(rounds, from, lines);
}

async function campaign(rounds: number, from: number, lines: number): Promise<number> {
  let broken = 0;
  let kills = 0;
  let again = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const seed = from + round - 1;
    const result = await runRound({ seed, lines });
    kills += result.kills;
    again += result.again;
    const isBroken = result.faults.length > 0;
    if (isBroken) broken += 1;
    process.stdout.write(
      `round ${round} of ${rounds}, seed ${seed}: ${isBroken ? 'BROKEN' : 'held'}, ${result.kills} kills, ` +
        `${result.again} lines again, ${(result.ms / 1_000).toFixed(1)} s\n`,
    );
    for (const fault of result.faults) process.stdout.write(`  ${fault}\n`);
    if (isBroken)
      process.stdout.write(`  again: npm run crash -- --rounds 1 --from ${seed} --lines ${lines}\n`);
  }
  process.stdout.write(
    `${rounds} rounds from ${from}: ${broken} broken; ${kills} kills; ${2 * lines * rounds} lines said, ` +
      `${again} came again, marked\n`,
  );
  return broken > 0 ? 1 : 0;
}

function wholeNumber(flag: string, text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw new Error(`${flag} takes a whole number`);
  return Number(text);
}
