/**
 * Is the record itself whole? A relay that loses count, or a log with a hole, proves nothing.
 *
 * Owns: conservation, and the agreement of the relay's log with its counts.
 */
import type { DirectionCounts } from '../lab-model/events.ts';
import { DIRECTIONS } from '../lab-model/scenarios/scenario.ts';
import type { Account, RelayLife } from './account.ts';

export function recordReasons({ relays }: Account): string[] {
  return relays.flatMap((relay, at) => [
    ...wholeRelay(relay).map((reason) => `relay ${at + 1}: ${reason}`),
    ...DIRECTIONS.flatMap((direction) => {
      const counts = relay.counts.directions[direction];
      const reasons = counts === undefined ? ['no counts'] : oneDirection(relay, direction, counts);
      return reasons.map((reason) => `relay ${at + 1}, ${direction}: ${reason}`);
    }),
  ]);
}

function droppedBy({ dropped }: DirectionCounts): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

function wholeRelay({ counts, logGaps }: RelayLife): string[] {
  const losses = {
    'log lines had no room': counts.unlogged + logGaps,
    'datagrams had no room in its receive buffer': counts.kernelDrops ?? 0,
  };
  return Object.entries(losses)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
}

function oneDirection(relay: RelayLife, direction: string, counts: DirectionCounts): string[] {
  const reasons: string[] = [];
  const { offered, duplicated, departed, queued } = counts;
  const dropped = droppedBy(counts);
  if (offered + duplicated !== departed + queued + dropped) {
    reasons.push(
      `the counts don't add up: ${offered} offered + ${duplicated} duplicated, ` +
        `${departed} departed + ${queued} queued + ${dropped} dropped`,
    );
  }
  const verdicts = relay.verdicts.filter((verdict) => verdict.direction === direction);
  const left = relay.departed.filter((departure) => departure.direction === direction);
  const counted = {
    offered: [offered, verdicts.length],
    dropped: [dropped, verdicts.filter(({ fate }) => fate === 'dropped').length],
    duplicated: [duplicated, verdicts.filter((verdict) => verdict.duplicated === true).length],
    corrupted: [counts.corrupted, verdicts.filter(({ corrupted }) => corrupted === true).length],
    truncated: [counts.truncated, verdicts.filter(({ truncatedTo }) => truncatedTo !== undefined).length],
    departed: [departed, left.length],
  };
  for (const [what, [count, logged]] of Object.entries(counted)) {
    if (count !== logged) reasons.push(`${count} ${what} by its counts, ${String(logged)} by its log`);
  }
  return reasons;
}
