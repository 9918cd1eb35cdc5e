/**
 * The node's log and everybody's offsets, on disk: what makes the node one log across all its lives.
 *
 * **What is written when.** The network handles what one turn of its event loop brings (datagrams, says, `taken`), and
 * holds back what follows from it. Then it commits in one transaction all that has changed: own entries, the head, each
 * follower's offset, how far each followed log was given to the face and taken by it. Only then do the datagrams leave and are
 * the events told. So
 *
 * - a line is `queued`, and sent, after it is on disk;
 * - a line is given to the face after it is on disk that it is: after a crash it comes again, marked;
 * - a receipt leaves after it is on disk that the face has taken the line: nobody is asked for the line again;
 * - a line that is given up leaves the log in the same transaction in which its report is kept: until the face has written that the
 *   line is undelivered, each next life tells it again, marked;
 * - a crash before a commit takes along only what nobody was told of.
 *
 * Where this state turns out to be an older copy, what is given up is told first, and then the new log begins on disk.
 *
 * The same transaction takes the lines that were said and heard into the history; one that comes again is there already.
 * Entries that nobody is owed any more are deleted with the next commit. A node that says and hears nothing writes nothing.
 *
 * Owns: how these records (`kernel/kept.ts`) become rows; `kept-rows.ts` reads them back.
 */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Changes, Kept, KeptEntry, KeptPeer } from '../kernel/kept.ts';
import { ChatRows } from './chat-rows.ts';
import { joinDatabase, transaction } from './database.ts';
import type { ChatRun } from './histories.ts';
import { readKept } from './kept-rows.ts';
import { chatRowsDefault } from './limits.ts';
import { type Report, ReportRows } from './report-rows.ts';

/** As wire `tincan` has it. */
const logIdBytes = 8;

export class Journal implements Disposable {
  readonly #database: DatabaseSync;
  readonly #chatRows: ChatRows;
  readonly #reportRows: ReportRows;
  readonly #putLog: StatementSync;
  readonly #addEntry: StatementSync;
  readonly #dropEntries: StatementSync;
  readonly #putPeer: StatementSync;
  readonly #dropPeer: StatementSync;
  readonly #addTarget: StatementSync;
  #releasedThrough = 0;

  /** The directory is open in another thread of this process (`Store.open`). */
  constructor(directory: string, historyLimit = chatRowsDefault, isPowerSafe = false) {
    const database = joinDatabase(directory);
    database.exec(`PRAGMA synchronous = ${isPowerSafe ? 'FULL' : 'NORMAL'}`);
    this.#database = database;
    this.#chatRows = new ChatRows(database, historyLimit);
    this.#reportRows = new ReportRows(database);
    this.#putLog = database.prepare('INSERT OR REPLACE INTO log VALUES (1, ?, ?, ?, ?)');
    this.#addEntry = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#dropEntries = database.prepare('DELETE FROM entries WHERE seq <= ? AND seq + count - 1 <= ?');
    this.#putPeer = database.prepare('INSERT OR REPLACE INTO peers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#dropPeer = database.prepare('DELETE FROM peers WHERE peer_id = ?');
    this.#addTarget = database.prepare('INSERT INTO targets VALUES (NULL, ?, ?, ?, ?, ?)');
  }

  /** What an earlier life has kept; undefined: there was none. */
  load(): Kept | undefined {
    return readKept(this.#database);
  }

  /**
   * `lines`: said and heard, for the history. `reports`: of lines that are given up (`Store.reportsTold`).
   *
   * @throws if not all of it can be kept; then none of it is.
   */
  commit(
    changes: Changes | undefined,
    lines: readonly ChatRun[] = [],
    reports: readonly Report[] = [],
  ): void {
    transaction(this.#database, () => {
      if (changes !== undefined) this.#write(changes);
      this.#chatRows.add(lines);
      this.#reportRows.add(reports);
    });
    this.#releasedThrough = changes?.releasedThrough ?? this.#releasedThrough;
  }

  /** What no face has written yet, of earlier lives. */
  untoldReports(): readonly Report[] {
    return this.#reportRows.all();
  }

  /** The log is over: nobody is owed anything of it, and the next one begins at its first entry. */
  renewLog(): void {
    transaction(this.#database, () => {
      this.#database.prepare('UPDATE log SET id = ?, head = 0').run(randomBytes(logIdBytes));
      this.#database.exec('DELETE FROM entries');
      this.#database.exec(
        'UPDATE peers SET settled_through = 0, told_through = NULL; UPDATE targets SET owed_from = 1',
      );
    });
    // A power cut must not bring the old log back: nobody could tell the two apart.
    this.#database.exec('PRAGMA wal_checkpoint');
    this.#releasedThrough = 0;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #write({ log, entries, releasedThrough, peers, gonePeers, targets }: Changes): void {
    if (log !== undefined) this.#putLog.run(log.id, log.head, log.linesSaid, log.name);
    for (const entry of entries) this.#writeEntry(entry);
    if (releasedThrough > this.#releasedThrough) this.#dropEntries.run(releasedThrough, releasedThrough);
    for (const peer of peers) this.#writePeer(peer);
    for (const id of gonePeers) this.#dropPeer.run(id);
    if (targets === undefined) return;
    this.#database.exec('DELETE FROM targets');
    for (const { label, host, port, owedFrom, peerId = null } of targets)
      this.#addTarget.run(label, host, port, owedFrom, peerId);
  }

  #writeEntry(entry: KeptEntry): void {
    const { type, seq, bytes } = entry;
    if (type !== 'line') {
      this.#addEntry.run(seq, type, type === 'run' ? entry.count : 1, bytes, null, null, null);
      return;
    }
    const ref = entry.ref === undefined ? null : JSON.stringify(entry.ref);
    this.#addEntry.run(seq, type, 1, bytes, ref, entry.to ?? null, entry.as ?? null);
  }

  #writePeer({ peerId, known, settledThrough, toldThrough, followed }: KeptPeer): void {
    const { logId, head, given, taken } = followed;
    const { publicKey = null, name = null, address } = known ?? {};
    const { ip = null, port = null } = address ?? {};
    this.#putPeer.run(
      peerId,
      publicKey,
      name,
      ip,
      port,
      settledThrough,
      logId,
      head,
      given,
      taken,
      toldThrough ?? null,
    );
  }
}
