/**
 * Tables for a person: who is there, and how the wire to each does.
 *
 * Owns: their columns and wording.
 */
import type { PeerStatus, Status } from '../../kernel/contract.ts';
import { cellsOf, widthOf } from './cells.ts';
import { count, formatAddress } from './describe.ts';
import * as sanitize from './sanitize.ts';

/** Rows of a table, each column as wide as its widest cell, which may stand in any script. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => width(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** `peersHaveKeys`: a peer's id is its key's fingerprint, and not its address once more. */
export function peersTable(status: Status, peersHaveKeys: boolean): readonly string[] {
  const own = `${sanitize.name(status.name)} at ${formatAddress(status.address)}, wire ${status.wire}`;
  const rows = status.peers.map((peer) => [
    sanitize.name(peer.name),
    peer.state,
    addressOf(peer),
    peer.peerId === undefined || !peersHaveKeys ? '' : `key ${sanitize.word(peer.peerId)}`,
  ]);
  const key = status.fingerprint === undefined ? [] : [`own key ${sanitize.word(status.fingerprint)}`];
  return [`${own}, ${count(status.said, 'line')} said`, ...key, ...nobodyOr(table(rows))];
}

/** Who is owed how many lines, met or not. */
export function owedTable(peers: readonly PeerStatus[], peersHaveKeys: boolean): readonly string[] {
  const rows = peers.flatMap((peer) => {
    const owed = peer.figures['linesOwed'] ?? peer.figures['linesWaiting'] ?? 0;
    return owed === 0 ? [] : [[sanitize.name(peer.name), count(owed, 'line'), whichOf(peer, peersHaveKeys)]];
  });
  return rows.length === 0 ? ['nobody is owed a line'] : table(rows);
}

function whichOf({ peerId }: PeerStatus, peersHaveKeys: boolean): string {
  if (peerId === undefined) return 'never met';
  return peersHaveKeys ? `key ${sanitize.word(peerId)}` : '';
}

/** A row a figure, a column a peer; where they do not fit side by side, the others come below. */
export function statsTable(status: Status, columns: number): readonly string[] {
  const figures = figuresOf(status.peers);
  const labels = ['', 'state', 'address', 'lines sent', 'lines received', ...figures.map(labelOf)];
  const all = status.peers.map((peer) => [
    sanitize.name(peer.name),
    peer.state,
    addressOf(peer),
    String(peer.linesSent),
    String(peer.linesReceived),
    ...figures.map((figure) => valueOf(figure, peer.figures[figure])),
  ]);
  return nobodyOr(sideBySide(labels, all, columns));
}

function sideBySide(
  labels: readonly string[],
  peers: readonly (readonly string[])[],
  columns: number,
): readonly string[] {
  const [first, ...others] = peers;
  if (first === undefined) return [];
  let shown = [first];
  for (const [index, peer] of others.entries()) {
    const wider = [...shown, peer];
    if (Math.max(...transposed([labels, ...wider]).map(width)) > columns) {
      return [...transposed([labels, ...shown]), '', ...sideBySide(labels, others.slice(index), columns)];
    }
    shown = wider;
  }
  return transposed([labels, ...shown]);
}

function transposed(columns: readonly (readonly string[])[]): readonly string[] {
  const [labels = []] = columns;
  return table(labels.map((_, row) => columns.map((column) => column[row] ?? '')));
}

function nobodyOr(rows: readonly string[]): readonly string[] {
  return rows.length === 0 ? ['no peer yet'] : rows;
}

function addressOf({ address }: PeerStatus): string {
  return address === undefined ? 'no address yet' : formatAddress(address);
}

/** All that some peer has, in the order in which the wire gives them. */
function figuresOf(peers: readonly PeerStatus[]): readonly string[] {
  return [...new Set(peers.flatMap((peer) => Object.keys(peer.figures)))];
}

/** `rttMs` → `rtt`, `packetsLost` → `packets lost`. */
function labelOf(figure: string): string {
  const words = figure.replace(UNIT, '').replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
  return sanitize.word(words.replace(/^rtt\b/u, 'round trip'));
}

function valueOf(figure: string, value: number | undefined): string {
  if (value === undefined) return '';
  const rounded = (Math.round(value * 10) / 10).toLocaleString('en-US');
  const unit = UNIT.exec(figure)?.[0];
  return unit === undefined ? rounded : `${rounded} ${UNITS[unit] ?? unit}`;
}

const UNIT = /(?:Ms|Bytes)$/u;
const UNITS: Readonly<Record<string, string>> = { Ms: 'ms', Bytes: 'B' };

function width(text: string): number {
  return widthOf(cellsOf(text));
}
