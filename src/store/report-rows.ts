/**
 * The reports of lines that were given up, as rows, until the face has written them: the line itself has left the log by then.
 *
 * Owns: the table, which has them in the order in which they are told.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Event, Ref } from '../kernel/contract.ts';

export type Report = Extract<Event, { readonly type: 'undelivered' }>;

type Row = Readonly<Record<string, unknown>>;

export class ReportRows {
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #dropOldest: StatementSync;

  constructor(database: DatabaseSync) {
    this.#select = database.prepare('SELECT * FROM reports ORDER BY id');
    this.#insert = database.prepare('INSERT INTO reports (seq, ref, receiver, reason) VALUES (?, ?, ?, ?)');
    this.#dropOldest = database.prepare(
      'DELETE FROM reports WHERE id IN (SELECT id FROM reports ORDER BY id LIMIT ?)',
    );
  }

  all(): readonly Report[] {
    return this.#select.all().map(readReport);
  }

  add(reports: readonly Report[]): void {
    for (const { seq, ref, to, reason } of reports)
      this.#insert.run(seq, ref === undefined ? null : JSON.stringify(ref), to ?? null, reason);
  }

  dropOldest(count: number): void {
    this.#dropOldest.run(count);
  }
}

function readReport({ seq, ref, receiver, reason }: Row): Report {
  return {
    type: 'undelivered',
    ref: typeof ref === 'string' ? readRef(ref) : undefined,
    seq: Number(seq),
    to: typeof receiver === 'string' ? receiver : undefined,
    reason: String(reason),
    again: true,
  };
}

export function readRef(json: string): Ref {
  const ref: Ref = JSON.parse(json);
  return ref;
}
