/**
 * What an earlier life of the node has kept, read from its rows.
 *
 * Owns: how the rows that `journal.ts` writes become records (`kernel/kept.ts`) again.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { PeerId } from '../kernel/contract.ts';
import { invariant } from '../kernel/invariant.ts';
import type { Kept, KeptEntry, KeptLog, KeptPeer, KeptTarget } from '../kernel/kept.ts';
import { readRef } from './report-rows.ts';

type Row = Readonly<Record<string, unknown>>;

/** undefined: nothing, as no node on wire `tincan` has used the file yet. */
export function readKept(database: DatabaseSync): Kept | undefined {
  const rows = (query: string): readonly Row[] => database.prepare(query).all();
  const log = rows('SELECT * FROM log').map(readLog).at(0);
  if (log === undefined) return undefined;
  return {
    log,
    entries: rows('SELECT * FROM entries ORDER BY seq').map(readEntry),
    peers: rows('SELECT * FROM peers').map(readPeer),
    targets: rows('SELECT * FROM targets ORDER BY position').map(readTarget),
  };
}

function readLog({ id, head, lines_said: linesSaid, name }: Row): KeptLog {
  return { id: blob(id), head: Number(head), linesSaid: Number(linesSaid), name: String(name) };
}

function readEntry({ seq, type, count, bytes, ref, only_to: to, said_as: as }: Row): KeptEntry {
  if (type === 'run') return { type, seq: Number(seq), count: Number(count), bytes: blob(bytes) };
  if (type === 'name') return { type, seq: Number(seq), bytes: blob(bytes) };
  return {
    type: 'line',
    seq: Number(seq),
    bytes: blob(bytes),
    ref: typeof ref === 'string' ? readRef(ref) : undefined,
    to: to === null ? undefined : peerIdOf(to),
    ...(typeof as === 'number' ? { as } : {}),
  };
}

function readPeer(row: Row): KeptPeer {
  const { peer_id: id, public_key: publicKey, name, ip, port, settled_through: settledThrough } = row;
  const { log_id: logId, head, given, taken, told_through: toldThrough } = row;
  return {
    peerId: peerIdOf(id),
    known:
      publicKey instanceof Uint8Array
        ? { publicKey, name: String(name), address: { ip: String(ip), port: Number(port) } }
        : undefined,
    settledThrough: Number(settledThrough),
    toldThrough: typeof toldThrough === 'number' ? toldThrough : undefined,
    followed: { logId: blob(logId), head: Number(head), given: Number(given), taken: Number(taken) },
  };
}

function readTarget({ label, host, port, owed_from: owedFrom, peer_id: id }: Row): KeptTarget {
  const peerId = id === null ? undefined : peerIdOf(id);
  return { label: String(label), host: String(host), port: Number(port), owedFrom: Number(owedFrom), peerId };
}

/** It was a peer's id when it was written. */
function peerIdOf(value: unknown): PeerId {
  const id = String(value);
  invariant(isPeerId(id), 'an id that was kept is one');
  return id;
}

function isPeerId(id: string): id is PeerId {
  return id !== '';
}

function blob(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}
