/**
 * The lesson's pictures: who sent what in which packet, and whether it arrived.
 *
 * Owns: the drawing. What is drawn is what the relay and the nodes told.
 */
import type { TraceEvent } from '../lab-model/events.ts';
import { table } from '../../src/ui/words/tables.ts';

export interface TincanDiagram {
  readonly rows: readonly string[];
  /** Packets with lines in them that did not arrive. */
  readonly lost: number;
  /** Packets that carried a line again whose last packet was lost. */
  readonly repairs: number;
}

/** On `plain`, the datagram's number is the line's. */
export function plainDiagram(lines: number, lost: ReadonlySet<number>): readonly string[] {
  const rows = Array.from({ length: lines }, (_, index) =>
    lost.has(index) ? `line ${index + 1} ──✕` : `line ${index + 1} ────▶ bob`,
  );
  return ['alice, plain', ...rows];
}

/** A row for each packet of alice's that had lines in it, in the order in which they went. */
export function tincanDiagram(alice: readonly TraceEvent[], bob: readonly TraceEvent[]): TincanDiagram {
  const arrived = new Set(bob.filter(({ direction }) => direction === 'in').map(packetOf));
  /** For each line the packet that it was in last. */
  const before = new Map<string, string>();
  let lost = 0;
  let repairs = 0;
  const rows: string[][] = [['alice, tincan', '', '', '']];
  for (const event of alice.filter(({ direction }) => direction === 'out')) {
    const packet = packetOf(event);
    const lines = [...new Set([...event.text.matchAll(/\bLINE (\d+)/gu)].map(([, line = '']) => line))];
    if (packet === undefined || lines.length === 0) continue;
    const repaired = lines.filter((line) => before.has(line) && !arrived.has(before.get(line)));
    const why = repaired.map((line) => `line ${line} again: packet ${before.get(line)} was lost`);
    for (const line of lines) before.set(line, packet);
    const hasArrived = arrived.has(packet);
    if (!hasArrived) lost += 1;
    if (repaired.length > 0) repairs += 1;
    const what = `line${lines.length > 1 ? 's' : ''} ${lines.join(' ')}`;
    rows.push([`packet ${packet}`, what, hasArrived ? '────▶ bob' : '──✕', why.join('; ')]);
  }
  return { rows: table(rows), lost, repairs };
}

/** Two pictures side by side. */
export function beside(left: readonly string[], right: readonly string[]): readonly string[] {
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, index) => [
    left[index] ?? '',
    right[index] ?? '',
  ]);
  return table(rows).map((row) => `   ${row}`);
}

export function arrow(from: string, text: string): string {
  return `${from} ── ${text} ──▶`;
}

/** The packet's number; a trace of something else has none. */
function packetOf({ text }: TraceEvent): string | undefined {
  return /\bpacket (\d+) \(/u.exec(text)?.[1];
}
