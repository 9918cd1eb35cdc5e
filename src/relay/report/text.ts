/**
 * The relay's events in words, for a person at `docker attach` and for the comments of a capture.
 *
 * Owns: the wording. What is told is the same as in JSON, without what is zero.
 */
import { addressText } from '../../kernel/address.ts';
import * as sanitize from '../../ui/words/sanitize.ts';
import { faultsToJson } from '../model/faults.ts';
import type { HostCounts } from './json.ts';
import type { DatagramVerdict, DropCause } from '../model/direction.ts';
import { watchMaxPerSecond } from '../model/limits.ts';
import type { Counts, DirectionCounts, Event } from '../model/messages.ts';

/** One line, or several, for everything but the datagrams. */
export function eventText(
  event: Exclude<Event, { type: 'verdict' | 'departed' }>,
  hostCounts: () => HostCounts,
): string {
  switch (event.type) {
    case 'ready': {
      const [first, second] = event.between;
      const where = `ready between ${first} and ${second} at ${addressText(event.address)}`;
      return `${where}, seed ${event.seed}\n${greeting}`;
    }
    case 'address':
      return `${event.name} is at ${addressText(event.address)}\n`;
    case 'faults':
      return Object.entries(event.directions)
        .map(([direction, { faults }]) => `${direction}: ${listed(faultsToJson(faults)) || 'no faults'}\n`)
        .join('');
    case 'counts':
      return countsText(event.counts, hostCounts());
    case 'closed':
      return `${countsText(event.counts, hostCounts())}closed\n`;
    case 'blackhole-began':
      return `${event.direction}: nothing passes from now on\n`;
    case 'blackhole-ended':
      return `${event.direction}: open again\n`;
    case 'warning':
    case 'error':
      // A message may repeat a word of the control's, or the name of a file.
      return `${event.type}: ${sanitize.line(event.message)}\n`;
    case 'watch':
      return event.on
        ? `watching, at most ${watchMaxPerSecond} datagrams a second; watch off ends it\n`
        : 'no longer watching\n';
    case 'help':
      return `  ${event.usage.padEnd(24)} ${event.meaning}\n`;
    default:
      return event satisfies never;
  }
}

/** What a person needs to begin; also shown to one who attaches later. */
export const greeting =
  'Type a fault, such as loss 20, or watch to see each datagram; help lists all words.\n';

/** `alice>bob #12 ✕ lost`, `alice>bob #13 ✓ passed, duplicated`. */
export function watchedText(event: Extract<Event, { type: 'verdict' }>): string {
  const { crossing, verdict } = event;
  const fate = verdict.type === 'dropped' ? `✕ ${lossWords[verdict.cause]}` : `✓ ${fateText(verdict)}`;
  return `${crossing.direction} #${verdict.index} ${fate}\n`;
}

const lossWords: Readonly<Record<DropCause, string>> = {
  loss: 'lost',
  burst: 'lost in a burst',
  listed: 'lost, as listed',
  blackhole: 'lost: nothing passes',
  mtu: 'lost: longer than the path carries',
  overflow: 'lost: no room in the queue',
};

/** `alice>bob 7: dropped (loss)`, `bob>alice 8: passed, held`, `alice>bob 8: the duplicate, after 20.125 ms`. */
export function crossingText(event: Extract<Event, { type: 'verdict' | 'departed' }>): string {
  const { crossing, verdict } = event;
  const name = `${crossing.direction} ${verdict.index}`;
  if (event.type === 'verdict') return `${name}: ${fateText(verdict)}`;
  // A duplicate is made before the harm is done.
  const which = event.copy === 1 ? ['the duplicate'] : harms(verdict);
  const lost = crossing.to === undefined ? '; the relay does not know the address' : '';
  return `${name}: ${[...which, `after ${event.afterMs.toFixed(3)} ms`].join(', ')}${lost}`;
}

function fateText(verdict: DatagramVerdict): string {
  if (verdict.type === 'dropped') return `dropped (${verdict.cause})`;
  const strikes = (['duplicated', 'held'] as const).filter((strike) => verdict[strike]);
  return ['passed', ...strikes, ...harms(verdict)].join(', ');
}

/** What leaves as other bytes than came. */
function harms(verdict: DatagramVerdict): readonly string[] {
  if (verdict.type === 'dropped') return [];
  const { corrupted, truncatedTo } = verdict;
  return [
    ...(corrupted ? ['corrupted'] : []),
    ...(truncatedTo === undefined ? [] : [`cut to ${truncatedTo} ${truncatedTo === 1 ? 'byte' : 'bytes'}`]),
  ];
}

function countsText({ directions, strangers }: Counts, hostCounts: HostCounts): string {
  const lines = Object.entries(directions).map(
    ([direction, counts]) => `${direction}: ${directionText(counts)}\n`,
  );
  const beside = listed(nonZero({ strangers, ...hostCounts }));
  return lines.join('') + (beside === '' ? '' : `also: ${beside}\n`);
}

function directionText({ dropped, offered, departed, queued, ...others }: DirectionCounts): string {
  const causes = listed(nonZero(dropped));
  const fates = `${offered} offered, ${departed} departed, ${queued} queued`;
  const lost = causes === '' ? '' : `; dropped: ${causes}`;
  const more = listed(nonZero(others));
  return fates + lost + (more === '' ? '' : `; ${more}`);
}

function nonZero(counts: object): object {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => Boolean(count)));
}

/** `loss 3, burst 4` */
function listed(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}
