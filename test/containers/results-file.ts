/**
 * The results of a run, on disk: the captures, and the report of them.
 *
 * Owns: their order, and the names of the captures.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeReport } from '../report/directory.ts';
import { SCHEMA_VERSION } from '../report/results.ts';
import { type Cell, type Finished, textOf } from './matrix.ts';
import type { Probe } from './probe.ts';

export interface Outcome {
  readonly cell: Cell;
  readonly finished: Finished;
}

/** Writes what came of these cells, in their order. Resolves to the path of the report's page. */
export async function writeResults(
  directory: string,
  startedAt: Date,
  { versions, capabilities }: Probe,
  outcomes: readonly Outcome[],
): Promise<string> {
  for (const { labCase, capture } of outcomes.map(({ finished }) => finished)) {
    const file = labCase.evidence?.capture?.file;
    if (file === undefined || capture === undefined) continue;
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), capture);
  }
  const scenarios = new Set(outcomes.map(({ cell }) => cell.scenario));
  return writeReport(directory, {
    schemaVersion: SCHEMA_VERSION,
    run: {
      startedAt: startedAt.toISOString(),
      tookMs: Date.now() - startedAt.getTime(),
      versions,
      capabilities,
    },
    scenarios: [...scenarios].map(textOf),
    cases: outcomes.map(({ finished }) => finished.labCase),
  });
}
