/**
 * The relay's events as lines of JSON, in the shapes of `README.md`.
 *
 * Owns: names and order of the fields. A field without a value is absent.
 */
import { addressText } from '../../kernel/address.ts';
import { faultsToJson, milliseconds } from '../model/faults.ts';
import type { DirectionFaults, DirectionName, Event } from '../model/messages.ts';

/** What the host counts beside the core. */
export interface HostCounts {
  readonly kernelDrops: number | undefined;
  readonly sendErrors: number;
  readonly unlogged: number;
  readonly uncaptured: number;
}

/** A line for each datagram that enters or leaves. */
export function crossingLine(event: Extract<Event, { type: 'verdict' | 'departed' }>): string {
  const { direction, bytes } = event.crossing;
  const atMs = milliseconds(event.crossing.atMs);
  if (event.type === 'departed')
    return line({ type: 'departed', direction, index: event.verdict.index, copy: event.copy, atMs });
  const { verdict } = event;
  const fate =
    verdict.type === 'dropped'
      ? { fate: 'dropped', cause: verdict.cause }
      : {
          fate: 'passed',
          duplicated: verdict.duplicated || undefined,
          held: verdict.held || undefined,
          corrupted: verdict.corrupted || undefined,
          truncatedTo: verdict.truncatedTo,
        };
  return line({ type: 'verdict', direction, index: verdict.index, bytes: bytes.length, atMs, ...fate });
}

/** A line for everything else. */
export function eventLine(
  event: Exclude<Event, { type: 'verdict' | 'departed' }>,
  hostCounts: () => HostCounts,
): string {
  switch (event.type) {
    case 'ready':
      return line({ ...event, address: addressText(event.address) });
    case 'address':
      return line({ ...event, atMs: milliseconds(event.atMs), address: addressText(event.address) });
    case 'faults': {
      const { type, ref, atMs, directions } = event;
      return line({ type, ref, atMs: milliseconds(atMs), directions: faultsOf(directions) });
    }
    case 'counts':
    case 'closed': {
      const { type, ref, atMs, counts } = event;
      return line({ type, ref, atMs: milliseconds(atMs), ...counts, ...hostCounts() });
    }
    case 'blackhole-began':
    case 'blackhole-ended':
      return line({ ...event, atMs: milliseconds(event.atMs) });
    case 'warning':
    case 'error':
    case 'watch':
    case 'help':
      return line(event);
    default:
      return event satisfies never;
  }
}

/** In the place of lines of the verdict log that were left out. */
export function gapLine(lost: number): string {
  return line({ type: 'log-gap', lost });
}

function line(object: object): string {
  return `${JSON.stringify(object)}\n`;
}

function faultsOf(directions: Readonly<Record<DirectionName, DirectionFaults>>): object {
  return Object.fromEntries(
    Object.entries(directions).map(([name, { fromIndex, faults }]) => [
      name,
      { fromIndex, faults: faultsToJson(faults) },
    ]),
  );
}
